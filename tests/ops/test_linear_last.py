"""The dense layer on the last axis: its shapes, its cost, and the convolution that it is."""

import numpy as np
import pytest

from cnnmath import numeric, ops
from cnnmath.errors import ShapeError
from cnnmath.graph import analyze, parse


def test_its_weights_are_shared_by_all_positions():
    summary = analyze(parse("linearlast(3072) > linearlast(768)", (196, 768)))
    assert (summary.parameters, summary.macs) == (2 * 768 * 3072 + 3072 + 768, 2 * 196 * 768 * 3072)


def test_it_is_a_convolution_by_a_kernel_of_one_with_the_channels_last():
    rng = np.random.default_rng(0)
    x, w, b = (rng.integers(-9, 10, shape) for shape in ((2, 4, 5, 3), (6, 3), (6,)))
    y = numeric.forward(ops.LinearLast(6), x, w=w, b=b)
    first = numeric.forward(ops.Conv(6, 1), np.moveaxis(x, -1, 1), w=w[:, :, None, None], b=b)
    assert np.array_equal(y, np.moveaxis(first, 1, -1))


def test_two_axes_are_left_to_linear():
    with pytest.raises(ShapeError) as caught:
        ops.LinearLast(4).shape((2, 3))
    assert str(caught.value).splitlines() == [
        "the input has the wrong rank.",
        "  input   shape (2, 3), 2 axes",
        "  rule    three axes or more, the last of which is summed over",
        "  fix     of two axes it is Linear",
    ]
