from contextlib import suppress

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


def test_places_that_are_no_integers_are_refused():
    half = onnx.numpy_helper.from_array(np.array([0.5]), "half")
    with pytest.raises(CnnmathError, match="Slice, of float64 numbers where integers are asked for"):
        import_onnx(model([helper.make_node("Slice", ["x", "half", "half", "half"], ["y"], "cut")], [half]))


@pytest.mark.parametrize("scales", [1.5, [1.0, np.inf, 1.0], [1.0, np.nan, 2.0], [True, True, True]])
@pytest.mark.parametrize("kind", ["Upsample", "Resize"])
def test_scales_that_are_no_numbers_end_in_an_error_of_the_package(kind, scales):
    stored = onnx.numpy_helper.from_array(np.array(scales), "scales")
    proto = model([helper.make_node(kind, ["x", "scales"], ["y"], "scaled")], [stored])
    proto.opset_import[0].version = {"Upsample": 9, "Resize": 10}[kind]
    with pytest.raises(CnnmathError):
        import_onnx(proto)


def test_places_that_are_not_finite_end_in_an_error_of_the_package():
    places = onnx.numpy_helper.from_array(np.array([np.inf, 1]), "places")
    with pytest.raises(CnnmathError, match="Gather, of float64 numbers where integers are asked for"):
        import_onnx(model([helper.make_node("Gather", ["x", "places"], ["y"], "few")], [places]))


@pytest.mark.parametrize("beta", [np.inf, np.nan, 0.5])
def test_integers_are_not_scaled(beta):
    arrays = [onnx.numpy_helper.from_array(np.ones(shape, np.int64), name) for name, shape in (("w", (3, 2)), ("b", 2))]
    proto = model([helper.make_node("Gemm", ["x", "w", "b"], ["y"], "fc", beta=beta)], arrays)
    del proto.graph.input[0].type.tensor_type.shape.dim[1]
    with pytest.raises(CnnmathError, match="scales int64 by"):
        import_onnx(proto)


@pytest.mark.parametrize("count", [0, 3])
def test_a_summand_of_gemm_that_fits_no_unit_ends_in_an_error_of_the_package(count):
    arrays = [onnx.numpy_helper.from_array(np.ones(n, np.float32), name) for name, n in (("w", (3, 2)), ("b", count))]
    proto = model([helper.make_node("Gemm", ["x", "w", "b"], ["y"], "fc")], arrays)
    del proto.graph.input[0].type.tensor_type.shape.dim[1]
    with pytest.raises(CnnmathError, match=f"axis -1: 2 against {count}"):
        import_onnx(proto)


@pytest.mark.parametrize("groups", [0, 2])
def test_a_scale_that_has_not_one_number_a_group_is_not_repeated(groups):
    ones = [onnx.numpy_helper.from_array(np.ones(3, np.float32), "ones")]
    node = helper.make_node("GroupNormalization", ["x", "ones", "ones"], ["y"], "norm", num_groups=groups)
    proto = model([node], ones)
    proto.opset_import[0].version = 18
    with pytest.raises(CnnmathError, match=rf"of {groups} groups, whose scale is of shape \(3,\)"):
        import_onnx(proto)


def test_a_node_of_a_version_that_has_it_not_yet_is_held_to_what_the_newest_asks():
    old = model([helper.make_node("MaxUnpool", ["x", "x"], ["y"], "old")])
    old.opset_import[0].version = 7
    with pytest.raises(CnnmathError, match="its attribute 'kernel_shape' is missing"):
        import_onnx(old)


def test_a_mean_of_numbers_of_eight_bits_is_read():
    found = import_onnx(model([helper.make_node("Mean", ["x", "x"], ["y"], "mean")], kind=TensorProto.FLOAT8E5M2))
    assert "Divide" in {type(op).__name__ for _, op in found.network}


def test_a_call_in_a_function_whose_output_is_an_input_that_is_left_out_ends_in_an_error_of_the_package():
    def function(name, inputs, *nodes):
        sets = [helper.make_opsetid("", 17), helper.make_opsetid("local", 1)]
        return helper.make_function("local", name, inputs, ["b"], list(nodes), sets)

    relu, lost = helper.make_node("Relu", ["a"], ["b"]), helper.make_node("inner", ["a"], ["v"], domain="local")
    proto = model([helper.make_node("outer", ["x"], ["y"], "call", domain="local")])
    proto.functions.extend([function("inner", ["a"], relu), function("outer", ["a", "v"], lost, relu)])
    proto.opset_import.append(helper.make_opsetid("local", 1))
    with suppress(CnnmathError):
        import_onnx(proto)


def test_a_field_of_too_many_phases_is_not_listed():
    net = Architecture("net", (1, 2))
    net.add("up", ConvTranspose(1, (1,), stride=2**40))
    assert "differs for each of more than 65,536 outputs" in dict(analyze(net).notes)["up"]
