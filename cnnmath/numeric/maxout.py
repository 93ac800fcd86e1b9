"""Maxout: the channels of a group as an axis of their own."""

from __future__ import annotations

import numpy as np

from cnnmath.numeric.windows import Array
from cnnmath.ops import Maxout


def forward(op: Maxout, x: Array) -> Array:
    """Maximum over each group of channels; NaN wins."""
    return _grouped(op, x).max(axis=2)  # (N, C/Q, *spatial)


def backward(op: Maxout, dy: Array, x: Array) -> dict[str, Array]:
    """The gradient of each output goes to the first channel of its group that holds the maximum."""
    groups = _grouped(op, x)  # (N, C/Q, Q, *spatial)
    y = groups.max(axis=2, keepdims=True)
    winner = ((groups == y) | (groups != groups)).argmax(axis=2)  # (N, C/Q, *spatial)
    pieces = np.arange(op.pieces).reshape(-1, *(1,) * (x.ndim - 2))  # (Q, 1...)
    won = pieces == winner[:, :, np.newaxis]
    return {"x": np.where(won, dy[:, :, np.newaxis], np.zeros((), dy.dtype)).reshape(x.shape)}


def _grouped(op: Maxout, x: Array) -> Array:
    """The input with an axis for the channels of a group: (N, C/Q, Q, *spatial)."""
    return x.reshape(x.shape[0], x.shape[1] // op.pieces, op.pieces, *x.shape[2:])
