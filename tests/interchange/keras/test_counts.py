"""What is counted by hand: shapes, parameters, multiply-accumulates and fields of models read from configurations."""

import pytest

from cnnmath.graph import analyze, shapes
from cnnmath.interchange import import_keras
from tests.interchange.keras.configs import called, chain, entrance, functional, layer, sequential, tensor


def conv(name, filters, kernel, **settings):
    return layer("Conv2D", name, filters=filters, kernel_size=[kernel] * 2, **settings)


def small():
    return (
        conv("conv1", 8, 3, strides=[2, 2], padding="same", activation="relu"),
        layer("MaxPooling2D", "pool", pool_size=[2, 2], strides=[2, 2]),
        conv("conv2", 16, 3, use_bias=False),
        layer("BatchNormalization", "bn"),
        layer("Flatten", "flatten"),
        layer("Dense", "dense", units=10, activation="softmax"),
    )


def test_a_small_network_is_counted_as_by_hand():
    model = chain((28, 24, 3), *small())
    assert model.network.input_shape == (3, 28, 24)
    found = shapes(model.network)
    assert [found[name][1:] for name in ("conv1", "pool", "conv2", "flatten", "dense")] == [
        (8, 14, 12),
        (8, 7, 6),
        (16, 5, 4),
        (320,),
        (10,),
    ]
    summary = analyze(model.network)
    assert summary.parameters == (3 * 9 * 8 + 8) + 8 * 9 * 16 + 2 * 16 + (320 * 10 + 10)
    assert summary.macs == 14 * 12 * 8 * 27 + 5 * 4 * 16 * 72 + 320 * 10


def test_a_row_of_what_has_its_channels_last_is_made_behind_a_transpose():
    nodes = dict(chain((28, 24, 3), *small()).network)
    assert [repr(nodes[name]) for name in ("flatten/transpose", "flatten")] == [
        "Transpose(order=(0, 2, 3, 1))",
        "Flatten()",
    ]


@pytest.mark.parametrize(("size", "outputs", "before"), [(8, 4, 0), (7, 4, 1), (9, 5, 1), (2, 1, 0)])
def test_same_padding_with_a_stride_is_as_long_as_the_size_over_the_stride_and_has_the_odd_one_behind(
    size, outputs, before
):
    model = chain((size, size, 1), conv("conv", 4, 3, strides=[2, 2], padding="same"))
    assert shapes(model.network)["conv"] == (1, 4, outputs, outputs)
    assert model.network.op("conv").windows((size, size))[0].before == before


def test_receptive_fields_are_those_of_the_kernels():
    model = chain(
        (32, 32, 3),
        conv("a", 4, 3, padding="same"),
        conv("b", 4, 3, strides=[2, 2], padding="same"),
        conv("c", 4, 3, dilation_rate=[2, 2], padding="same"),
    )
    fields = {
        row.name: [(w.kernel, w.stride, w.before) for w in row.field]
        for row in analyze(model.network).layers
        if row.name in "abc"
    }
    assert fields == {"a": [(3, 1, 1)] * 2, "b": [(5, 2, 1)] * 2, "c": [(13, 2, 5)] * 2}


def test_a_residual_block_is_counted_as_by_hand():
    x = tensor("image", shape=(None, 8, 8, 4))
    y = tensor("conv", shape=(None, 8, 8, 4))
    model = import_keras(
        functional(
            called(entrance(8, 8, 4)),
            called(conv("conv", 4, 3, padding="same", use_bias=False), [x]),
            called(layer("Add", "add"), [[x, y]]),
            called(layer("GlobalAveragePooling2D", "mean"), [tensor("add")]),
            called(layer("Dense", "head", units=3), [tensor("mean")]),
            outputs=("head",),
        )
    )
    assert model.network.inputs("add") == ("input", "conv")
    assert model.inputs == {"image": "input"}
    assert model.outputs == {"head": "head"}
    summary = analyze(model.network)
    assert (summary.parameters, summary.macs) == (4 * 4 * 9 + 4 * 3 + 3, 64 * 4 * 36 + 12)


def test_a_layer_that_is_called_twice_is_counted_once():
    dense = called(layer("Dense", "dense", units=8, activation="tanh"), [tensor("image")], [tensor("dense")])
    model = import_keras(functional(called(entrance(8)), dense, outputs=(("dense", 1, 0),)))
    assert [name for name, _ in model.network] == ["dense", "dense/tanh", "dense_1", "dense/tanh_1"]
    assert model.network.shares("dense_1") == "dense"
    assert (analyze(model.network).parameters, analyze(model.network).macs) == (72, 128)


def test_a_model_in_a_model_lies_in_place_and_its_second_call_shares_its_parameters():
    inner = sequential(entrance(8, name="x"), layer("Dense", "dense", units=8), name="inner")
    model = import_keras(
        functional(
            called(entrance(8)),
            called(inner, [tensor("image")], [tensor("inner")]),
            called(layer("Add", "add"), [[tensor("inner"), tensor("inner", 1)]]),
            outputs=("add",),
        )
    )
    assert [name for name, _ in model.network] == ["inner/dense", "inner/dense_1", "add"]
    assert model.network.shares("inner/dense_1") == "inner/dense"
    assert model.network.inputs("add") == ("inner/dense", "inner/dense_1")
    assert analyze(model.network).parameters == 72


@pytest.mark.parametrize(
    ("entry", "parameters", "macs"),
    [
        (layer("DepthwiseConv2D", "l", kernel_size=[3, 3], depth_multiplier=2), 6 * 9 * 2 + 12, 16 * 12 * 9),
        (layer("SeparableConv2D", "l", filters=5, kernel_size=3, depth_multiplier=2), 6 * 9 * 2 + 12 * 5 + 5, 16 * 168),
        (conv("l", 4, 3, groups=2), 4 * 3 * 9 + 4, 16 * 4 * 27),
        (layer("Dense", "l", units=5), 6 * 5 + 5, 36 * 30),
    ],
)
def test_layers_are_counted_as_by_hand(entry, parameters, macs):
    summary = analyze(chain((6, 6, 6), entry).network)
    assert (summary.parameters, summary.macs) == (parameters, macs)
