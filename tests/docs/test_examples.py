import doctest
import importlib.util
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cnnmath.cli import app
from cnnmath.report import operator

ROOT = Path(__file__).parents[2]
OPTIONS = doctest.NORMALIZE_WHITESPACE


def hooks():
    spec = importlib.util.spec_from_file_location("hooks", ROOT / "docs" / "hooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "page",
    [
        *("README.md", "docs/index.md", "docs/analysis.md", "docs/arrays.md"),
        *("docs/derivations.md", "docs/filters.md", "docs/engine.md", "docs/models.md", "docs/verification.md"),
    ],
)
def test_the_examples_print_what_they_say(page):
    failed, tried = doctest.testfile(str(ROOT / page), module_relative=False, optionflags=OPTIONS)
    assert tried >= 9
    assert failed == 0


@pytest.mark.parametrize("page", ["README.md", "docs/index.md"])
def test_an_example_that_is_wrong_would_be_seen(page, tmp_path):
    (tmp_path / "page.md").write_text((ROOT / page).read_text().replace("225,792", "225,793"))
    runner = doctest.DocTestRunner(optionflags=OPTIONS, verbose=False)
    test = doctest.DocTestParser().get_doctest((tmp_path / "page.md").read_text(), {}, page, page, 0)
    assert runner.run(test, out=lambda _: None).failed == 1


def test_the_formulas_that_the_readme_prints_are_derived():
    readme = (ROOT / "README.md").read_text()
    printed = re.search(r"```text\n\$ cnnmath derive (.*)\n((?:.*\n)*?)  \.\.\.", readme)
    answer = CliRunner().invoke(app, ["derive", *printed[1].split()]).stdout
    assert answer.startswith(printed[2])


@pytest.mark.parametrize("kind", hooks().OPERATORS)
def test_an_operators_page_has_a_formula_for_everything_derived(kind):
    page = operator.operator_page(kind)
    assert page.count("<div class='formula'>") == page.count("\n### ") >= 2
    assert "Certificate: the package's kernel computes y, d" in page


def test_an_operators_page_comes_from_the_code_that_reports_come_from(monkeypatch):
    monkeypatch.setattr(operator, "formula", lambda derivation: f"<!-- {derivation.target.wrt} -->")
    page = operator.operator_page(hooks().OPERATORS[0])
    assert [wrt for wrt in ("y", "x", "w", "b") if f"<!-- {wrt} -->" in page] == ["y", "x", "w", "b"]
