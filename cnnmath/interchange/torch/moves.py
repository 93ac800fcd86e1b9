"""Operators that carry out a layout."""

from __future__ import annotations

from itertools import product

from cnnmath.interchange.layout import Layout
from cnnmath.interchange.torch.refused import Refused
from cnnmath.ops import Flatten, Operator, Select


def moves(layout: Layout) -> list[Operator]:
    """Operators that make an array look as a layout says, one after the other; none where it does.

    Examples
    --------
    >>> moves(Layout.of((1, 16, 5, 5)).reshaped((1, 400)))
    [Flatten()]
    """
    own = Layout.of(layout.source)
    if layout == own:
        return []
    if layout.groups[:1] != own.groups[:1]:
        raise Refused("it mixes the samples of a batch")
    if len(layout.groups) == 2 and layout == own.reshaped(layout.shape):
        return [Flatten()]
    if layout.groups[2:] == own.groups[2:] and {piece.axis for piece in layout.groups[1]} <= {1}:
        return [Select(_channels(layout))]
    raise Refused("its axes are in another order or shape")


def _channels(layout: Layout) -> tuple[int, ...]:
    """Channels of the array that is there, in the order in which they look."""
    pieces = layout.groups[1]
    digits = product(*(range(piece.size) for piece in pieces))
    return tuple(sum(d * piece.stride for d, piece in zip(at, pieces, strict=True)) for at in digits)
