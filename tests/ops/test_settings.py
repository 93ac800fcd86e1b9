"""Settings in their one form, and the notation that leaves out what is the default."""

from math import prod

import numpy as np
import pytest

from cnnmath import ops
from cnnmath.axis import Folded, Stretched, Transposed
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
        (ops.RNNCell(8), "rnncell(8)"),
        (ops.RNNCell(8, activation="relu", bias=False), "rnncell(8, bias=False, activation='relu')"),
        (ops.LSTMCell(8), "lstmcell(8)"),
        (ops.ConvTranspose(64, 4, stride=2, padding=1), "convtranspose(64, 4, stride=2, padding=1)"),
        (ops.ConvTranspose(8, (3,), stride=2, output_padding=1), "convtranspose(8, (3,), stride=2, output_padding=1)"),
        (ops.Upsample(2), "upsample(2)"),
        (ops.Upsample((2,)), "upsample((2,))"),
        (ops.Select((1, 1)), "select((1, 1))"),
        (ops.Select((2,)), "select((2,))"),
        (ops.Pad(2), "pad(2)"),
        (ops.Pad((1, (0, 2)), channels=(8, 8)), "pad((1, (0, 2)), channels=8)"),
        (ops.Pad((1,)), "pad((1,))"),
        (ops.Pad(1, value=-0.5), "pad(1, value=-0.5)"),
        (ops.ReflectPad((1, (0, 2))), "reflectpad((1, (0, 2)))"),
        (ops.EdgePad(3), "edgepad(3)"),
        (ops.LinearUpsample(2, align_corners=True), "linearupsample(2, align_corners=True)"),
        (ops.LinearUpsample((3,)), "linearupsample((3,))"),
        (ops.MaxUnpool((5, 7)), "maxunpool((5, 7))"),
        (ops.BatchNorm(1e-3, training=True), "batchnorm(epsilon=0.001, training=True)"),
        (ops.GroupNorm(32), "groupnorm(32)"),
        (ops.LayerNorm(each_position=True), "layernorm(each_position=True)"),
        (ops.LayerNorm(axis=-1), "layernorm(axis=-1)"),
        (ops.Softmax(), "softmax()"),
        (ops.LogSoftmax(-1), "logsoftmax(axis=-1)"),
        (ops.Reduce("l2"), "reduce('l2')"),
        (ops.Reduce("mean", (2, 3), keep=False), "reduce('mean', over=(2, 3), keep=False)"),
        (ops.ReLU(), "relu()"),
        (ops.CrossEntropy(), "crossentropy()"),
        (
            ops.CrossEntropy("none", weighted=True, smoothing=0.1, ignored=-100),
            "crossentropy(reduction='none', weighted=True, smoothing=0.1, ignored=-100)",
        ),
        (ops.Dropout(0.25, training=True), "dropout(rate=0.25, training=True)"),
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


def test_dropout_has_a_mask_in_training_alone():
    dropout = ops.Dropout(0.25)
    assert ops.training(dropout) == ops.Dropout(0.25, training=True)
    assert ops.inference(ops.training(dropout)) == dropout
    assert (dropout.buffers((2, 3)), ops.training(dropout).buffers((2, 3))) == ({}, {"mask": (2, 3)})


def test_a_loss_is_one_number_or_one_for_every_label_and_its_data_is_not_trained():
    x = (2, 5, 7, 8)
    for kind in (ops.CrossEntropy, ops.BinaryCrossEntropy, ops.SquaredError):
        assert kind().shape(x) == kind("sum").shape(x) == ()
        assert kind().parameters(x) == {}
    assert ops.CrossEntropy("none").shape(x) == (2, 7, 8)
    assert ops.BinaryCrossEntropy("none").shape(x) == ops.SquaredError("none").shape(x) == x
    assert ops.CrossEntropy(weighted=True).buffers(x) == {"t": (2, 7, 8), "weights": (5,)}
    assert ops.CrossEntropy(targets="probabilities").buffers(x) == {"t": x}


def test_labels_are_classes_or_the_one_that_is_ignored_which_comes_last():
    assert ops.CrossEntropy().levels((2, 3)) == {"t": [0, 1, 2]}
    assert ops.CrossEntropy(ignored=-100).levels((2, 3)) == {"t": [0, 1, 2, -100]}
    assert ops.CrossEntropy(ignored=0).levels((2, 3)) == {"t": [1, 2, 0]}
    assert ops.CrossEntropy(targets="probabilities").levels((2, 3)) == {}


def test_a_linear_upsampling_is_the_transpose_of_a_triangle_or_a_stretch():
    assert ops.LinearUpsample((2, 3)).axes((4, 5)) == (
        Transposed(Window(4, stride=2, before=1, after=1)),
        Transposed(Window(5, stride=3, before=1, after=1)),
    )
    assert ops.LinearUpsample((2, 1), align_corners=True).axes((4, 5)) == (Stretched(4, 2), Window(1))
    assert ops.LinearUpsample((2,)).windows((4,)) is None


def test_a_padding_by_the_inputs_numbers_is_a_window_folded_at_the_border():
    assert ops.ReflectPad((2, (0, 0))).axes((4, 5)) == (Folded(4, 2, 2, mirrored=True), Window(1))
    assert ops.EdgePad(((0, 3),)).axes((1,)) == (Folded(1, 0, 3, mirrored=False),)
    assert ops.ReflectPad(1).windows((4, 5)) is None


def test_only_the_positions_of_an_axis_and_its_padding_are_folded():
    axis = Folded(3, 2, 1, mirrored=True)
    assert [axis.reads(o) for o in (-1, 0, 5, 6)] == [[-3], [2], [1], [4]]


def test_an_unpooling_is_given_its_switches():
    assert ops.MaxUnpool((5, 7)).buffers((2, 3, 2, 3)) == {"switches": (2, 3, 2, 3)}
    assert ops.MaxUnpool((5, 7)).axes((2, 3)) is None


def test_a_pad_says_its_axes_by_its_entries():
    assert ops.Pad(1) == ops.Pad(((1, 1), (1, 1)))
    assert ops.Pad((1, (0, 2))).windows((5, 5)) == (Window(1, before=1, after=1), Window(1, after=2))
    assert ops.Pad(0, channels=(2, 1)).shape((1, 4, 5, 5)) == (1, 7, 5, 5)


def test_the_codes_of_radial_basis_units_are_not_trained():
    assert ops.RadialBasis(10).parameters((1, 84)) == {}
    assert ops.RadialBasis(10).buffers((1, 84)) == {"w": (10, 84)}


def test_a_long_short_term_memory_has_four_times_the_parameters_of_a_simple_cell():
    x, state = (2, 10), (2, 7)
    simple = ops.RNNCell(7).parameters(x, state)
    assert simple == {"w": (7, 10), "u": (7, 7), "b": (7,)}
    assert ops.LSTMCell(7).parameters(x, state, state) == {k: (4 * n, *rest) for k, (n, *rest) in simple.items()}
    assert set(ops.LSTMCell(7, bias=False).parameters(x, state, state)) == {"w", "u"}


def test_the_subsampling_of_six_maps_has_twelve_parameters():
    assert sum(prod(shape) for shape in ops.Subsample(2).parameters((1, 6, 28, 28)).values()) == 12


@pytest.mark.parametrize(("literal", "meant"), [(1e-5, (1, 100_000)), (0.1, (1, 10)), (0.75, (3, 4)), (2, (2, 1))])
def test_a_decimal_literal_means_the_decimal(literal, meant):
    assert rational(literal).as_integer_ratio() == meant
