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
    """
    own = Layout.of(layout.source)
    if layout == own:
        return []
    if layout.groups[:1] != own.groups[:1]:
        raise UnclaimedError("it mixes the samples of a batch")
    if layout == own.reshaped(layout.shape):
        return [Flatten() if len(layout.groups) == 2 else Reshape(layout.shape[1:])]
    return next(([op] for op, known in _named(layout) if known == layout), None) or _general(layout)


def _named(layout: Layout) -> Iterator[tuple[Operator, Layout | None]]:
    """Operators that a layout may be, each with the layout that it is."""
    own, rank, n = Layout.of(layout.source), len(layout.groups), layout.source[0]
    axes = [layout.axis(i) for i in range(rank)]
    if None not in axes and rank == len(layout.source):
        order = tuple(axis for axis in axes if axis is not None)
        yield Transpose(order), own.permuted(order)
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
    found: list[Operator] = [Reshape(apart[1:])] if apart != layout.source else []
    found.append(Transpose(order))
    return found if tuple(apart[i] for i in order) == layout.shape else [*found, Reshape(layout.shape[1:])]


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
