"""Settings in their one form, and the notation that leaves out what is the default."""

from math import prod

import numpy as np
import pytest

from cnnmath import ops
from cnnmath.axis import Transposed
from cnnmath.ops.algebra import rational
from cnnmath.ops.notation import describe
from cnnmath.window import Window


def test_a_size_stands_for_all_axes_and_an_integer_kernel_for_two():
    op = ops.Conv(8, 3, stride=2, padding=1)
    assert (op.kernel, op.stride, op.dilation, op.padding) == ((3, 3), (2, 2), (1, 1), ((1, 1), (1, 1)))


def test_axes_keep_their_own_settings():
    op = ops.Conv(8, (3, 5), stride=(1, 2), dilation=(2, 3), padding=((1, 0), 4))
    assert op.windows((9, 20)) == (Window(3, 1, 2, 1, 0), Window(5, 2, 3, 4, 4))


@pytest.mark.parametrize("kind", [ops.MaxPool, ops.AveragePool, ops.LpPool, ops.Subsample])
def test_a_pooling_strides_by_its_kernel_unless_told(kind):
    assert kind((2, 3)).stride == (2, 3)
    assert kind((2, 3), stride=1).stride == (1, 1)


def test_integers_of_numpy_become_ints():
    op = ops.Conv(np.int64(8), np.int32(3))
    assert [type(v) for v in (op.filters, *op.kernel)] == [int, int, int]


def test_same_padding_depends_on_the_input():
    op = ops.Conv(8, 3, stride=2, padding="same")
    assert [(w.before, w.after) for w in op.windows((8, 9))] == [(0, 1), (1, 1)]


def test_the_parameters_of_a_grouped_convolution_are_shared_out():
    shapes = ops.Conv(6, (3, 1), groups=3).parameters((1, 12, 8, 8))
    assert shapes == {"w": (6, 4, 3, 1), "b": (6,)}


def test_the_statistics_of_batch_normalisation_are_not_trained():
    x = (2, 5, 4, 4)
    assert set(ops.BatchNorm().parameters(x)) == {"gamma", "beta"}
    assert ops.BatchNorm().buffers(x) == {"mean": (5,), "var": (5,)}


def test_in_training_batch_normalisation_reads_no_statistics():
    op, x = ops.BatchNorm(training=True), (2, 5, 4, 4)
    assert op.parameters(x) == ops.BatchNorm().parameters(x)
    assert op.buffers(x) == {}
    assert op.windows((4, 4)) is None
    assert [axis.reads(1) for axis in op.axes((4, 3))] == [[0, 1, 2, 3], [0, 1, 2]]


def test_layer_normalisation_scales_each_number_of_a_sample_or_each_channel():
    assert ops.LayerNorm().parameters((2, 5, 4, 3)) == {"gamma": (5, 4, 3), "beta": (5, 4, 3)}
    assert ops.LayerNorm(each_position=True).parameters((2, 5, 4, 3)) == {"gamma": (5,), "beta": (5,)}
    assert ops.LayerNorm().parameters((2, 5)) == {"gamma": (5,), "beta": (5,)}


@pytest.mark.parametrize(
    ("op", "notation"),
    [
        (ops.Conv(64, 7, stride=2, padding=3, bias=False), "conv(64, 7, stride=2, padding=3, bias=False)"),
        (ops.Conv(4, (3, 5), padding=((1, 0), (2, 2))), "conv(4, (3, 5), padding=((1, 0), 2))"),
        (ops.Conv(4, (3,), padding="same"), "conv(4, (3,), padding='same')"),
        (ops.MaxPool(2), "maxpool(2)"),
        (ops.MaxPool(3, stride=2, ceil=True), "maxpool(3, stride=2, ceil=True)"),
        (ops.AveragePool(2, count_padding=False), "averagepool(2, count_padding=False)"),
        (ops.LpPool(2, 3, stride=1), "lppool(2, stride=1, p=3)"),
        (ops.Maxout(2), "maxout(2)"),
        (ops.LocalResponseNorm(5), "localresponsenorm(5)"),
        (ops.ConvTranspose(64, 4, stride=2, padding=1), "convtranspose(64, 4, stride=2, padding=1)"),
        (ops.ConvTranspose(8, (3,), stride=2, output_padding=1), "convtranspose(8, (3,), stride=2, output_padding=1)"),
        (ops.Upsample(2), "upsample(2)"),
        (ops.Upsample((2,)), "upsample((2,))"),
        (ops.Select((1, 1)), "select((1, 1))"),
        (ops.Select((2,)), "select((2,))"),
        (ops.Pad(2), "pad(2)"),
        (ops.Pad((1, (0, 2)), channels=(8, 8)), "pad((1, (0, 2)), channels=8)"),
        (ops.Pad((1,)), "pad((1,))"),
        (ops.BatchNorm(1e-3, training=True), "batchnorm(epsilon=0.001, training=True)"),
        (ops.GroupNorm(32), "groupnorm(32)"),
        (ops.LayerNorm(each_position=True), "layernorm(each_position=True)"),
        (ops.ReLU(), "relu()"),
    ],
    ids=str,
)
def test_the_notation_says_what_is_not_the_default(op, notation):
    assert describe(op) == notation


def test_the_filters_of_a_transpose_are_by_input_channel_and_shared_out():
    shapes = ops.ConvTranspose(6, (3, 1), groups=3).parameters((1, 12, 8, 8))
    assert shapes == {"w": (12, 2, 3, 1), "b": (6,)}


def test_a_transpose_knows_what_its_outputs_read():
    (axis,) = ops.ConvTranspose(1, (3,), stride=2, padding=1, output_padding=1).axes((5,))
    assert axis == Transposed(Window(3, 2, 1, 1, 1), 1)
    assert ops.Upsample((3,)).axes((5,)) == (Transposed(Window(3, stride=3)),)


def test_a_pad_says_its_axes_by_its_entries():
    assert ops.Pad(1) == ops.Pad(((1, 1), (1, 1)))
    assert ops.Pad((1, (0, 2))).windows((5, 5)) == (Window(1, before=1, after=1), Window(1, after=2))
    assert ops.Pad(0, channels=(2, 1)).shape((1, 4, 5, 5)) == (1, 7, 5, 5)


def test_the_codes_of_radial_basis_units_are_not_trained():
    assert ops.RadialBasis(10).parameters((1, 84)) == {}
    assert ops.RadialBasis(10).buffers((1, 84)) == {"w": (10, 84)}


def test_the_subsampling_of_six_maps_has_twelve_parameters():
    assert sum(prod(shape) for shape in ops.Subsample(2).parameters((1, 6, 28, 28)).values()) == 12


@pytest.mark.parametrize(("literal", "meant"), [(1e-5, (1, 100_000)), (0.1, (1, 10)), (0.75, (3, 4)), (2, (2, 1))])
def test_a_decimal_literal_means_the_decimal(literal, meant):
    assert rational(literal).as_integer_ratio() == meant
