"""The dense layer and flattening."""

from __future__ import annotations

from cnnmath.numeric.windows import Array
from cnnmath.ops import Flatten, Linear


def forward(op: Linear, x: Array, w: Array, b: Array | None = None) -> Array:
    """``y = x @ w^T + b``."""
    y = x @ w.T  # (N, F)
    return y if b is None else y + b


def backward(op: Linear, dy: Array, x: Array, w: Array, b: Array | None = None) -> dict[str, Array]:
    """``dx = dy @ w``, ``dw = dy^T @ x``, and ``db`` the sum of dy over the batch."""
    grads = {"x": dy @ w, "w": dy.T @ x}
    return grads if b is None else grads | {"b": dy.sum(axis=0)}


def flatten_forward(op: Flatten, x: Array) -> Array:
    """One row a sample."""
    return x.reshape(op.shape(x.shape)).copy()


def flatten_backward(op: Flatten, dy: Array, x: Array) -> dict[str, Array]:
    """The same numbers in the input's shape."""
    return {"x": dy.reshape(x.shape).copy()}
