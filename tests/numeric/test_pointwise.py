"""Functions of one number: what they are of each other, of any rank, and outside their domain."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import numeric, ops
from cnnmath.errors import DataError
from tests.support import gamma

HALF = Fraction(1, 2)
ANY_RANK = [
    *(ops.Affine(2, 1), ops.Power(2), ops.Power(HALF), ops.Power(-1), ops.Exp(), ops.Log(), ops.Abs(), ops.Clip(0, 6)),
    *(ops.SELU(), ops.CELU(2), ops.ThresholdedReLU(), ops.Softsign()),
]
numbers = st.lists(st.integers(-9, 9).map(lambda n: Fraction(n, 3)), min_size=1, max_size=6)


def both(op, x, **parameters):
    """Output and gradients, of a gradient from above that differs from place to place."""
    dy = np.arange(1, x.size + 1).reshape(x.shape).astype(x.dtype)
    return [numeric.forward(op, x, **parameters), *numeric.backward(op, dy, x, **parameters).values()]


def same(a, b):
    return all((u == v).all() for u, v in zip(a, b, strict=True))


@pytest.mark.parametrize("op", ANY_RANK, ids=str)
def test_an_array_may_have_any_rank(op):
    x = np.array([[[1.0, 2.0]]])
    y, dx = (a.ravel() for a in both(op, x))
    for shape in ((2,), (1, 2)):
        assert same(both(op, x.reshape(shape)), [y.reshape(shape), dx.reshape(shape)])
    assert both(op, x[0, 0, 0])[0].shape == ()
    assert both(op, x[0, 0, 0]) == [y[0], dx[0]]


@given(numbers)
def test_rectifiers_are_those_of_other_settings(values):
    x = np.array([values], object)
    w = np.array([Fraction(1, 100)] * x.size, object)
    assert same(both(ops.Clip(0), x), both(ops.ReLU(), x))
    assert same(both(ops.ThresholdedReLU(0), x), both(ops.ReLU(), x))
    assert same(both(ops.PReLU(), x, w=w)[:2], both(ops.LeakyReLU(), x))
    assert same(both(ops.PReLU(shared=True), x, w=w[:1])[:2], both(ops.LeakyReLU(), x))
    assert same(both(ops.SELU(2, 1), x), both(ops.ELU(2), x))
    assert same(both(ops.CELU(1), x), both(ops.ELU(), x))
    assert same(both(ops.Clip(), x), both(ops.Affine(), x))


@given(numbers)
def test_a_celu_is_an_elu_between_two_scalings(values):
    x = np.array([values], object)
    inner = both(ops.ELU(), x / 2)[0]
    assert (numeric.forward(ops.CELU(2), x) == 2 * inner).all()


@given(numbers)
def test_powers_of_positive_numbers_add_their_exponents(values):
    x = np.array([values], object) ** 2 + 1

    def power(exponent):
        return numeric.forward(ops.Power(exponent), x)

    assert (power(3) * power(-2) == x).all()
    assert (power(-1) * x == 1).all()
    squares = numeric.forward(ops.Power(HALF), x * x)
    assert (squares == x).all()


@given(st.lists(st.floats(-30, 30), min_size=1, max_size=6))
def test_the_logarithm_undoes_the_exponential(values):
    x = np.array([values])
    back = numeric.forward(ops.Log(), numeric.forward(ops.Exp(), x))
    assert (np.abs(back - x) <= gamma(8) * (1 + np.abs(x))).all()  # each function within 4 units in the last place


@pytest.mark.parametrize(
    "op", [ops.Affine(3, 1), ops.Power(2), ops.Abs(), ops.Clip(0, 6), ops.ThresholdedReLU()], ids=str
)
def test_integers_stay_integers(op):
    y, dx = both(op, np.array([[-2, 0, 5]]))
    assert y.dtype == dx.dtype == np.int64
    exact, slopes = both(op, np.array([[-2, 0, 5]], object))
    assert (y == exact).all()
    assert (dx == slopes).all()


def test_integers_that_would_wrap_around_are_computed_as_pythons():
    x = np.array([[2**31]])
    assert numeric.forward(ops.Power(2), x).tolist() == [[2**62]]
    with pytest.raises(DataError, match="too large for int64"):
        numeric.forward(ops.Power(3), x)


@pytest.mark.parametrize(
    ("op", "x", "y", "dx"),
    [
        (ops.Log(), 0.0, -math.inf, math.inf),
        (ops.Log(), -1.0, math.nan, -1.0),
        (ops.Power(HALF), 0.0, 0.0, math.inf),
        (ops.Power(HALF), -1.0, math.nan, math.nan),
        (ops.Power(-1), 0.0, math.inf, -math.inf),
        (ops.Power(-1), -2.0, -0.5, -0.25),
        (ops.Exp(), 1e4, math.inf, math.inf),
    ],
    ids=str,
)
def test_floats_outside_a_domain_are_what_ieee_arithmetic_says(op, x, y, dx):
    with np.errstate(all="ignore"):
        found = both(op, np.array([[x]]))
    assert np.array_equal([float(a[0, 0]) for a in found], [y, dx], equal_nan=True)


@pytest.mark.parametrize(
    ("op", "x", "message"),
    [
        (ops.Log(), 0, "log: there is no logarithm of it.\n  rule    x > 0\n  here    x = 0"),
        (ops.Power(HALF), -4, "power: there is no such power of it.\n  here    x^(1/2) at x = -4"),
        (ops.Power(-1), 0, "power: there is no such power of it.\n  here    x^(-1) at x = 0"),
    ],
    ids=str,
)
def test_exact_numbers_outside_a_domain_are_refused(op, x, message):
    with pytest.raises(DataError) as refused:
        numeric.forward(op, np.array([[Fraction(x)]], object))
    assert str(refused.value) == message


def test_the_derivative_of_a_root_at_0_is_refused_where_numbers_are_exact():
    zero = np.array([[Fraction(0)]], object)
    assert numeric.forward(ops.Power(HALF), zero).tolist() == [[0]]
    with pytest.raises(DataError, match=r"x\^\(-1/2\) at x = 0"):
        numeric.backward(ops.Power(HALF), zero, zero)


def test_the_slope_of_a_rectifier_has_the_sum_of_its_channel():
    x, dy = -np.arange(1.0, 13).reshape(2, 2, 3), np.ones((2, 2, 3))
    w = np.array([0.5, 0.25])
    assert numeric.backward(ops.PReLU(), dy, x, w=w)["w"].tolist() == [-30, -48]
    assert numeric.backward(ops.PReLU(shared=True), dy, x, w=w[:1])["w"].tolist() == [-78]


def test_the_constants_of_a_selu_keep_mean_0_and_variance_1():
    """Integrals over the normal density, by the exponential's moments up to 0: exp(1/2) Phi(-1), exp(2) Phi(-2)."""
    alpha, gain = ops.SELU().alpha, ops.SELU().gamma

    def below(z):
        return math.erfc(z / math.sqrt(2)) / 2

    once, twice = math.exp(0.5) * below(1), math.exp(2) * below(2)
    mean = gain * (1 / math.sqrt(2 * math.pi) + alpha * (once - 0.5))
    square = gain**2 * (0.5 + alpha**2 * (twice - 2 * once + 0.5))
    assert abs(mean) < 1e-15
    assert abs(square - 1) < 1e-15
