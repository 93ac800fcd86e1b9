"""Sums written out with channels last, as Keras has them, against what the network computes."""

from itertools import product

import numpy as np
import pytest

from cnnmath.errors import DataError
from cnnmath.interchange.keras.read import read
from cnnmath.interchange.keras.source import Source
from tests.interchange.keras.configs import entrance, layer, sequential


def integers(*shape, seed=0):
    return np.random.default_rng(seed).integers(-3, 4, shape).astype(float)


def computed(x, entries, weights):
    """What the network computes of an array with its channels last."""
    model = read(Source(sequential(entrance(*x.shape[1:]), *entries), weights))
    (y,) = model.run(image=np.moveaxis(x, -1, 1)).values()
    return np.moveaxis(y, 1, -1)


def test_a_kernel_has_taps_channels_and_filters():
    x, w, b = integers(2, 4, 5, 3), integers(2, 3, 3, 4, seed=1), integers(4, seed=2)
    y = np.zeros((2, 3, 3, 4)) + b
    for i, j in product(range(2), range(3)):
        y += x[:, i : i + 3, j : j + 3] @ w[i, j]
    conv = layer("Conv2D", "conv", filters=4, kernel_size=[2, 3])
    assert np.array_equal(computed(x, [conv], {"conv": {"kernel": w, "bias": b}}), y)


def test_filters_of_a_depthwise_kernel_lie_side_by_side_in_each_channel():
    x, w = integers(2, 4, 5, 3), integers(2, 3, 3, 2, seed=1)
    y = np.zeros((2, 3, 3, 3, 2))
    for i, j in product(range(2), range(3)):
        y += x[:, i : i + 3, j : j + 3, :, None] * w[i, j]
    conv = layer("DepthwiseConv2D", "conv", kernel_size=[2, 3], depth_multiplier=2, use_bias=False)
    assert np.array_equal(computed(x, [conv], {"conv": {"kernel": w}}), y.reshape(2, 3, 3, 6))


def test_a_transposed_kernel_has_taps_filters_and_channels():
    x, w = integers(1, 3, 2, 3), integers(3, 3, 4, 3, seed=1)
    y = np.zeros((1, 7, 5, 4))
    for i, j in product(range(3), range(3)):
        y[:, i : i + 5 : 2, j : j + 3 : 2] += x @ w[i, j].T
    up = layer("Conv2DTranspose", "up", filters=4, kernel_size=3, strides=2, padding="same", use_bias=False)
    up["config"]["output_padding"] = None
    found = computed(x, [up], {"up": {"kernel": w}})
    assert np.array_equal(found, y[:, :6, :4])  # of 7 numbers 6 are left, the one too many is behind


def test_a_row_has_its_channels_fastest():
    x, w, b = integers(2, 3, 4, 2), integers(24, 5, seed=1), integers(5, seed=2)
    entries = [layer("Flatten", "row"), layer("Dense", "dense", units=5)]
    assert np.array_equal(computed(x, entries, {"dense": {"kernel": w, "bias": b}}), x.reshape(2, 24) @ w + b)


def test_a_dense_layer_mixes_the_channels_of_each_position():
    x, w = integers(2, 3, 4, 2), integers(2, 5, seed=1)
    dense = layer("Dense", "dense", units=5, use_bias=False)
    assert np.array_equal(computed(x, [dense], {"dense": {"kernel": w}}), x @ w)


def test_padding_does_not_count_in_a_mean():
    x = integers(1, 5, 1)
    pool = layer("AveragePooling1D", "pool", pool_size=2, strides=2, padding="same")
    assert computed(x, [pool], {})[0, :, 0].tolist() == [*x[0, :4, 0].reshape(2, 2).mean(1), x[0, 4, 0]]


def test_slopes_of_each_position_are_those_of_its_place():
    x, w = integers(2, 3, 4, 2), integers(3, 4, 2, seed=1)
    slopes = layer("PReLU", "p", shared_axes=None)
    assert np.array_equal(computed(x, [slopes], {"p": {"alpha": w}}), np.where(x > 0, x, w * x))


def test_a_permutation_and_a_shape_are_of_the_axes_as_keras_has_them():
    x = integers(2, 3, 4, 2)
    entries = [layer("Permute", "p", dims=[3, 1, 2]), layer("Reshape", "r", target_shape=[3, -1])]
    assert np.array_equal(computed(x, entries, {}), x.transpose(0, 3, 1, 2).reshape(2, 3, 8))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (
            {"kernel": integers(5, 2), "bias": integers(5)},
            "layer 'dense': 'w' has another shape than the layer declares.\n"
            "  input   (2, 5), 10 numbers\n"
            "  rule    (5, 3)",
        ),
        (
            {"kernel": integers(3, 5)},
            "layer 'dense': an array of the layer is missing, 'bias'.\n  here    it has kernel",
        ),
    ],
)
def test_arrays_that_do_not_fit_are_refused(arrays, message):
    with pytest.raises(DataError) as refused:
        computed(integers(1, 3), [layer("Dense", "dense", units=5)], {"dense": arrays})
    assert str(refused.value) == message
