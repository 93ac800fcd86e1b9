"""The dense layer, flattening, and distances to fixed codes."""

from __future__ import annotations

import numpy as np

from cnnmath.numeric.engine import current
from cnnmath.numeric.windows import Array
from cnnmath.numeric.workers import pieces, run
from cnnmath.ops import Flatten, Linear, LinearLast, RadialBasis

SHARES, SMALL = 4, 2**16
"""Shares that a product is cut into, and multiply-adds that are not worth it."""


def forward(op: Linear, x: Array, w: Array, b: Array | None = None) -> Array:
    """``y = x @ w^T + b``."""
    y = product(x, w.T)  # (N, F)
    return y if b is None else y + b


def backward(op: Linear, dy: Array, x: Array, w: Array, b: Array | None = None) -> dict[str, Array]:
    """``dx = dy @ w``, ``dw = dy^T @ x``, and ``db`` the sum of dy over the batch."""
    grads = {"x": product(dy, w), "w": product(dy.T, x)}
    return grads if b is None else grads | {"b": dy.sum(axis=0)}


def last_forward(op: LinearLast, x: Array, w: Array, b: Array | None = None) -> Array:
    """The dense layer, every position a sample."""
    y = product(x.reshape(-1, x.shape[-1]), w.T).reshape(*x.shape[:-1], len(w))  # (N, C, ..., F)
    return y if b is None else y + b


def last_backward(op: LinearLast, dy: Array, x: Array, w: Array, b: Array | None = None) -> dict[str, Array]:
    """Its gradients, summed over all positions."""
    above, rows = dy.reshape(-1, len(w)), x.reshape(-1, x.shape[-1])
    grads = {"x": product(above, w).reshape(x.shape), "w": product(above.T, rows)}
    return grads if b is None else grads | {"b": above.sum(axis=0)}


def product(a: Array, b: Array) -> Array:
    """``a @ b``, the columns of b shared out among the threads in pieces that do not depend on their number."""
    if a.dtype == object or a.size * b.shape[1] < SMALL:
        return a @ b
    out = np.empty((len(a), b.shape[1]), np.result_type(a, b))
    if len(b) == 1:  # an outer product, of which only the memory takes time
        rows = pieces(len(a), -(-len(a) // SHARES))
        run(rows, lambda some: np.multiply(a[some], b, out=out[some]), current().workers)
        return out
    columns = pieces(b.shape[1], -(-b.shape[1] // SHARES))
    run(columns, lambda some: np.matmul(a, b[:, some], out=out[:, some]), current().workers)
    return out


def flatten_forward(op: Flatten, x: Array) -> Array:
    """One row a sample."""
    return x.reshape(op.shape(x.shape)).copy()


def flatten_backward(op: Flatten, dy: Array, x: Array) -> dict[str, Array]:
    """The same numbers in the input's shape."""
    return {"x": dy.reshape(x.shape).copy()}


def radial_forward(op: RadialBasis, x: Array, w: Array) -> Array:
    """Sum of the squared differences, which no cancellation spoils, unlike ``|x|^2 - 2 x.w + |w|^2``."""
    apart = x[:, None] - w  # (N, F, C)
    return (apart * apart).sum(axis=2)


def radial_backward(op: RadialBasis, dy: Array, x: Array, w: Array) -> dict[str, Array]:
    """``dx = 2 sum over f of dy (x - w)``."""
    return {"x": 2 * (dy[:, :, None] * (x[:, None] - w)).sum(axis=1)}
