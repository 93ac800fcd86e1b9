"""Transposed convolution, by the scatter that is adjoint to a convolution's gather."""

from __future__ import annotations

from math import prod

import numpy as np

from cnnmath.numeric.windows import Array, gather, scatter
from cnnmath.ops import ConvTranspose
from cnnmath.window import Window


def forward(op: ConvTranspose, x: Array, w: Array, b: Array | None = None) -> Array:
    """``y = scatter(W^T @ x) + b``, group by group; what the padding cuts off is computed and left out."""
    cols = _filters(op, w).swapaxes(1, 2) @ _rows(op, x)  # (N, G, F/G*K, I)
    cols = cols.reshape(len(x), op.filters, *op.kernel, *x.shape[2:])  # (N, F, K..., I...)
    inner, lengths, part = _frame(op, x)
    whole = np.zeros((len(x), op.filters, *lengths), cols.dtype)  # (N, F, spread...)
    whole[:, :, *map(slice, inner)] = scatter(cols, _bare(op), inner)
    y = whole[:, :, *part].copy()  # (N, F, O...)
    return y if b is None else y + b.reshape(-1, *(1,) * len(inner))


def backward(op: ConvTranspose, dy: Array, x: Array, w: Array, b: Array | None = None) -> dict[str, Array]:
    """A convolution of dy: ``dx = W @ gather(dy)``, ``dw = x @ gather(dy)^T``, and ``db`` the sum of dy."""
    inner, lengths, part = _frame(op, x)
    whole = np.zeros((*dy.shape[:2], *lengths), dy.dtype)  # (N, F, spread...)
    whole[:, :, *part] = dy
    cols = gather(whole[:, :, *map(slice, inner)], _bare(op))  # (N, F, K..., I...)
    cols = cols.reshape(len(x), op.groups, prod(w.shape[1:]), prod(x.shape[2:]))  # (N, G, F/G*K, I)
    dx = (_filters(op, w) @ cols).reshape(x.shape)
    dw = (_rows(op, x) @ cols.swapaxes(2, 3)).sum(axis=0).reshape(w.shape)
    grads = {"x": dx, "w": dw}
    return grads if b is None else grads | {"b": dy.sum(axis=(0, *range(2, dy.ndim)))}


def _filters(op: ConvTranspose, w: Array) -> Array:
    """Filters as the rows of a matrix, (G, C/G, F/G*K)."""
    return w.reshape(op.groups, len(w) // op.groups, prod(w.shape[1:]))


def _rows(op: ConvTranspose, x: Array) -> Array:
    """Positions as the columns of a matrix, (N, G, C/G, I)."""
    return x.reshape(len(x), op.groups, x.shape[1] // op.groups, prod(x.shape[2:]))


def _bare(op: ConvTranspose) -> list[Window]:
    """The windows without padding."""
    return [Window(k, s, d) for k, s, d in zip(op.kernel, op.stride, op.dilation, strict=True)]


def _frame(op: ConvTranspose, x: Array) -> tuple[list[int], list[int], list[slice]]:
    """Lengths that products fall into, lengths that hold the output too, and where in them the output lies."""
    inner = [w.preimage(n)[0] for w, n in zip(_bare(op), x.shape[2:], strict=True)]
    starts = [before for before, _ in op.padding]
    ends = [p + n for p, n in zip(starts, op.shape(x.shape)[2:], strict=True)]
    return inner, list(map(max, inner, ends)), list(map(slice, starts, ends))
