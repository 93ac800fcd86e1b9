"""Normalisations, and dropout."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cnnmath.interchange.onnx.known import Known, UnclaimedError
from cnnmath.interchange.onnx.reading import Here
from cnnmath.interchange.onnx.rules.rule import Rule
from cnnmath.ops import BatchNorm


def batch_normalization(here: Here) -> Known:
    """BatchNormalization at inference."""
    x, gamma, beta, mean, var = (here.input(i) for i in range(5))
    if here.attribute("training_mode", 0) or not here.attribute("spatial", 1):
        raise UnclaimedError("in training")
    op = BatchNorm(epsilon=here.attribute("epsilon", 1e-5))
    return here.add(op, x, arrays={"gamma": gamma, "beta": beta, "mean": mean, "var": var})


def identity(here: Here) -> Known:
    """A node that changes nothing: what it reads goes on."""
    return here.input(0)


RULES: Mapping[str, Rule] = MappingProxyType(
    {"BatchNormalization": batch_normalization, "Dropout": identity, "Identity": identity}
)
"""The rules of this chapter."""
