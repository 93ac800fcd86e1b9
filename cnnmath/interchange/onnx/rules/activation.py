"""Activations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod
from types import MappingProxyType

from cnnmath.interchange.onnx.known import Known
from cnnmath.interchange.onnx.reading import Here
from cnnmath.interchange.onnx.rules.rule import Rule, plain
from cnnmath.ops import (
    CELU,
    ELU,
    SELU,
    Add,
    Clip,
    LeakyReLU,
    Multiply,
    PReLU,
    ReLU,
    Sigmoid,
    Softplus,
    Softsign,
    Tanh,
    ThresholdedReLU,
)


def leaky_relu(here: Here) -> Known:
    """LeakyRelu."""
    return here.add(LeakyReLU(here.attribute("alpha", 0.01)), here.input(0))


def elu(here: Here) -> Known:
    """Elu."""
    return here.add(ELU(here.attribute("alpha", 1.0)), here.input(0))


def selu(here: Here) -> Known:
    """Selu."""
    usual = SELU()
    op = SELU(here.attribute("alpha", usual.alpha), here.attribute("gamma", usual.gamma))
    return here.add(op, here.input(0))


def celu(here: Here) -> Known:
    """Celu."""
    return here.add(CELU(here.attribute("alpha", 1.0)), here.input(0))


def thresholded_relu(here: Here) -> Known:
    """ThresholdedRelu."""
    return here.add(ThresholdedReLU(here.attribute("alpha", 1.0)), here.input(0))


def prelu(here: Here) -> Known:
    """PRelu with one slope, or one a channel; any other slope multiplies what is negative."""
    x, slope = here.input(0), here.input(1)
    if slope.array is None or not _is_of_channels(slope, x):
        above = here.add(Clip(0), x, suffix="positive")
        below = here.add(Multiply(), here.add(Clip(high=0), x, suffix="negative"), slope, suffix="sloped")
        return here.add(Add(), above, below)
    count = slope.array.size
    w = replace(slope, shape=(count,), array=slope.array.mapped("flat", lambda a: a.reshape(-1), (count,)))
    return here.add(PReLU(shared=count == 1), x, arrays={"w": w})


def _is_of_channels(slope: Known, x: Known) -> bool:
    """Whether there is one slope, or one a channel, along which it broadcasts."""
    broadcast = (1,) * (x.rank - slope.rank) + slope.sizes
    count = prod(slope.sizes)
    return count == 1 or (len(broadcast) == x.rank > 1 and broadcast[1] == count)


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "Relu": plain(ReLU()),
        "Sigmoid": plain(Sigmoid()),
        "Tanh": plain(Tanh()),
        "Softplus": plain(Softplus()),
        "LeakyRelu": leaky_relu,
        "Elu": elu,
        "Selu": selu,
        "Celu": celu,
        "ThresholdedRelu": thresholded_relu,
        "PRelu": prelu,
        "Softsign": plain(Softsign()),
    }
)
"""The rules of this chapter."""
