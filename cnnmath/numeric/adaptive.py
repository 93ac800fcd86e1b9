"""Means over everything, and over bins: one membership matrix an axis."""

from __future__ import annotations

from functools import reduce
from math import prod

import numpy as np

from cnnmath.numeric.windows import Array
from cnnmath.ops import AdaptiveAveragePool, GlobalAveragePool


def global_forward(op: GlobalAveragePool, x: Array) -> Array:
    """Mean over all positions, axes kept."""
    axes = tuple(range(2, x.ndim))
    return x.sum(axis=axes, keepdims=True) / prod(x.shape[2:])  # (N, C, 1...)


def global_backward(op: GlobalAveragePool, dy: Array, x: Array) -> dict[str, Array]:
    """Every position receives an equal share."""
    return {"x": np.broadcast_to(dy / prod(x.shape[2:]), x.shape).copy()}


def adaptive_forward(op: AdaptiveAveragePool, x: Array) -> Array:
    """Sum over each bin by one membership matrix an axis, divided by the bin's size."""
    bins = _memberships(op, x.shape[2:])
    return _along_axes(x, bins) / _bin_sizes(bins, x)  # (N, C, O...)


def adaptive_backward(op: AdaptiveAveragePool, dy: Array, x: Array) -> dict[str, Array]:
    """The transposed membership matrices."""
    bins = _memberships(op, x.shape[2:])
    return {"x": _along_axes(dy / _bin_sizes(bins, dy), [a.T for a in bins])}


def _memberships(op: AdaptiveAveragePool, sizes: tuple[int, ...]) -> list[Array]:
    starts, lengths = op.bins(sizes, [np.arange(o) for o in op.outputs])
    positions = [np.arange(n) for n in sizes]
    return [
        ((a[:, None] <= j) & (j < (a + length)[:, None])).astype(int)  # (O, H)
        for a, length, j in zip(starts, lengths, positions, strict=True)
    ]


def _along_axes(x: Array, matrices: list[Array]) -> Array:
    for matrix in matrices:
        x = np.tensordot(x, matrix.astype(x.dtype), axes=(2, 1))  # axis 2 goes, its bins come last
    return x


def _bin_sizes(bins: list[Array], like: Array) -> Array:
    return reduce(np.multiply.outer, [a.sum(axis=1) for a in bins]).astype(like.dtype)  # (O...)
