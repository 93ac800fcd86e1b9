"""The dense layer, flattening, and distances to fixed codes."""

from __future__ import annotations

from cnnmath.numeric.windows import Array
from cnnmath.ops import Flatten, Linear, RadialBasis


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


def radial_forward(op: RadialBasis, x: Array, w: Array) -> Array:
    """Sum of the squared differences, which no cancellation spoils, unlike ``|x|^2 - 2 x.w + |w|^2``."""
    apart = x[:, None] - w  # (N, F, C)
    return (apart * apart).sum(axis=2)


def radial_backward(op: RadialBasis, dy: Array, x: Array, w: Array) -> dict[str, Array]:
    """``dx = 2 sum over f of dy (x - w)``."""
    return {"x": 2 * (dy[:, :, None] * (x[:, None] - w)).sum(axis=1)}
