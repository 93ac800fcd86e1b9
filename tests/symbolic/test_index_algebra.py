"""The index algebra's parts, each against brute force over all small numbers."""

from itertools import product

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from cnnmath.symbolic.differentiate import collapse, jacobian
from cnnmath.symbolic.evaluate import evaluate
from cnnmath.symbolic.reader import Symbolic
from cnnmath.symbolic.terms import Bracket, Divides, Maximum, Sigma, array, bounds, decided, index, settle, size

i, j, k = index("i"), index("j"), index("k")
small = st.integers(-4, 4)
extents = st.integers(1, 4)


def everywhere(ranges):
    """All values of the indices, as environments."""
    for values in product(*(range(int(extent)) for extent in ranges.values())):
        yield dict(zip(ranges, values, strict=True))


@st.composite
def affine(draw):
    """An affine index expression with the ranges of its indices."""
    ranges = {j: sp.Integer(draw(extents)), k: sp.Integer(draw(extents))}
    return draw(small) * j + draw(small) * k + draw(small), ranges


@given(affine())
def test_bounds_are_the_least_and_the_greatest_value(drawn):
    expr, ranges = drawn
    values = [sp.sympify(expr).subs(at) for at in everywhere(ranges)]
    assert bounds(expr, ranges) == (min(values), max(values))


@given(affine(), st.sampled_from([sp.Ge, sp.Gt, sp.Le, sp.Lt]))
def test_a_condition_is_decided_exactly_where_all_values_agree(drawn, relation):
    expr, ranges = drawn
    condition = relation(expr, 0)
    values = {bool(condition.subs(at)) for at in everywhere(ranges)}
    wanted = {frozenset({True}): sp.true, frozenset({False}): sp.false}.get(frozenset(values), condition)
    assert decided(condition, ranges) == wanted


def test_a_condition_on_symbols_is_decided_by_what_is_known_of_them():
    length = size("L")
    assert decided(sp.Lt(j, length), {j: length}) is sp.true
    assert decided(sp.Ge(j - length, 0), {j: length}) is sp.false
    assert decided(sp.Ge(j - 1, 0), {j: length}) == sp.Ge(j - 1, 0)
    entry = sp.Gt(array("x")[j], 0)
    assert decided(entry, {j: length}) is entry


@given(affine(), st.integers(2, 5))
def test_settled_quotients_and_remainders_keep_their_values(drawn, divisor):
    expr, ranges = drawn
    whole = sp.floor(expr / sp.Integer(divisor)) + 10 * sp.Mod(expr, divisor)
    settled = settle(whole, ranges)
    for at in everywhere(ranges):
        value = int(sp.sympify(expr).subs(at))
        assert evaluate(settled, at) == value // divisor + 10 * (value % divisor)


def test_quotients_and_remainders_within_one_period_are_worked_out():
    width = size("W")
    ranges = {i: size("C"), j: size("H"), k: width}
    row = i * width + k
    assert settle(sp.floor(row / width), ranges) == i
    assert settle(sp.Mod(row, width), ranges) == k
    assert settle(row - width * sp.floor(sp.Symbol("t") / width), ranges).has(sp.floor)
    assert settle(sp.floor((row + 1) / width), ranges).has(sp.floor), "k + 1 may reach the width"


@given(affine(), st.integers(1, 5))
def test_divides_is_what_the_remainder_says(drawn, divisor):
    expr, ranges = drawn
    condition = Divides(divisor, expr)
    for at in everywhere(ranges):
        assert evaluate(condition, at) == (sp.sympify(expr).subs(at) % divisor == 0)


def test_divides_leaves_out_what_the_divisor_divides_anyway():
    assert Divides(2, 4 * j + k) == Divides(2, k)
    assert Divides(3, 6 * j) is sp.true
    assert Divides(2, 2 * j + 1) is sp.false
    assert Divides(1, j) is sp.true


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("dilation", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1, 2])
def test_a_collapsed_sum_is_the_sum(stride, dilation, padding):
    u, w = array("u"), array("w")
    for outputs, taps, length in product((1, 3), (1, 2, 3), (1, 5)):
        o, free = index("o"), {j: sp.Integer(length)}
        reads = sp.Eq(stride * o + dilation * k - padding, j)
        whole = Sigma(u[o] * Sigma(w[k] * Bracket(reads), [(k, taps)]), [(o, outputs)])
        collapsed = collapse(whole, [o], free)
        data = {"u": {(n,): 7**n for n in range(outputs)}, "w": {(n,): 1000 + n for n in range(taps)}}
        for at in range(length):
            brute = sum(
                data["u"][a,] * data["w"][b,]
                for a, b in product(range(outputs), range(taps))
                if stride * a + dilation * b - padding == at
            )
            assert evaluate(collapsed, {**data, j: at}) == brute
            assert evaluate(whole, {**data, j: at}) == brute
        assert not any(symbol == o for total in collapsed.atoms(Sigma) for symbol, _ in total.ranges)


