import hooks
import pytest

from cnnmath.report import operator


@pytest.mark.parametrize("kind", hooks.OPERATORS)
def test_an_operators_page_has_a_formula_for_everything_derived(kind):
    page = operator.operator_page(kind)
    assert page.count("<div class='formula'>") == page.count("\n### ") >= 2
    assert "Certificate: the package's kernel computes y, d" in page


def test_an_operators_page_comes_from_the_code_that_reports_come_from(monkeypatch):
    monkeypatch.setattr(operator, "formula", lambda derivation: f"<!-- {derivation.target.wrt} -->")
    page = operator.operator_page(hooks.OPERATORS[0])
    assert [wrt for wrt in ("y", "x", "w", "b") if f"<!-- {wrt} -->" in page] == ["y", "x", "w", "b"]
