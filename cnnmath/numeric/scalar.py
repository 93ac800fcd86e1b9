"""Functions of single numbers that keep exact numbers exact: NumPy's on floats, the exact reader's on objects."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import sqrt
from numbers import Rational
from typing import Any

import numpy as np

from cnnmath.numeric.windows import Array
from cnnmath.ops.algebra import rational
from cnnmath.readers.exact import Exact

HALF = Fraction(1, 2)


def constant(value: float | Fraction, like: Array) -> Any:
    """A setting among an array's numbers: a fraction among objects, an integer among integers, else a weak float."""
    number = rational(value)
    if like.dtype.kind in "iu" and number.denominator == 1:
        return int(number)
    return number if like.dtype == object else float(value)


def like(values: Array, x: Array) -> Array:
    """Whole numbers, such as labels and masks, in the type of the array that they meet: float32 stays float32."""
    return values.astype(x.dtype) if values.dtype.kind in "iu" else values


def exp(x: Array) -> Array:
    """Exponential."""
    return _each(Exact().exp, x) if x.dtype == object else np.exp(x)


def expm1(x: Array) -> Array:
    """Exponential less 1."""
    return exp(x) - 1 if x.dtype == object else np.expm1(x)


def log(x: Array) -> Array:
    """Natural logarithm."""
    return _each(Exact().log, x) if x.dtype == object else np.log(x)


def log1p(x: Array) -> Array:
    """Logarithm of 1 + x."""
    return _each(lambda v: Exact().log(1 + v), x) if x.dtype == object else np.log1p(x)


def erf(x: Array) -> Array:
    """Error function."""
    return _each(Exact().erf, x) if x.dtype == object else _special("erf", x)


def normal(x: Array) -> Array:
    """Probability that a standard normal number is below x."""
    if x.dtype == object:
        return _each(lambda v: (1 + Exact().erf(v / root(2, x))) / 2, x)
    return _special("ndtr", x)


def root(number: Fraction | int, like: Array) -> Any:
    """Square root of a constant as a factor for an array."""
    return Exact().power(Fraction(number), HALF) if like.dtype == object else sqrt(number)


def power(x: Array, exponent: Fraction | int) -> Array:
    """Rational power; numpy's square root where the exponent is a half, and its whole powers."""
    if x.dtype == object:
        return _each(lambda v: Exact().power(v, exponent) if isinstance(v, Rational) else v**exponent, x)
    if exponent == HALF:
        return np.sqrt(x)
    return x ** (int(exponent) if exponent == int(exponent) else float(exponent))


def _special(name: str, x: Array) -> Array:
    """A function of SciPy's, which knows single and double precision alone."""
    from scipy import special  # imported where it is used: it takes longer than NumPy

    function = getattr(special, name)
    return function(x.astype(np.float64) if x.dtype.itemsize > 8 else x).astype(x.dtype, copy=False)


def _each(function: Callable[[Any], Any], x: Array) -> Array:
    return np.asarray(np.frompyfunc(function, 1, 1)(x), object)
