"""Operators that move numbers about."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cnnmath.interchange.onnx.known import Known, UnclaimedError
from cnnmath.interchange.onnx.reading import Here
from cnnmath.interchange.onnx.rules.rule import Rule
from cnnmath.ops import Concat, Flatten


def flatten(here: Here) -> Known:
    """Flatten, each sample in one row."""
    if here.attribute("axis", 1) != 1:
        raise UnclaimedError("over the batch")
    return here.add(Flatten(), here.input(0))


def concat(here: Here) -> Known:
    """Concat of channels."""
    if here.attribute("axis") % here.input(0).rank != 1:
        raise UnclaimedError("of another axis than the channels")
    return here.add(Concat(), *(here.input(i) for i in range(len(here.node.inputs))))


RULES: Mapping[str, Rule] = MappingProxyType({"Flatten": flatten, "Concat": concat})
"""The rules of this chapter."""
