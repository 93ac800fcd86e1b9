"""Models with integers as numbers: the network computes what Keras does, and has its arrays."""

import os

import numpy as np
import pytest

from cnnmath.graph import Opaque, analyze
from cnnmath.interchange import import_keras

pytest.importorskip("torch")
os.environ.setdefault("KERAS_BACKEND", "torch")
keras = pytest.importorskip("keras", exc_type=ImportError)
layers = keras.layers

pytestmark = pytest.mark.filterwarnings("ignore")  # those of Keras and of its backend are theirs


@pytest.fixture(autouse=True)
def float64():
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    yield
    keras.config.set_floatx(before)


def integers(model, seed=0):
    """The model with integers from -2 to 2; what is a variance is 3, so that with an epsilon of 1 its root is 2."""
    draw = np.random.default_rng(seed)
    for variable in model.weights:
        drawn = draw.integers(-2, 3, variable.shape)
        variable.assign(np.full(variable.shape, 3.0) if "variance" in variable.name else drawn.astype(float))
    return model


def ahead(x):
    return np.moveaxis(x, -1, 1)


def computed(model, samples=2):
    """What Keras computes of integers, and what the network does, both with their channels ahead."""
    read = import_keras(model)
    draw = np.random.default_rng(1)
    x = draw.integers(-3, 4, (samples, *model.input_shape[1:])).astype(float)
    expected = keras.ops.convert_to_numpy(model(x, training=False))
    (name,) = read.inputs
    (found,) = read.run(**{name: ahead(x)}).values()
    return ahead(expected), found


def norm(name=None, **settings):
    return layers.BatchNormalization(epsilon=1.0, name=name, **settings)


def residual():
    x = keras.Input((7, 8, 4))
    y = layers.Conv2D(6, 3, strides=2, padding="same", activation="relu")(x)
    y = norm()(layers.Conv2D(6, 3, padding="same", use_bias=False)(y))
    shortcut = norm(scale=False)(layers.Conv2D(6, 1, strides=2)(x))
    y = layers.ReLU()(layers.Add()([y, shortcut]))
    y = layers.MaxPooling2D(3, strides=2, padding="same")(y)
    y = layers.Concatenate()([y, layers.UpSampling2D(2)(layers.MaxPooling2D(2)(y))])
    return keras.Model(x, layers.Dense(3)(layers.GlobalMaxPooling2D()(y)))


def depthwise():
    x = keras.Input((9, 8, 3))
    y = layers.ZeroPadding2D(((0, 1), (1, 0)))(x)
    y = norm(center=False)(layers.DepthwiseConv2D(3, strides=2, depth_multiplier=2)(y))
    y = layers.SeparableConv2D(4, 3, depth_multiplier=2, padding="same", activation="relu6")(y)
    return keras.Model(x, layers.AveragePooling2D(2)(y))


def shared():
    block = keras.Sequential([keras.Input((5, 6, 2)), layers.Conv2D(2, 3, padding="same"), layers.ReLU()], name="block")
    x = keras.Input((5, 6, 2))
    y = block(block(x))
    return keras.Model(x, (y - x) * 2.0)


def row():
    return keras.Sequential(
        [
            keras.Input((6, 5, 2)),
            layers.Conv2D(3, 2, dilation_rate=2),
            layers.Cropping2D(((1, 0), (0, 1))),
            layers.PReLU(),
            layers.Flatten(),
            layers.Dense(4, activation="relu"),
            layers.RepeatVector(3),
            layers.Reshape((2, 6)),
            layers.Permute((2, 1)),
        ]
    )


def sequence():
    return keras.Sequential(
        [
            keras.Input((8, 2)),
            layers.Conv1D(4, 3, padding="causal", dilation_rate=2),
            layers.PReLU(shared_axes=[1]),
            layers.Dense(4),
            layers.MaxPooling1D(2),
            layers.Reshape((2, 8)),
            layers.Dense(3),
        ]
    )


def volume():
    return keras.Sequential([keras.Input((4, 5, 6, 2)), layers.Conv3D(3, (1, 2, 3), groups=1, padding="same")])


def gated():
    x = keras.Input((4, 4, 3))
    gate = layers.Reshape((1, 1, 3))(layers.GlobalAveragePooling2D()(x))
    gate = layers.Conv2D(3, 1, activation="hard_tanh")(gate)
    return keras.Model(x, layers.Multiply()([x, gate]))


@pytest.mark.parametrize("make", [residual, depthwise, shared, row, sequence, volume, gated])
def test_a_network_computes_what_keras_does(make):
    expected, found = computed(integers(make()))
    assert np.any(expected)
    assert np.array_equal(found, expected)


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "extra"),
    [(2, 2, "valid", None), (3, 2, "valid", 1), (2, 3, "valid", None), (4, 2, "same", None), (3, 1, "same", None)],
)
def test_a_transposed_convolution_is_as_long_as_that_of_keras(kernel, stride, padding, extra):
    up = layers.Conv2DTranspose(3, kernel, strides=stride, padding=padding, output_padding=extra)
    expected, found = computed(integers(keras.Sequential([keras.Input((3, 4, 2)), up])))
    assert np.array_equal(found, expected)


NAMES = (
    "relu leaky_relu elu selu celu gelu silu mish sigmoid tanh softplus softsign exponential hard_sigmoid hard_silu "
    "softmax log_softmax"
)


@pytest.mark.parametrize("name", NAMES.split())
def test_activations_are_those_of_keras(name):
    expected, found = computed(keras.Sequential([keras.Input((5, 2)), layers.Activation(name)]))
    assert np.all(abs(found - expected) <= 32 * 2.0**-53 * np.maximum(1, abs(expected)))  # few operations, none above 3


def test_the_network_of_a_configuration_is_that_of_the_model():
    model = residual()
    assert import_keras(model.to_json()).network == import_keras(model).network


def test_a_model_says_the_shape_of_what_is_not_known_and_its_numbers_are_named():
    x = keras.Input((6, 8))
    model = keras.Model(x, layers.LSTM(4, return_sequences=True, name="lstm")(x))
    read = import_keras(model)
    assert read.network.op("lstm") == Opaque("keras LSTM", (4, 6))
    assert any(note.endswith("; its 208 numbers are not counted") for note in read.notes)  # 4*(8*4 + 4*4 + 4)


@pytest.mark.parametrize("make", [residual, depthwise, shared, row])
def test_a_file_of_keras_holds_the_network_and_its_numbers(make, tmp_path):
    model = integers(make())
    model.save(tmp_path / "model.keras")
    stored, there = import_keras(tmp_path / "model.keras"), import_keras(model)
    assert stored.network == there.network
    assert set(stored.parameters) == set(there.parameters)
    assert all(np.array_equal(stored.parameters[name], array) for name, array in there.parameters.items())


def test_mobilenet_has_as_many_numbers_as_keras_counts():
    model = keras.applications.MobileNetV2((32, 32, 3), alpha=0.35, weights=None, classes=10)
    read = import_keras(model.to_json())
    summary = analyze(read.network)
    stored = sum(layer.buffers for layer in summary.layers)
    assert summary.parameters + stored == model.count_params()
    assert summary.parameters == sum(variable.value.numel() for variable in model.trainable_weights)
