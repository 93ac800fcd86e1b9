"""Functions of single numbers that keep exact numbers exact: NumPy's on floats, the exact reader's on objects."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from numbers import Rational
from typing import Any

import numpy as np

from cnnmath.numeric.windows import Array
from cnnmath.ops.algebra import rational
from cnnmath.readers.exact import Exact


def constant(value: float | Fraction, like: Array) -> Any:
    """A setting as a factor for an array: a fraction among objects, a weak Python float among machine numbers."""
    return rational(value) if like.dtype == object else float(value)


def like(values: Array, x: Array) -> Array:
    """Whole numbers, such as labels and masks, in the type of the array that they meet: float32 stays float32."""
    return values.astype(x.dtype) if values.dtype.kind in "iu" else values


def exp(x: Array) -> Array:
    """Exponential."""
    return _each(Exact().exp, x) if x.dtype == object else np.exp(x)


def log(x: Array) -> Array:
    """Natural logarithm."""
    return _each(Exact().log, x) if x.dtype == object else np.log(x)


def log1p(x: Array) -> Array:
    """Logarithm of 1 + x."""
    return _each(lambda v: Exact().log(1 + v), x) if x.dtype == object else np.log1p(x)


def power(x: Array, exponent: Fraction | int) -> Array:
    """Rational power; numpy's square root where the exponent is a half."""
    if x.dtype == object:
        return _each(lambda v: Exact().power(v, exponent) if isinstance(v, Rational) else v**exponent, x)
    return np.sqrt(x) if exponent == Fraction(1, 2) else x ** float(exponent)


def _each(function: Callable[[Any], Any], x: Array) -> Array:
    return np.asarray(np.frompyfunc(function, 1, 1)(x), object)
