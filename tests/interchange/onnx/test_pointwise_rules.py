"""Rules for functions of one number: the versions of Clip, and slopes that broadcast."""

import numpy as np
import pytest

from cnnmath import ops

pytest.importorskip("onnx")

from onnx import TensorProto, helper

from cnnmath.interchange import import_onnx


def imported(kind, shape, arrays=(), opset=20, **attributes):
    """The model of one node that reads an input and arrays of the file; None for an input that is left out."""
    names = ["x", *("" if a is None else f"a{i}" for i, a in enumerate(arrays))]
    node = helper.make_node(kind, names, ["y"], name="n", **attributes)
    stored = [
        helper.make_tensor(f"a{i}", TensorProto.FLOAT, np.shape(a), np.ravel(a))
        for i, a in enumerate(arrays)
        if a is not None
    ]
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("x", "y")]
    graph = helper.make_graph([node], "g", values[:1], values[1:], stored)
    return import_onnx(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)]))


@pytest.mark.parametrize(
    ("model", "op"),
    [
        (lambda: imported("Clip", (1, 3), opset=7, min=0.0, max=6.0), ops.Clip(0, 6)),
        (lambda: imported("Clip", (1, 3), opset=7), ops.Clip()),
        (lambda: imported("Clip", (1, 3), opset=7, min=0.0, max=3.4028234663852886e38), ops.Clip(0)),
        (lambda: imported("Clip", (1, 3), [0.0, 6.0]), ops.Clip(0, 6)),
        (lambda: imported("Clip", (1, 3), [None, 6.0]), ops.Clip(high=6)),
        (lambda: imported("Clip", (1, 3), [-3.4028234663852886e38, 6.0]), ops.Clip(high=6)),
        (lambda: imported("Clip", (1, 3), [9.0, 6.0]), ops.Clip(6, 6)),
        (lambda: imported("Selu", (1, 3)), ops.SELU()),
        (lambda: imported("Celu", (1, 3), alpha=0.1), ops.CELU(0.1)),
    ],
)
def test_a_node_is_an_operator_with_the_settings_of_its_version(model, op):
    assert model().network.op("n") == op


@pytest.mark.parametrize(
    ("shape", "slope", "op"),
    [
        ((1, 3, 2, 2), (3, 1, 1), ops.PReLU()),
        ((1, 3, 2, 2), (1, 3, 1, 1), ops.PReLU()),
        ((1, 3), (3,), ops.PReLU()),
        ((1, 3, 2, 2), (1,), ops.PReLU(shared=True)),
        ((1, 3, 2, 2), (1, 1, 1), ops.PReLU(shared=True)),
    ],
)
def test_slopes_that_broadcast_along_channels_are_parameters(shape, slope, op):
    w = np.arange(1.0, 1 + np.prod(slope)).reshape(slope)
    model = imported("PRelu", shape, [w])
    assert model.network.op("n") == op
    assert model.parameters["n.w"].tolist() == w.ravel().tolist()
    x = np.full(shape, -1, np.float32)
    assert (model.run(x=x)["y"] == w * x).all()


@pytest.mark.parametrize("slope", [(2,), (3, 2, 2), (3, 1, 2)])
def test_other_slopes_multiply_what_is_negative(slope):
    w = np.arange(2.0, 2 + np.prod(slope)).reshape(slope)
    model = imported("PRelu", (1, 3, 2, 2), [w])
    x = np.arange(-6, 6, dtype=np.float32).reshape(1, 3, 2, 2)
    assert (model.run(x=x)["y"] == np.where(x < 0, w * x, x)).all()
