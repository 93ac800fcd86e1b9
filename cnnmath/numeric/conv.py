"""Convolution by one of several methods, and its gradients."""

from __future__ import annotations

from functools import partial

from cnnmath.numeric.methods.adjoint import filter_gradient, input_gradient
from cnnmath.numeric.methods.correlate import correlate
from cnnmath.numeric.windows import Array, Slices
from cnnmath.ops import Conv


def forward(op: Conv, x: Array, w: Array, b: Array | None = None) -> Array:
    """``y = w * x + b``, by the method in effect."""
    return correlate(op.windows(x.shape[2:]), x, w, op.groups, finish=None if b is None else partial(_add, b))


def backward(op: Conv, dy: Array, x: Array, w: Array, b: Array | None = None) -> dict[str, Array]:
    """``dx`` correlates dy with the filters turned round, ``dw`` sums dy times the windows, and ``db`` sums dy."""
    windows = op.windows(x.shape[2:])
    grads = {
        "x": input_gradient(windows, dy, w, x.shape[2:], op.groups),
        "w": filter_gradient(windows, dy, x, w.shape, op.groups),
    }
    return grads if b is None else grads | {"b": dy.sum(axis=(0, *range(2, dy.ndim)))}


def _add(b: Array, y: Array, where: Slices) -> None:
    y += b[where[-1]]
