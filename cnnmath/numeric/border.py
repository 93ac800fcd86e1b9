"""Padding by the input's own numbers: an axis at a time, the middle first, then what is folded at both its ends."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cnnmath.numeric.windows import Array, Slices
from cnnmath.ops.border import BorderPad, WrapPad


def forward(op: BorderPad, x: Array) -> Array:
    """The input in the middle; along each axis in turn, its ends are copied from where they are folded to."""
    y = np.empty(op.shape(x.shape), x.dtype)  # (N, C, p + spatial...)
    y[_middle(op, x.shape)] = x
    for axis, end, source in _ends(op, x.shape):
        y[end] = np.flip(y[source], axis) if op.mirrored else y[source]
    return y


def backward(op: BorderPad, dy: Array, x: Array) -> dict[str, Array]:
    """The adjoint, in the opposite order: ends are added to where they came from, and the middle remains."""
    total = dy.copy()  # (N, C, p + spatial...)
    for axis, end, source in reversed(list(_ends(op, x.shape))):
        total[source] += _collected(op, total[end], axis)
    return {"x": total[_middle(op, x.shape)].copy()}


def _ends(op: BorderPad, shape: tuple[int, ...]) -> Iterator[tuple[int, Slices, Slices]]:
    """Both ends of each axis of the output, and what they copy: as many numbers inside, or the border alone."""
    for axis, ((before, after), n) in enumerate(zip(op.padding, shape[2:], strict=True), 2):
        ahead, last = (slice(None),) * axis, before + n - 1
        if before:
            inner = slice(before + 1, 2 * before + 1) if op.mirrored else slice(before, before + 1)
            inner = slice(n, before + n) if isinstance(op, WrapPad) else inner
            yield axis, (*ahead, slice(before)), (*ahead, inner)
        if after:
            inner = slice(last - after, last) if op.mirrored else slice(last, last + 1)
            inner = slice(before, before + after) if isinstance(op, WrapPad) else inner
            yield axis, (*ahead, slice(last + 1, None)), (*ahead, inner)


def _collected(op: BorderPad, end: Array, axis: int) -> Array:
    """What the gradient of an end gives back to where its numbers came from."""
    if isinstance(op, WrapPad):
        return end
    return np.flip(end, axis) if op.mirrored else end.sum(axis=axis, keepdims=True)


def _middle(op: BorderPad, shape: tuple[int, ...]) -> Slices:
    """Where the input lies in the output."""
    inner = (slice(before, before + n) for (before, _), n in zip(op.padding, shape[2:], strict=True))
    return (slice(None), slice(None), *inner)
