"""Activations."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cnnmath.interchange.onnx.known import Known
from cnnmath.interchange.onnx.reading import Here
from cnnmath.interchange.onnx.rules.rule import Rule, plain
from cnnmath.ops import ELU, LeakyReLU, ReLU, Sigmoid, Softplus, Tanh


def leaky_relu(here: Here) -> Known:
    """LeakyRelu."""
    return here.add(LeakyReLU(here.attribute("alpha", 0.01)), here.input(0))


def elu(here: Here) -> Known:
    """Elu."""
    return here.add(ELU(here.attribute("alpha", 1.0)), here.input(0))


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "Relu": plain(ReLU()),
        "Sigmoid": plain(Sigmoid()),
        "Tanh": plain(Tanh()),
        "Softplus": plain(Softplus()),
        "LeakyRelu": leaky_relu,
        "Elu": elu,
    }
)
"""The rules of this chapter."""
