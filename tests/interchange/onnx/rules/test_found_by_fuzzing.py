import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from cnnmath.errors import CnnmathError
from cnnmath.graph import Architecture, analyze
from cnnmath.interchange import import_onnx
from cnnmath.ops import ConvTranspose


def model(nodes, arrays=(), kind=TensorProto.FLOAT):
    x = helper.make_tensor_value_info("x", kind, [1, 2, 3])
    y = helper.make_tensor_value_info("y", kind, None)
    graph = helper.make_graph(nodes, "g", [x], [y], list(arrays))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def test_an_axis_that_comes_twice_ends_in_an_error_of_the_package():
    axes = onnx.numpy_helper.from_array(np.array([1, 1]), "axes")
    with pytest.raises(CnnmathError):
        import_onnx(model([helper.make_node("Unsqueeze", ["x", "axes"], ["y"], "odd")], [axes]))


def test_a_normalisation_by_numbers_of_eight_bits_is_read():
    gamma = helper.make_tensor("gamma", TensorProto.FLOAT8E5M2, [3], b"\0" * 3, raw=True)
    node = helper.make_node("LayerNormalization", ["x", "gamma"], ["y"], "norm")
    assert [name for name, _ in import_onnx(model([node], [gamma], TensorProto.FLOAT8E5M2)).network] == ["norm"]


def test_a_field_of_too_many_phases_is_not_listed():
    net = Architecture("net", (1, 2))
    net.add("up", ConvTranspose(1, (1,), stride=2**40))
    assert "differs for each of more than 65,536 outputs" in dict(analyze(net).notes)["up"]
