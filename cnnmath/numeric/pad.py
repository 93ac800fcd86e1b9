"""Padding with a constant: the input in the middle of it, and the middle of the gradient."""

from __future__ import annotations

import numpy as np

from cnnmath.numeric.scalar import constant
from cnnmath.numeric.windows import Array, Slices
from cnnmath.ops import Pad
from cnnmath.ops.algebra import rational


def forward(op: Pad, x: Array) -> Array:
    """The constant with the input in its middle; whole numbers stay whole beside a whole constant."""
    kind = x.dtype if x.dtype.kind not in "iu" or rational(op.value).denominator == 1 else np.float64
    y = np.full(op.shape(x.shape), constant(op.value, x), kind)  # (N, C + q..., spatial + p...)
    y[_middle(op, x)] = x
    return y


def backward(op: Pad, dy: Array, x: Array) -> dict[str, Array]:
    """The middle of the gradient."""
    return {"x": dy[_middle(op, x)].copy()}


def _middle(op: Pad, x: Array) -> Slices:
    """Where the input lies in the output."""
    befores = [before for before, _ in (op.channels, *op.padding)]
    return (slice(None), *(slice(p, p + n) for p, n in zip(befores, x.shape[1:], strict=True)))
