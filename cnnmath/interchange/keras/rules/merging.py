"""Branches that meet, and what passes on unchanged."""

from __future__ import annotations

from functools import reduce
from typing import Any

from cnnmath.interchange.keras.build import Builder, Value
from cnnmath.interchange.keras.rules.settings import Settings, one_axis
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops import Add, Affine, Concat, Dropout, Maximum, Minimum, Multiply, Operator, Subtract


def add(b: Builder, c: Settings, *xs: Any) -> Value:
    """Sum; of an array and a number, a shift."""
    x, number = _and_number(xs)
    return merged(b, Add(), *xs) if number is None else b.each(Affine(1, number), x)


def subtract(b: Builder, c: Settings, *xs: Any) -> Value:
    """Difference of two arrays, or of one and a number."""
    x, number = _and_number(xs)
    if number is None:
        return merged(b, Subtract(), *xs)
    return b.each(Affine(1, -number) if xs[0] is x else Affine(-1, number), x)


def multiply(b: Builder, c: Settings, *xs: Any) -> Value:
    """Product; of an array and a number, a multiple."""
    x, number = _and_number(xs)
    if number is not None:
        return b.each(Affine(number), x)
    return reduce(lambda y, x: merged(b, Multiply(), y, x), xs)


def divide(b: Builder, c: Settings, *xs: Any) -> Value:
    """An array over a number."""
    x, number = _and_number(xs)
    if number is None or xs[0] is not x:
        raise UnclaimedError("it divides by an array")
    return b.each(Affine(1 / number), x)


def average(b: Builder, c: Settings, *xs: Value) -> Value:
    """Mean of several arrays."""
    return b.each(Affine(1 / len(xs)), merged(b, Add(), *xs, part="add"))


def maximum(b: Builder, c: Settings, *xs: Value) -> Value:
    """Largest of several arrays, number by number."""
    return merged(b, Maximum(), *xs)


def minimum(b: Builder, c: Settings, *xs: Value) -> Value:
    """Smallest of several arrays, number by number."""
    return merged(b, Minimum(), *xs)


def merged(b: Builder, op: Operator, *xs: Value, part: str = "") -> Value:
    """An operator on arrays number by number; one of fewer axes has axes of size 1 behind the samples."""
    rank = max(len(x.shape) for x in xs)
    alike = [b.reshape(x, (x.shape[0], *(1,) * (rank - len(x.shape)), *x.shape[1:])) for x in xs]
    return b.each(op, *alike, part=part)


def concatenate(b: Builder, c: Settings, *xs: Value) -> Value:
    """Arrays one behind the other along an axis."""
    if len(xs) == 1:
        return xs[0]
    order = b.best(*xs)
    axis = order.index(one_axis(c.get("axis", -1), len(order)))
    if axis == 0:
        raise UnclaimedError("it mixes the samples of a batch")
    return b.apply(Concat(axis=axis), *xs, order=order)


def dropout(b: Builder, c: Settings, x: Value) -> Value:
    """Dropout, which passes everything on at inference."""
    return b.each(Dropout(c["rate"]), x) if 0 <= c["rate"] < 1 else x


def same(b: Builder, c: Settings, x: Value) -> Value:
    """What is the identity at inference is left out."""
    b.left_out.append(b.path)
    return x


def _and_number(xs: tuple[Any, ...]) -> tuple[Any, float | None]:
    """The array and the number, where there is one of each."""
    arrays = [x for x in xs if isinstance(x, Value)]
    numbers = [x for x in xs if isinstance(x, (int, float)) and not isinstance(x, bool)]
    if len(arrays) == len(xs):
        return arrays[0], None
    if len(arrays) != 1 or len(numbers) != 1 or len(xs) != 2:
        raise UnclaimedError("it takes something that is neither an array of the network nor a number")
    return arrays[0], numbers[0]


IDENTITIES = (
    "Identity",
    "ActivityRegularization",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "GaussianNoise",
    "GaussianDropout",
    "AlphaDropout",
    "StochasticDepth",
)
"""Layers that change numbers in training alone."""

RULES = {
    "Add": add,
    "Subtract": subtract,
    "Multiply": multiply,
    "Average": average,
    "Maximum": maximum,
    "Minimum": minimum,
    "Concatenate": concatenate,
    "Dropout": dropout,
    **dict.fromkeys(IDENTITIES, same),
    "ops.Add": add,
    "ops.Subtract": subtract,
    "ops.Multiply": multiply,
    "ops.Divide": divide,
    "ops.TrueDivide": divide,
    "ops.Maximum": maximum,
    "ops.Minimum": minimum,
    "ops.Concatenate": concatenate,
}
