"""The index algebra's parts, each against brute force over all small numbers."""

from fractions import Fraction
from itertools import product

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from cnnmath.errors import DerivationError
from cnnmath.symbolic import algebra
from cnnmath.symbolic.differentiate import collapse, jacobian
from cnnmath.symbolic.evaluate import evaluate
from cnnmath.symbolic.instance import Sparse
from cnnmath.symbolic.ranges import bounds, decided, settle
from cnnmath.symbolic.reader import Symbolic
from cnnmath.symbolic.terms import Bracket, Divides, Maximum, Pi, Sigma, array, index, replaced, size
from tests.symbolic.instances import Everywhere

i, j, k = index("i"), index("j"), index("k")
c, o, q, r = (index(name) for name in "coqr")
K, L, m = size("K"), size("L"), size("m")
x, w = array("x"), array("w")
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


@given(affine(), st.integers(2, 4), small, st.sampled_from([sp.Ge, sp.Gt, sp.Le, sp.Lt]))
def test_a_bound_beside_a_divisibility_is_decided_as_the_values_that_are_left_say(drawn, divisor, least, relation):
    expr, ranges = drawn
    whole, condition = Divides(divisor, expr), relation(sp.sympify(expr) / divisor, least)
    values = {bool(condition.subs(at)) for at in everywhere(ranges) if evaluate(Bracket(whole), at)}
    known = decided(condition, ranges, [whole])
    assert known == condition or values <= {bool(known)}


