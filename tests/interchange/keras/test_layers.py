"""What each layer becomes: operators with the settings that Keras writes."""

from fractions import Fraction

import numpy as np
import pytest

from cnnmath import ops
from cnnmath.errors import GraphError
from cnnmath.graph import Constant, Opaque, analyze, shapes
from cnnmath.interchange import import_keras
from tests.interchange.keras.configs import called, chain, entrance, functional, layer, tensor


def after(entry, *shape):
    """Operators that a layer becomes, and the shape of the last one's output."""
    model = chain(shape, entry)
    net = model.network
    return [op for _, op in net], shapes(net)[net.last][1:]


WINDOWED = [
    (
        layer("Conv1D", "l", filters=4, kernel_size=3, dilation_rate=2, padding="causal"),
        (9, 2),
        [ops.Conv(4, (3,), dilation=(2,), padding=((4, 0),))],
        (4, 9),
    ),
    (
        layer("Conv3D", "l", filters=4, kernel_size=[1, 2, 3], strides=[1, 2, 1]),
        (4, 5, 6, 2),
        [ops.Conv(4, (1, 2, 3), stride=(1, 2, 1), padding="valid")],
        (4, 4, 2, 4),
    ),
    (
        layer("Conv2D", "l", filters=4, kernel_size=3, data_format="channels_first"),
        (2, 5, 6),
        [ops.Conv(4, (3, 3), padding="valid")],
        (4, 3, 4),
    ),
    (
        layer("AveragePooling2D", "l", pool_size=[3, 3], strides=[2, 2], padding="same"),
        (5, 6, 2),
        [ops.AveragePool((3, 3), stride=(2, 2), padding="same", count_padding=False)],
        (2, 3, 3),
    ),
    (
        layer("MaxPooling1D", "l", pool_size=3, strides=None),
        (9, 2),
        [ops.MaxPool((3,), stride=(3,), padding="valid")],
        (2, 3),
    ),
    (layer("ZeroPadding2D", "l", padding=[[1, 2], [0, 3]]), (5, 6, 2), [ops.Pad(((1, 2), (0, 3)))], (2, 8, 9)),
    (layer("ZeroPadding1D", "l", padding=[1, 2]), (5, 2), [ops.Pad(((1, 2),))], (2, 8)),
    (
        layer("Cropping2D", "l", cropping=[[1, 0], [2, 1]]),
        (5, 6, 2),
        [ops.Slice((0, 0, 1, 2), (None, None, None, -1))],
        (2, 4, 3),
    ),
    (layer("UpSampling2D", "l", size=[2, 3], interpolation="nearest"), (2, 2, 1), [ops.Upsample((2, 3))], (1, 4, 6)),
    (layer("UpSampling2D", "l", size=2, interpolation="bilinear"), (2, 2, 1), [ops.LinearUpsample((2, 2))], (1, 4, 4)),
    (layer("GlobalMaxPooling2D", "l", keepdims=True), (5, 6, 2), [ops.AdaptiveMaxPool((1, 1))], (2, 1, 1)),
    (layer("GlobalAveragePooling1D", "l"), (5, 2), [ops.GlobalAveragePool(), ops.Flatten()], (2,)),
]

NORMALISING = [
    (layer("BatchNormalization", "l"), (5, 6, 2), [ops.BatchNorm(0.001, momentum=0.01)], (2, 5, 6)),
    (layer("LayerNormalization", "l"), (5, 6, 2), [ops.LayerNorm(0.001, each_position=True)], (2, 5, 6)),
    (layer("LayerNormalization", "l"), (6,), [ops.LayerNorm(0.001, axis=-1)], (6,)),
    (layer("GroupNormalization", "l", groups=-1), (5, 6, 2), [ops.GroupNorm(2, 0.001)], (2, 5, 6)),
    (layer("Rescaling", "l", scale=0.5, offset=-1), (5, 6, 2), [ops.Affine(0.5, -1)], (2, 5, 6)),
    (
        layer("Rescaling", "l", scale=[1, 2], offset=0),
        (5, 6, 2),
        [Constant((1, 2, 1, 1)), ops.Multiply(), Constant((1, 2, 1, 1)), ops.Add()],
        (2, 5, 6),
    ),
    (
        layer("Normalization", "l", axis=-1, mean=None, variance=None),
        (5, 6, 2),
        [Constant((1, 2, 1, 1)), ops.Subtract(), Constant((1, 2, 1, 1)), ops.Divide()],
        (2, 5, 6),
    ),
]

MOVING = [
    (layer("Permute", "l", dims=[2, 1, 3]), (5, 6, 2), [ops.Transpose((0, 1, 3, 2))], (2, 6, 5)),
    (layer("Permute", "l", dims=[2, 1]), (5, 6), [ops.Transpose((0, 2, 1))], (5, 6)),
    (layer("Reshape", "l", target_shape=[1, 1, -1]), (6,), [ops.Reshape((6, 1, 1))], (6, 1, 1)),
    (layer("Reshape", "l", target_shape=[30, 2]), (5, 6, 2), [ops.Reshape((2, 30))], (2, 30)),
    (
        layer("RepeatVector", "l", n=3),
        (6,),
        [ops.Reshape((1, 6)), ops.Expand((3, 1)), ops.Transpose((0, 2, 1))],
        (6, 3),
    ),
    (layer("Dropout", "l", rate=0.25), (6,), [ops.Dropout(0.25)], (6,)),
    (layer("Dense", "l", units=3), (5, 6, 2), [ops.Conv(3, (1, 1))], (3, 5, 6)),
]


