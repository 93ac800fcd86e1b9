"""ONNX's own cases of every operator that is claimed: they pass, or are not claimed for a reason that stands here."""

from collections import Counter
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest

pytest.importorskip("onnx")

import onnx

from cnnmath.errors import CnnmathError
from cnnmath.interchange.onnx import build, import_onnx
from cnnmath.interchange.onnx.rules import RULES
from cnnmath.ops import HardSigmoid, Pad
from tests.interchange.onnx.conformance import NOT_CLAIMED, claimed, expanded, kind_of, outcome, page, table

DOCS = Path(__file__).parents[3] / "docs"
EMPTY = "of an input whose sample has no numbers"
UNCLAIMED = {
    ("BatchNormalization", "in training, whose further outputs are statistics to be stored"): 2,
    ("Div", "of integers, whose quotients are cut off"): 7,
    ("Dropout", "in training, where it drops at random"): 4,
    ("Identity", "of a sequence or an optional value"): 2,
    ("MatMul", "that sums over the batch"): 2,
    ("MaxPool", "whose second output says where the maxima are"): 2,
    ("ReduceL1", EMPTY): 1,
    ("ReduceL2", EMPTY): 1,
    ("ReduceLogSum", EMPTY): 1,
    ("ReduceLogSumExp", EMPTY): 1,
    ("ReduceMax", EMPTY): 2,
    ("ReduceMax", "of truth values"): 1,
    ("ReduceMin", EMPTY): 1,
    ("ReduceMin", "of truth values"): 1,
    ("ReduceProd", EMPTY): 1,
    ("ReduceSum", EMPTY): 2,
    ("ReduceSumSquare", EMPTY): 1,
}
"""Cases that are not claimed, by operator and reason, and how many."""

KINDS = sorted(set(RULES) - {"GlobalLpPool"})
"""Operators that have cases; the cases, which take a while, are not made before a test asks for them."""


@cache
def found(kind):
    return tuple(outcome(case) for case in claimed() if kind_of(case) == kind)


def everything():
    return [one for kind in KINDS for one in found(kind)]


@pytest.mark.parametrize("kind", KINDS)
def test_no_case_fails_of_an_operator_that_is_claimed(kind):
    assert [one for one in found(kind) if one.outcome == "failed"] == []
    assert any(one.outcome == "passed" for one in found(kind))


def test_every_rule_has_a_case_but_of_one_operator_onnx_has_none():
    assert {kind_of(case) for case in claimed()} == set(KINDS) == set(RULES) - {"GlobalLpPool"}


def test_five_hundred_cases_pass():
    assert sum(one.outcome == "passed" for one in everything()) >= 500


def test_what_is_not_claimed_is_known_case_by_case():
    assert Counter((one.kind, one.reason) for one in everything() if one.outcome == NOT_CLAIMED) == UNCLAIMED


def test_operators_that_are_written_out_as_their_functions_pass_or_are_not_known():
    count = Counter(one.outcome for one in map(outcome, expanded()))
    assert count["passed"] >= 170
    assert count["failed"] == 0


def test_where_sizes_are_left_open_nothing_is_raised_but_the_packages_own_errors():
    for kind in KINDS:
        case = next(case for case in claimed() if kind_of(case) == kind)
        proto = onnx.ModelProto.FromString(case.model.SerializeToString())
        for axis, size in enumerate(proto.graph.input[0].type.tensor_type.shape.dim):
            size.dim_param = "NCHWD"[axis]
        with suppress(CnnmathError):
            import_onnx(proto)


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("HardSigmoid", lambda here: here.add(HardSigmoid(here.attribute("beta", 0.5), 0.2), here.input(0))),
        ("Sub", RULES["Add"]),
        ("Pad", lambda here: here.add(Pad(((0, 1), (2, 3))), here.input(0))),
        ("ReduceMax", RULES["ReduceMin"]),
        ("GlobalMaxPool", RULES["GlobalAveragePool"]),
    ],
)
def test_a_wrong_rule_is_seen(monkeypatch, kind, wrong):
    cases = [case for case in claimed() if kind_of(case) == kind]
    monkeypatch.setattr(build, "RULES", {**RULES, kind: wrong})
    assert "failed" in {outcome(case).outcome for case in cases}


def test_a_table_tells_failed_cases_and_reasons_once(monkeypatch):
    monkeypatch.setattr(build, "RULES", {**RULES, "Div": RULES["Mul"]})
    cases = [case for case in claimed() if kind_of(case) == "Div"]
    assert table([outcome(case) for case in cases]).splitlines()[2].startswith("| Div | 0 | 10 |")
    assert table(found("Div")).splitlines()[2] == "| Div | 3 |  | 7 | of integers, whose quotients are cut off |"


def test_the_page_is_what_is_found_now():
    assert (DOCS / "conformance.md").read_text() == page(everything())
    assert "conformance.md" in (DOCS.parent / "mkdocs.yml").read_text()
