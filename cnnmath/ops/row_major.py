"""Positions counted in row-major order, the last axis fastest: their numbers, and the positions of numbers."""

from __future__ import annotations

from collections.abc import Iterable

from cnnmath.ops.algebra import Shape
from cnnmath.window import Size


def row_major(at: Iterable[Size], sizes: Iterable[Size]) -> Size:
    """The number of a position in row-major order.

    Examples
    --------
    >>> row_major((1, 0, 2), (2, 3, 4)), indices_of(14, (2, 3, 4))
    (14, (1, 0, 2))
    """
    number: Size = 0
    for i, n in zip(at, sizes, strict=True):
        number = number * n + i
    return number


def indices_of(number: Size, sizes: Shape) -> tuple[Size, ...]:
    """The position of a number in row-major order."""
    found: list[Size] = []
    for n in reversed(sizes[1:]):
        found.append(number % n)
        number = number // n
    return (number, *reversed(found)) if sizes else ()
