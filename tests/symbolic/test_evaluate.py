"""What a formula is worth: each is built beside its meaning, plain Python that loops, and the two agree exactly."""

import operator
from dataclasses import dataclass
from fractions import Fraction
from math import prod

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnmath.symbolic.evaluate import evaluate
from cnnmath.symbolic.instance import Lazy, Sparse
from cnnmath.symbolic.terms import Attains, Bracket, Divides, Maximum, Partial, Pi, Sigma, array, index, size
from tests.symbolic.instances import Everywhere

i, j, k, n = index("i"), index("j"), index("k"), size("n")
x, y = array("x"), array("y")


@dataclass
class Said:
    """A formula, and what it means: a function of the values of its symbols."""

    formula: object
    means: object


def leaf(formula):
    return Said(sp.sympify(formula), lambda at: at[formula] if isinstance(formula, sp.Symbol) else Fraction(formula))


def joined(build, meaning, *parts):
    return Said(build(*(p.formula for p in parts)), lambda at: meaning(*(p.means(at) for p in parts)))


places = st.sampled_from([i, j, k, n, -2, -1, 0, 1, 2, 3]).map(leaf)
divisors = st.integers(1, 4).map(leaf)
integers = st.recursive(
    places,
    lambda inner: st.one_of(
        st.builds(lambda a, b: joined(operator.add, operator.add, a, b), inner, inner),
        st.builds(lambda a, b: joined(operator.mul, operator.mul, a, b), places, inner),
        st.builds(lambda a, b: joined(lambda a, b: sp.floor(a / b), operator.floordiv, a, b), inner, divisors),
        st.builds(lambda a, b: joined(sp.Mod, operator.mod, a, b), inner, divisors),
        st.builds(lambda a, b: joined(sp.Mod, operator.mod, a, b), inner, st.just(leaf(n))),
    ),
    max_leaves=4,
)
entries = st.builds(
    lambda a, b: joined(lambda a, b: x[a, b], lambda a, b: Everywhere()[a, b], a, b), integers, integers
)
COMPARED = {sp.Ge: operator.ge, sp.Gt: operator.gt, sp.Le: operator.le, sp.Lt: operator.lt, sp.Eq: operator.eq}
COMPARED |= {sp.Ne: operator.ne}


def compared(relation, a, b):
    return joined(relation, COMPARED[relation], a, b)


relations = st.sampled_from(list(COMPARED))
simple = st.one_of(
    st.builds(compared, relations, integers, integers),
    st.builds(lambda a, b: joined(Divides, lambda d, a: a % d == 0, a, b), divisors, integers),
    st.builds(compared, relations, entries, integers),
)
conditions = st.recursive(
    simple,
    lambda inner: st.one_of(
        st.builds(lambda a, b: joined(sp.And, lambda a, b: a and b, a, b), inner, inner),
        st.builds(lambda a, b: joined(sp.Or, lambda a, b: a or b, a, b), inner, inner),
        st.builds(lambda a: joined(sp.Not, operator.not_, a), inner),
    ),
    max_leaves=3,
)
extents = st.sampled_from([(0, 1), (2, 3), (n, 2), (3, k + 1), (j + 1, n)])
"""How far two loops run; the second may depend on the symbols around it."""


def loops(at, symbols, sizes):
    """Values of all symbols, the loops' own in the place of others of the same name."""
    (outer, inner), (first, second) = symbols, sizes
    for a in range(int(sp.sympify(first).subs(at))):
        within = {**at, outer: a}
        for b in range(int(sp.sympify(second).subs(within))):
            yield {**within, inner: b}


def folded(kind, body, held, symbols, sizes):
    """A sum, product or maximum over two loops; a maximum also has a tap that always counts, its first."""
    fold = {Sigma: sum, Pi: prod, Maximum: max}[kind]
    if kind is Maximum:
        sizes = tuple(sp.Max(extent, 1) if extent == 0 else extent for extent in sizes)
        always = compared(sp.Eq, joined(operator.add, operator.add, *map(leaf, symbols)), leaf(0))
        held = joined(sp.Or, lambda a, b: a or b, always, held)

    def means(at):
        return fold(body.means(here) for here in loops(at, symbols, sizes) if held.means(here))

    return Said(kind(body.formula, list(zip(symbols, sizes, strict=True)), [held.formula]), means)


def attained(body, held, tap):
    """Whether a tap is the first of those that count, in the order of the loops, at which the body is greatest."""
    always = joined(sp.Or, lambda a, b: a or b, compared(sp.Eq, leaf(k), leaf(0)), held)

    def means(at):
        counted = [a for a in range(3) if always.means({**at, k: a})]
        return int(max(counted, key=lambda a: body.means({**at, k: a})) == tap.means(at))

    maximum = Maximum(body.formula, [(k, 3)], [always.formula])
    return Said(Bracket(Attains(maximum, [tap.formula], [])), means)


