"""One node, run by onnxruntime and as it is imported."""

import numpy as np
import pytest

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from cnnmath.interchange import import_onnx

IR = 8
"""Version of the format, which all runtimes in use read."""


def counting(*shape):
    """Whole numbers of both signs as floats, no two neighbours in order."""
    return (np.arange(np.prod(shape, dtype=int)) * 7 % 23 - 11).reshape(shape).astype(np.float32)


def model(kind, opset, inputs, *, outputs=1, sizes=None, **attributes):
    """A model of one node.

    Parameters
    ----------
    inputs
        What it reads: a dict of one array is an input of that name, an array is stored, None is left out.
    sizes
        Declared sizes of inputs by name, where some are left open.
    """
    names, values, stored = [], [], []
    for i, given in enumerate(inputs):
        if isinstance(given, dict):
            ((name, x),) = given.items()
            shape = (sizes or {}).get(name, np.shape(x))
            values.append(helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(x.dtype), shape))
        elif given is not None:
            stored.append(numpy_helper.from_array(np.asarray(given), name := f"i{i}"))
        names.append("" if given is None else name)
    results = [f"y{i}" for i in range(outputs)]
    node = helper.make_node(kind, names, results, "node", **attributes)
    declared = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in results]
    graph = helper.make_graph([node], "one", values, declared, stored)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=IR)


def ran(kind, opset, *inputs, **more):
    """Outputs as they are imported, as onnxruntime has them, and the operators that they are imported as."""
    proto = model(kind, opset, inputs, **more)
    found = import_onnx(proto)
    assert found.notes == ()
    given = {name: x for entry in inputs if isinstance(entry, dict) for name, x in entry.items()}
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
    own = found.run(**given)
    return [own[value.name] for value in proto.graph.output], session.run(None, given), [op for _, op in found.network]


def operators_if_equal(*given, units=0, **more):
    """The operators, where outputs are equal, or apart by so many units of float32's rounding at most."""
    own, expected, operators = ran(*given, **more)
    for ours, theirs in zip(own, expected, strict=True):
        assert ours.shape == theirs.shape
        assert (abs(ours - theirs) <= units * 2.0**-24 * abs(theirs).max(initial=1)).all()
    return operators
