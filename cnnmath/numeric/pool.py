"""Pooling: running maxima and sums over strided slices of the input, one slice a tap."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce

import numpy as np

from cnnmath.numeric.elementwise import where_true
from cnnmath.numeric.maxima import Tap, first_maxima, positions
from cnnmath.numeric.sliding import over_maps, reduce_windows
from cnnmath.numeric.windows import Array, Slices, tap_slices
from cnnmath.ops import AveragePool, MaxPool, Subsample
from cnnmath.ops.pool import Pool


def max_forward(op: MaxPool, x: Array) -> Array:
    """Running maximum over the taps; NaN wins."""
    return reduce_windows(op.windows(x.shape[2:]), x, np.maximum, _lowest(x))


def max_backward(op: MaxPool, dy: Array, x: Array) -> dict[str, Array]:
    """The gradient of each output goes to the first tap, in row-major order, that holds the maximum."""
    y, dx = max_forward(op, x), np.zeros_like(x, dy.dtype)  # (N, C, O...), (N, C, *spatial)

    def pass_on(block: Slices) -> None:
        maps, rows = block[:2], block[2]
        mine, above = dx[maps], dy[(*maps, rows)]
        taps = ((o, i, True) for _, o, i in tap_slices(windows, x.shape[2:], rows))
        for outputs, inputs, won in first_maxima(x[maps], y[(*maps, rows)], taps):
            mine[:, :, *inputs] += where_true(won, above[:, :, *outputs])

    windows = op.windows(x.shape[2:])
    over_maps(pass_on, x, y.shape[2], apart=windows[0].stride >= windows[0].extent)
    return {"x": dx}


def max_switches(op: MaxPool, x: Array) -> Array:
    """Where each maximum is: at the first tap, in row-major order, that holds it."""
    return positions(x, max_forward(op, x), _taps(op, x.shape[2:]))


def _taps(op: MaxPool, sizes: tuple[int, ...]) -> Iterator[Tap]:
    """Every tap: the outputs that have it inside the input, all of those listed, and what they read."""
    return ((outputs, inputs, True) for _, outputs, inputs in tap_slices(op.windows(sizes), sizes))


def average_forward(op: AveragePool, x: Array) -> Array:
    """Sum over the taps, divided by the number of taps that count."""
    shares = divisor(op, x.shape[2:]).astype(x.dtype)  # (O...)
    if x.dtype.kind != "f":
        return _sums(op, x) / shares
    return reduce_windows(op.windows(x.shape[2:]), x, np.add, 0, shares)


def average_backward(op: AveragePool, dy: Array, x: Array) -> dict[str, Array]:
    """Each tap's input receives an equal share of the output's gradient."""
    return {"x": _spread(op, dy / divisor(op, x.shape[2:]).astype(dy.dtype), x.shape)}


def subsample_forward(op: Subsample, x: Array, w: Array, b: Array) -> Array:
    """Sum over the taps, times the channel's coefficient, plus its bias."""
    return _a_channel(w, x) * _sums(op, x) + _a_channel(b, x)


def subsample_backward(op: Subsample, dy: Array, x: Array, w: Array, b: Array) -> dict[str, Array]:
    """``dx`` spreads ``w*dy`` over the taps, ``dw`` weighs dy by the sums, and ``db`` is the sum of dy."""
    axes = (0, *range(2, dy.ndim))
    dx = _spread(op, _a_channel(w, x) * dy, x.shape)
    return {"x": dx, "w": (dy * _sums(op, x)).sum(axis=axes), "b": dy.sum(axis=axes)}


def divisor(op: AveragePool, sizes: tuple[int, ...]) -> Array:
    """Number of taps that count, for each output position: a product of one count an axis."""
    counts = []
    for window, declared, n in zip(op.windows(sizes), op.declared(sizes), sizes, strict=True):
        k, o = np.arange(window.kernel), np.arange(window.placements(n))
        t = window.tap(o[:, None], k)  # (O, K)
        low, high = (-declared.before, n + declared.after) if op.count_padding else (0, n)
        counts.append(((low <= t) & (t < high)).sum(axis=1))  # (O,)
    return reduce(np.multiply.outer, counts)  # (O...)


def _sums(op: Pool, x: Array) -> Array:
    """Sum over the taps inside the input."""
    return reduce_windows(op.windows(x.shape[2:]), x, np.add, 0)


def _spread(op: Pool, share: Array, shape: tuple[int, ...]) -> Array:
    """Adjoint of the sums: every tap's input receives its output's share."""
    dx = np.zeros(shape, share.dtype)  # (N, C, *spatial)
    for _, outputs, inputs in tap_slices(op.windows(shape[2:]), shape[2:]):
        dx[:, :, *inputs] += share[:, :, *outputs]
    return dx


def _a_channel(a: Array, like: Array) -> Array:
    """One number a channel, as an array that broadcasts over positions."""
    return a.reshape(-1, *(1,) * (like.ndim - 2))  # (C, 1...)


def _lowest(x: Array) -> object:
    """A number that no maximum over a part of x falls below."""
    if x.dtype.kind == "f":
        return -np.inf
    return np.iinfo(x.dtype).min if x.dtype.kind in "iu" else x.min(initial=0)
