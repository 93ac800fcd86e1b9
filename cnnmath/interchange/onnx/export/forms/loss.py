"""Losses."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cnnmath import ops
from cnnmath.interchange.onnx.export.body import Body, known
from cnnmath.interchange.onnx.export.form import Form
from cnnmath.ops.algebra import Shape


def cross_entropy(
    op: ops.CrossEntropy, m: Body, shapes: tuple[Shape, ...], x: str, t: str, weights: str | None = None
) -> str:
    """SoftmaxCrossEntropyLoss; with smoothing or probabilities, written out."""
    if op.targets == "labels" and not op.smoothing:
        return m("SoftmaxCrossEntropyLoss", x, t, weights, reduction=op.reduction, ignore_index=op.ignored)
    surprise = m("Neg", m("LogSoftmax", x, axis=1))
    if weights is not None:
        surprise = m("Mul", surprise, m.by_channel(weights, len(shapes[0])))
    (classes,) = known(shapes[0][1:2], "a smoothed loss")
    share = float(op.smoothing)
    if op.targets == "probabilities":
        truth = m("Add", m("Mul", t, 1 - share), share / classes)
        return _reduced(m, op, m.over_axes("ReduceSum", m("Mul", truth, surprise), [1], keep=False))
    return _of_labels(op, m, surprise, t, weights, share / classes)


def _of_labels(op: ops.CrossEntropy, m: Body, surprise: str, t: str, weights: str | None, even: float) -> str:
    """Smoothed losses; one that is ignored is 0, and does not count."""
    keep = None if op.ignored is None else m("Not", m("Equal", t, op.ignored))
    t = t if keep is None else m("Where", keep, t, 0)
    own = m("Squeeze", m("GatherElements", surprise, m("Unsqueeze", t, m.integers(1)), axis=1), m.integers(1))
    spread = m("Mul", m.over_axes("ReduceSum", surprise, [1], keep=False), even)
    losses = m("Add", m("Mul", own, 1 - float(op.smoothing)), spread)
    losses = losses if keep is None else m("Where", keep, losses, 0.0)
    if op.reduction != "mean" or (weights is None and keep is None):
        return _reduced(m, op, losses)
    counted = 1.0 if weights is None else m("Gather", weights, t)
    counted = counted if keep is None else m("Where", keep, counted, 0.0)
    return m("Div", m("ReduceSum", losses, keepdims=0), m("ReduceSum", counted, keepdims=0))


def binary(
    op: ops.BinaryCrossEntropy, m: Body, shapes: tuple[Shape, ...], x: str, t: str, weights: str | None = None
) -> str:
    """A softplus on either side."""
    yes = m("Mul", t, m("Softplus", m("Neg", x)))
    no = m("Mul", m("Sub", 1.0, t), m("Softplus", x))
    yes = yes if weights is None else m("Mul", yes, m.by_channel(weights, len(shapes[0])))
    return _reduced(m, op, m("Add", yes, no))


def squared(op: ops.SquaredError, m: Body, shapes: tuple[Shape, ...], x: str, t: str) -> str:
    """Squares of differences."""
    apart = m("Sub", x, t)
    return _reduced(m, op, m("Mul", apart, apart))


def _reduced(m: Body, op: ops.CrossEntropy | ops.BinaryCrossEntropy | ops.SquaredError, losses: str) -> str:
    if op.reduction == "none":
        return losses
    return m("ReduceSum" if op.reduction == "sum" else "ReduceMean", losses, keepdims=0)


FORMS: Mapping[type[ops.Operator], Form] = MappingProxyType(
    {ops.CrossEntropy: cross_entropy, ops.BinaryCrossEntropy: binary, ops.SquaredError: squared}
)
"""The forms of this chapter."""
