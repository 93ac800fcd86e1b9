"""Arrays whose numbers may be formulas: sizes that are left open, and what is computed from them."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Any

import numpy as np

from cnnmath.numeric.windows import Array

WHOLE = tuple(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))
NUMBERS = (*WHOLE, "float16", "float32", "float64", "bool")
"""Data types that NumPy has for what no formula is among."""


def has_formulas(a: Array) -> bool:
    """Whether some of the numbers are formulas."""
    return a.dtype == object and any(hasattr(n, "free_symbols") for n in a.flat)


def settled(a: Array, dtype: str) -> Array:
    """The array in its data type where none of its numbers is a formula, and all fit.

    Examples
    --------
    >>> settled(np.array([3, 7], object), "int64").dtype, settled(np.array([2**70], object), "int64").dtype
    (dtype('int64'), dtype('O'))
    """
    if a.dtype != object or dtype not in NUMBERS or has_formulas(a):
        return a
    if dtype in WHOLE and not all(np.iinfo(dtype).min <= n <= np.iinfo(dtype).max for n in a.flat):
        return a
    return a.astype(dtype)


def whole(a: Array) -> Array:
    """Floats as fractions, and whole ones as integers, so that formulas with them are exact.

    Examples
    --------
    >>> whole(np.array([2.0, 0.5]))
    array([2, Fraction(1, 2)], dtype=object)
    """
    return _each(_whole, a)


def quotient(a: Array, b: Array) -> Array:
    """Quotients of floats; those of whole numbers beside formulas are fractions."""
    if object not in (a.dtype, b.dtype):
        return a / b
    return _each(_whole, a) * _each(_inverse, b)


def rounded_down(a: Array) -> Array:
    """The largest integers that are not above.

    Examples
    --------
    >>> import sympy
    >>> n = sympy.Symbol("n", integer=True)
    >>> rounded_down(np.array([n / 2, 2 * n, Fraction(7, 2)], object))
    array([floor(n/2), 2*n, 3], dtype=object)
    """
    return _each(_floor, a)


def _each(function: Any, a: Array) -> Array:
    return np.asarray(np.frompyfunc(function, 1, 1)(a.astype(object)), object)


def _whole(n: Any) -> Any:
    if not isinstance(n, (float, np.floating)) or not np.isfinite(n):
        return n
    exact = Fraction(str(n))
    return exact.numerator if exact.denominator == 1 else exact


def _inverse(n: Any) -> Any:
    n = _whole(n)
    return Fraction(1) / n if isinstance(n, (int, Fraction)) else 1 / n


def _floor(n: Any) -> Any:
    if not hasattr(n, "free_symbols"):
        return floor(n)
    import sympy

    return sympy.floor(n)
