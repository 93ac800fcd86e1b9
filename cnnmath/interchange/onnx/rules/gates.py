"""Smooth and hard gates, and the error function."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cnnmath.interchange.onnx.known import Known
from cnnmath.interchange.onnx.reading import Here
from cnnmath.interchange.onnx.rules.rule import Rule, plain
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops import GELU, Erf, HardSigmoid, HardSwish, Mish, SiLU


def gelu(here: Here) -> Known:
    """Gelu, by the error function or by a hyperbolic tangent."""
    approximate = here.attribute("approximate", "none")
    if approximate not in ("none", "tanh"):
        raise UnclaimedError(f"approximate {approximate}")
    return here.add(GELU(approximate == "tanh"), here.input(0))


def swish(here: Here) -> Known:
    """Swish, whose alpha is the SiLU's beta."""
    return here.add(SiLU(here.attribute("alpha", 1.0)), here.input(0))


def hard_sigmoid(here: Here) -> Known:
    """HardSigmoid, whose alpha and beta are slope and shift."""
    return here.add(HardSigmoid(here.attribute("alpha", 0.2), here.attribute("beta", 0.5)), here.input(0))


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "Erf": plain(Erf()),
        "Gelu": gelu,
        "Swish": swish,
        "Mish": plain(Mish()),
        "HardSigmoid": hard_sigmoid,
        "HardSwish": plain(HardSwish()),
    }
)
"""The rules of this chapter."""
