"""Convolution: one matrix product a group, over gathered windows."""

from __future__ import annotations

from math import prod

from cnnmath.numeric.taps import convolved, correlated, finite
from cnnmath.numeric.windows import Array, gather, output_sizes, scatter
from cnnmath.ops import Conv


def forward(op: Conv, x: Array, w: Array, b: Array | None = None) -> Array:
    """``y = W @ gather(x) + b``, group by group."""
    windows = op.windows(x.shape[2:])
    sizes = output_sizes(windows, x.shape[2:])
    if finite(w):
        y = _filters(op, w) @ _columns(op, x)  # (N, G, F/G, O)
        y = y.reshape(len(x), op.filters, *sizes)  # (N, F, O...)
    else:
        y = convolved(x, w, windows, op.groups)
    return y if b is None else y + b.reshape(-1, *(1,) * len(sizes))


def backward(op: Conv, dy: Array, x: Array, w: Array, b: Array | None = None) -> dict[str, Array]:
    """Adjoint products: ``dw = dy @ gather(x)^T``, ``dx = scatter(W^T @ dy)``, and ``db`` the sum of dy."""
    rows = dy.reshape(len(x), op.groups, op.filters // op.groups, prod(dy.shape[2:]))  # (N, G, F/G, O)
    if finite(dy):
        dw = (rows @ _columns(op, x).swapaxes(2, 3)).sum(axis=0)  # (G, F/G, C/G*K)
    else:
        dw = correlated(dy, x, op.windows(x.shape[2:]), op.groups)
    dcols = _filters(op, w).swapaxes(1, 2) @ rows  # (N, G, C/G*K, O)
    dcols = dcols.reshape(*x.shape[:2], *op.kernel, *dy.shape[2:])  # (N, C, K..., O...)
    grads = {"x": scatter(dcols, op.windows(x.shape[2:]), x.shape[2:]), "w": dw.reshape(w.shape)}
    return grads if b is None else grads | {"b": dy.sum(axis=(0, *range(2, dy.ndim)))}


def _filters(op: Conv, w: Array) -> Array:
    """Filters as the rows of a matrix, (G, F/G, C/G*K)."""
    return w.reshape(op.groups, op.filters // op.groups, prod(w.shape[1:]))


def _columns(op: Conv, x: Array) -> Array:
    """Windows as the columns of a matrix, (N, G, C/G*K, O)."""
    cols = gather(x, op.windows(x.shape[2:]))  # (N, C, K..., O...)
    rows = x.shape[1] // op.groups * prod(op.kernel)
    return cols.reshape(len(x), op.groups, rows, prod(cols.shape[2 + len(op.kernel) :]))
