"""How each operator of the package is written with ONNX's: one form an operator, one file a chapter.

A form is a function from an operator, a `Body`, the shapes of its inputs and the names of its operands, in the order of
its sentence, to the name of its output. It asks the body for nodes.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cnnmath.interchange.onnx.export.form import Form
from cnnmath.interchange.onnx.export.forms import (
    activation,
    bordering,
    convolution,
    dense,
    loss,
    merging,
    moving,
    normalisation,
    pooling,
)
from cnnmath.ops import Operator

FORMS: Mapping[type[Operator], Form] = MappingProxyType(
    {
        **convolution.FORMS,
        **pooling.FORMS,
        **dense.FORMS,
        **bordering.FORMS,
        **normalisation.FORMS,
        **activation.FORMS,
        **merging.FORMS,
        **moving.FORMS,
        **loss.FORMS,
    }
)
"""The form of every operator."""

__all__ = ["FORMS"]
