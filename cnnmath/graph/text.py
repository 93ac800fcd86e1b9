"""Numbers and shapes as people write them."""

from __future__ import annotations

from collections.abc import Sequence

from cnnmath.window import Size


def count(number: Size) -> str:
    """A number with its thousands apart, a formula as it is.

    Examples
    --------
    >>> count(25557032)
    '25,557,032'
    """
    return f"{number:,}" if isinstance(number, int) else str(number)


def times(shape: Sequence[Size]) -> str:
    """A shape as people write it: 3x224x224."""
    return "x".join(map(str, shape))


def axes(values: Sequence[Size]) -> str:
    """One number where the axes agree."""
    return str(values[0]) if len(set(values)) == 1 else times(values)
