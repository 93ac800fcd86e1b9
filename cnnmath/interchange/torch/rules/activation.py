"""Activations: functions of each number, and the softmax."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

from cnnmath.interchange.torch.build import Builder, Value
from cnnmath.interchange.torch.rules.convolution import known
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops import (
    CELU,
    ELU,
    GELU,
    SELU,
    Abs,
    Clip,
    Erf,
    Exp,
    HardSigmoid,
    HardSwish,
    LeakyReLU,
    Log,
    LogSigmoid,
    LogSoftmax,
    Mish,
    Operator,
    PReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
    ThresholdedReLU,
)


def each(op: Operator) -> Callable[[Builder, Value], Value]:
    """Rule for a function without settings."""
    return lambda b, x: b.each(op, x)


def leaky_relu(b: Builder, x: Value, slope: float = 0.01) -> Value:
    """Rectifier with a slope below 0."""
    return b.each(LeakyReLU(slope), x)


def prelu(b: Builder, x: Value, w: Any) -> Value:
    """Rectifier with trained slopes."""
    w = known(w)
    return b.apply(PReLU(shared=w.shape == (1,)), x, w=w)


def elu(b: Builder, x: Value, alpha: float = 1, scale: float = 1, input_scale: float = 1) -> Value:
    """Exponential linear unit, also scaled."""
    if input_scale != 1:
        raise UnclaimedError("its input is scaled")
    return b.each(ELU(alpha) if scale == 1 else SELU(alpha, scale), x)


def celu(b: Builder, x: Value, alpha: float = 1) -> Value:
    """Continuously differentiable exponential linear unit."""
    return b.each(CELU(alpha), x)


def gelu(b: Builder, x: Value, *, approximate: str = "none") -> Value:
    """Gaussian error linear unit."""
    return b.each(GELU(approximate=approximate == "tanh"), x)


def softplus(b: Builder, x: Value, beta: float = 1, threshold: float = 20) -> Value:
    """Smooth rectifier; above a threshold PyTorch's is the number itself, which differs by less than it rounds."""
    if beta != 1 or threshold < 20:
        raise UnclaimedError(f"its beta is {beta} and its threshold {threshold}")
    return b.each(Softplus(), x)


def threshold(b: Builder, x: Value, least: float, value: float) -> Value:
    """What is above a threshold."""
    if value != 0:
        raise UnclaimedError(f"what is below its threshold becomes {value}")
    return b.each(ThresholdedReLU(least), x)


def clamp(b: Builder, x: Value, low: float | None = None, high: float | None = None) -> Value:
    """Numbers within bounds."""
    if not all(bound is None or isinstance(bound, (int, float)) for bound in (low, high)):
        raise UnclaimedError("its bounds are tensors")
    bounds = (None if bound in (-inf, inf) else bound for bound in (low, high))
    return b.each(Clip(*bounds), x)


def hardtanh(b: Builder, x: Value, low: float = -1, high: float = 1) -> Value:
    """Numbers within bounds, by default -1 and 1."""
    return clamp(b, x, low, high)


def softmax(b: Builder, x: Value, dim: int, *rest: Any) -> Value:
    """Probabilities along an axis."""
    value, _, axis = b.alone(x, dim)
    return b.kept(Softmax(axis), value, layout=value.layout)


def log_softmax(b: Builder, x: Value, dim: int, *rest: Any) -> Value:
    """Their logarithms."""
    value, _, axis = b.alone(x, dim)
    return b.kept(LogSoftmax(axis), value, layout=value.layout)


RULES = {
    "relu": each(ReLU()),
    "relu6": each(Clip(0, 6)),
    "sigmoid": each(Sigmoid()),
    "tanh": each(Tanh()),
    "hardswish": each(HardSwish()),
    "hardsigmoid": each(HardSigmoid()),
    "silu": each(SiLU()),
    "mish": each(Mish()),
    "log_sigmoid": each(LogSigmoid()),
    "selu": each(SELU()),
    "erf": each(Erf()),
    "exp": each(Exp()),
    "log": each(Log()),
    "abs": each(Abs()),
    "leaky_relu": leaky_relu,
    "prelu": prelu,
    "_prelu_kernel": prelu,
    "elu": elu,
    "celu": celu,
    "gelu": gelu,
    "softplus": softplus,
    "threshold": threshold,
    "clamp": clamp,
    "clip": clamp,
    "clamp_min": clamp,
    "clamp_max": lambda b, x, high: clamp(b, x, None, high),
    "hardtanh": hardtanh,
    "softmax": softmax,
    "_softmax": softmax,
    "log_softmax": log_softmax,
    "_log_softmax": log_softmax,
}
