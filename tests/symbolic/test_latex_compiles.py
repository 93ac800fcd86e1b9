"""LaTeX of every operator is set by KaTeX, strictly; the subjects have their own test beside them."""

import pykatex
import pytest

from cnnmath import ops
from cnnmath.symbolic import WrittenOut, general, targets
from tests.support import every_operator
from tests.symbolic.instances import derivations, derived, small
from tests.symbolic.typesetting import formulas, set_all


@every_operator
def test_katex_sets_every_derivation_of_every_operator(kind):
    for derivation in derivations(small(kind)):
        steps = len(derivation.steps)
        assert set_all(derivation.latex()) >= steps + 1
        assert set_all(derivation._repr_latex_()) == 1
        assert set_all(derivation.markdown(full=False)) >= 2


@every_operator
def test_katex_sets_a_worked_example_of_every_operator(kind):
    for derivation in derivations(small(kind)):
        assert set_all(derivation.latex(numbers=True)) >= 2 * len(derivation.steps)
        assert set_all(derivation.markdown(full=False, numbers=True)) >= 4


@pytest.mark.parametrize("kind", [ops.Conv, ops.MaxPool, ops.AveragePool, ops.ConvTranspose])
def test_katex_sets_symbolic_windows_and_written_out_entries(kind):
    op = general(kind, 2)
    for wrt in targets(op):
        assert set_all(derived(op, wrt).latex()) >= 4
    concrete = kind(1, 2) if kind in (ops.Conv, ops.ConvTranspose) else kind(2)
    for form in ("latex", "markdown"):
        assert set_all(WrittenOut(derived(concrete), concrete, ((1, 1, 4, 4),)).write_as(form, numbers=True)) >= 1


@pytest.mark.parametrize(
    "broken", [r"$\frac{1$", r"$x_{a}_{b}$", r"\begin{align*} \left( x \end{align*}", r"$\undefined$"]
)
def test_latex_that_does_not_compile_is_seen(broken):
    with pytest.raises(pykatex.ParseError):
        set_all(broken)


def test_every_formula_of_a_fragment_is_found():
    fragment = "a $x$ and $y_{1}$\n\\begin{align*}\nx &= 1\n\\end{align*} costs \\$5 and $$\nz\n$$"
    assert [displayed for _, displayed in formulas(fragment)] == [True, True, False, False]
