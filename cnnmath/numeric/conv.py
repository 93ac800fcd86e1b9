"""Convolution by one of several methods, and its gradients."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from cnnmath.numeric.engine import current, using
from cnnmath.numeric.methods.adjoint import filter_gradient, input_gradient
from cnnmath.numeric.methods.correlate import choice, correlate
from cnnmath.numeric.windows import Array, Slices
from cnnmath.ops import Conv
from cnnmath.window import Shape, Window


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


def scratch(op: Conv, x: Shape) -> int:
    """Numbers that all threads hold at a time beside operands and results."""
    return foreseen(op.windows(x[2:]), x, op.parameters(x)["w"], op.groups)


def foreseen(windows: Sequence[Window], x: Shape, w: Shape, groups: int) -> int:
    """The same for a correlation of doubles: what its method takes, times the threads."""
    if not x[0]:
        return 0
    with using(method="auto") as engine:
        found = choice(windows, x, w, np.dtype(np.float64), groups)
    asked = found.predictions.get(current().method, found.prediction)
    return engine.workers * max(found.prediction.scratch, asked.scratch) // 8


def _add(b: Array, y: Array, where: Slices) -> None:
    y += b[where[-1]]
