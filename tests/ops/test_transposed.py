"""The axis of a transposed convolution: which input each output reads, and how many outputs read any."""

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import ops
from cnnmath.axis import Transposed
from cnnmath.errors import SettingError
from cnnmath.ops.transposed import reached, sources
from cnnmath.readers import cost
from cnnmath.window import Window

bare = st.builds(Window, st.integers(1, 6), st.integers(1, 6), st.integers(1, 6))


@given(bare, st.integers(1, 12))
def test_as_many_outputs_are_filled_as_taps_fall_on(window, n):
    fallen = {window.tap(o, k) for o in range(n) for k in range(window.kernel)}
    assert Transposed(window).filled(n) == len(fallen)


@given(bare)
def test_the_number_of_filled_outputs_is_one_formula_in_the_size(window):
    n = sympy.Symbol("n", integer=True, positive=True)
    formula = Transposed(window).filled(n)
    assert [sympy.sympify(formula).subs(n, i) for i in range(1, 9)] == [
        Transposed(window).filled(i) for i in range(1, 9)
    ]


@given(bare, st.integers(0, 5), st.integers(0, 20))
def test_the_conditions_of_the_sentence_hold_for_the_taps_that_the_axis_reads_inside(window, before, j):
    axis, n = Transposed(Window(window.kernel, window.stride, window.dilation, before)), 4
    taps = [k for k in range(window.kernel) if all(reached([axis], [j], [k], (n,)))]
    assert [sources([axis], [j], [k])[0] for k in taps] == [i for i in axis.reads(j) if 0 <= i < n]


def test_the_cost_of_symbolic_strides_is_refused_in_words():
    s = sympy.Symbol("s", integer=True, positive=True)
    with pytest.raises(SettingError) as caught:
        cost(ops.ConvTranspose(1, (3,), stride=(s,)), (1, 1, 5))
    assert str(caught.value) == (
        "how many outputs are filled depends on a common divisor.\n  here    kernel 3, stride s, dilation 1\n"
        "  fix     give numbers for them; sizes and channels may be symbols"
    )