@given(st.integers(1, 4), st.integers(-3, 3), st.integers(-3, 6))
def test_a_bound_is_decided_by_what_an_outputs_size_stands_for(stride, before, more):
    length, outputs = size("L"), size("O")
    meaning = {outputs: sp.floor((length + more) / sp.Integer(stride)) + 1}
    condition = sp.Lt((j + before) / sp.Integer(stride), outputs)
    known = decided(condition, {j: length}, (), meaning)
    lengths = [n for n in range(1, 12) if (n + more) // stride + 1 > 0]
    holds = all(Fraction(at + before, stride) < (n + more) // stride + 1 for n in lengths for at in range(n))
    assert known in (condition, sp.true)
    assert holds or known == condition
    assert (known is sp.true) == (before <= more + 1)


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


@pytest.mark.parametrize("symbol", [o, k], ids=str)
@given(st.integers(1, 4), st.integers(1, 4), st.integers(0, 4), st.booleans())
def test_an_equation_is_solved_for_an_index_exactly_where_it_holds(symbol, stride, dilation, padding, letters):
    ranges, numbers = {o: sp.Integer(4), k: sp.Integer(3), j: sp.Integer(9)}, {}
    s, d, p = sp.Integer(stride), sp.Integer(dilation), sp.Integer(padding)
    if letters:
        numbers = {size("s"): stride, size("d"): dilation, index("p"): padding}
        s, d, p = numbers
    value, conditions = algebra.solve(sp.Eq(s * o + d * k - p, j), symbol, ranges)
    for at in everywhere({other: extent for other, extent in ranges.items() if other != symbol}):
        known = {**at, **numbers}
        solutions = [
            v
            for v in range(ranges[symbol])
            if stride * {**at, symbol: v}[o] + dilation * {**at, symbol: v}[k] - padding == at[j]
        ]
        holds = evaluate(Bracket(*conditions), known)
        assert ([evaluate(value, known)] if holds else []) == solutions


def test_a_solved_equation_says_no_more_than_it_must():
    def reads(stride, dilation):
        return sp.Eq(stride * o + dilation * k, j)

    assert algebra.solve(reads(1, 1), o, {o: L + K, k: K, j: L}) == (j - k, [sp.Ge(j - k, 0)])
    assert algebra.solve(reads(2, 2), k, {k: sp.oo})[1] == [Divides(2, j)]
    with pytest.raises(DerivationError, match="does not determine k"):
        algebra.solve(sp.Eq(k**2, j), k, {k: K})


@st.composite
def totals(draw):
    """A sum, product or maximum over k < K, an index whose range may depend on k, and one whose range may not."""
    a, b = draw(small), draw(st.integers(-2, 2))
    conditions = [
        sp.Ge(a * k + b * c + draw(small), 0),
        sp.Lt(k, L),
        sp.Ge(k, draw(small)),
        sp.Le(i + k, draw(extents)),
    ]
    ranges = [(c, sp.Integer(2)), (k, draw(st.sampled_from([K, K + c, sp.Integer(4), L * m]))), (i, sp.Min(k + 1, 2))]
    kept = [condition for condition in conditions if draw(st.booleans())]
    inner = draw(st.sampled_from([x[k, c], k * x[i, c - k], x[k, i] + Sigma(x[k, j], [(k, k + 1)])]))
    return draw(st.sampled_from([Sigma, Pi, Maximum]))(inner, ranges, kept)


numbers = st.fixed_dictionaries({K: extents, L: extents, m: extents, j: st.integers(0, 3)})


def worth(total, known):
    """Value of a sum; None for a maximum over nothing."""
    try:
        return evaluate(total, {**known, "x": Everywhere()})
    except ValueError:
        return None


@given(totals(), numbers, st.sampled_from([2, 3, m, m + 1]))
def test_a_sum_split_by_residues_is_the_sum(total, known, modulus):
    parts = algebra.split(total, k, modulus, q, r)
    assert [symbol for symbol, _ in parts.ranges] == [c, r, q, i]
    assert worth(parts, known) == worth(total, known)


@given(totals(), numbers, st.sampled_from([-1, -2, -j, -L, 0]))
def test_a_shifted_sum_is_the_sum(total, known, by):
    shifted = algebra.shift(total, k, by)
    assert worth(shifted, known) == worth(total, known)
    assert (shifted == total) == (by == 0)


@given(totals(), numbers, st.sampled_from([1, 2, j, L]))
def test_a_sum_that_starts_late_is_shifted_to_the_start(total, known, by):
    late = total.func(total.body, total.ranges, [*total.conditions, sp.Ge(k, by)])
    assert worth(algebra.shift(late, k, by), known) == worth(late, known)
    early = total.func(total.body, total.ranges)
    with pytest.raises(DerivationError, match="the terms before it would be lost"):
        algebra.shift(early, k, by)


@given(totals(), numbers)
def test_a_reflected_sum_is_the_sum(total, known):
    reflected = algebra.reflect(total, k)
    assert worth(reflected, known) == worth(total, known)
    again = algebra.reflect(reflected, k)
    assert (again.body, again.ranges) == (total.body, total.ranges)
    assert worth(again, known) == worth(total, known)


@given(totals(), numbers)
def test_merged_bounds_leave_the_same_terms(total, known):
    merged = algebra.merge(total)
    assert worth(merged, known) == worth(total, known)
    assert not any(isinstance(condition, sp.Rel) and condition.lts == k for condition in merged.conditions)
    assert algebra.merge(merged) == merged


@given(st.sampled_from([Sigma, Pi, Maximum]), numbers, st.lists(st.booleans(), min_size=4, max_size=4), small)
def test_interchanged_sums_are_the_sum(kind, known, kept, bound):
    conditions = [sp.Ge(i, 1), sp.Lt(i, k), sp.Ge(i + bound * k, 0), sp.Lt(k, 2)]
    held = [condition for condition, keep in zip(conditions, kept, strict=True) if keep]
    inner = kind(x[i, k], [(i, L)], [condition for condition in held if condition.has(i)])
    factor = x[k, 0] if kind is Sigma else 1
    total = kind(factor * inner, [(k, K)], [condition for condition in held if not condition.has(i)])
    exchanged = algebra.interchange(total)
    assert [symbol for symbol, _ in exchanged.ranges] == [i]
    assert not any(condition.has(k) for condition in exchanged.conditions)
    if kind is not Maximum or worth(total, known) is not None:
        assert worth(exchanged, known) == worth(total, known)


@pytest.mark.parametrize(
    "total",
    [
        Sigma(x[k, 0] + Sigma(x[i, k], [(i, L)]), [(k, K)]),
        Sigma(Sigma(x[i, k], [(i, k + 1)]), [(k, K)]),
        Maximum(x[k, 0] * Maximum(x[i, k], [(i, L)]), [(k, K)]),
        Sigma(x[k, 0], [(k, K)]),
    ],
    ids=["no product", "a triangle", "a maximum times something", "one sum"],
)
def test_sums_that_can_not_be_interchanged_are_refused(total):
    with pytest.raises(DerivationError, match="can not be interchanged"):
        algebra.interchange(total)


@given(st.dictionaries(st.integers(-3, 3), small), st.dictionaries(st.integers(-3, 3), small), small)
def test_sums_over_all_integers_are_shifted_and_reflected_by_anything(first, second, by):
    z, n = sp.Symbol("z", integer=True), sp.Symbol("n", integer=True)
    total = Sigma(x[z] * w[n - z], [(z, sp.oo)])
    arrays = {"x": Sparse({(a,): b for a, b in first.items()}), "w": Sparse({(a,): b for a, b in second.items()})}
    forms = [total, algebra.shift(total, z, by), algebra.reflect(total, z), algebra.reflect(total, z, n)]
    assert algebra.reflect(total, z, n).body == x[n - z] * w[z], "convolution commutes"
    classes = algebra.split(total, z, 2, q, r)
    for at in range(-6, 7):
        truth = sum(first.get(a, 0) * second.get(at - a, 0) for a in range(-3, 4))
        assert {evaluate(form, {**arrays, n: at, sp.oo: 12}) for form in [*forms, classes]} == {truth}


def test_an_index_that_is_taken_or_missing_is_refused():
    total = Sigma(x[k, r], [(k, K)])
    with pytest.raises(DerivationError, match="the index r stands in the sum already"):
        algebra.split(total, k, 2, q, r)
    with pytest.raises(DerivationError, match="the index q stands in the sum already"):
        algebra.split(total, k, 2, q, q)
    with pytest.raises(DerivationError, match="the sum has no index i"):
        algebra.reflect(total, i)
    with pytest.raises(DerivationError, match="has an end to reflect it at"):
        algebra.reflect(total, k, 3)
    with pytest.raises(DerivationError, match="the index i stands in the sum already"):
        algebra.interchange(Sigma(x[k, i] * Sigma(x[i, k], [(i, L)]), [(k, K)]))


def test_a_value_is_not_put_where_a_sum_inside_binds_the_index():
    inner = Sigma(x[k, j], [(i, k), (k, k + 1)])
    assert replaced(inner, k, sp.Integer(3)) == Sigma(x[k, j], [(i, 3), (k, 4)])
    with pytest.raises(DerivationError, match="the value of j reads k"):
        replaced(inner, j, k + 1)
