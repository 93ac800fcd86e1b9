"""Products of matrices that are both activations."""

from __future__ import annotations

import numpy as np

from cnnmath.numeric.arithmetic import folded
from cnnmath.numeric.windows import Array
from cnnmath.ops import MatMul


def forward(op: MatMul, x1: Array, x2: Array) -> Array:
    """``y = x1 @ x2``."""
    return np.asarray(x1 @ x2)


def backward(op: MatMul, dy: Array, x1: Array, x2: Array) -> dict[str, Array]:
    """``dx1 = dy @ x2^T`` and ``dx2 = x1^T @ dy``, a row or a column being a matrix."""
    a, b = np.atleast_2d(x1), x2[:, np.newaxis] if x2.ndim == 1 else x2
    batch = dy.shape[: max(a.ndim, b.ndim) - 2]
    g = dy.reshape(*batch, a.shape[-2], b.shape[-1])
    dx1, dx2 = g @ np.swapaxes(b, -1, -2), np.swapaxes(a, -1, -2) @ g
    return {"x1": folded(dx1, a.shape).reshape(x1.shape), "x2": folded(dx2, b.shape).reshape(x2.shape)}
