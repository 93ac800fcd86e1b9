"""Operators' pages: everything of an operator is on them, and none is made of a kernel that is wrong."""

import re
from concurrent.futures import ThreadPoolExecutor

import hooks
import numpy as np
import pytest
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import Files

from cnnmath import numeric, ops
from cnnmath.errors import DerivationError, VerificationError
from cnnmath.numeric import Kernel
from cnnmath.report import examined, operator
from cnnmath.report.families import FAMILIES
from cnnmath.symbolic import targets

SECTIONS = ["Formula", "Shape", "Cost", "The sentence", "Derivations", "The kernel", "Verification", "References"]
"""What is on every page, in this order."""


def config(**nav):
    settings = MkDocsConfig()
    settings.load_dict({"site_name": "test", "nav": [{title: pages} for title, pages in nav.items()]})
    return settings


def plant(monkeypatch, kind, **wrong):
    right = numeric.KERNELS[kind]
    planted = Kernel(**{"forward": right.forward, "backward": right.backward, **wrong})
    monkeypatch.setattr(numeric, "KERNELS", {**numeric.KERNELS, kind: planted})


@pytest.mark.parametrize("kind", [ops.Maxout, ops.Linear, ops.BatchNorm, ops.Sigmoid, ops.Concat, ops.CrossEntropy])
def test_an_operators_page_says_all_of_it_and_has_a_formula_for_everything_derived(kind):
    made = operator.operator_page(kind)
    page, headings = made.markdown, re.findall(r"^(#+) (.*)", made.markdown, re.MULTILINE)
    assert headings[0] == ("#", kind.__name__)
    assert [title for _, title in headings if title in SECTIONS] == SECTIONS
    assert list(made.derived) == targets(examined.shown(kind))
    assert sum(level == "###" for level, _ in headings) == len(made.derived)
    assert page.count("in 4 steps") == len(made.derived) - 1, "the steps of every gradient are folded away"
    results = ", ".join("y" if wrt == "y" else f"d{wrt}" for wrt in made.derived)
    assert page.count(f"Certificate: the package's kernel computes {results}") == 2
    assert made.outcome in operator.overview([made])


def test_an_operators_page_comes_from_the_code_that_reports_come_from(monkeypatch):
    monkeypatch.setattr(operator, "formula", lambda derivation: f"<!-- {derivation.target.wrt} -->")
    page = operator.operator_page(ops.Linear).markdown
    assert [wrt for wrt in ("y", "x", "w", "b") if f"<!-- {wrt} -->" in page] == ["y", "x", "w", "b"]


def test_a_wrong_kernel_ends_the_build_and_the_page_is_named(monkeypatch):
    plant(monkeypatch, ops.Abs, backward=lambda _, dy, x: {"x": dy * np.where(x < 0, -1, 1)})  # 1 at 0
    monkeypatch.setattr(ops, "ALL", (ops.Exp, ops.Abs))
    monkeypatch.setattr(hooks, "CHAPTERS", ())
    monkeypatch.setattr(hooks, "ProcessPoolExecutor", lambda *_: ThreadPoolExecutor(1))  # which sees what is planted
    with pytest.raises(PluginError) as error:
        hooks.on_files(Files([]), config(Operators=["operators/index.md"]))
    assert str(error.value).startswith("operators/abs.md, Abs: the kernel is not certified.")
    assert "Counterexample: the package's kernel is not dx of abs()" in str(error.value)


def test_a_kernel_that_is_right_but_for_its_digits_is_refused_too():
    def rounded(op, x):
        y = numeric.kernel(op).forward(op, x)
        return y if y.dtype == object else y * np.asarray(1 + 1e-4, y.dtype)

    kernel = Kernel(rounded, numeric.KERNELS[ops.Sigmoid].backward)
    with pytest.raises(VerificationError, match="the kernel's y is beyond the bound of its roundings"):
        examined.roundings(kernel, ops.Sigmoid)


def test_a_derivation_that_fails_names_the_page(monkeypatch):
    def wrong(*_):
        raise DerivationError("a step does not hold.")

    monkeypatch.setattr(operator, "derive", wrong)
    with pytest.raises(DerivationError, match=r"operators/log\.md, Log: a step does not hold"):
        operator.operator_page(ops.Log)


def test_every_operator_is_in_one_family_and_has_its_page_in_the_navigation():
    listed = [kind for kinds in FAMILIES.values() for kind in kinds]
    assert sorted(listed, key=ops.ALL.index) == list(ops.ALL)
    settings = hooks.on_config(config(Start=["index.md"], Operators=["operators/index.md"]))
    start, operators = settings.nav
    assert start == {"Start": ["index.md"]}
    first, *families = operators["Operators"]
    assert first == "operators/index.md"
    assert families[1]["Pooling"][0] == "operators/maxpool.md"
    assert [name for family in families for name in family] == list(FAMILIES)


def test_a_site_without_a_place_for_operators_is_made_without_them():
    assert hooks.examined(config(Start=["index.md"])) == ()
    assert hooks.examined(config(Operators=["operators/index.md"])) == ops.ALL


def test_every_operator_has_an_example_and_a_cost():
    for kind in ops.ALL:
        assert isinstance(examined.example(kind), kind)
        case, census = examined.counted(kind)
        assert isinstance(case.op, kind)
        assert (census.total == 0) == (operator._in_words(kind) == "None")