@pytest.mark.parametrize(("entry", "shape", "operators", "output"), WINDOWED + NORMALISING + MOVING)
def test_a_layer_becomes_the_operators_that_say_the_same(entry, shape, operators, output):
    if entry["class_name"] == "Permute" and len(shape) == 2:  # of a sequence the network has the features ahead
        operators, output = [ops.Transpose((0, 2, 1))], (5, 6)
    assert after(entry, *shape) == (operators, output)


ACTIVATIONS = [
    ("relu", ops.ReLU()),
    ("relu6", ops.Clip(0, 6)),
    ("leaky_relu", ops.LeakyReLU(0.2)),
    ("elu", ops.ELU()),
    ("selu", ops.SELU()),
    ("gelu", ops.GELU()),
    ("silu", ops.SiLU()),
    ("swish", ops.SiLU()),
    ("mish", ops.Mish()),
    ("sigmoid", ops.Sigmoid()),
    ("tanh", ops.Tanh()),
    ("softplus", ops.Softplus()),
    ("log_sigmoid", ops.LogSigmoid()),
    ("softsign", ops.Softsign()),
    ("exponential", ops.Exp()),
    ("hard_sigmoid", ops.HardSigmoid()),
    ("hard_silu", ops.HardSwish()),
    ("softmax", ops.Softmax()),
    (
        {"module": "builtins", "class_name": "function", "config": "relu6", "registered_name": "function"},
        ops.Clip(0, 6),
    ),
    (layer("LeakyReLU", "a", negative_slope=0.3), ops.LeakyReLU(0.3)),
    (layer("ReLU", "a", max_value=6.0, negative_slope=0.0, threshold=0.0), ops.Clip(0, 6.0)),
]


@pytest.mark.parametrize(("given", "op"), ACTIVATIONS)
def test_an_activation_is_a_layer_of_its_own_or_stands_behind_another(given, op):
    assert after(layer("Activation", "l", activation=given), 5, 6, 2) == ([op], (2, 5, 6))
    model = chain((4,), layer("Dense", "dense", units=3, activation=given))
    (_, dense), (name, behind) = model.network
    assert (dense, behind) == (ops.Linear(3), op)
    assert name.startswith("dense/")


@pytest.mark.parametrize(
    ("settings", "operators"),
    [
        ({}, [ops.ReLU()]),
        ({"negative_slope": 0.1}, [ops.LeakyReLU(0.1)]),
        ({"threshold": 1.5}, [ops.ThresholdedReLU(1.5)]),
        ({"max_value": 4.0, "negative_slope": 0.1}, [ops.LeakyReLU(0.1), ops.Clip(high=4.0)]),
        ({"max_value": 4.0, "threshold": 1.5}, [ops.ThresholdedReLU(1.5), ops.Clip(high=4.0)]),
    ],
)
def test_a_rectifier_has_a_slope_a_threshold_and_a_bound(settings, operators):
    assert after(layer("ReLU", "l", **settings), 6)[0] == operators


@pytest.mark.parametrize(
    ("axes", "sizes"), [([1, 2], {"l.w": (2,)}), ([1, 2, 3], {"l.w": (1,)}), (None, {"l/alpha.value": (1, 2, 5, 6)})]
)
def test_slopes_are_shared_along_the_axes_that_are_named(axes, sizes):
    from cnnmath.graph import parameters

    assert parameters(chain((5, 6, 2), layer("PReLU", "l", shared_axes=axes)).network) == sizes


def test_the_hard_sigmoid_of_keras_2_is_steeper():
    config = {
        "name": "old",
        "layers": [
            {
                "class_name": "Activation",
                "config": {"name": "a", "activation": "hard_sigmoid", "batch_input_shape": [None, 3]},
            }
        ],
    }
    old = import_keras({"class_name": "Sequential", "config": config, "keras_version": "2.15.0"})
    assert dict(old.network) == {"a": ops.HardSigmoid(Fraction(1, 5))}


@pytest.mark.parametrize(
    ("kind", "settings", "operators"),
    [
        ("Add", {}, [ops.Add()]),
        ("Subtract", {}, [ops.Subtract()]),
        ("Multiply", {}, [ops.Multiply()]),
        ("Maximum", {}, [ops.Maximum()]),
        ("Minimum", {}, [ops.Minimum()]),
        ("Average", {}, [ops.Add(), ops.Affine(0.5)]),
        ("Concatenate", {"axis": -1}, [ops.Concat()]),
        ("Concatenate", {"axis": 1}, [ops.Concat(axis=2)]),
    ],
)
def test_branches_meet_with_their_channels_ahead(kind, settings, operators):
    x, y = tensor("image"), tensor("other")
    model = import_keras(
        functional(
            called(entrance(5, 6, 2)),
            called(entrance(5, 6, 2, name="other")),
            called(layer(kind, "l", **settings), [[x, y]]),
            inputs=("image", "other"),
            outputs=("l",),
        )
    )
    assert [op for _, op in model.network][1:] == operators
    assert model.inputs == {"image": "input", "other": "other"}


