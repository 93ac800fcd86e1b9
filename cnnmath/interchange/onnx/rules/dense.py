"""Dense layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from cnnmath.interchange.onnx.known import Known
from cnnmath.interchange.onnx.reading import Here
from cnnmath.interchange.onnx.rules.rule import Rule, merged
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops import Add, Affine, Linear, LinearLast, MatMul, Transpose


def gemm(here: Here) -> Known:
    """Gemm: with a stored matrix a dense layer, whose factors are multiplied into what is stored; else a product."""
    a, w, c = here.input(0), here.input(1), here.optional(2)
    alpha, beta = here.attribute("alpha", 1.0), here.attribute("beta", 1.0)
    if a.dtype.startswith(("int", "uint")) and (alpha, beta) != (1, 1):
        raise UnclaimedError("of whole numbers, with factors")
    if here.attribute("transA", 0):
        a = here.add(Transpose((1, 0)), a, suffix="transA")
    across = bool(here.attribute("transB", 0))
    b = None if c is None else _bias(c, w.sizes[0 if across else 1], beta)
    last = c is None or b is not None
    if w.array is not None and not w.node:
        w = _scaled(w if across else transposed(w), alpha)
        op = Linear(w.sizes[0], bias=b is not None)
        y = here.add(op, a, arrays={"w": w, "b": b}, suffix="" if last else "product")
    else:
        y, b = _product(here, a, w, alpha, across=across, last=c is None), None
    if c is None or b is not None:
        return y
    return here.add(Add(), y, _times(here, c, beta, "beta"))


def _product(here: Here, a: Known, w: Known, alpha: float, *, across: bool, last: bool) -> Known:
    """The product of two matrices that are computed."""
    if across:
        w = here.add(Transpose((1, 0)), w, suffix="transB")
    if alpha == 1:
        return here.add(MatMul(), a, w, suffix="" if last else "product")
    product = here.add(MatMul(), a, w, suffix="product")
    return here.add(Affine(alpha), product, suffix="" if last else "alpha")


def _times(here: Here, c: Known, factor: float, suffix: str) -> Known:
    """A summand by its factor."""
    if factor == 1:
        return c
    return _scaled(c, factor) if c.array is not None and not c.node else here.add(Affine(factor), c, suffix=suffix)


def _bias(c: Known, units: int, beta: float) -> Known | None:
    """A stored summand as a bias, one number a unit; None where it is computed, has several rows or does not fit."""
    if c.array is None or c.node or any(n != 1 for n in c.sizes[:-1]) or c.sizes[-1:] not in ((), (1,), (units,)):
        return None
    if c.sizes == (units,):
        return _scaled(c, beta)
    lazy = c.array.mapped(f"row{units}", lambda a: np.broadcast_to(a.reshape(-1), (units,)), (units,))
    return _scaled(replace(c, shape=lazy.shape, array=lazy), beta)


def _scaled(w: Known, factor: float) -> Known:
    """A stored array by a factor."""
    if factor == 1 or w.array is None:
        return w
    if "float" not in w.dtype:
        raise UnclaimedError(f"that scales {w.dtype} by {factor}")
    lazy = w.array.mapped(f"times{factor}", lambda a: a * np.asarray(factor, a.dtype), w.array.shape)
    return Known(f"{w.name}/{factor}", w.dtype, lazy.shape, array=lazy)


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
        b = _bias(b, units, 1)
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
