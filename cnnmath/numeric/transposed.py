"""Transposed convolution, by the scatter that is adjoint to a convolution's gather; upsampling by repetition."""

from __future__ import annotations

from math import prod

import numpy as np

from cnnmath.numeric.taps import convolved, correlated, finite
from cnnmath.numeric.windows import Array, gather, scatter
from cnnmath.ops import ConvTranspose, Upsample
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
    axes, read = _downward(op, x)
    dx = (_filters(op, w) @ cols).reshape(x.shape) if finite(w) else convolved(dy[:, :, *read], w, axes, op.groups)
    if finite(x):
        dw = (_rows(op, x) @ cols.swapaxes(2, 3)).sum(axis=0).reshape(w.shape)
    else:
        dw = correlated(x, dy[:, :, *read], axes, op.groups)
    grads = {"x": dx, "w": dw}
    return grads if b is None else grads | {"b": dy.sum(axis=(0, *range(2, dy.ndim)))}


def upsample_forward(op: Upsample, x: Array) -> Array:
    """Every number repeated along every axis."""
    for axis, s in enumerate(op.scale, 2):
        x = np.repeat(x, s, axis)
    return x.copy()  # (N, C, s*spatial...)


def upsample_backward(op: Upsample, dy: Array, x: Array) -> dict[str, Array]:
    """Sum over each block."""
    blocks = [length for n, s in zip(x.shape[2:], op.scale, strict=True) for length in (n, s)]
    summed = tuple(range(3, 3 + 2 * len(op.scale), 2))
    return {"x": dy.reshape(*x.shape[:2], *blocks).sum(axis=summed)}


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


def _downward(op: ConvTranspose, x: Array) -> tuple[list[Window], list[slice]]:
    """The convolution's windows that lead from the output back to x, and the part of the output that they read."""
    axes, part = [], []
    for bare, inner, (before, _), length in zip(
        _bare(op), _frame(op, x)[0], op.padding, op.shape(x.shape)[2:], strict=True
    ):
        read = min(length, inner - before)
        axes.append(Window(bare.kernel, bare.stride, bare.dilation, before, inner - before - read))
        part.append(slice(read))
    return axes, part