def test_a_gate_of_each_channel_is_a_row_that_is_put_beside_the_positions():
    x = tensor("image")
    model = import_keras(
        functional(
            called(entrance(5, 6, 2)),
            called(layer("GlobalAveragePooling2D", "squeeze"), [x]),
            called(layer("Reshape", "row", target_shape=[1, 1, 2]), [tensor("squeeze")]),
            called(layer("Conv2D", "excite", filters=2, kernel_size=1, activation="sigmoid"), [tensor("row")]),
            called(layer("Multiply", "scale"), [[x, tensor("excite")]]),
            outputs=("scale",),
        )
    )
    assert [name for name, _ in model.network] == ["squeeze", "excite", "excite/sigmoid", "scale"]


def test_what_changes_numbers_in_training_alone_is_left_out():
    model = chain((6,), layer("GaussianNoise", "noise", stddev=0.1), layer("Dense", "dense", units=2))
    assert [name for name, _ in model.network] == ["dense"]
    assert "left out, for in training alone do they change numbers: noise" in model.notes


def test_a_normalisation_without_scale_has_ones_and_says_so():
    model = chain((6,), layer("BatchNormalization", "bn", scale=False))
    assert model.parameters["bn.gamma"].tolist() == [1] * 6
    assert (analyze(model.network).parameters, analyze(model.network).buffers) == (6, 18)  # beta; gamma, mean, variance
    assert "'bn.gamma' is not in the model, and its 6 numbers, all 1, are no parameters" in model.notes
    again = chain((6,), *(layer("BatchNormalization", name, scale=False) for name in "abc"))
    assert "'a.gamma' and 2 more are not in the model, and their 18 numbers, all 1, are no parameters" in again.notes


def test_constants_of_the_configuration_are_arrays_of_the_network():
    model = chain((2, 2, 2), layer("Normalization", "n", axis=-1, mean=[1, 2], variance=[[4, 0]]))
    assert np.array_equal(model.parameters["n/mean.value"].ravel(), [1, 2])
    assert np.array_equal(model.parameters["n/deviation.value"].ravel(), np.float32([2, 1e-7]))


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (layer("MultiHeadAttention", "l"), "there is no rule for this layer"),
        (layer("Lambda", "l", function={"class_name": "__lambda__"}), "there is no rule for this layer"),
        (layer("Dense", "l", module="mine.layers", units=3), "there is no rule for this layer"),
        (layer("Activation", "l", activation="glu"), "its activation is 'glu'"),
        (layer("UpSampling2D", "l", size=2, interpolation="bicubic"), "its interpolation is 'bicubic'"),
        (layer("BatchNormalization", "l", axis=0), "it mixes the samples of a batch"),
        (layer("Conv2D", "l", filters=3), "its settings are not those that are known, KeyError: 'kernel_size'"),
    ],
)
def test_what_is_not_known_has_a_shape_alone_and_a_note(entry, reason):
    x, y = tensor("image", shape=(None, 5, 6, 2)), tensor("l", shape=(None, 3, 4, 8))
    model = import_keras(
        functional(
            called(entrance(5, 6, 2)),
            called(entry, [x]),
            called(layer("Conv2D", "conv", filters=7, kernel_size=1), [y]),
            outputs=("conv",),
        )
    )
    op = model.network.op("l")
    assert isinstance(op, Opaque)
    assert op.output_shape == (8, 3, 4)
    assert shapes(model.network)["conv"] == (1, 7, 3, 4)
    assert any(note.startswith("'l' is not known, ") and note.endswith(reason) for note in model.notes)


def test_what_is_not_known_and_has_no_shape_is_refused():
    with pytest.raises(GraphError) as refused:
        chain((6,), layer("Dense", "dense", units=2), layer("Mystery", "last"))
    assert str(refused.value) == (
        "layer 'last': the layer is not known, and the shape of its output is not written down: there is no rule for "
        "this layer.\n"
        "  here    class Mystery\n"
        "  fix     give the model itself in place of its configuration, or leave the layer out"
    )


def test_what_a_rule_added_before_it_refused_is_taken_back():
    x = tensor("image", shape=(None, 6))
    model = import_keras(
        functional(
            called(entrance(6)),
            called(layer("Dense", "dense", units=2, activation="glu"), [x]),
            called(layer("Dense", "head", units=2), [tensor("dense", shape=(None, 2))]),
            outputs=("head",),
        )
    )
    assert [(name, type(op).__name__) for name, op in model.network] == [("dense", "Opaque"), ("head", "Linear")]