@given(st.integers(1, 4), st.integers(1, 4))
def test_a_row_of_two_indices_is_taken_apart_by_division_with_remainder(height, width):
    u = array("u")
    row = Bracket(sp.Eq(width * i + k, j))
    collapsed = collapse(Sigma(u[i, k] * row, [(i, height), (k, width)]), [i, k], {j: sp.Integer(height * width)})
    data = {"u": {at: 10 * at[0] + at[1] for at in product(range(height), range(width))}}
    assert [evaluate(collapsed, {**data, j: at}) for at in range(height * width)] == list(data["u"].values())


def test_a_case_distinction_collapses_branch_by_branch():
    u, o = array("u"), index("o")
    agree = Bracket(sp.Eq(o, j))
    whole = Sigma(sp.Piecewise((2 * u[o] * agree, o < 2), (5 * u[o] * agree, True)), [(o, 4)])
    data = {"u": {(n,): n + 1 for n in range(4)}}
    assert [evaluate(collapse(whole, [o], {j: sp.Integer(4)}), {**data, j: at}) for at in range(4)] == [2, 4, 15, 20]


def test_a_bracket_under_a_root_is_no_product():
    with pytest.raises(TypeError, match="a bracket inside Pow is no product"):
        collapse(sp.sqrt(Bracket(sp.Eq(i, j))), [], {})


def test_a_bracket_is_a_number_where_that_is_known():
    assert Bracket() == Bracket(sp.true) == 1
    assert Bracket(sp.Eq(i, j), sp.false) == 0
    assert Bracket(sp.Eq(i, j), sp.Eq(i, j)).args == (sp.Eq(i, j),)


def test_a_reader_never_hands_out_an_index_twice():
    reader = Symbolic()
    handed = [reader.bind(name, 3) for name in ("k_1", "k_1", "k_1", "c", "c")]
    assert [str(symbol) for symbol in handed] == ["k_1", "k'_1", "k''_1", "c", "c'"]
    assert set(reader.ranges) == set(handed)
    assert reader.bind("k_1", 1) == 0


def test_a_sum_beside_its_own_derivative_gets_indices_of_its_own():
    reader, x = Symbolic(), array("x")
    n, at = reader.bind("n", 4), reader.bind("j", 4)
    total = Sigma(x[k], [(k, sp.Integer(4))])
    reader.ranges[k] = sp.Integer(4)
    slope = jacobian(x[n] * total, x[at], [n], reader)
    values = {"x": {(m,): 10**m for m in range(4)}}
    # d(x_n * sum x)/dx_j = [n = j] * sum x + x_n
    for a, b in product(range(4), repeat=2):
        assert evaluate(slope, {**values, n: a, at: b}) == (a == b) * 1111 + 10**a
    assert all(len({symbol for symbol, _ in t.ranges}) == 1 for t in slope.atoms(Sigma))


def test_a_squared_sum_differentiates_to_twice_the_sum():
    reader, x = Symbolic(), array("x")
    at = reader.bind("j", 3)
    reader.ranges[k] = sp.Integer(3)
    slope = jacobian(Sigma(x[k], [(k, sp.Integer(3))]) ** 2, x[at], [], reader)
    assert evaluate(slope, {"x": {(m,): 10**m for m in range(3)}, at: 1}) == 222


def test_the_first_of_equal_maxima_takes_the_whole_gradient():
    reader, x = Symbolic(), array("x")
    at = reader.bind("j", 4)
    slope = jacobian(Maximum(x[k], [(k, sp.Integer(4))]), x[at], [], reader)
    values = {"x": dict(zip([(m,) for m in range(4)], (3, 5, 5, 5), strict=True))}
    assert [evaluate(slope, {**values, at: m}) for m in range(4)] == [0, 1, 0, 0]
