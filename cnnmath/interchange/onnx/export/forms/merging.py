"""Reductions, and operators of several inputs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cnnmath import ops
from cnnmath.interchange.onnx.export.body import Body, known
from cnnmath.interchange.onnx.export.form import Form, along, one
from cnnmath.ops.algebra import Shape

REDUCTIONS: Mapping[str, str] = MappingProxyType(
    {
        "sum": "ReduceSum",
        "mean": "ReduceMean",
        "max": "ReduceMax",
        "min": "ReduceMin",
        "product": "ReduceProd",
        "l1": "ReduceL1",
        "l2": "ReduceL2",
        "sum_square": "ReduceSumSquare",
        "log_sum": "ReduceLogSum",
        "log_sum_exp": "ReduceLogSumExp",
    }
)
"""ONNX's words for reductions."""


def reduction(op: ops.Reduce, m: Body, shapes: tuple[Shape, ...], x: str) -> str:
    """A reduction; along no axes, along one more."""
    along = op.along(shapes[0])
    if along:
        return m.over_axes(REDUCTIONS[op.how], x, along, keep=op.keep)
    last = len(shapes[0])
    return m.over_axes(REDUCTIONS[op.how], m("Unsqueeze", x, m.integers(last)), [last], keep=False)


def add(op: ops.Add, m: Body, shapes: tuple[Shape, ...], *xs: str) -> str:
    """Add of two, Sum of more."""
    return m("Add" if len(xs) == 2 else "Sum", *xs)


def expand(op: ops.Expand, m: Body, shapes: tuple[Shape, ...], x: str) -> str:
    """Expand."""
    return m("Expand", x, m.integers(*known(op.sizes, "an expansion")))


def maxout(op: ops.Maxout, m: Body, shapes: tuple[Shape, ...], x: str) -> str:
    """A maximum along an axis that is split off the channels."""
    (channels,) = known(shapes[0][1:2], "a maximum of channels")
    parts = m("Reshape", x, m.integers(0, channels // op.pieces, op.pieces, -1))
    largest = m.over_axes("ReduceMax", parts, [2], keep=False)
    sizes = m("Concat", m.integers(0, channels // op.pieces), m("Shape", x, start=2), axis=0)
    return m("Reshape", largest, sizes)


FORMS: Mapping[type[ops.Operator], Form] = MappingProxyType(
    {
        ops.Reduce: reduction,
        ops.Add: add,
        ops.Subtract: one("Sub"),
        ops.Multiply: one("Mul"),
        ops.Divide: one("Div"),
        ops.Pow: one("Pow"),
        ops.Maximum: one("Max"),
        ops.Minimum: one("Min"),
        ops.MatMul: one("MatMul"),
        ops.Expand: expand,
        ops.Concat: along("Concat"),
        ops.Maxout: maxout,
    }
)
"""The forms of this chapter."""
