"""Arrays that filters compute with: of one kind, checked, and too small to wrap around."""

from __future__ import annotations

import numbers
from fractions import Fraction
from typing import Any

import numpy as np

from cnnmath.errors import DataError, ShapeError
from cnnmath.numeric.windows import Array

LIMIT = 2**63 - 1
"""Greatest number of int64."""


def array(name: str, value: Any) -> Array:
    """One array of numbers: floats as they are, integers as int64, exact numbers as objects.

    Raises
    ------
    DataError, ShapeError
        For other numbers, rows of unequal lengths, an array of no axis, and an empty one.

    Examples
    --------
    >>> array("x", np.array([255], np.uint8)).dtype, array("h", [Fraction(1, 3), 1]).dtype
    (dtype('int64'), dtype('O'))
    """
    try:
        given = np.asarray(value)
    except ValueError:
        raise DataError(
            f"'{name}' is no array: its rows have unequal lengths.", fix="give rows of one length"
        ) from None
    if given.ndim == 0 or given.size == 0:
        raise ShapeError(
            f"'{name}' is empty." if given.ndim else f"'{name}' has no axis.",
            input=f"{name} {given.shape}",
            rule="at least one axis, and at least one number along each",
            fix="give a signal (L,), an image (H, W) or a volume (D, H, W)",
        )
    kind = given.dtype.kind
    if kind == "f":
        return given
    if kind in "iu" and not (given.dtype == np.uint64 and int(given.max()) > LIMIT):
        return given.astype(np.int64, copy=False)
    if kind == "O" and all(isinstance(v, numbers.Rational) and not isinstance(v, bool) for v in given.flat):
        return given
    raise DataError(
        f"'{name}' has a dtype that no filter computes with.",
        input=f"{name} {given.dtype}",
        rule="floats, integers below 2^63, or objects that are all exact rational numbers",
        fix="filter real and imaginary part apart" if kind == "c" else f"give numbers, as {name}.astype(float)",
    )


def one_kind(x: Array, h: Array) -> tuple[Array, Array]:
    """Both arrays of one dtype: two floats as NumPy promotes them; beside one float, integers and fractions follow it.

    Raises
    ------
    DataError
        For an exact input and a kernel of floats.

    Examples
    --------
    >>> one_kind(np.ones(3, np.float32), np.array([1, 2]))[1].dtype
    dtype('float32')
    """
    floats = [a.dtype for a in (x, h) if a.dtype.kind == "f"]
    if floats and x.dtype == object:
        raise DataError(
            "an exact input is filtered by a kernel of floats.",
            input=f"x {x.dtype}, h {h.dtype}",
            rule="an exact input needs an exact kernel",
            fix="convert x to floats, or h to fractions",
        )
    if floats:
        dtype = np.result_type(*floats)
        return x.astype(dtype, copy=False), h.astype(dtype, copy=False)
    if object in (x.dtype, h.dtype):
        return exact(x), exact(h)
    return x, h


def exact(x: Array) -> Array:
    """The same numbers as fractions, in an array of objects."""
    values = [Fraction(int(v) if isinstance(v, np.integer) else v) for v in x.flat]
    return np.array(values, object).reshape(x.shape)


def check_room(x: Array, h: Array) -> None:
    """Raise where a sum of products of int64 may wrap around: max|x| times the sum of |h| bounds every partial sum."""
    if x.dtype != np.int64:
        return
    bound = greatest(x) * sum(abs(int(v)) for v in h.flat)
    if bound > LIMIT:
        raise DataError(
            "the sums may not fit 64 bits.",
            rule="max|x| * sum|h| < 2^63",
            here=f"the bound is {bound}, 2^63 is {LIMIT + 1}",
            fix="give floats, or exact numbers: x.astype(object)",
        )


def greatest(x: Array) -> Any:
    """Greatest absolute value; of integers as a Python integer, so that the least of int64 has one too."""
    if x.dtype == np.int64:
        return max(-int(x.min()), int(x.max()))
    return np.maximum(-x.min(), x.max())
