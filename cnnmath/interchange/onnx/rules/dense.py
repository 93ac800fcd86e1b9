"""Dense layers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cnnmath.interchange.onnx.known import Known, UnclaimedError
from cnnmath.interchange.onnx.reading import Here
from cnnmath.interchange.onnx.rules.rule import Rule, merged
from cnnmath.ops import Linear, LinearLast, MatMul


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


def matmul(here: Here) -> Known | tuple[Known | None, ...]:
    """MatMul: with a stored matrix a dense layer; otherwise a product, unless its first input is a row.

    That row would be the axis of the batch.
    """
    x = here.input(0)
    layer = dense(here, x, here.input(1))
    if layer is not None:
        return layer
    if x.rank == 1 and x.array is None:
        raise UnclaimedError("that sums over the batch")
    return merged(MatMul())(here)


def dense(here: Here, x: Known, w: Known, b: Known | None = None) -> Known | None:
    """A dense layer on the last axis, of a matrix with a column for each output; None where that is not what it is."""
    if x.array is not None or x.rank < 2 or w.array is None or w.rank != 2:
        return None
    units = w.sizes[1]
    if b is not None:
        if b.array is None or b.rank > x.rank or b.sizes[-1:] != (units,) or b.array.size != units:
            return None
        b = Known(b.name, b.dtype, (units,), array=b.array.mapped("flat", lambda a: a.reshape(-1), (units,)))
    op = (Linear if x.rank == 2 else LinearLast)(units, bias=b is not None)
    return here.add(op, x, arrays={"w": transposed(w), "b": b})


def transposed(w: Known) -> Known:
    """The transpose of a stored matrix."""
    if w.array is None:
        raise UnclaimedError("whose matrix is computed while the model runs")
    lazy = w.array.mapped("T", lambda a: a.T, w.sizes[::-1])
    return Known(w.name, w.dtype, lazy.shape, array=lazy)


RULES: Mapping[str, Rule] = MappingProxyType({"Gemm": gemm, "MatMul": matmul})
"""The rules of this chapter."""
