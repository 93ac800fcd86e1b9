"""Normalisations, softmaxes and means in all versions."""

import numpy as np
import pytest

from cnnmath import ops
from cnnmath.interchange import import_onnx
from tests.interchange.onnx.rules.runtime import counting, model, operators_if_equal

X = {"x": counting(2, 3, 4, 2)}
STATISTICS = [np.array(a, np.float32) for a in ((1, -2, 3), (0.5, 0, -1), (1, 2, -3), (4, 1, 0.25))]


@pytest.mark.parametrize("opset", [7, 8, 9, 14, 15])
@pytest.mark.parametrize("more", [{}, {"epsilon": 0.5, "momentum": 0.25}])
def test_a_batch_normalisation_at_inference_is_one_in_all_versions(opset, more):
    found = operators_if_equal("BatchNormalization", opset, X, *STATISTICS, units=8, **more)
    assert found == [ops.BatchNorm(more.get("epsilon", 1e-5))]


@pytest.mark.parametrize("kind", ["Softmax", "LogSoftmax"])
@pytest.mark.parametrize("opset", [7, 11, 13])
@pytest.mark.parametrize(
    ("shape", "axis"),
    [
        ((2, 5), 1),
        ((2, 5), -1),
        ((2, 5, 3), 1),
        ((2, 5, 3), 2),
        ((2, 3, 2, 4), 1),
        ((2, 3, 2, 4), 2),
        ((2, 3, 1, 4), -2),
    ],
)
def test_a_softmax_is_along_one_axis_since_13_and_over_all_that_follow_before(kind, opset, shape, axis):
    found = operators_if_equal(kind, opset, {"x": counting(*shape) / 4}, axis=axis, units=16)
    assert sum(type(op).__name__ == kind for op in found) == 1


@pytest.mark.parametrize("kind", ["Softmax", "LogSoftmax"])
@pytest.mark.parametrize(("opset", "along"), [(7, 1), (11, 1), (13, -1)])
def test_the_axis_that_none_is_said_of_is_another_one_since_13(kind, opset, along):
    x = {"x": counting(2, 3, 4) / 4}
    found = operators_if_equal(kind, opset, x, units=16)
    assert found == operators_if_equal(kind, opset, x, axis=along, units=16)


@pytest.mark.parametrize("opset", [7, 10, 12, 13])
def test_a_dropout_at_inference_changes_nothing(opset):
    ratio = {"ratio": 0.25} if opset < 12 else {}
    given = () if opset < 12 else (np.float32(0.25),)
    assert operators_if_equal("Dropout", opset, X, *given, **ratio) == []


LRN = {"alpha": 0.5, "beta": 0.75, "bias": 2.0}


@pytest.mark.parametrize("size", [1, 3, 7])
def test_neighbouring_channels_of_an_odd_number_are_those_of_the_operator(size):
    found = operators_if_equal("LRN", 13, {"x": counting(2, 5, 3, 2)}, size=size, units=16, **LRN)
    assert found == [ops.LocalResponseNorm(size, 0.5, 0.75, 2)]


@pytest.mark.parametrize("size", [2, 4, 8])
def test_of_an_even_number_the_odd_channel_lies_behind(size):
    x = counting(2, 5, 3, 2).astype(float)
    (found,) = import_onnx(model("LRN", 13, [{"x": x.astype(np.float32)}], size=size, **LRN)).run(x=x).values()
    sums = np.stack([(x[:, max(0, c - (size - 1) // 2) : c + size // 2 + 1] ** 2).sum(1) for c in range(5)], axis=1)
    assert np.allclose(found, x / (2 + 0.5 / size * sums) ** 0.75, rtol=1e-13)


@pytest.mark.parametrize("keep", [0, 1])
@pytest.mark.parametrize("axes", [(2, 3), (-1,), (1, 3), ()])
@pytest.mark.parametrize("opset", [7, 11, 13, 18])
def test_a_mean_is_along_axes_of_an_attribute_up_to_13_and_of_an_input_then(opset, axes, keep):
    old = {"axes": list(axes)} if axes and opset < 18 else {}
    given = () if opset < 18 or not axes else (np.array(axes, np.int64),)
    found = operators_if_equal("ReduceMean", opset, X, *given, keepdims=keep, units=4, **old)
    assert (type(found[0]) is ops.GlobalAveragePool) == (axes == (2, 3))


@pytest.mark.parametrize("more", [{}, {"to": 1}])
def test_a_cast_to_the_type_that_is_there_is_nothing(more):
    kind, like = ("Cast", ()) if more else ("CastLike", (np.float32(0),))
    assert operators_if_equal(kind, 19, X, *like, **more) == []


def test_a_cast_that_rounds_is_not_known():
    proto = model("Cast", 19, [X], to=10)
    proto.graph.output[0].type.tensor_type.elem_type = 10
    proto.graph.output[0].type.tensor_type.shape.CopyFrom(proto.graph.input[0].type.tensor_type.shape)
    assert import_onnx(proto).notes == ("'node' is not known here: Cast, which has no rule",)
