"""Operators that move numbers about."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from types import MappingProxyType

from cnnmath import ops
from cnnmath.interchange.onnx.export.body import Body, known
from cnnmath.interchange.onnx.export.form import FAR, Form
from cnnmath.ops.algebra import Shape

PLANE = 2
"""Spatial axes of the blocks that ONNX has."""


def select(op: ops.Select, m: Body, shapes: tuple[Shape, ...], x: str) -> str:
    """Gather at places that are known."""
    return m("Gather", x, m.integers(*op.places), axis=op.axis)


def slice_(op: ops.Slice, m: Body, shapes: tuple[Shape, ...], x: str) -> str:
    """Slice, of the first axes."""
    ends = [e if e is not None else FAR if s > 0 else -FAR for e, s in zip(op.ends, op.steps, strict=True)]
    starts, axes = (m.integers(*(n or 0 for n in entries)) for entries in (op.starts, range(len(ends))))
    return m("Slice", x, starts, m.integers(*ends), axes, m.integers(*op.steps))


def transpose(op: ops.Transpose, m: Body, shapes: tuple[Shape, ...], x: str) -> str:
    """Transpose."""
    return m("Transpose", x, perm=op.order)


def reshape(op: ops.Reshape, m: Body, shapes: tuple[Shape, ...], x: str) -> str:
    """Reshape: the axes ahead of the start keep their sizes, which 0 stands for, unless one of the others is 0."""
    sizes = known(op.sizes, "a new shape")
    if 0 not in sizes:
        return m("Reshape", x, m.integers(*[0] * op.start, *sizes))
    ahead = m("Shape", x, start=0, end=op.start)
    return m("Reshape", x, m("Concat", ahead, m.integers(*sizes), axis=0), allowzero=1)


def tile(op: ops.Tile, m: Body, shapes: tuple[Shape, ...], x: str) -> str:
    """Tile."""
    return m("Tile", x, m.integers(*op.repeats))


def space_to_depth(op: ops.SpaceToDepth, m: Body, shapes: tuple[Shape, ...], x: str) -> str:
    """SpaceToDepth of square blocks in its order; of others, a transposition between two shapes."""
    rank = len(op.block)
    if op.order == "DCR" and rank == PLANE and len(set(op.block)) == 1:
        return m("SpaceToDepth", x, blocksize=op.block[0])
    channels, *sizes = known(shapes[0][1:], "a block")
    parts = [n for size, b in zip(sizes, op.block, strict=True) for n in (size // b, b)]
    split = m("Reshape", x, m.integers(0, channels, *parts))
    inside, around = range(3, 2 * rank + 2, 2), range(2, 2 * rank + 2, 2)
    order = (0, *inside, 1, *around) if op.order == "DCR" else (0, 1, *inside, *around)
    moved = m("Transpose", split, perm=order)
    return m("Reshape", moved, m.integers(0, channels * prod(op.block), *parts[::2]))


def depth_to_space(op: ops.DepthToSpace, m: Body, shapes: tuple[Shape, ...], x: str) -> str:
    """DepthToSpace of square blocks; of others, a transposition between two shapes."""
    rank = len(op.block)
    if rank == PLANE and len(set(op.block)) == 1:
        return m("DepthToSpace", x, blocksize=op.block[0], mode=op.order)
    channels, *sizes = known(shapes[0][1:], "a block")
    own, first = channels // prod(op.block), op.order == "DCR"
    split = m("Reshape", x, m.integers(0, *((*op.block, own) if first else (own, *op.block)), *sizes))
    inside = range(1, rank + 1) if first else range(2, rank + 2)
    pairs = [axis for pair in zip(range(rank + 2, 2 * rank + 2), inside, strict=True) for axis in pair]
    moved = m("Transpose", split, perm=(0, rank + 1 if first else 1, *pairs))
    return m("Reshape", moved, m.integers(0, own, *(n * b for n, b in zip(sizes, op.block, strict=True))))


def shuffle(op: ops.ChannelShuffle, m: Body, shapes: tuple[Shape, ...], x: str) -> str:
    """A transposition of groups and the channels of each."""
    (channels,) = known(shapes[0][1:2], "a shuffle")
    split = m("Reshape", x, m.integers(0, op.groups, channels // op.groups, -1))
    return m.like(m("Transpose", split, perm=(0, 2, 1, 3)), x)


FORMS: Mapping[type[ops.Operator], Form] = MappingProxyType(
    {
        ops.Select: select,
        ops.Slice: slice_,
        ops.Transpose: transpose,
        ops.Reshape: reshape,
        ops.Tile: tile,
        ops.SpaceToDepth: space_to_depth,
        ops.DepthToSpace: depth_to_space,
        ops.ChannelShuffle: shuffle,
    }
)
"""The forms of this chapter."""
