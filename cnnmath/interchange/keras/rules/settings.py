"""Settings as Keras writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnnmath.interchange.keras.build import Builder, Order, Value
from cnnmath.interchange.unclaimed import UnclaimedError

Settings = Mapping[str, Any]
"""The configuration of a layer."""


def channels_ahead(b: Builder, c: Settings, x: Value) -> Order:
    """The order of axes in which a layer of images has its channels ahead of the positions."""
    rank = len(x.shape)
    if (c.get("data_format") or "channels_last") == "channels_first":
        return tuple(range(rank))
    return (0, rank - 1, *range(1, rank - 1))


def per_axis(value: Any, rank: int) -> tuple[int, ...]:
    """One entry a spatial axis; Keras may write one number for all.

    Examples
    --------
    >>> per_axis(2, 3), per_axis([2, 1], 2)
    ((2, 2, 2), (2, 1))
    """
    values = (value,) if isinstance(value, int) else tuple(value)
    return values * rank if len(values) == 1 else values


def pairs(value: Any, rank: int) -> tuple[tuple[int, int], ...]:
    """What is before and after along each axis; Keras may write one number for all, or for both ends.

    Examples
    --------
    >>> pairs(1, 2), pairs([3, 4], 1), pairs([[1, 2], [0, 0]], 2)
    (((1, 1), (1, 1)), ((3, 4),), ((1, 2), (0, 0)))
    """
    if rank == 1 and not isinstance(value, int) and isinstance(value[0], int):
        value = [value]
    entries = [value] * rank if isinstance(value, int) else list(value)
    return tuple((n, n) if isinstance(n, int) else (n[0], n[1]) for n in entries)


def one_axis(value: Any, rank: int) -> int:
    """An axis counted from the first; Keras may write it in a list."""
    axes = [value] if isinstance(value, int) else list(value)
    if len(axes) != 1:
        raise UnclaimedError(f"it works along the axes {', '.join(map(str, axes))}")
    return axes[0] % rank
