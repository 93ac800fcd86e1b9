"""The values of derivatives: proved by calculus, and met by the exact gradient reader."""

from dataclasses import replace
from fractions import Fraction

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import ops
from cnnmath.ops.slope import Interval, Slopes, slopes
from cnnmath.readers import Tensor
from cnnmath.readers.gradient import partials

X = sympy.Symbol("x", real=True)
E = sympy.exp(X)
BELOW, ABOVE = sympy.Interval(-sympy.oo, 0), sympy.Interval.open(0, sympy.oo)
ACTIVATIONS = {
    ops.ReLU(): [(0, sympy.Interval(-sympy.oo, 0)), (X, sympy.Interval.open(0, sympy.oo))],
    ops.LeakyReLU(): [(X / 100, sympy.Interval(-sympy.oo, 0)), (X, sympy.Interval.open(0, sympy.oo))],
    ops.LeakyReLU(Fraction(3, 2)): [(3 * X / 2, sympy.Interval(-sympy.oo, 0)), (X, sympy.Interval.open(0, sympy.oo))],
    ops.ELU(): [(E - 1, sympy.Interval(-sympy.oo, 0)), (X, sympy.Interval.open(0, sympy.oo))],
    ops.ELU(2.5): [(5 * (E - 1) / 2, sympy.Interval(-sympy.oo, 0)), (X, sympy.Interval.open(0, sympy.oo))],
    ops.ELU(Fraction(-1, 3)): [((1 - E) / 3, sympy.Interval(-sympy.oo, 0)), (X, sympy.Interval.open(0, sympy.oo))],
    ops.ELU(0): [(0, sympy.Interval(-sympy.oo, 0)), (X, sympy.Interval.open(0, sympy.oo))],
    ops.SELU(): [
        (sympy.Rational("1.0507009873554805") * sympy.Rational("1.6732632423543772") * (E - 1), BELOW),
        (sympy.Rational("1.0507009873554805") * X, ABOVE),
    ],
    ops.SELU(-2, Fraction(1, 2)): [(1 - E, BELOW), (X / 2, ABOVE)],
    ops.SELU(0, 2): [(0, BELOW), (2 * X, ABOVE)],
    ops.CELU(Fraction(1, 2)): [((E**2 - 1) / 2, BELOW), (X, ABOVE)],
    ops.ThresholdedReLU(2): [(0, sympy.Interval(-sympy.oo, 2)), (X, sympy.Interval.open(2, sympy.oo))],
    ops.Clip(0, 6): [(0, BELOW), (X, sympy.Interval.open(0, 6)), (6, sympy.Interval(6, sympy.oo))],
    ops.Clip(high=2): [(X, sympy.Interval.open(-sympy.oo, 2)), (2, sympy.Interval(2, sympy.oo))],
    ops.Clip(2, 2): [(2, sympy.S.Reals)],
    ops.Clip(): [(X, sympy.S.Reals)],
    ops.Abs(): [(-X, sympy.Interval.open(-sympy.oo, 0)), (0, sympy.FiniteSet(0)), (X, ABOVE)],
    ops.Affine(Fraction(2, 3), 5): [(2 * X / 3 + 5, sympy.S.Reals)],
    ops.Sigmoid(): [(1 / (1 + 1 / E), sympy.S.Reals)],
    ops.Tanh(): [((E - 1 / E) / (E + 1 / E), sympy.S.Reals)],
    ops.Softplus(): [(sympy.log(1 + E), sympy.S.Reals)],
    ops.LogSigmoid(): [(-sympy.log(1 + 1 / E), sympy.S.Reals)],
    ops.SiLU(0): [(X / 2, sympy.S.Reals)],
    ops.HardSwish(): [
        (0, sympy.Interval(-sympy.oo, -3)),
        (X**2 / 6 + X / 2, sympy.Interval.open(-3, 3)),
        (X, sympy.Interval(3, sympy.oo)),
    ],
    ops.HardSigmoid(): [
        (0, sympy.Interval(-sympy.oo, -3)),
        (X / 6, sympy.Interval.open(-3, 3)),
        (1, sympy.Interval(3, sympy.oo)),
    ],
    ops.HardSigmoid(Fraction(-1, 5), 0): [(0, sympy.Interval(0, sympy.oo)), (-X / 5, sympy.Interval.open(-5, 0))],
    ops.HardSigmoid(0, Fraction(1, 2)): [(sympy.Rational(1, 2), sympy.S.Reals)],
}
BENT = {
    ops.Erf(): (None, "0"),
    ops.GELU(): ("-1.41421356237", "1.41421356237"),
    ops.GELU(approximate=True): ("-1.41850400879", "1.41850400879"),
    ops.SiLU(): ("-2.39935728052", "2.39935728052"),
    ops.SiLU(-2): ("1.19967864026", "-1.19967864026"),
    ops.Mish(): ("-2.25637639636", "1.49057117949"),
}
"""Activations whose derivatives have irrational ends, and where these are attained."""
each_activation = pytest.mark.parametrize("op", ACTIVATIONS, ids=repr)


