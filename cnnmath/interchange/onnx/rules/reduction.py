"""Reductions, and the softmax."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from cnnmath.interchange.onnx.known import Known
from cnnmath.interchange.onnx.reading import Here
from cnnmath.interchange.onnx.rules.moving import reshaped
from cnnmath.interchange.onnx.rules.rule import Rule
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops import Flatten, GlobalAveragePool, LogSoftmax, Operator, Reduce, Reshape, Softmax

SINCE_ONE_AXIS = 13
"""The first set of operators whose softmax runs along one axis; before, it ran over all from one axis on."""


def reduction(how: str) -> Rule:
    """The rule of a reduction: axes are an attribute or an input, and none stand for all unless the node says not."""

    def rule(here: Here) -> Known:
        x = here.input(0)
        if x.dtype == "bool":
            raise UnclaimedError("of truth values")
        axes, keep = here.axes(1), bool(here.attribute("keepdims", 1))
        if not axes:
            axes = () if here.attribute("noop_with_empty_axes", 0) else tuple(range(x.rank))
        along = tuple(sorted(axis % x.rank for axis in axes))
        if how == "mean" and x.rank > 2 and along == tuple(range(2, x.rank)):
            return _pooled(here, x, keep=keep)
        return here.add(Reduce(how, along, keep=keep), x)

    return rule


def _pooled(here: Here, x: Known, *, keep: bool) -> Known:
    """A mean over all positions is a global pooling."""
    if keep:
        return here.add(GlobalAveragePool(), x)
    return here.add(Flatten(), here.add(GlobalAveragePool(), x, suffix="mean"))


def softmax(kind: Callable[[int], Operator]) -> Rule:
    """The rule of the softmax or its logarithm."""

    def rule(here: Here) -> Known:
        x = here.input(0)
        if here.opset >= SINCE_ONE_AXIS:
            return here.add(kind(_channels(here.attribute("axis", -1), x)), x)
        first = here.attribute("axis", 1) % x.rank
        together = [axis for axis in range(first, x.rank) if not _is_one(x.sizes[axis])] or [first]
        if len(together) > 1:
            return _over_several(here, x, kind, first)
        return here.add(kind(_channels(together[0], x)), x)

    return rule


def _over_several(here: Here, x: Known, kind: Callable[[int], Operator], first: int) -> Known:
    """A softmax over all axes from one on: over the one that they are made."""
    if first == 0:
        raise UnclaimedError("over the batch too")
    row = here.add(Flatten() if first == 1 else Reshape((-1,), first), x, suffix="row")
    return reshaped(here, here.add(kind(first), row, suffix="softmax"), x.sizes)


def _channels(axis: int, x: Known) -> int:
    """The axis, counted from the first where it is that of the channels: the usual softmax."""
    return 1 if axis % x.rank == 1 else axis


def _is_one(size: Any) -> bool:
    return isinstance(size, int) and size == 1


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "ReduceSum": reduction("sum"),
        "ReduceMean": reduction("mean"),
        "ReduceMax": reduction("max"),
        "ReduceMin": reduction("min"),
        "ReduceProd": reduction("product"),
        "ReduceL1": reduction("l1"),
        "ReduceL2": reduction("l2"),
        "ReduceSumSquare": reduction("sum_square"),
        "ReduceLogSum": reduction("log_sum"),
        "ReduceLogSumExp": reduction("log_sum_exp"),
        "Softmax": softmax(Softmax),
        "LogSoftmax": softmax(LogSoftmax),
    }
)
"""The rules of this chapter."""
