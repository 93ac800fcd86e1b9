"""Zero padding: the input in the middle of zeros, and the middle of the gradient."""

from __future__ import annotations

import numpy as np

from cnnmath.numeric.windows import Array, Slices
from cnnmath.ops import Pad


def forward(op: Pad, x: Array) -> Array:
    """Zeros with the input in their middle."""
    y = np.zeros(op.shape(x.shape), x.dtype)  # (N, C + q..., spatial + p...)
    y[_middle(op, x)] = x
    return y


def backward(op: Pad, dy: Array, x: Array) -> dict[str, Array]:
    """The middle of the gradient."""
    return {"x": dy[_middle(op, x)].copy()}


def _middle(op: Pad, x: Array) -> Slices:
    """Where the input lies in the output."""
    befores = [before for before, _ in (op.channels, *op.padding)]
    return (slice(None), *(slice(p, p + n) for p, n in zip(befores, x.shape[1:], strict=True)))
