"""Operators that carry out a layout."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from cnnmath.interchange.layout import Layout
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops import ChannelShuffle, DepthToSpace, Flatten, Operator, Reshape, Select, SpaceToDepth, Transpose


def moves(layout: Layout) -> list[Operator]:
    """Operators that make an array look as a layout says, one after the other; none where it does.

    Examples
    --------
    >>> moves(Layout.of((1, 16, 5, 5)).reshaped((1, 400)))
    [Flatten()]
    >>> moves(Layout.of((1, 6, 4)).reshaped((1, 2, 3, 4)).permuted((0, 2, 1, 3)).reshaped((1, 6, 4)))
    [ChannelShuffle(groups=2)]

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
    return next(([op] for op, known in _named(layout) if known == layout), None) or _general(layout)


def _named(layout: Layout) -> Iterator[tuple[Operator, Layout | None]]:
    """Operators that a layout may be, each with the layout that it is."""
    own, rank, n = Layout.of(layout.source), len(layout.groups), layout.source[0]
    if (order := _order(layout)) is not None:
        yield Transpose(order), layout
    if layout.groups[2:] == own.groups[2:]:
        first = layout.groups[1][-1].size if layout.groups[1] else 1
        yield ChannelShuffle(first), _shuffled(own, first)
        yield Select(_channels(layout)), layout
    if rank == len(layout.source) == 4:
        (c, h, w), (deep, *outputs) = layout.source[1:], layout.shape[1:]
        if deep and c % deep == 0 and all(o % m == 0 for o, m in zip(outputs, (h, w), strict=True)):
            p, q = outputs[0] // h, outputs[1] // w
            yield DepthToSpace((p, q), "CRD"), _moved(own, (n, deep, p, q, h, w), (0, 1, 4, 2, 5, 3), layout)
            yield DepthToSpace((p, q), "DCR"), _moved(own, (n, p, q, deep, h, w), (0, 3, 4, 1, 5, 2), layout)
        elif deep % c == 0 and all(m % o == 0 for o, m in zip(outputs, (h, w), strict=True)):
            (y, x), p, q = outputs, h // outputs[0], w // outputs[1]
            yield SpaceToDepth((p, q), "CRD"), _moved(own, (n, c, y, p, x, q), (0, 1, 3, 5, 2, 4), layout)
            yield SpaceToDepth((p, q), "DCR"), _moved(own, (n, c, y, p, x, q), (0, 3, 5, 1, 2, 4), layout)


def _general(layout: Layout) -> list[Operator]:
    """Any layout: the axes taken apart, reordered and put together."""
    there = layout.pieces()
    order = tuple(there.index(piece) for group in layout.groups for piece in group)
    apart = tuple(piece.size for piece in there)
    found: list[Operator] = [_shaped(apart)] if apart != layout.source else []
    found.append(Transpose(order))
    return found if tuple(apart[i] for i in order) == layout.shape else [*found, _shaped(layout.shape)]


def _order(layout: Layout) -> tuple[int, ...] | None:
    """The axes of the array that is there in the order in which they look, where that is all."""
    own = Layout.of(layout.source)
    alone = iter([axis for axis, group in enumerate(own.groups) if not group])
    order = tuple(group[0].axis if group else next(alone, -1) for group in layout.groups)
    return order if sorted(order) == list(range(len(own.groups))) and own.permuted(order) == layout else None


def _shaped(shape: tuple[int, ...]) -> Operator:
    """The numbers in a row, or in another shape."""
    return Flatten() if len(shape) == 2 else Reshape(shape[1:])


def _shuffled(own: Layout, groups: int) -> Layout | None:
    n, c, *sizes = own.source
    if c % groups:
        return None
    apart = own.reshaped((n, groups, c // groups, *sizes))
    return apart and apart.permuted([0, 2, 1, *range(3, 3 + len(sizes))]).reshaped(own.source)


def _moved(own: Layout, apart: tuple[int, ...], order: tuple[int, ...], like: Layout) -> Layout | None:
    found = own.reshaped(apart)
    return found and found.permuted(order).reshaped(like.shape)


def _channels(layout: Layout) -> tuple[int, ...]:
    """Channels of the array that is there, in the order in which they look."""
    pieces = layout.groups[1]
    digits = product(*(range(piece.size) for piece in pieces))
    return tuple(sum(d * piece.stride for d, piece in zip(at, pieces, strict=True)) for at in digits)
