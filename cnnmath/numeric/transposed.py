"""Transposed convolution: the gradients of the convolution whose adjoint it is, with the parts exchanged."""

from __future__ import annotations

import numpy as np

from cnnmath.numeric.conv import foreseen
from cnnmath.numeric.methods.adjoint import filter_gradient, input_gradient
from cnnmath.numeric.methods.correlate import correlate
from cnnmath.numeric.windows import Array
from cnnmath.ops import ConvTranspose
from cnnmath.window import Shape, Window


def forward(op: ConvTranspose, x: Array, w: Array, b: Array | None = None) -> Array:
    """What the convolution from y to x has for its input gradient, with zeros where it reads nothing, plus the bias."""
    axes, part = _downward(op, x.shape)
    y = np.zeros(op.shape(x.shape), x.dtype)  # (N, F, O...)
    if x.size and all(s.stop for s in part):
        y[:, :, *part] = input_gradient(axes, x, w, [s.stop for s in part], op.groups)
    return y if b is None else y + b.reshape(-1, *(1,) * len(axes))


def backward(op: ConvTranspose, dy: Array, x: Array, w: Array, b: Array | None = None) -> dict[str, Array]:
    """``dx`` is that convolution of dy, ``dw`` its filter gradient with x from above, and ``db`` the sum of dy."""
    axes, part = _downward(op, x.shape)
    grads = {"x": np.zeros_like(x), "w": np.zeros_like(w)}
    if x.size and all(s.stop for s in part):
        read = dy[:, :, *part]
        grads = {
            "x": correlate(axes, read, w, op.groups),
            "w": filter_gradient(axes, x, read, w.shape, op.groups),
        }
    return grads if b is None else grads | {"b": dy.sum(axis=(0, *range(2, dy.ndim)))}


def scratch(op: ConvTranspose, x: Shape) -> int:
    """Numbers that all threads hold at a time beside operands and results, as the convolution back to x does."""
    axes, part = _downward(op, x)
    if not all(s.stop for s in part):
        return 0
    return foreseen(axes, (x[0], op.filters, *(s.stop for s in part)), op.parameters(x)["w"], op.groups)


def _downward(op: ConvTranspose, x: Shape) -> tuple[list[Window], list[slice]]:
    """The windows of the convolution that leads from the output back to x, and the part of the output that it reads."""
    axes, part = [], []
    settings = zip(op.kernel, op.stride, op.dilation, op.padding, x[2:], op.shape(x)[2:], strict=True)
    for kernel, stride, dilation, (before, _), n, length in settings:
        spread = Window(kernel, stride, dilation).preimage(n)[0]
        read = max(0, min(length, spread - before))
        axes.append(Window(kernel, stride, dilation, before, max(0, spread - before - read)))
        part.append(slice(read))
    return axes, part
