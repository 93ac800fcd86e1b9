"""Dense layers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cnnmath.interchange.onnx.known import Known, UnclaimedError
from cnnmath.interchange.onnx.reading import Here
from cnnmath.interchange.onnx.rules.rule import Rule
from cnnmath.ops import Linear


def gemm(here: Here) -> Known:
    """Gemm with a stored matrix: a dense layer, whose weights have a row for each output."""
    x, w, b = here.input(0), here.input(1), here.optional(2)
    if w.array is None or here.attribute("transA", 0):
        raise UnclaimedError("whose matrix is computed while the model runs")
    if here.attribute("alpha", 1.0) != 1 or here.attribute("beta", 1.0) != 1:
        raise UnclaimedError("with factors")
    if not here.attribute("transB", 0):
        w = transposed(w)
    if b is not None and b.sizes != w.sizes[:1]:
        raise UnclaimedError("whose bias is a matrix")
    return here.add(Linear(w.sizes[0], bias=b is not None), x, arrays={"w": w, "b": b})


def transposed(w: Known) -> Known:
    """The transpose of a stored matrix."""
    if w.array is None:
        raise UnclaimedError("whose matrix is computed while the model runs")
    lazy = w.array.mapped("T", lambda a: a.T, w.sizes[::-1])
    return Known(w.name, w.dtype, lazy.shape, array=lazy)


RULES: Mapping[str, Rule] = MappingProxyType({"Gemm": gemm})
"""The rules of this chapter."""
