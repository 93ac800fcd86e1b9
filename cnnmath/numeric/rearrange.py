"""Numbers moved about: views of the input in memory of their own; backward the inverse view, or a sum over copies."""

from __future__ import annotations

import numpy as np

from cnnmath.numeric.windows import Array, Slices
from cnnmath.ops import ChannelShuffle, DepthToSpace, Reshape, Slice, SpaceToDepth, Tile, Transpose


def transpose_forward(op: Transpose, x: Array) -> Array:
    """The axes in their new order."""
    return x.transpose(op.order).copy()


def transpose_backward(op: Transpose, dy: Array, x: Array) -> dict[str, Array]:
    """The axes in their old order: the inverse permutation."""
    return {"x": dy.transpose(np.argsort(op.order)).copy()}


def reshape_forward(op: Reshape, x: Array) -> Array:
    """The same numbers, in row-major order."""
    return x.reshape(op.shape(x.shape)).copy()


def reshape_backward(op: Reshape, dy: Array, x: Array) -> dict[str, Array]:
    """The same numbers in the input's shape."""
    return {"x": dy.reshape(x.shape).copy()}


def slice_forward(op: Slice, x: Array) -> Array:
    """What is taken."""
    return x[_part(op, x)].copy()


def slice_backward(op: Slice, dy: Array, x: Array) -> dict[str, Array]:
    """The gradient where something is taken, and zeros where the steps pass over and outside."""
    dx = np.zeros(x.shape, dy.dtype)
    dx[_part(op, x)] = dy
    return {"x": dx}


def tile_forward(op: Tile, x: Array) -> Array:
    """The whole array again and again."""
    return np.tile(x, op.repeats).reshape(op.shape(x.shape))


def tile_backward(op: Tile, dy: Array, x: Array) -> dict[str, Array]:
    """Sum over all copies."""
    split = [length for r, n in zip(op.repeats, x.shape, strict=True) for length in (r, n)]
    return {"x": dy.reshape(split).sum(axis=tuple(range(0, 2 * x.ndim, 2))).reshape(x.shape)}


def deepened(op: SpaceToDepth, x: Array) -> Array:
    """The block's places taken out of the positions, and put ahead of the channels or behind them."""
    places, blocks = range(3, 3 + 2 * len(op.block), 2), range(2, 2 + 2 * len(op.block), 2)
    split = [length for n, b in zip(x.shape[2:], op.block, strict=True) for length in (n // b, b)]
    apart = x.reshape(*x.shape[:2], *split)  # (N, C, H/b, b, W/b, b)
    deep = (*places, 1) if op.order == "DCR" else (1, *places)
    return apart.transpose(0, *deep, *blocks).reshape(op.shape(x.shape)).copy()


def flattened(op: DepthToSpace, x: Array) -> Array:
    """The block's places taken out of the channels, each put behind its positions."""
    n, channels, *sizes = op.shape(x.shape)
    rank = len(op.block)
    split = (*op.block, channels) if op.order == "DCR" else (channels, *op.block)
    apart = x.reshape(n, *split, *x.shape[2:])  # (N, b, b, C, H, W) or (N, C, b, b, H, W)
    c, first = (rank + 1, 1) if op.order == "DCR" else (1, 2)
    pairs = [axis for i in range(rank) for axis in (rank + 2 + i, first + i)]
    return apart.transpose(0, c, *pairs).reshape(n, channels, *sizes).copy()


def depth_backward(op: SpaceToDepth, dy: Array, x: Array) -> dict[str, Array]:
    """The inverse move."""
    return {"x": flattened(DepthToSpace(op.block, op.order), dy)}


def space_backward(op: DepthToSpace, dy: Array, x: Array) -> dict[str, Array]:
    """The inverse move."""
    return {"x": deepened(SpaceToDepth(op.block, op.order), dy)}


def shuffle_forward(op: ChannelShuffle, x: Array) -> Array:
    """The channels as a matrix of a row for each group, transposed."""
    return _dealt(op.groups, x)


def shuffle_backward(op: ChannelShuffle, dy: Array, x: Array) -> dict[str, Array]:
    """The matrix transposed back."""
    return {"x": _dealt(max(x.shape[1] // op.groups, 1), dy)}


def _dealt(groups: int, x: Array) -> Array:
    n, channels, *sizes = x.shape
    rows = x.reshape(n, groups, channels // groups, *sizes)  # (N, G, C/G, *spatial)
    return rows.swapaxes(1, 2).reshape(x.shape).copy()


def _part(op: Slice, x: Array) -> Slices:
    """What is taken, as NumPy has it: an end ahead of the first number is None."""
    bounds = (op.bounds(axis, n) for axis, n in enumerate(x.shape))
    return tuple(slice(first, None if stop < 0 else stop, step) for first, stop, step in bounds)
