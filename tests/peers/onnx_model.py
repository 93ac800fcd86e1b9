"""A network of the package as a model of ONNX, for the operators that it has one for one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from cnnmath import ops
from cnnmath.graph import Architecture
from cnnmath.ops.algebra import Shape
from tests.peers.drawn import nodes

OPSET, IR = 22, 10
Attributes = dict[str, Any]


def model(net: Architecture, parameters: dict[str, Any], batch: int = 1) -> onnx.ModelProto:
    """The model: its input is ``x``, its output the last node's, its parameters are constants."""
    plan = list(nodes(net, batch))
    names = {"input": "x"} | {node.name: node.name for node in plan}
    written = []
    for node in plan:
        if type(node.op) not in FORMS:
            raise NotImplementedError(f"no node of ONNX is named for {type(node.op).__name__}")
        kind, attributes = FORMS[type(node.op)](node.op, *node.shapes)
        reads = [*(names[read] for read in node.reads), *node.keys.values()]
        written.append(helper.make_node(kind, reads, [node.name], node.name, **attributes))
    used = {key for node in plan for key in node.keys.values()}
    constants = [numpy_helper.from_array(np.ascontiguousarray(a), key) for key, a in parameters.items() if key in used]
    floats = onnx.TensorProto.FLOAT
    x = helper.make_tensor_value_info("x", floats, (batch, *net.input_shape))
    y = helper.make_tensor_value_info(plan[-1].name, floats, None)
    graph = helper.make_graph(written, net.name, [x], [y], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)


def _conv(op: ops.Conv, x: Shape) -> tuple[str, Attributes]:
    return "Conv", _window(op, op.windows(x[2:])) | {"group": op.groups}


def _max(op: ops.MaxPool, x: Shape) -> tuple[str, Attributes]:
    return "MaxPool", _window(op, op.declared(x[2:])) | {"ceil_mode": int(op.ceil)}


def _mean(op: ops.AveragePool, x: Shape) -> tuple[str, Attributes]:
    counted = {"ceil_mode": int(op.ceil), "count_include_pad": int(op.count_padding)}
    return "AveragePool", _window(op, op.declared(x[2:])) | counted


def _adaptive(op: ops.AdaptiveAveragePool, x: Shape) -> tuple[str, Attributes]:
    """Bins of equal size are windows."""
    if any(n % o for n, o in zip(x[2:], op.outputs, strict=True)):
        raise NotImplementedError("ONNX has no bins of unequal size")
    bins = [n // o for n, o in zip(x[2:], op.outputs, strict=True)]
    return "AveragePool", {"kernel_shape": bins, "strides": bins}


def _window(op: Any, windows: Any) -> Attributes:
    """All padding before, then all after, as ONNX has it."""
    pads = [*(window.before for window in windows), *(window.after for window in windows)]
    return {"kernel_shape": op.kernel, "strides": op.stride, "dilations": op.dilation, "pads": pads}


FORMS: dict[type[ops.Operator], Callable[..., tuple[str, Attributes]]] = {
    ops.Conv: _conv,
    ops.MaxPool: _max,
    ops.AveragePool: _mean,
    ops.AdaptiveAveragePool: _adaptive,
    ops.GlobalAveragePool: lambda *_: ("GlobalAveragePool", {}),
    ops.Linear: lambda *_: ("Gemm", {"transB": 1}),
    ops.Flatten: lambda *_: ("Flatten", {}),
    ops.BatchNorm: lambda op, *_: ("BatchNormalization", {"epsilon": float(op.epsilon)}),
    ops.ReLU: lambda *_: ("Relu", {}),
    ops.Tanh: lambda *_: ("Tanh", {}),
    ops.Sigmoid: lambda *_: ("Sigmoid", {}),
    ops.Softmax: lambda op, *_: ("Softmax", {"axis": op.axis}),
    ops.Add: lambda *_: ("Sum", {}),
    ops.Concat: lambda *_: ("Concat", {"axis": 1}),
    ops.Dropout: lambda *_: ("Identity", {}),
}
"""What ONNX calls each operator, and its attributes."""
