"""Lp pooling: running sums of powers over strided slices of the input, one slice a tap, then a root."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from cnnmath.numeric.scalar import power
from cnnmath.numeric.windows import Array, output_sizes, tap_slices
from cnnmath.ops import LpPool


def forward(op: LpPool, x: Array) -> Array:
    """Root of the sum of powers of absolute values."""
    windows, sizes = op.windows(x.shape[2:]), x.shape[2:]
    powers = np.abs(x) ** op.p
    total = np.zeros((*x.shape[:2], *output_sizes(windows, sizes)), x.dtype)  # (N, C, O...)
    for _, outputs, inputs in tap_slices(windows, sizes):
        total[:, :, *outputs] += powers[:, :, *inputs]
    return total if op.p == 1 else power(total, Fraction(1, op.p))


def backward(op: LpPool, dy: Array, x: Array) -> dict[str, Array]:
    """``sign(x) |x|^(p-1)`` times the sum of ``dy / y^(p-1)`` over the outputs that see x; 0 where y is 0."""
    y = forward(op, x)  # (N, C, O...)
    share = dy if op.p == 1 else np.where(y == 0, 0 * dy, dy / np.where(y == 0, 1, y) ** (op.p - 1))
    dx = np.zeros(x.shape, share.dtype)  # (N, C, *spatial)
    for _, outputs, inputs in tap_slices(op.windows(x.shape[2:]), x.shape[2:]):
        dx[:, :, *inputs] += share[:, :, *outputs]
    return {"x": np.sign(x) * np.abs(x) ** (op.p - 1) * dx}
