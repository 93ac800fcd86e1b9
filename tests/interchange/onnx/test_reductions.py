"""Reductions, softmaxes and normalisations of ONNX, in all sets of operators, become the package's."""

import numpy as np
import pytest

from cnnmath import ops
from cnnmath.interchange import import_onnx

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402 - behind the check that it is there

X = np.zeros((1, 2, 3, 4), np.float32)


def model(kind, opset, arrays=(), outputs=1, x=X.shape, y=None, **attributes):
    """A model of one node, whose further inputs are stored."""
    stored = [numpy_helper.from_array(np.asarray(a), f"a{i}") for i, a in enumerate(arrays)]
    names = ["x", *(array.name for array in stored)]
    results = [f"y{i}" for i in range(outputs)]
    node = helper.make_node(kind, names, results, "node", **attributes)
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [node],
        "graph",
        [value("x", TensorProto.FLOAT, x)],
        [value(name, TensorProto.FLOAT, y) for name in results],
        stored,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])


def operators(*given, **attributes):
    return [op for _, op in import_onnx(model(*given, **attributes)).network]


ALL = tuple(range(4))


@pytest.mark.parametrize(
    ("opset", "arrays", "attributes", "expected"),
    [
        (7, (), {"axes": [1, -1]}, ops.Reduce("max", (1, 3))),
        (7, (), {"axes": [1], "keepdims": 0}, ops.Reduce("max", 1, keep=False)),
        (13, (), {}, ops.Reduce("max", ALL)),
        (18, ([2],), {}, ops.Reduce("max", 2)),
        (18, ([],), {"noop_with_empty_axes": 1}, ops.Reduce("max", ())),
        (18, (), {"noop_with_empty_axes": 1}, ops.Reduce("max", ())),
        (20, ([],), {}, ops.Reduce("max", ALL)),
    ],
)
def test_axes_are_an_attribute_in_old_sets_and_an_input_in_new_ones(opset, arrays, attributes, expected):
    arrays = tuple(np.array(a, np.int64) for a in arrays)
    assert operators("ReduceMax", opset, arrays, **attributes) == [expected]


def test_a_mean_over_all_positions_is_a_global_pooling():
    assert operators("ReduceMean", 13, axes=[2, 3]) == [ops.GlobalAveragePool()]
    assert operators("ReduceMean", 13, axes=[-1, -2], keepdims=0) == [ops.GlobalAveragePool(), ops.Flatten()]
    assert operators("ReduceMean", 13, axes=[2]) == [ops.Reduce("mean", 2)]
    assert operators("ReduceSum", 13, (np.array([2, 3]),)) == [ops.Reduce("sum", (2, 3))]


@pytest.mark.parametrize("kind", ["Softmax", "LogSoftmax"])
def test_a_softmax_runs_along_the_last_axis_in_new_sets_and_over_all_from_the_first_on_in_old_ones(kind):
    own = getattr(ops, kind)
    assert operators(kind, 13) == [own(-1)]
    assert operators(kind, 13, axis=-3) == operators(kind, 13, axis=1) == [own()]
    assert operators(kind, 11, x=(5, 7)) == operators(kind, 11, x=(5, 7, 1, 1)) == [own()]
    assert operators(kind, 7, axis=3) == [own(3)]
    assert operators(kind, 7) == [ops.Flatten(), own(), ops.Reshape((2, 3, 4))]
    assert operators(kind, 7, axis=2) == [ops.Reshape((-1,), 2), own(2), ops.Reshape((3, 4), 2)]


def test_dropout_is_nothing_at_inference_and_at_a_rate_of_zero():
    for opset, arrays in ((7, ()), (12, (np.float32(0.9),)), (13, (np.float32(0), np.array(True)))):
        found = import_onnx(model("Dropout", opset, arrays, outputs=2))
        assert [op for _, op in found.network] == []
        assert found.stored["y1"].all()
    training = import_onnx(model("Dropout", 13, (np.float32(0.5), np.array(True)), y=X.shape))
    assert training.notes == ("'node' is not known here: Dropout, in training, where it drops at random",)


CHANNELS = (np.array([2, -3], np.float32), np.array([0.5, 1], np.float32))


def test_a_number_a_group_is_that_number_for_each_of_its_channels_in_old_sets():
    x, arrays = (1, 4, 3, 2), {18: CHANNELS, 21: tuple(np.repeat(a, 2) for a in CHANNELS)}
    old, new = (import_onnx(model("GroupNormalization", opset, arrays[opset], x=x, num_groups=2)) for opset in arrays)
    assert [op for _, op in old.network] == [op for _, op in new.network] == [ops.GroupNorm(2)]
    assert {name: a.tolist() for name, a in old.parameters.items()} == {
        "node.gamma": [2, 2, -3, -3],
        "node.beta": [0.5, 0.5, 1, 1],
    }
    assert all((new.parameters[name] == a).all() for name, a in old.parameters.items())


def test_layer_and_root_mean_square_normalisations_have_parameters_of_the_last_axes():
    last = np.ones(4, np.float32)
    assert operators("LayerNormalization", 17, (last, last)) == [ops.LayerNorm(axis=-1)]
    assert operators("LayerNormalization", 17, (np.ones((3, 4), np.float32),), axis=2) == [ops.LayerNorm(axis=2)]
    assert operators("RMSNormalization", 23, (last,), epsilon=0.5) == [ops.RMSNorm(0.5)]


def test_the_momentum_of_onnx_is_the_share_of_what_was_stored():
    arrays = (*CHANNELS, *CHANNELS[::-1])
    assert operators("BatchNormalization", 15, arrays, training_mode=1, momentum=0.75) == [
        ops.BatchNorm(training=True, momentum=0.25)
    ]
    assert operators("BatchNormalization", 9, arrays) == [ops.BatchNorm()]


@pytest.mark.parametrize(
    ("kind", "attributes", "reason"),
    [
        ("Softmax", {"axis": 0}, "Softmax, over the batch too"),
    ],
)
def test_what_the_package_has_no_operator_for_is_named(kind, attributes, reason):
    found = import_onnx(model(kind, 7, y=X.shape, **attributes))
    assert found.notes[0] == f"'node' is not known here: {reason}"
