"""Drawn settings fit by construction, and reach every corner of an operator's space."""

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis.errors import NoSuchExample

from cnnmath import ops
from cnnmath.ops import operands
from cnnmath.verify import cases
from tests.support import every_operator

CORNERS = {
    "three axes": (ops.Conv, lambda op, _: len(op.kernel) == 3),
    "unequal kernel": (ops.Conv, lambda op, _: len(set(op.kernel)) > 1),
    "stride above the kernel": (ops.Conv, lambda op, _: op.stride[0] > op.kernel[0] > 1),
    "dilation": (ops.Conv, lambda op, _: op.dilation[0] > 1 < op.kernel[0]),
    "unequal padding": (ops.Conv, lambda op, _: isinstance(op.padding, tuple) and op.padding[0][0] != op.padding[0][1]),
    "same": (ops.Conv, lambda op, _: op.padding == "same"),
    "same, odd pad before": (ops.Conv, lambda op, _: op.padding == "same_lower"),
    "groups of several channels": (ops.Conv, lambda op, x: 1 < op.groups < x[1]),
    "a window of padding alone": (ops.Conv, lambda op, x: op.windows(x[2:])[0].blind(x[2]) is not None),
    "a batch": (ops.Conv, lambda _, x: x[0] > 1),
    "a last window dropped": (ops.MaxPool, lambda op, x: op.ceil and _numbers(op) and any(_dropped(op, x))),
    "padding in a mean": (
        ops.AveragePool,
        lambda op, _: _numbers(op) and op.padding[0][0] > 0 and not op.count_padding,
    ),
    "overlapping bins": (ops.AdaptiveAveragePool, lambda op, x: x[2] % op.outputs[0] and x[2] > op.outputs[0]),
    "more bins than inputs": (ops.AdaptiveAveragePool, lambda op, x: op.outputs[0] > x[2]),
    "more bins than positions to choose from": (ops.AdaptiveMaxPool, lambda op, x: op.outputs[0] > x[2] > 1),
    "even neighbourhoods": (ops.LocalResponseNorm, lambda op, _: op.size % 2 == 0),
    "a batch that normalises itself": (ops.BatchNorm, lambda op, x: op.training and x[0] == x[2] == 2),
    "stored statistics": (ops.BatchNorm, lambda op, _: not op.training),
    "groups of several normalised channels": (ops.GroupNorm, lambda op, x: 1 < op.groups < x[1]),
    "a whole sample": (ops.LayerNorm, lambda op, x: not op.each_position and x[0] == x[1] == x[2] == 2),
    "each position": (ops.LayerNorm, lambda op, x: op.each_position and x[1] == 3 and x[2] == 2),
    "three inputs": (ops.Concat, None),
    "output padding of the dilation": (ops.ConvTranspose, lambda op, _: op.output_padding[0] >= op.stride[0]),
    "gaps between what is spread": (ops.ConvTranspose, lambda op, _: op.stride[0] > op.kernel[0]),
    "a whole kernel cut off": (ops.ConvTranspose, lambda op, _: op.padding[0][0] == op.kernel[0] > 1),
    "one input position": (ops.ConvTranspose, lambda op, x: op.kernel[0] > 1 == x[2]),
    "unequal scales": (ops.Upsample, lambda op, _: len(set(op.scale)) == 3),
    "zeros on both sides of the channels": (ops.Pad, lambda op, _: min(op.channels) > 0),
    "unequal zeros": (ops.Pad, lambda op, _: op.padding[-1][0] > op.padding[-1][1] > 0),
    "a constant that is not zero": (ops.Pad, lambda op, _: op.value < 0 < op.padding[0][1]),
    "a mirror of all": (ops.ReflectPad, lambda op, x: op.padding[0] == (x[2] - 1, x[2] - 1) != (0, 0)),
    "a border longer than the input": (ops.EdgePad, lambda op, x: op.padding[0][0] > x[2]),
    "corners on each other": (ops.LinearUpsample, lambda op, x: op.align_corners and op.scale[0] > 1 < x[2]),
    "even and odd scales": (ops.LinearUpsample, lambda op, _: op.scale[:2] == (2, 3) and not op.align_corners),
    "fewer places than numbers": (ops.MaxUnpool, lambda op, x: op.outputs[0] < x[2] and len(x) == 3),
    "a channel listed twice": (ops.Select, lambda op, _: op.axis == 1 and len(set(op.places)) < len(op.places)),
    "a channel left out, another order": (
        ops.Select,
        lambda op, x: op.axis == 1 and op.places[:2] == (2, 0) and x[1] == 3,
    ),
    "a mean of no axis": (ops.CrossEntropy, lambda op, x: op.reduction == "mean" and len(x) == 2),
    "a loss a position": (ops.CrossEntropy, lambda op, x: op.reduction == "none" and len(x) == 4),
    "a class that is ignored, weights and smoothing": (
        ops.CrossEntropy,
        lambda op, _: op.ignored == 1 and op.weighted and op.smoothing > 0,
    ),
    "probabilities, smoothed": (ops.CrossEntropy, lambda op, _: op.targets == "probabilities" and op.smoothing > 0),
    "a weight for yes": (ops.BinaryCrossEntropy, lambda op, x: op.weighted and x[1] > 1),
    "a mask": (ops.Dropout, lambda op, _: op.training),
    "sums that round up": (ops.Subsample, lambda op, _: op.ceil),
}  # fmt: skip


def _numbers(op):
    return not isinstance(op.padding, str)


def _dropped(op, x):
    for n, k, s, d, (p, q), w in zip(
        x[2:], op.kernel, op.stride, op.dilation, op.padding, op.windows(x[2:]), strict=True
    ):
        yield -(-(n + p + q - d * (k - 1) - 1) // s) + 1 != w.placements(n)


def reaches(kind, wanted, examples=1000):
    how = settings(max_examples=examples, database=None, derandomize=True, phases=[Phase.generate])
    find(cases(kind), wanted, settings=how)
    return True


@every_operator
def test_every_drawn_setting_fits_its_inputs(kind):
    @given(cases(kind))
    def check(case):
        assert isinstance(case.op, kind)
        assert min(case.op.shape(*case.inputs), default=1) >= 1
        assert all(min(shape) >= 1 for shape in operands(case.op, *case.inputs).values() if shape)
        assert str(case).endswith(" and ".join(map(str, case.inputs)))

    check()


@pytest.mark.parametrize("corner", CORNERS)
def test_every_corner_is_reached(corner):
    kind, wanted = CORNERS[corner]
    assert reaches(kind, lambda c: wanted(c.op, c.inputs[0]) if wanted else len(c.inputs) == 3)


def test_a_corner_that_does_not_exist_is_not_reached():
    with pytest.raises(NoSuchExample):
        reaches(ops.Conv, lambda case: case.op.stride[0] > 3, 200)


@every_operator
def test_the_smallest_setting_is_small(kind):
    how = settings(database=None, derandomize=True, phases=[Phase.generate, Phase.shrink])
    smallest = find(cases(kind), lambda _: True, settings=how)
    assert all(size <= 2 for shape in smallest.inputs for size in shape)
