"""Models of one node, drawn at random: any operator that is read, with settings and arrays that may fit or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from types import MappingProxyType
from typing import Any

import numpy as np
from onnx import TensorProto, defs, helper, numpy_helper

from cnnmath.interchange.onnx.rules import RULES

VERSIONS = (7, 9, 10, 11, 13, 18, 22)
INTEGERS = (0, 1, -1, 2, 9, -9, 2**40, -(2**62))
FLOATS = (0.5, -1.0, 0.0, 2.0, 1e30, float("nan"), float("inf"))
WORDS = ("x", "", "linear", "nearest", "constant", "DCR", "SAME_UPPER", "asymmetric", "max")
LISTS = ([1, 1], [2, 2], [0, 0, 0, 0], [1, 1, 1, 1], [0, 2, 3, 1])
ARRAYS = (
    np.array([], np.int64),
    np.array(1),
    np.array([0]),
    np.array([-9]),
    np.array([0, 1, 2, 3]),
    np.array([[1, 2], [3, 4]]),
    np.array([2**40, -(2**63)]),
    np.array(1.5),
    np.array([0.5, 2.0]),
    np.array([np.nan, np.inf]),
    np.array([True, False]),
    np.ones((4, 4), np.float16),
    np.ones((3, 4, 4, 4), np.float32),
)
NARROW = (TensorProto.FLOAT8E5M2, TensorProto.BFLOAT16, TensorProto.INT4, TensorProto.STRING, TensorProto.COMPLEX64)
"""Types that NumPy has not, or that are no real numbers."""

SHAPES = ([1, 4, 4, 4], ["n", 3, 8, 8], [2, 4, 6], [2, 3], [], [0, 3, 4], [1, 2, "n"], None)
USUAL = [TensorProto.FLOAT] * 6
TYPES = (*USUAL, TensorProto.INT64, TensorProto.BOOL, TensorProto.FLOAT16, TensorProto.DOUBLE, *NARROW)

MOST = 5
"""Inputs of a node that may have any number."""
RARE = 0.1
"""Share of the arrays that are of such types."""
OTHERS = 0.35
"""Share of the attributes that a node need not have."""

DRAWN: Mapping[str, Callable[[Random], Any]] = MappingProxyType(
    {
        "INT": lambda draw: draw.choice(INTEGERS),
        "INTS": lambda draw: draw.choice((*LISTS, [draw.choice(INTEGERS) for _ in range(draw.randint(1, 4))])),
        "FLOAT": lambda draw: draw.choice(FLOATS),
        "FLOATS": lambda draw: [draw.choice(FLOATS) for _ in range(draw.randint(1, 4))],
        "STRING": lambda draw: draw.choice(WORDS),
        "TENSOR": lambda draw: numpy_helper.from_array(draw.choice(ARRAYS)),
    }
)
"""A value of each type of attribute."""


def drawn(draw: Random) -> bytes:
    """A model of one node, as the bytes of a file."""
    kind, version = draw.choice(sorted(RULES)), draw.choice(VERSIONS)
    schema = _schema(kind, version)
    count = draw.randint(max(1, schema.min_input), max(1, min(schema.max_input, MOST)))
    inputs = ["x", *(draw.choice(("a", "b", "c", "a", "x", "")) for _ in range(count - 1))]
    outputs = ["y", "z", "v"][: draw.choice((1, 1, 1, schema.min_output, schema.max_output))]
    graph = helper.make_graph(
        [helper.make_node(kind, inputs, outputs, "node", **_attributes(draw, schema))],
        "g",
        [helper.make_tensor_value_info("x", draw.choice(TYPES), draw.choice(SHAPES))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [_array(draw, name) for name in ("a", "b", "c") if name in inputs],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", version)], ir_version=8)
    return proto.SerializeToString()


def _array(draw: Random, name: str) -> TensorProto:
    if draw.random() < RARE:
        kind = draw.choice(NARROW)
        return helper.make_tensor(name, kind, (2,), [b"a", b"b"] if kind == TensorProto.STRING else [1, 2])
    return numpy_helper.from_array(draw.choice(ARRAYS), name)


def _schema(kind: str, version: int) -> defs.OpSchema:
    return defs.get_schema(kind, version if defs.has(kind, version, "") else defs.onnx_opset_version(), "")


def _attributes(draw: Random, schema: defs.OpSchema) -> dict[str, Any]:
    """Those that it must have, and some of the others."""
    some = {name: entry for name, entry in schema.attributes.items() if entry.required or draw.random() < OTHERS}
    return {name: DRAWN[entry.type.name](draw) for name, entry in some.items() if entry.type.name in DRAWN}
