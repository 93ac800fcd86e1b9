"""The power of the ladder, measured: every known mistake is seen, and what people usually do misses many."""

import json
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from cnnmath import numeric, ops
from cnnmath.cli import app
from cnnmath.numeric import Kernel
from cnnmath.verify.mistakes import MISTAKES, Mistake, named
from cnnmath.verify.mistakes.mistake import resized
from cnnmath.verify.power import power
from cnnmath.verify.strategies import Case
from cnnmath.verify.usual import LAX, STRICT, allclose, gradcheck, usual

ANCHORS = ["flipped-kernel", "padding-swapped", "linear-dw-of-the-first-sample", "relu-in-place", "softmax-overflows"]
DISGUISED = Mistake(
    "nothing-at-all", ops.Linear, "there were nothing wrong", frozenset({"y"}), numeric.KERNELS[ops.Linear],
    lambda *_: True,
)  # fmt: skip


SEEN_BY = {"exact": 2, "hygiene": 5, "nan": 5, "rounding": 4}
"""The rung that is meant for a mistake."""


def missed_by(mistakes, rung):
    return power(mistakes, rungs=[rung], peers=False).missed


def test_every_known_mistake_is_caught_by_some_rung():
    left = [m for rung in (2, 5, 4) for m in missed_by([m for m in MISTAKES if SEEN_BY[m.rung] == rung], rung)]
    for rung in (4, 5, 2, 3, 1):
        left = missed_by(left, rung)
    assert left == ()


def test_what_only_memory_or_rounding_shows_is_not_seen_by_exact_numbers():
    inexact = [named("relu-in-place"), named("softmax-overflows")]
    assert missed_by(inexact, 2) == tuple(inexact)
    assert missed_by(inexact, 5) == (named("softmax-overflows"),)


@pytest.fixture(scope="module")
def table():
    return power([named(name) for name in ANCHORS], peers=False)


def test_the_first_rung_is_the_lowest_that_sees_a_mistake_alone(table):
    for row in table.rows:
        seen = [rung for rung, attempt in row.rungs.items() if attempt.caught]
        assert row.first == min(seen)
        assert row.calls == row.rungs[row.first].calls > 0
        assert all(row.mistake.shows(a.case.op, a.case.inputs) for a in row.rungs.values() if a.caught)


def test_the_figures_add_up(table):
    assert sum(table.by_rung().values()) == len(table.rows) == len(ANCHORS)
    assert all(table.by_rung().get(rung, 0) <= alone for rung, alone in table.alone().items())
    record = json.loads(json.dumps(table.record()))
    assert record["caught"] == record["mistakes"] == sum(record["first"].values())
    assert [row["mistake"] for row in record["rows"]] == ANCHORS
    assert table.summary().startswith(f"{len(ANCHORS)} of {len(ANCHORS)} caught, first: ")


def test_the_same_seed_gives_the_same_table(table):
    assert repr(power([named(name) for name in ANCHORS], peers=False)) == repr(table)


def test_a_right_kernel_in_disguise_is_missed_and_said_to_be():
    found = power([DISGUISED], peers=False)
    assert not found.caught
    assert found.missed == (DISGUISED,)
    assert found.rows[0].first is found.rows[0].calls is None
    assert all(attempt.calls > 0 for rung, attempt in found.rows[0].rungs.items())
    assert repr(found).endswith("NOT CAUGHT: Linear: nothing-at-all")


def test_a_mistake_that_shows_nowhere_is_missed():
    assert power([replace(DISGUISED, shows=lambda *_: False)], rungs=[2], peers=False).missed


def test_the_command_says_what_is_caught_and_ends_with_1_where_something_is_not(monkeypatch):
    ran = CliRunner().invoke(app, ["verify", "--power", "flatten", "--rungs", "2,5", "--json"])
    assert ran.exit_code == 0
    assert json.loads(ran.stdout)["missed"] == []
    monkeypatch.setattr("cnnmath.verify.mistakes.MISTAKES", (DISGUISED,))
    ran = CliRunner().invoke(app, ["verify", "--power", "linear", "--rungs", "2"])
    assert ran.exit_code == 1
    assert "0 of 1 caught" in ran.stdout


@pytest.mark.parametrize("kind", ops.ALL, ids=lambda kind: kind.__name__)
def test_usual_tests_accept_the_package_at_usual_settings(kind):
    assert allclose(numeric.KERNELS[kind], usual(kind), (STRICT, LAX)) == [True, True]


def test_a_fixed_tolerance_misses_an_error_that_is_small_beside_it():
    half = named("linear-sums-in-half-the-bits").kernel
    assert allclose(half, usual(ops.Linear), (STRICT, LAX)) == [False, True]


def test_an_exception_is_seen_by_every_test():
    def refusing(*_):
        raise ValueError

    kernel = Kernel(refusing, refusing)
    assert allclose(kernel, usual(ops.ReLU)) == [False]


def bare(op):
    return replace(op, dilation=1, padding=0, output_padding=0)


def undilated(op, x, *rest):
    """A transposed convolution without its dilation, in the corner of the right shape."""
    return resized(numeric.KERNELS[ops.ConvTranspose].forward(bare(op), x, *rest), op.shape(x.shape))


def its_adjoint(op, dy, x, *rest):
    corner = resized(np.asarray(dy), bare(op).shape(x.shape))
    return numeric.KERNELS[ops.ConvTranspose].backward(bare(op), corner, x, *rest)


CONSISTENT = Mistake(
    "dilation-ignored-both-ways", ops.ConvTranspose, "there were no dilation", frozenset({"y", "x", "w"}),
    Kernel(undilated, its_adjoint), lambda op, _: max(op.dilation) > 1,
)  # fmt: skip


def test_gradcheck_misses_a_wrong_output_whose_gradients_agree_with_it():
    pytest.importorskip("torch")
    case = Case(ops.ConvTranspose(2, 2, dilation=2, bias=False), ((1, 2, 2, 3),))
    assert gradcheck(CONSISTENT.kernel, case)
    assert allclose(CONSISTENT.kernel, case) == [False]
    assert power([CONSISTENT], rungs=[2], peers=False).caught


def test_gradcheck_sees_a_gradient_that_is_not_that_of_its_output():
    pytest.importorskip("torch")
    assert gradcheck(numeric.KERNELS[ops.Linear], usual(ops.Linear))
    assert not gradcheck(named("linear-dw-of-the-first-sample").kernel, usual(ops.Linear))


def test_usual_tests_miss_at_usual_settings_what_they_see_where_it_shows():
    (row,) = power([named("padding-swapped")], rungs=[]).rows
    assert all(habit.usual is False for habit in row.habits.values())
    assert row.habits["allclose"].shown is True
