"""Activations: functions of each number, and the softmax."""

from __future__ import annotations

from typing import Any

from cnnmath.interchange.torch.build import Builder, Value
from cnnmath.interchange.torch.refused import Refused
from cnnmath.ops import ELU, LeakyReLU, LogSoftmax, ReLU, Sigmoid, Softmax, Softplus, Tanh


def relu(b: Builder, x: Value) -> Value:
    """Rectifier."""
    return b.each(ReLU(), x)


def leaky_relu(b: Builder, x: Value, slope: float = 0.01) -> Value:
    """Rectifier with a slope below 0."""
    return b.each(LeakyReLU(slope), x)


def elu(b: Builder, x: Value, alpha: float = 1, scale: float = 1, input_scale: float = 1) -> Value:
    """Exponential linear unit."""
    if (scale, input_scale) != (1, 1):
        raise Refused("it is scaled")
    return b.each(ELU(alpha), x)


def sigmoid(b: Builder, x: Value) -> Value:
    """Logistic function."""
    return b.each(Sigmoid(), x)


def tanh(b: Builder, x: Value) -> Value:
    """Hyperbolic tangent."""
    return b.each(Tanh(), x)


def softplus(b: Builder, x: Value, beta: float = 1, threshold: float = 20) -> Value:
    """Smooth rectifier; above a threshold PyTorch's is the number itself, which differs by less than it rounds."""
    if beta != 1 or threshold < 20:
        raise Refused(f"its beta is {beta} and its threshold {threshold}")
    return b.each(Softplus(), x)


def softmax(b: Builder, x: Value, dim: int, *rest: Any) -> Value:
    """Probabilities along an axis."""
    value, _ = b.channels(x, dim)
    return b.kept(Softmax(), value, layout=value.layout)


def log_softmax(b: Builder, x: Value, dim: int, *rest: Any) -> Value:
    """Their logarithms."""
    value, _ = b.channels(x, dim)
    return b.kept(LogSoftmax(), value, layout=value.layout)


RULES = {
    "relu": relu,
    "leaky_relu": leaky_relu,
    "elu": elu,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "softplus": softplus,
    "softmax": softmax,
    "_softmax": softmax,
    "log_softmax": log_softmax,
    "_log_softmax": log_softmax,
}
