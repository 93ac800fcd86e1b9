"""Activations: as layers, and by the name that another layer gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import prod
from types import MappingProxyType
from typing import Any

import numpy as np

from cnnmath.graph import Constant
from cnnmath.interchange.keras.build import Builder, Order, Value
from cnnmath.interchange.keras.rules.settings import Settings, one_axis
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops import (
    CELU,
    ELU,
    GELU,
    SELU,
    Add,
    Clip,
    Exp,
    HardSigmoid,
    HardSwish,
    LeakyReLU,
    LogSigmoid,
    LogSoftmax,
    Mish,
    Multiply,
    Operator,
    PReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
    ThresholdedReLU,
)

NAMED: Mapping[str, Operator] = MappingProxyType(
    {
        "relu": ReLU(),
        "relu6": Clip(0, 6),
        "leaky_relu": LeakyReLU(0.2),
        "elu": ELU(),
        "selu": SELU(),
        "celu": CELU(),
        "gelu": GELU(),
        "silu": SiLU(),
        "swish": SiLU(),
        "mish": Mish(),
        "sigmoid": Sigmoid(),
        "tanh": Tanh(),
        "softplus": Softplus(),
        "log_sigmoid": LogSigmoid(),
        "softsign": Softsign(),
        "exponential": Exp(),
        "hard_sigmoid": HardSigmoid(),
        "hard_silu": HardSwish(),
        "hard_swish": HardSwish(),
        "hard_tanh": Clip(-1, 1),
    }
)
"""Functions of each number by the names that Keras gives them."""

OLD_HARD_SIGMOID = HardSigmoid(Fraction(1, 5))
"""That of Keras 2, whose line is steeper."""


def activated(b: Builder, c: Settings, y: Value) -> Value:
    """What a layer's activation makes of its output."""
    given = c.get("activation")
    return y if given is None else activation(b, given, y, part=_called(given))


def activation(b: Builder, given: Any, x: Value, part: str = "") -> Value:
    """An activation by its name, as a function that is written down, or as a layer."""
    if isinstance(given, Mapping):
        settings = given.get("config")
        if isinstance(settings, Mapping) and given.get("class_name") in RULES:
            return RULES[given["class_name"]](b, settings, x, part=part)
        given = settings if isinstance(settings, str) else given.get("class_name")
    if given == "linear":
        return x
    if given in ("softmax", "log_softmax"):
        return along(b, Softmax if given == "softmax" else LogSoftmax, x, -1, part)
    if given == "hard_sigmoid" and b.old:
        return b.each(OLD_HARD_SIGMOID, x, part=part)
    if given not in NAMED:
        raise UnclaimedError(f"its activation is '{given}'")
    return b.each(NAMED[given], x, part=part)


def along(b: Builder, op: type[Softmax | LogSoftmax], x: Value, axis: Any, part: str) -> Value:
    """Probabilities along an axis, or their logarithms."""
    order = b.best(x)
    i = order.index(one_axis(axis, len(order)))
    if i == 0:
        raise UnclaimedError("it mixes the samples of a batch")
    return b.apply(op(i), x, order=order, part=part)


def relu(b: Builder, c: Settings, x: Value, part: str = "") -> Value:
    """Rectifier with a slope below a threshold, and a bound."""
    high, slope, threshold = c.get("max_value"), c.get("negative_slope") or 0, c.get("threshold") or 0
    if slope and threshold:
        raise UnclaimedError(f"its slope is {slope} and its threshold {threshold}")
    if high is not None and not slope and not threshold:
        return b.each(Clip(0, high), x, part=part)
    op = ThresholdedReLU(threshold) if threshold else LeakyReLU(slope) if slope else ReLU()
    y = b.each(op, x, part=part)
    return y if high is None else b.each(Clip(high=high), y, part=f"{part}/clip".strip("/"))


def prelu(b: Builder, c: Settings, x: Value, part: str = "") -> Value:
    """Rectifier with trained slopes: one a channel, one for all, or one for each number."""
    rank = len(x.shape)
    order = b.first(rank)
    shared = {axis % rank for axis in c.get("shared_axes") or ()}
    if not shared >= set(order[2:]) and prod(x.shape[i] for i in order[2:]) > 1:
        return _slope_each(b, x, tuple(1 if i in shared or i == 0 else x.shape[i] for i in order), order, part)
    op = PReLU(shared=order[1] in shared and x.shape[order[1]] > 1)
    return b.apply(op, x, order=order, part=part, w=b.weight("alpha", np.ravel))


def _slope_each(b: Builder, x: Value, shape: tuple[int, ...], order: Order, part: str) -> Value:
    """The same with a slope for each position: ``max(x, 0) + w*min(x, 0)``, the slopes an array of the network."""

    def named(what: str) -> str:
        return f"{part}/{what}".strip("/")

    above = b.apply(ReLU(), x, order=order, part=named("relu"))
    below = b.apply(Clip(high=0), x, order=order, part=named("clip"))
    slopes = b.weight("alpha", lambda w: w[None].transpose(order))
    w = b.source(Constant(shape, trained=True), named("alpha"), value=slopes).back(order)
    return b.apply(
        Add(), above, b.apply(Multiply(), below, w, order=order, part=named("multiply")), order=order, part=part
    )


def _function(name: str) -> Callable[..., Value]:
    """The rule of an activation that a model calls as a function."""

    def rule(b: Builder, c: Settings, x: Value, part: str = "") -> Value:
        return activation(b, name, x, part)

    return rule


RULES: Mapping[str, Any] = MappingProxyType(
    {
        "Activation": lambda b, c, x, part="": activation(b, c["activation"], x, part),
        "ReLU": relu,
        "LeakyReLU": lambda b, c, x, part="": b.each(LeakyReLU(c.get("negative_slope", c.get("alpha"))), x, part=part),
        "ELU": lambda b, c, x, part="": b.each(ELU(c.get("alpha", 1)), x, part=part),
        "ThresholdedReLU": lambda b, c, x, part="": b.each(ThresholdedReLU(c["theta"]), x, part=part),
        "PReLU": prelu,
        **{f"ops.{name.title()}": _function(name) for name in ("relu", "relu6", "sigmoid", "tanh", "silu")},
        "ops.Softmax": lambda b, c, x, part="": along(b, Softmax, x, c.get("axis", -1), part),
        "Softmax": lambda b, c, x, part="": along(b, Softmax, x, c.get("axis", -1), part),
    }
)


def _called(given: Any) -> str:
    """Name of an activation's node in its layer."""
    if isinstance(given, Mapping):
        given = given["config"] if isinstance(given.get("config"), str) else given.get("class_name", "")
    return str(given).lower()
