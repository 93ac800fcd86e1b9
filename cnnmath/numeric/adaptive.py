"""Means over everything; means over bins, an axis at a time; maxima over bins, a tap at a time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from itertools import product
from math import prod
from typing import Any

import numpy as np

from cnnmath.numeric.maxima import Tap, first_maxima, positions
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
    """Sum over each bin, one axis after the other, divided by the bin's size."""
    bins = _bins(op, x.shape[2:])
    y = x
    for axis in bins:  # axis 2 goes, its bins come last
        y = np.stack([y[:, :, part].sum(axis=2) for part in axis], axis=-1)
    return y / _bin_sizes(bins, x)  # (N, C, O...)


def adaptive_backward(op: AdaptiveAveragePool, dy: Array, x: Array) -> dict[str, Array]:
    """Every position receives an equal share from each bin that holds it."""
    bins = _bins(op, x.shape[2:])
    dx = dy / _bin_sizes(bins, dy)  # (N, C, O...)
    for axis, n in zip(bins, x.shape[2:], strict=True):  # axis 2 goes, its positions come last
        spread = np.zeros((*dx.shape[:2], *dx.shape[3:], n), dy.dtype)
        for o, part in enumerate(axis):
            spread[..., part] += dx[:, :, o, ..., np.newaxis]
        dx = spread
    return {"x": dx}


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


def _bins(op: AdaptiveAveragePool, sizes: tuple[int, ...]) -> list[list[slice]]:
    """The bins of each axis."""
    starts, lengths = op.bins(sizes, [np.arange(o) for o in op.outputs])
    return [[slice(a, a + n) for a, n in zip(*axis, strict=True)] for axis in zip(starts, lengths, strict=True)]


def _bin_sizes(bins: list[list[slice]], like: Array) -> Array:
    sizes = [np.array([part.stop - part.start for part in axis]) for axis in bins]
    return reduce(np.multiply.outer, sizes).astype(like.dtype)  # (O...)