def image(derivative, domain):
    """Values of a derivative on an interval: by its limits, its ends and its critical points."""
    derivative = sympy.simplify(derivative)
    if not derivative.has(X):
        return sympy.FiniteSet(derivative)
    u = sympy.Symbol("u", positive=True)  # exp(x), in which all of these are rational
    ratio, ends = sympy.together(derivative.subs(X, sympy.log(u))), {}
    lower, upper = (0 if domain.inf == -sympy.oo else sympy.exp(domain.inf)), sympy.exp(domain.sup)
    for end, side in ((lower, "+"), (upper, "-")):
        ends[sympy.limit(ratio, u, end, side)] = domain.right_open if end == upper else domain.left_open
    for root in sympy.solve(sympy.diff(ratio, u), u):
        ends[ratio.subs(u, root)] = False
    low, high = min(ends), max(ends)
    return sympy.Interval(low, high, left_open=ends[low], right_open=ends[high])


def described(found):
    """Slopes as a set of SymPy's."""
    parts = [
        sympy.Interval(part.low, part.high, left_open=not part.low_at, right_open=not part.high_at)
        for part in found.parts
    ]
    return sympy.Union(*parts)


@each_activation
def test_the_values_are_those_that_calculus_finds(op):
    found = sympy.Union(*(image(sympy.diff(f, X), domain) for f, domain in ACTIVATIONS[op]))
    assert found == described(slopes(op))
    assert slopes(op).bound == max(abs(found.inf), abs(found.sup))
    assert slopes(op).zero == found.contains(0)


@pytest.mark.parametrize(
    "wrong",
    [
        Interval(Fraction(0), Fraction(1, 2), high_at="at x = 0"),
        Interval(Fraction(0), Fraction(1, 4)),
        Interval(Fraction(0), Fraction(1, 4), "at infinity", "at x = 0"),
    ],
    ids=repr,
)
def test_a_planted_range_is_refuted_by_calculus(wrong):
    ((f, domain),) = ACTIVATIONS[ops.Sigmoid()]
    assert image(sympy.diff(f, X), domain) != described(Slopes((wrong,)))


@each_activation
def test_sampled_derivatives_lie_in_the_range_and_come_near_its_ends(op):
    kink = 3 - Fraction(1, 10**11)
    points = [*(Fraction(n, 4) for n in range(-120, 121)), kink, -kink]
    x = Tensor((1, len(points)), points)
    found = [partials(op, (0, i), {"x": x}).get(("x", (0, i)), Fraction(0)) for i in range(len(points))]
    assert all(value in slopes(op) for value in found)
    for part in slopes(op).parts:
        for end, at in ((part.low, part.low_at), (part.high, part.high_at)):
            nearest = min(abs(value - end) for value in found)
            assert nearest == 0 if at else 0 < nearest < Fraction(1, 10**10)


def slope_at(op, x):
    return partials(op, (0, 0), {"x": Tensor((1, 1), [x])})[("x", (0, 0))]


@pytest.mark.parametrize("op", BENT, ids=repr)
def test_irrational_ends_are_rounded_outward_and_attained_where_they_say(op):
    (part,) = slopes(op).parts
    for sign, end, at, said in ((-1, part.low, BENT[op][0], part.low_at), (1, part.high, BENT[op][1], part.high_at)):
        if at is None:
            assert (end, said) == (0, "")
            continue
        assert at[:10] in said.replace("√2", "1.41421356237")
        assert 0 <= sign * (end - slope_at(op, Fraction(at))) < Fraction(1, 10**11)
        aside = [sign * slope_at(op, Fraction(at) + step) for step in (-Fraction(1, 100), Fraction(1, 100))]
        assert max(aside) < sign * slope_at(op, Fraction(at)), "there it turns round"
    points = [Fraction(n, 2) for n in range(-24, 25)]
    assert all(slope_at(op, x) in slopes(op) for x in points)
    assert slopes(op).zero == (min(slope_at(op, x) for x in points) < 0)


def test_irrational_ends_are_written_as_decimals():
    assert repr(slopes(ops.Erf())) == "(0, 1.128379167096] with 1.128379167096 at x = 0"
    assert repr(slopes(ops.SiLU(-2))).endswith("1.099839320129 at x = -1.19967864026")


@given(st.lists(st.integers(-24, 24).map(lambda n: Fraction(n, 3)), min_size=1, max_size=4))
def test_sampled_derivatives_of_a_softmax_lie_in_the_range(xs):
    x = Tensor((1, len(xs)), xs)
    rows = [partials(ops.Softmax(), (0, c), {"x": x}) for c in range(len(xs))]
    for found in (slopes(ops.Softmax(), len(xs)), *([slopes(ops.Softmax())] if len(xs) > 1 else [])):
        assert all(rows[c][("x", (0, q))] in found for c in range(len(xs)) for q in range(len(xs)))


