"""Normalisations, and dropout."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cnnmath import ops
from cnnmath.interchange.onnx.export.body import Body, known
from cnnmath.interchange.onnx.export.form import Form
from cnnmath.ops.algebra import Shape

RMS_NORMALIZATION = 23
"""The first set of operators that has it."""

IMAGES = 4
"""Axes of a batch of images."""


def batch_norm(
    op: ops.BatchNorm, m: Body, shapes: tuple[Shape, ...], x: str, gamma: str, beta: str, *stored: str
) -> str:
    """BatchNormalization; in training, written out."""
    if stored:
        return m("BatchNormalization", x, gamma, beta, *stored, epsilon=float(op.epsilon))
    rank = len(shapes[0])
    return _scaled(m, m.standardised(x, [0, *range(2, rank)], op.epsilon), gamma, beta, rank)


def _scaled(m: Body, x: str, gamma: str, beta: str, rank: int) -> str:
    return m("Add", m("Mul", x, m.by_channel(gamma, rank)), m.by_channel(beta, rank))


def group_norm(op: ops.GroupNorm, m: Body, shapes: tuple[Shape, ...], x: str, gamma: str, beta: str) -> str:
    """GroupNormalization; of an input without positions, written out."""
    if len(shapes[0]) > 2:
        return m("GroupNormalization", x, gamma, beta, epsilon=float(op.epsilon), num_groups=op.groups)
    parts = m("Reshape", x, m.integers(0, op.groups, -1))
    return _scaled(m, m.like(m.standardised(parts, [2], op.epsilon), x), gamma, beta, 2)


def instance_norm(op: ops.InstanceNorm, m: Body, shapes: tuple[Shape, ...], x: str, gamma: str, beta: str) -> str:
    """InstanceNormalization; without positions, of one."""
    if len(shapes[0]) > 2:
        return m("InstanceNormalization", x, gamma, beta, epsilon=float(op.epsilon))
    y = m("InstanceNormalization", m("Unsqueeze", x, m.integers(2)), gamma, beta, epsilon=float(op.epsilon))
    return m("Squeeze", y, m.integers(2))


def layer_norm(op: ops.LayerNorm, m: Body, shapes: tuple[Shape, ...], x: str, gamma: str, beta: str) -> str:
    """LayerNormalization; of each position, written out."""
    if not op.each_position:
        return m("LayerNormalization", x, gamma, beta, axis=op.axis, epsilon=float(op.epsilon))
    return _scaled(m, m.standardised(x, [1], op.epsilon), gamma, beta, len(shapes[0]))


def rms_norm(op: ops.RMSNorm, m: Body, shapes: tuple[Shape, ...], x: str, gamma: str) -> str:
    """RMSNormalization; before there was one, written out."""
    if m.opset >= RMS_NORMALIZATION:
        return m("RMSNormalization", x, gamma, axis=op.axis, epsilon=float(op.epsilon))
    mean = m.over_axes("ReduceMean", m("Mul", x, x), range(op.first(shapes[0]), len(shapes[0])))
    return m("Mul", m("Div", x, m("Sqrt", m("Add", mean, float(op.epsilon)))), gamma)


def response(op: ops.LocalResponseNorm, m: Body, shapes: tuple[Shape, ...], x: str) -> str:
    """LRN of images; an even number of channels reaches one further ahead, where LRN reaches further behind."""
    if op.size % 2 and len(shapes[0]) == IMAGES:
        return m("LRN", x, size=op.size, alpha=float(op.alpha), beta=float(op.beta), bias=float(op.k))
    (channels,) = known(shapes[0][1:2], "a sum over channels")
    around = op.neighbours()
    squares = m("Reshape", m("Mul", x, x), m.integers(0, 1, channels, -1))
    counted = {"kernel_shape": (op.size, 1), "pads": (around.before, 0, around.after, 0), "count_include_pad": 1}
    mean = m.like(m("AveragePool", squares, **counted), x)
    base = m("Add", m("Mul", mean, float(op.alpha)), float(op.k))
    return m("Div", x, m("Pow", base, float(op.beta)))


def dropout(op: ops.Dropout, m: Body, shapes: tuple[Shape, ...], x: str, mask: str | None = None) -> str:
    """Dropout at inference; in training, by the mask."""
    if mask is None:
        return m("Dropout", x, float(op.rate))
    return m("Mul", m("Mul", x, mask), 1 / (1 - float(op.rate)))


FORMS: Mapping[type[ops.Operator], Form] = MappingProxyType(
    {
        ops.BatchNorm: batch_norm,
        ops.GroupNorm: group_norm,
        ops.InstanceNorm: instance_norm,
        ops.LayerNorm: layer_norm,
        ops.RMSNorm: rms_norm,
        ops.LocalResponseNorm: response,
        ops.Dropout: dropout,
    }
)
"""The forms of this chapter."""