def cases(first, second, one, two, three):
    def means(at):
        return (one if first.means(at) else two if second.means(at) else three).means(at)

    rows = [(one.formula, first.formula), (two.formula, second.formula), (three.formula, True)]
    return Said(sp.Piecewise(*rows), means)


def ratio(a, b):
    return joined(lambda a, b: a / (b**2 + 1), lambda a, b: Fraction(a) / (b**2 + 1), a, b)


def sums(inner):
    """Formulas made of others, that letters may take part in."""
    pairs, kinds = st.sampled_from([(i, j), (j, k), (k, i)]), st.sampled_from([Sigma, Sigma, Pi])
    return st.one_of(
        st.builds(lambda a, b: joined(operator.add, operator.add, a, b), inner, inner),
        st.builds(lambda a, b: joined(operator.mul, operator.mul, a, b), inner, inner),
        st.builds(lambda a, e: joined(lambda a: a**e, lambda a: a**e, a), inner, st.integers(0, 3)),
        st.builds(ratio, inner, inner),
        st.builds(lambda c, a: joined(lambda c, a: Bracket(c) * a, lambda c, a: a * int(c), c, a), conditions, inner),
        st.builds(cases, conditions, conditions, inner, inner, inner),
        st.builds(folded, kinds, inner, conditions, pairs, extents),
    )


def larger(inner):
    """The same, and what compares their values."""
    pairs = st.sampled_from([(i, j), (j, k), (k, i)])
    return st.one_of(
        sums(inner),
        st.builds(lambda a, b: joined(sp.Max, max, a, b), inner, inner),
        st.builds(lambda a, b: joined(sp.Min, min, a, b), inner, inner),
        st.builds(lambda a: joined(sp.Abs, abs, a), inner),
        st.builds(folded, st.just(Maximum), inner, conditions, pairs, extents),
        st.builds(attained, inner, conditions, places),
    )


rationals = st.sampled_from([sp.Rational(1, 2), sp.Rational(-2, 3)]).map(
    lambda q: Said(q, lambda _: Fraction(int(q.p), int(q.q)))
)
leaves = st.one_of(integers, entries, rationals)
formulas, open_formulas = (st.recursive(leaves, forms, max_leaves=5) for forms in (larger, sums))
values = st.fixed_dictionaries({i: st.integers(0, 4), j: st.integers(0, 2), k: st.integers(0, 2), n: st.integers(1, 3)})


@settings(max_examples=250)
@given(formulas, values)
def test_a_formula_is_worth_what_it_says(said, at):
    assert evaluate(said.formula, {**at, "x": Everywhere()}) == said.means(at)


@settings(max_examples=100)
@given(conditions, values)
def test_a_condition_holds_where_it_says(said, at):
    assert bool(evaluate(Bracket(said.formula), {**at, "x": Everywhere()})) == said.means(at)


class Letters:
    """The same array, its numbers not told: the value of a formula is a formula."""

    def __getitem__(self, at):
        return y[tuple(map(sp.Integer, at))]


@settings(max_examples=100)
@given(open_formulas, values)
def test_numbers_put_in_later_give_the_same_value(said, at):
    written = sp.sympify(evaluate(said.formula, {**at, "x": Letters()}))
    assert not written.has(x)
    assert evaluate(written, {"y": Everywhere()}) == said.means(at)


def test_a_sum_over_no_ranges_is_its_body_where_the_condition_holds():
    total = Sigma(x[i], [], [sp.Lt(i, 2)])
    assert [evaluate(total, {i: a, "x": {(0,): 5, (1,): 6}}) for a in range(3)] == [5, 6, 0]
    assert evaluate(Sigma(sp.Integer(3), []), {}) == 3


def test_empty_ranges_are_an_empty_sum_and_an_empty_product():
    assert evaluate(Sigma(x[k], [(k, sp.Integer(0))]), {"x": {}}) == 0
    assert evaluate(Pi(x[k], [(k, n - 1)]), {"x": {}, n: 1}) == 1
    with pytest.raises(ValueError, match="empty"):
        evaluate(Maximum(x[k], [(k, sp.Integer(0))]), {"x": {}})


def test_an_inner_index_hides_an_outer_one_of_the_same_name_and_its_extent_reads_the_outer_one():
    nested = Sigma(10 * k + Sigma(x[k], [(k, k + 1)]), [(k, 3)])
    assert evaluate(nested, {"x": {(a,): 100**a for a in range(3)}}) == 30 + 3 + 2 * 100 + 100**2


