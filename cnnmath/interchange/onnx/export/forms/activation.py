"""Activations, and arithmetic on each number alone."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cnnmath import ops
from cnnmath.interchange.onnx.export.body import Body
from cnnmath.interchange.onnx.export.form import Form, along, one, setting
from cnnmath.ops.algebra import Shape, rational

SWISH = 24
"""The first set of operators that has it."""


def selu(op: ops.SELU, m: Body, shapes: tuple[Shape, ...], x: str) -> str:
    """Selu, whose usual numbers go without saying."""
    return m("Selu", x, **({} if op == ops.SELU() else {"alpha": float(op.alpha), "gamma": float(op.gamma)}))


def prelu(op: ops.PReLU, m: Body, shapes: tuple[Shape, ...], x: str, w: str) -> str:
    """PRelu."""
    return m("PRelu", x, w if op.shared else m.by_channel(w, len(shapes[0])))


def clip(op: ops.Clip, m: Body, shapes: tuple[Shape, ...], x: str) -> str:
    """Clip."""
    return m("Clip", x, *(None if bound is None else float(bound) for bound in (op.low, op.high)))


def gelu(op: ops.GELU, m: Body, shapes: tuple[Shape, ...], x: str) -> str:
    """Gelu."""
    return m("Gelu", x, approximate="tanh" if op.approximate else None)


def silu(op: ops.SiLU, m: Body, shapes: tuple[Shape, ...], x: str) -> str:
    """Swish; before there was one, written out."""
    if m.opset >= SWISH:
        return m("Swish", x, alpha=float(op.beta))
    return m("Mul", x, m("Sigmoid", x if op.beta == 1 else m("Mul", x, float(op.beta))))


def log_sigmoid(op: ops.LogSigmoid, m: Body, shapes: tuple[Shape, ...], x: str) -> str:
    """Softplus between two Neg: the logarithm of a Sigmoid would be that of 0 where it underflows."""
    return m("Neg", m("Softplus", m("Neg", x)))


def affine(op: ops.Affine, m: Body, shapes: tuple[Shape, ...], x: str) -> str:
    """Neg, or a product and a sum."""
    if (op.scale, op.shift) == (-1, 0):
        return m("Neg", x)
    if op.shift == 0:
        return m("Mul", x, float(op.scale))
    return m("Add", x if op.scale == 1 else m("Mul", x, float(op.scale)), float(op.shift))


def power(op: ops.Power, m: Body, shapes: tuple[Shape, ...], x: str) -> str:
    """Sqrt, Reciprocal, or Pow."""
    alone = {rational(0.5): "Sqrt", rational(-1): "Reciprocal"}.get(rational(op.exponent))
    return m(alone, x) if alone else m("Pow", x, float(op.exponent))


FORMS: Mapping[type[ops.Operator], Form] = MappingProxyType(
    {
        ops.ReLU: one("Relu"),
        ops.LeakyReLU: setting("LeakyRelu", alpha="slope"),
        ops.ELU: setting("Elu", alpha="alpha"),
        ops.SELU: selu,
        ops.CELU: setting("Celu", alpha="alpha"),
        ops.PReLU: prelu,
        ops.ThresholdedReLU: setting("ThresholdedRelu", alpha="alpha"),
        ops.Clip: clip,
        ops.Sigmoid: one("Sigmoid"),
        ops.Tanh: one("Tanh"),
        ops.Softplus: one("Softplus"),
        ops.LogSigmoid: log_sigmoid,
        ops.Softsign: one("Softsign"),
        ops.Erf: one("Erf"),
        ops.GELU: gelu,
        ops.SiLU: silu,
        ops.Mish: one("Mish"),
        ops.HardSigmoid: setting("HardSigmoid", alpha="slope", beta="shift"),
        ops.HardSwish: one("HardSwish"),
        ops.Softmax: along("Softmax"),
        ops.LogSoftmax: along("LogSoftmax"),
        ops.Affine: affine,
        ops.Power: power,
        ops.Exp: one("Exp"),
        ops.Log: one("Log"),
        ops.Abs: one("Abs"),
    }
)
"""The forms of this chapter."""
