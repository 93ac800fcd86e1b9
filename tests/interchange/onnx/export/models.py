"""Networks of one node, and what a runtime makes of models."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx

from cnnmath.graph import INPUT, Architecture, Given
from cnnmath.interchange import export_onnx
from cnnmath.ops import operands


def single(op, *inputs):
    """A network of one node, ``"one"``, whose further inputs have the sizes that they have."""
    net = Architecture("single", inputs[0][1:])
    further = [net.add(f"x{i}", Given(shape, batched=False)) for i, shape in enumerate(inputs[1:], 2)]
    net.add("one", op, INPUT, *further)
    return net


def written(op, *inputs, arrays=None, **options):
    """The checked model of an operator alone; arrays are counted where none are given."""
    net = single(op, *inputs)
    shapes = list(operands(op, *inputs).items())[len(inputs) :]
    own = {f"one.{name}": np.arange(np.prod(shape, dtype=int)).reshape(shape) % 3 for name, shape in shapes}
    proto = export_onnx(net, own if arrays is None else arrays, batch=inputs[0][0], **options)
    onnx.checker.check_model(proto, full_check=True)
    return net, proto


def kinds(proto):
    """Operators of the graph and, in lists, of the functions that it calls, constants left out."""
    bodies = {f.name: [node.op_type for node in f.node if node.op_type != "Constant"] for f in proto.functions}
    calls = [node for node in proto.graph.node if node.op_type != "Constant"]
    return [bodies[node.op_type] if node.domain == "cnnmath" else node.op_type for node in calls]


def run(runtime: Any, proto, **inputs):
    """Every output of a model by name, computed as it is written; an error of the runtime is raised."""
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = runtime.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs), strict=True))
