"""What arrays of numbers can do in each domain: floats, int64, and objects, which are exact.

Integers stay int64 through sums, products and maxima. A quotient of integers, a root or an exponential makes an object
array of fractions, of the exact reader's precision.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from scipy.special import erf

from cnnmath.numeric.windows import Array
from cnnmath.readers.exact import Exact
from cnnmath.readers.gradient import bell as exact_bell


def exactly(array: Array) -> Array:
    """The same numbers as objects: integers as Python's, floats as the fractions that they are."""
    return array.astype(object) if array.dtype.kind in "biuO" else each(Fraction, array.astype(float))


def each(function: Callable[[Any], Any], array: Array) -> Array:
    """A function of single numbers, applied to objects."""
    return np.asarray(np.frompyfunc(function, 1, 1)(array.astype(object)), object)


def constant(value: Any, dtype: np.dtype[Any]) -> Array:
    """A number or an index of the sentence itself, among numbers of this dtype.

    Examples
    --------
    >>> constant(Fraction(1, 4), np.dtype(float)), constant(Fraction(1, 4), np.dtype(object))
    (array([0.25]), array([Fraction(1, 4)], dtype=object))
    """
    if dtype.kind == "f" and isinstance(value, Fraction):
        value = dtype.type(value.numerator) / dtype.type(value.denominator)
    return np.atleast_1d(np.asarray(value, None if dtype.kind == "i" else dtype))


def quotient(a: Array, b: Array) -> Array:
    """``a/b``; of integers and objects, as fractions.

    Examples
    --------
    >>> quotient(np.array([1, 2]), np.array([3, 1]))
    array([Fraction(1, 3), Fraction(2, 1)], dtype=object)
    """
    if not np.all(b):
        raise ZeroDivisionError("a number is divided by 0")
    return a / b if "f" in (a.dtype.kind, b.dtype.kind) else a / each(Fraction, b)


def exponential(x: Array) -> Array:
    """``exp(x)``."""
    return np.exp(x) if x.dtype.kind == "f" else each(Exact().exp, x)


def logarithm(x: Array) -> Array:
    """``log(x)``."""
    return np.log(x) if x.dtype.kind == "f" else each(Exact().log, x)


def error_function(x: Array) -> Array:
    """``erf(x)``."""
    return erf(x) if x.dtype.kind == "f" else each(Exact().erf, x)


def bell(x: Array) -> Array:
    """Its derivative."""
    return np.exp(-x * x) * (2 / np.sqrt(np.pi)) if x.dtype.kind == "f" else each(lambda v: exact_bell(Fraction(v)), x)


def power(x: Array, exponent: Fraction) -> Array:
    """``x`` to a fixed power."""
    if x.dtype.kind != "f":
        return each(lambda v: Exact().power(v, exponent), x)
    return np.sqrt(x) if exponent == Fraction(1, 2) else x ** constant(exponent, x.dtype)


def indices(numbers: Array) -> Array:
    """Numbers that serve as indices, such as labels, as the integers that they are."""
    found = numbers.astype(np.intp)
    if np.any(found != numbers):
        raise TypeError(f"{numbers[found != numbers][0]} is no index")
    return found


def gathered(g: Array, shape: tuple[int, ...]) -> Array:
    """A gradient, added up along the axes along which a number of this shape was repeated.

    Examples
    --------
    >>> gathered(np.ones((5, 2, 3)), (2, 1))
    array([[15.],
           [15.]])
    """
    own = (1,) * (g.ndim - len(shape)) + shape
    repeated = tuple(axis for axis, (n, size) in enumerate(zip(g.shape, own, strict=True)) if n != size)
    return g.sum(axis=repeated, keepdims=True).reshape(shape) if repeated else g.reshape(shape)
