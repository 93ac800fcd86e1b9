"""The error function: against an integral, a second series, and mpmath."""

from fractions import Fraction

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnmath.readers.error_function import BEYOND, FAR, PI, error_function
from cnnmath.readers.exact import DIGITS, Exact
from cnnmath.readers.gradient import bell

few = settings(max_examples=10)
TINY = Fraction(1, 10**50)


def digits(number):
    """A fraction among the numbers of mpmath."""
    return mpmath.mpf(number.numerator) / number.denominator


def arctangent_of_reciprocal(n):
    """Its alternating series, off by less than the first term that is left out."""
    return sum(Fraction((-1) ** k, (2 * k + 1) * n ** (2 * k + 1)) for k in range(75))


def test_pi_is_what_machin_found():
    assert abs(16 * arctangent_of_reciprocal(5) - 4 * arctangent_of_reciprocal(239) - PI) < Fraction(1, 10**99)


def alternating(x, terms):
    """``2/sqrt(pi)`` times the sum of ``(-1)^n x^(2n+1)/(n! (2n+1))``, for numbers up to 2."""
    total, power = Fraction(0), x
    for n in range(terms):
        total += power / (2 * n + 1)
        power = -power * x * x / (n + 1)
    return 2 * total / Exact().power(PI, Fraction(1, 2))


@pytest.mark.parametrize("x", [Fraction(1, 7), Fraction(1), Fraction(-3, 2), Fraction(2)], ids=str)
def test_it_is_the_sum_of_the_alternating_series(x):
    assert abs(alternating(x, 80) / error_function(x, DIGITS) - 1) < TINY


@few
@given(st.fractions(0, BEYOND, max_denominator=1000).filter(bool))
def test_it_and_what_is_missing_to_1_have_all_digits(x):
    with mpmath.workdps(760):
        found = error_function(x, DIGITS)
        assert abs(digits(found) / mpmath.erf(digits(x)) - 1) < 1e-50
        assert abs(digits(1 - found) / mpmath.erfc(digits(x)) - 1) < 1e-50


@pytest.mark.parametrize(
    "x", [Fraction(FAR), FAR + Fraction(1, 10**9), Fraction(BEYOND), Fraction(1, 10**300)], ids=str
)
def test_both_ways_meet_and_small_numbers_keep_their_digits(x):
    with mpmath.workdps(760):
        found = error_function(x, DIGITS)
        assert abs(digits(found) / mpmath.erf(digits(x)) - 1) < 1e-50
        assert abs(digits(1 - found) / mpmath.erfc(digits(x)) - 1) < 1e-50


def test_it_is_odd_and_ends_at_1():
    assert error_function(Fraction(0), DIGITS) == 0
    assert error_function(Fraction(-3), DIGITS) == -error_function(Fraction(3), DIGITS)
    assert error_function(BEYOND + Fraction(1, 7), DIGITS) == 1
    assert 0 < 1 - error_function(Fraction(BEYOND), DIGITS) < Fraction(1, 10**696)


@pytest.mark.parametrize("x", [Fraction(0), Fraction(2, 3), Fraction(-2)], ids=str)
def test_the_bell_is_its_difference_quotient(x):
    h = Fraction(1, 10**12)
    quotient = (error_function(x + h, DIGITS) - error_function(x - h, DIGITS)) / (2 * h)
    # A central quotient is off by a sixth of the third derivative, bell*(4x^2 - 2), times h^2: here by less than h^2.
    assert abs(quotient - bell(x)) < h * h