@given(st.lists(st.integers(-24, 24).map(lambda n: Fraction(n, 3)), min_size=1, max_size=4))
def test_sampled_derivatives_of_a_log_softmax_lie_in_the_range(xs):
    x = Tensor((1, len(xs)), xs)
    rows = [partials(ops.LogSoftmax(), (0, c), {"x": x}) for c in range(len(xs))]
    for found in (slopes(ops.LogSoftmax(), len(xs)), *([slopes(ops.LogSoftmax())] if len(xs) > 1 else [])):
        assert all(rows[c][("x", (0, q))] in found for c in range(len(xs)) for q in range(len(xs)))


def test_the_ends_of_a_log_softmax_are_approached_and_not_attained():
    x = Tensor((1, 2), [Fraction(40), Fraction(-40)])
    (sure, beside), (seldom, other) = (
        [partials(ops.LogSoftmax(), (0, c), {"x": x})[("x", (0, q))] for q in range(2)] for c in range(2)
    )
    near = Fraction(1, 10**30)
    assert 0 < sure < near > -beside > 0
    assert 0 < 1 - other < near > 1 + seldom > 0
    assert slopes(ops.LogSoftmax(), 2).bound == 1
    assert slopes(ops.LogSoftmax(), 1).zero
    assert not slopes(ops.LogSoftmax()).zero


def test_the_ends_of_a_softmax_are_those_that_calculus_finds():
    y, z = sympy.symbols("y z", positive=True)
    (peak,) = sympy.solve(sympy.diff(y * (1 - y), y), y)
    own, beside = slopes(ops.Softmax(), 2).parts
    assert (peak, own.high) == (sympy.Rational(1, 2), Fraction(1, 4))
    assert (beside.low, bool(beside.low_at)) == (Fraction(-1, 4), True)
    share = y * z / (y + z + 1) ** 2  # of two among three channels, in proportion to the third
    gap = sympy.factor(sympy.Rational(1, 4) - share)
    assert sympy.expand(sympy.numer(gap) - ((y - z) ** 2 + 2 * y + 2 * z + 1)) == 0  # positive: never attained
    assert sympy.limit(share.subs(z, y), y, sympy.oo) == sympy.Rational(1, 4)
    assert not slopes(ops.Softmax(), 3).parts[1].low_at
    assert slopes(ops.Softmax(), 1) == Slopes(
        (Interval(Fraction(0), Fraction(0), "everywhere: y = 1", "everywhere: y = 1"),)
    )
    assert slopes(ops.Softmax(), 1).zero
    assert not slopes(ops.Softmax()).zero


def test_every_activation_has_its_range_and_no_other_operator_has_one():
    kinds = {
        kind for kind in ops.ALL if kind.__module__.rpartition(".")[2] in ("activation", "softmax", "smooth", "hard")
    }
    kinds |= {ops.SELU, ops.CELU, ops.ThresholdedReLU, ops.Clip, ops.Softsign, ops.Abs, ops.Affine}
    assert {type(op) for op in (*ACTIVATIONS, *BENT)} | {ops.Softmax, ops.LogSoftmax, ops.Softsign} == kinds
    assert all(slopes(kind()) for kind in kinds)
    assert slopes(ops.BatchNorm()) is slopes(ops.Conv(1, 3)) is slopes(ops.Dropout()) is None


def test_the_slopes_of_a_softsign_fall_from_1_and_come_near_0_slowly():
    points = [Fraction(n) for n in (-(10**6), -2, 0, 3)]
    found = [partials(ops.Softsign(), (0, i), {"x": Tensor((1, 4), points)})[("x", (0, i))] for i in range(4)]
    assert found == [Fraction(1, (10**6 + 1) ** 2), Fraction(1, 9), 1, Fraction(1, 16)]
    assert all(value in slopes(ops.Softsign()) for value in found)
    assert (slopes(ops.Softsign()).bound, slopes(ops.Softsign()).zero) == (1, False)


def test_ranges_read_as_intervals():
    assert repr(slopes(ops.Clip(0, 6))) == "{0} at x <= 0 and x >= 6 and {1} at x > 0, x < 6"
    assert repr(slopes(ops.Clip(high=2))) == "{0} at x >= 2 and {1} at x < 2"
    assert repr(slopes(ops.ReLU())) == "{0} at x <= 0 and {1} at x > 0"
    assert repr(slopes(ops.Softplus())) == "(0, 1)"
    part = slopes(ops.Sigmoid()).parts[0]
    assert repr(replace(part, low_at="nowhere")) == "[0, 1/4] with 0 nowhere, 1/4 at x = 0"
