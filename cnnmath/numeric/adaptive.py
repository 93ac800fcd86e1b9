"""Means over everything; means over bins, by one membership matrix an axis; maxima over bins, a tap at a time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from itertools import product
from math import prod
from typing import Any

import numpy as np

from cnnmath.numeric.switches import Tap, first_maxima, positions
from cnnmath.numeric.windows import Array
from cnnmath.ops import AdaptiveAveragePool, AdaptiveMaxPool, GlobalAveragePool


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


def max_forward(op: AdaptiveMaxPool, x: Array) -> Array:
    """Running maximum over the positions of each bin; NaN wins."""
    taps = (x[:, :, *inputs] for inputs, _ in _taps(op, x.shape[2:]))  # (N, C, O...) each
    return reduce(np.maximum, taps)


def max_backward(op: AdaptiveMaxPool, dy: Array, x: Array) -> dict[str, Array]:
    """The gradient of each output goes to the first position of its bin, in row-major order, that holds the maximum."""
    dx = np.zeros(x.shape, dy.dtype)  # (N, C, *spatial)
    for _, inputs, won in first_maxima(x, max_forward(op, x), _listed(op, x.shape[2:])):
        here: Any = (slice(None), slice(None), *inputs)
        np.add.at(dx, here, np.where(won, dy, np.zeros((), dy.dtype)))  # bins may share a position
    return {"x": dx}


def max_switches(op: AdaptiveMaxPool, x: Array) -> Array:
    """Where each maximum is: at the first position of its bin, in row-major order, that holds it."""
    return positions(x, max_forward(op, x), _listed(op, x.shape[2:]))


def _listed(op: AdaptiveMaxPool, sizes: tuple[int, ...]) -> Iterator[Tap]:
    """The same taps, with the outputs that have them: all, as far as their bins are long enough."""
    return (((), inputs, inside) for inputs, inside in _taps(op, sizes))


def _taps(op: AdaptiveMaxPool, sizes: tuple[int, ...]) -> Iterator[tuple[tuple[Array, ...], Array]]:
    """Positions t of the longest bin in row-major order: what each output reads there, and whether its bin is so long.

    A shorter bin reads its last position again.
    """
    starts, lengths = op.bins(sizes, [np.arange(o) for o in op.outputs])
    for t in product(*(range(int(length.max())) for length in lengths)):
        reads = [a + np.minimum(i, length - 1) for a, length, i in zip(starts, lengths, t, strict=True)]
        inside = reduce(np.logical_and.outer, [i < length for length, i in zip(lengths, t, strict=True)])  # (O...)
        yield np.ix_(*reads), inside


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