def test_what_a_bracket_rules_out_is_never_read():
    read = {"x": {(0,): 5}, "y": {(0,): -1}}
    assert evaluate(Bracket(sp.Lt(i, 1)) * x[i], {**read, i: 3}) == 0
    assert evaluate(Bracket(sp.Gt(y[0], 0)) * x[i], {**read, i: 3}) == 0
    assert evaluate(Bracket(sp.Gt(y[0], 0)) * sp.log(y[0]), read) == 0
    assert evaluate(Bracket(sp.Lt(i, 1), sp.Gt(x[i], 0)), {**read, i: 3}) == 0
    assert evaluate(sp.Piecewise((x[i], sp.And(sp.Lt(i, 1), sp.Gt(x[i], 0))), (7, True)), {**read, i: 3}) == 7
    assert evaluate(Sigma(x[k], [(k, 5)], [sp.Lt(k, 1)]), read) == 5


@pytest.mark.parametrize("array", [Sparse({(0,): 1}), Lazy((3,), lambda _: 1)], ids=["sparse", "lazy"])
def test_an_index_that_is_a_fraction_reads_nothing(array):
    assert evaluate(x[j / 2], {"x": array, j: 2}) in (0, 1)
    with pytest.raises(TypeError, match="Fraction"):
        evaluate(x[j / 2], {"x": array, j: 1})


def test_powers_keep_their_order_and_their_sign():
    base = sp.Pow(sp.Pow(j, 2, evaluate=False), 3, evaluate=False)
    assert evaluate(base, {j: 2}) == 64
    assert evaluate(-(j**2), {j: 3}) == -9
    assert evaluate((-j) ** 2, {j: 3}) == 9
    assert evaluate(j**-2, {j: 3}) == Fraction(1, 9)
    assert evaluate(n**j, {j: 3, n: 2}) == 8
    assert evaluate(n ** (-j), {j: 3, n: 2}) == Fraction(1, 8)
    assert evaluate(sp.sqrt(n), {n: 9}) == 3
    assert evaluate(1 / sp.sqrt(x[0]), {"x": {(0,): Fraction(4, 9)}}) == Fraction(3, 2)
    assert evaluate(n ** (j / 2), {j: 4, n: 3}) == 9


def test_a_quotient_that_is_whole_can_be_an_index():
    assert evaluate(x[j / 2 + sp.Rational(1, 2)], {"x": {(1,): 20}, j: 1}) == 20
    assert evaluate(x[(n - 1) / 2, n / 3], {"x": {(1, 1): 20}, n: 3}) == 20


def test_a_maximum_is_over_the_taps_that_count_alone():
    negative = {"x": {(a,): a - 9 for a in range(4)}}
    assert evaluate(Maximum(x[k], [(k, 4)], [sp.Lt(x[k], -7)]), negative) == -8
    assert evaluate(Pi(x[k], [(k, 4)], [sp.Lt(x[k], -7)]), negative) == 72
    first = Attains(Maximum(x[k], [(k, 4)], [sp.Lt(x[k], -7)]), [j], [])
    assert [evaluate(Bracket(first), {**negative, j: a}) for a in range(4)] == [0, 1, 0, 0]


def test_a_maximum_of_letters_must_know_its_taps():
    whole = Maximum(x[k], [(k, 2)], [sp.Lt(x[k], 0)])
    with pytest.raises(TypeError, match="depends on numbers that are not known"):
        evaluate(whole, {"x": {(a,): y[a] for a in range(2)}})


def test_cases_of_letters_are_looked_at_no_further_than_needed():
    known, unknown = sp.Gt(k, 2), sp.Gt(x[0], 0)
    open_cases = sp.Piecewise((x[k], sp.Lt(k, 0)), (1, unknown), (2, known), (x[k], True))
    assert evaluate(open_cases, {"x": {(0,): y[0]}, k: 5}) == sp.Piecewise((1, y[0] > 0), (2, True))
    with pytest.raises(ValueError, match="no case applies"):
        evaluate(sp.Piecewise((1, sp.Lt(k, 2))), {k: 3})


def test_a_partial_derivative_is_an_array_read_by_both_positions():
    assert evaluate(Partial(y[i], x[j, k]), {i: 1, j: 2, k: 3, "dy/dx": {(1, 2, 3): 8}}) == 8


def test_the_base_of_the_exponential_is_a_number():
    assert abs(evaluate(sp.exp(1), {}) - Fraction("2.7182818284590452353602874713526624977572")) < Fraction(1, 10**39)


def test_a_part_without_a_value_is_refused():
    with pytest.raises(TypeError, match="no value is defined for"):
        evaluate(sp.zeta(k), {k: 2})
