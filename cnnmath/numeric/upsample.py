"""Upsampling by repetition; linear upsampling an axis at a time, each output of two neighbours."""

from __future__ import annotations

import numpy as np

from cnnmath.numeric.windows import Array
from cnnmath.ops import LinearUpsample, Upsample


def nearest_forward(op: Upsample, x: Array) -> Array:
    """Every number repeated along every axis."""
    for axis, s in enumerate(op.scale, 2):
        x = np.repeat(x, s, axis)
    return x.copy()  # (N, C, s*spatial...)


def nearest_backward(op: Upsample, dy: Array, x: Array) -> dict[str, Array]:
    """Sum over each block."""
    blocks = [length for n, s in zip(x.shape[2:], op.scale, strict=True) for length in (n, s)]
    summed = tuple(range(3, 3 + 2 * len(op.scale), 2))
    return {"x": dy.reshape(*x.shape[:2], *blocks).sum(axis=summed)}


def linear_forward(op: LinearUpsample, x: Array) -> Array:
    """Along each axis in turn the input below and the one above, by their weights."""
    y = x  # (N, C, *spatial)
    for axis in range(2, x.ndim):
        below, share, parts = _places(op, axis - 2, x.shape[axis])  # (sH,) both
        above = np.minimum(below + 1, x.shape[axis] - 1)
        share = _along(share, axis, y)
        y = ((parts - share) * y.take(below, axis) + _shared(share, y.take(above, axis))) / parts  # (N, C, sH..., W...)
    return y


def linear_backward(op: LinearUpsample, dy: Array, x: Array) -> dict[str, Array]:
    """The adjoint, in the opposite order: each output's gradient is divided among both its neighbours."""
    dx = dy  # (N, C, s*spatial...)
    for axis in reversed(range(2, x.ndim)):
        n = x.shape[axis]
        below, share, parts = _places(op, axis - 2, n)  # (sH,) both
        above, share, part = np.minimum(below + 1, n - 1), _along(share, axis, dx), dx / parts
        dx = _collected((parts - share) * part, below, axis, n) + _collected(_shared(share, part), above, axis, n)
    return {"x": dx}


def _places(op: LinearUpsample, axis: int, n: int) -> tuple[Array, Array, int]:
    """Each output's neighbour below, and the share of the one above, in so many parts.

    Before the first input and behind the last, an output lies on that input.
    """
    s = op.scale[axis]
    j = np.arange(s * n)
    if op.align_corners and s > 1:
        return *np.divmod(j * (n - 1), s * n - 1), s * n - 1
    return *np.divmod(np.clip(2 * j + 1 - s, 0, 2 * s * (n - 1)), 2 * s), 2 * s


def _along(share: Array, axis: int, like: Array) -> Array:
    """Numbers along one axis, as an array that broadcasts over all others."""
    return share.astype(like.dtype).reshape(-1, *(1,) * (like.ndim - 1 - axis))


def _shared(share: Array, x: Array) -> Array:
    """Shares of numbers; no share of an infinity is nothing."""
    return np.where(share == 0, np.zeros((), x.dtype), share * x)


def _collected(terms: Array, at: Array, axis: int, n: int) -> Array:
    """Sums of the terms along an axis that go to the same of n positions; the positions never fall."""
    starts = np.flatnonzero(np.diff(at, prepend=-1))
    shape = list(terms.shape)
    shape[axis] = n
    total = np.zeros(shape, terms.dtype)  # (N, C, H..., sW...)
    total[(slice(None),) * axis + (at[starts],)] = np.add.reduceat(terms, starts, axis)
    return total
