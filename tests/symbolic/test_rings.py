"""Exact rings: their elements are numbers, against Python's complex numbers and remainders."""

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from cnnmath.symbolic.notations import Text
from cnnmath.symbolic.rings import Gaussian, Residue, number
from cnnmath.symbolic.terms import array
from cnnmath.symbolic.typeset import typeset

rationals = st.fractions(max_denominator=9, min_value=-9, max_value=9)


@given(rationals, rationals, rationals, rationals, st.integers(-3, 3))
def test_gaussian_numbers_are_complex_numbers(a, b, c, d, exponent):
    x, y = Gaussian(a, b), Gaussian(c, d)

    def same(mine, theirs):
        return complex(mine.real, mine.imaginary) == pytest.approx(theirs, rel=1e-9, abs=1e-9)

    assert same(x + y, complex(a, b) + complex(c, d))
    assert same(x * y, complex(a, b) * complex(c, d))
    assert x + 0 == x == 1 * x == x * Fraction(1) == 0 - (-x)
    assert x - y == x + -1 * y
    assert (x == y) == ((a, b) == (c, d))
    if (c, d) != (0, 0):
        assert x / y * y == x
        assert y**exponent * y**-exponent == 1 == 1 / y * y


@given(st.sampled_from([7, 11, 13, 65]), st.integers(-99, 99), st.integers(-99, 99))
def test_residues_are_integers_as_far_as_the_modulus_sees(modulus, a, b):
    zero = Residue(0, modulus)
    x, y = zero.of(a), zero.of(b)
    assert (x + y).value == (a + b) % modulus
    assert (x * y).value == (a * b) % modulus
    assert (x - y).value == (a - b) % modulus == -(y - x)
    assert (x == b) == ((a - b) % modulus == 0)
    if np.gcd(b, modulus) == 1:
        assert x / y * y == x


def test_elements_of_different_kinds_are_not_equal():
    assert Residue(1, 7) != Gaussian(1)
    assert Gaussian(1) != Residue(1, 7)
    assert Gaussian(1) != "1"
    assert Residue(1, 7) != Residue(1, 11)
    assert len({Residue(1, 7), Residue(1, 7), Residue(2, 7), Gaussian(2, 1)}) == 3


@given(rationals, rationals, st.integers(0, 64))
def test_what_is_written_can_be_read(a, b, value):
    for element in (a, Gaussian(a, b), Residue(value, 65)):
        assert number(str(element)) == element


def test_elements_are_formulas_where_they_meet_letters():
    assert sp.sympify(Gaussian(Fraction(1, 2), -1)) == sp.Rational(1, 2) - sp.I
    assert sp.sympify(Residue(3, 7)) == 3
    assert typeset(sp.sympify(Gaussian(2, -3)) * array("x")[1], Text()) == "x[1]*(2 - 3*i)"


@pytest.mark.parametrize("element", [Residue(3, 7), Gaussian(0, 1)])
def test_what_is_no_number_is_refused(element):
    for operation in ("__add__", "__mul__", "__truediv__"):
        assert getattr(element, operation)("a") is NotImplemented
