"""Channels shuffled, and blocks of positions moved, by a transposition between two reshapes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from math import prod
from typing import TypeAlias

from cnnmath.interchange.onnx.idioms.idiom import Idiom, computed
from cnnmath.interchange.onnx.idioms.pattern import Is, Match
from cnnmath.interchange.onnx.known import Known
from cnnmath.interchange.onnx.reading import Here
from cnnmath.interchange.onnx.rules.moving import resolved
from cnnmath.ops import ChannelShuffle, DepthToSpace, Operator, SpaceToDepth
from cnnmath.ops.algebra import Shape
from cnnmath.ops.blocks import Order


def moved(here: Here, match: Match) -> Known | None:
    """Reshape, Transpose, Reshape: the operator that moves every number to where they move it."""
    x = computed(here, match.values["x"])
    order = tuple(match.part("transposed").attributes.get("perm", ()))
    if x is None or x.rank < 3:
        return None
    parted, _ = resolved(Here(match.part("parted"), here.reading), x.sizes)
    if sorted(order) != list(range(len(parted))):
        return None
    target, _ = resolved(here, tuple(parted[axis] for axis in order))
    same = (op for op, parts, axes in candidates(x.sizes, parted) if parts == parted and axes == order)
    return next((here.add(op, x) for op in same if op.shape(x.sizes) == target), None)


Candidate: TypeAlias = tuple[Operator, Shape, tuple[int, ...]]
"""An operator, the shape into which it parts its input, and the order in which it then puts these axes."""


def candidates(x: Shape, parted: Shape) -> Iterator[Candidate]:
    """What may move an input of this shape, parted into that one."""
    batch, channels, *sizes = x
    rank = len(sizes)
    if len(parted) == rank + 3:
        groups = parted[1]
        yield ChannelShuffle(groups), (batch, groups, channels // groups, *sizes), (0, 2, 1, *range(3, rank + 3))
    if len(parted) == 2 * rank + 2:
        yield from _to_space(x, parted)
        yield from _to_depth(x, parted)


def _to_space(x: Shape, parted: Shape) -> Iterator[Candidate]:
    """Of (N, b, C, S) and (N, C, b, S), each axis of the block goes behind its spatial one."""
    batch, channels, *sizes = x
    rank = len(sizes)
    orders: tuple[tuple[Order, int, int], ...] = (("DCR", rank + 1, 1), ("CRD", 1, 2))
    for order, c, first in orders:
        block = parted[first : first + rank]
        shape = [batch, *block, *sizes]
        shape.insert(c, channels // prod(block))
        pairs = zip(range(rank + 2, 2 * rank + 2), range(first, first + rank), strict=True)
        yield DepthToSpace(block, order), tuple(shape), (0, c, *chain.from_iterable(pairs))


def _to_depth(x: Shape, parted: Shape) -> Iterator[Candidate]:
    """Of (N, C, S, b), each axis of the block behind its spatial one, all go ahead of the channels or behind them."""
    batch, channels, *sizes = x
    block = parted[3::2]
    pairs = ((n // b, b) for n, b in zip(sizes, block, strict=True))
    shape = (batch, channels, *chain.from_iterable(pairs))
    positions, places = range(2, len(parted), 2), range(3, len(parted), 2)
    yield SpaceToDepth(block, "DCR"), shape, (0, *places, 1, *positions)
    yield SpaceToDepth(block, "CRD"), shape, (0, 1, *places, *positions)


IDIOMS: tuple[Idiom, ...] = (
    Idiom(Is("Reshape", (Is("Transpose", (Is("Reshape", ("x",), "parted"),), "transposed"),)), moved),
)
"""The idioms of this chapter."""
