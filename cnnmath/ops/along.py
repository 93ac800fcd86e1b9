"""Axes of an array by their numbers: 0 is the batch, -1 the last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Integral
from typing import Any, TypeAlias

from cnnmath.errors import SettingError, ShapeError
from cnnmath.window import Shape

AxisNumbers: TypeAlias = Any
"""As given: an integer, or several. Once the operator is built: always a tuple."""


def axis_numbers(name: str, value: Any) -> tuple[int, ...]:
    """Check a setting that names axes, an integer or several; it becomes a tuple.

    Examples
    --------
    >>> axis_numbers("axes", -1), axis_numbers("axes", [2, 3])
    ((-1,), (2, 3))
    """
    several = isinstance(value, Iterable) and not isinstance(value, str)
    numbers: tuple[Any, ...] = tuple(value) if several else (value,)
    if not all(isinstance(axis, Integral) and not isinstance(axis, bool) for axis in numbers):
        raise SettingError(
            "an axis is an integer.", here=f"{name} {value!r}", fix="count from 0, the batch, or from -1, the last axis"
        )
    return tuple(int(axis) for axis in numbers)


def settled(axes: Sequence[int], x: Shape) -> tuple[int, ...]:
    """Axes of an array of this shape, those counted from the last as what they are counted from the first.

    Raises
    ------
    ShapeError
        Where the array has no such axis, and where one is named twice.

    Examples
    --------
    >>> settled((0, -1), (2, 3, 5))
    (0, 2)
    """
    rank = len(x)
    for axis in axes:
        if not -rank <= axis < rank:
            raise ShapeError(
                "the input has no such axis.",
                input=f"shape {x}, {rank} axes",
                rule=f"{-rank} <= axis < {rank}",
                here=f"axis {axis}",
                fix="count from 0, the batch, or from -1, the last axis",
            )
    found = tuple(axis % rank for axis in axes)
    for i, axis in enumerate(found):
        if axis in found[:i]:
            raise ShapeError(
                "an axis is named twice.",
                input=f"shape {x}, {rank} axes",
                here=f"axes {tuple(axes)}: {axis} and {axis - rank} are one",
                fix="name every axis once",
            )
    return found
