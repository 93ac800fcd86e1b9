"""How each operator of ONNX is written with the package's: one rule an operator, one file a chapter.

A rule is a function from a node of the file (`Here`) to what is known of its outputs. It asks for attributes and for
what is known of the inputs, and adds nodes to the network. What it cannot express it refuses with `UnclaimedError` and
a reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cnnmath.interchange.onnx.rules import (
    activation,
    convolution,
    dense,
    gates,
    merging,
    moving,
    normalisation,
    padding,
    pointwise,
    pooling,
    reduction,
    resizing,
    statistics,
)
from cnnmath.interchange.onnx.rules.rule import Rule

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        **convolution.RULES,
        **pooling.RULES,
        **dense.RULES,
        **normalisation.RULES,
        **activation.RULES,
        **reduction.RULES,
        **pointwise.RULES,
        **gates.RULES,
        **merging.RULES,
        **moving.RULES,
        **padding.RULES,
        **resizing.RULES,
        **statistics.RULES,
    }
)
"""The rule of every operator that is claimed."""

UNFIT = (IndexError, ValueError, ZeroDivisionError)
"""What a rule runs into where a node has a list of the wrong length, or an axis that is none; all else is its fault."""

__all__ = ["RULES", "UNFIT", "Rule"]
