"""Operators that carry out a layout."""

from __future__ import annotations

from cnnmath.interchange.layout import Layout
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops import Flatten, Operator, Reshape, Transpose


def moves(layout: Layout) -> list[Operator]:
    """Operators that make an array look as a layout says, one after the other; none where it does.

    Examples
    --------
    >>> moves(Layout.of((1, 16, 5, 5)).reshaped((1, 400)))
    [Flatten()]

    Channels last, and in one row:

    >>> moves(Layout.of((2, 16, 5, 7)).permuted((0, 2, 3, 1)).reshaped((2, 560)))
    [Transpose(order=(0, 2, 3, 1)), Flatten()]
    """
    own = Layout.of(layout.source)
    if layout == own:
        return []
    if layout.groups[:1] != own.groups[:1]:
        raise UnclaimedError("it mixes the samples of a batch")
    if layout == own.reshaped(layout.shape):
        return [_shaped(layout.shape)]
    if (order := _order(layout)) is not None:
        return [Transpose(order)]
    apart = layout.pieces()
    sizes = tuple(piece.size for piece in apart)
    order = tuple(apart.index(piece) for group in layout.groups for piece in group)
    found: list[Operator] = [_shaped(sizes)] if sizes != layout.source else []
    found.append(Transpose(order))
    return found if tuple(sizes[i] for i in order) == layout.shape else [*found, _shaped(layout.shape)]


def _order(layout: Layout) -> tuple[int, ...] | None:
    """The axes of the array that is there in the order in which they look, where that is all."""
    own = Layout.of(layout.source)
    alone = iter([axis for axis, group in enumerate(own.groups) if not group])
    order = tuple(group[0].axis if group else next(alone, -1) for group in layout.groups)
    return order if sorted(order) == list(range(len(own.groups))) and own.permuted(order) == layout else None


def _shaped(shape: tuple[int, ...]) -> Operator:
    """The numbers in a row, or in another shape."""
    return Flatten() if len(shape) == 2 else Reshape(shape[1:])
