"""The likeliest mistakes with operators, and the whole answer to each."""

import pytest
from sympy import Symbol

from cnnmath import ops
from cnnmath.errors import CnnmathError, SettingError, ShapeError, UnknownNameError

COUNTED = "count from 0, the batch, or from -1, the last axis"
RANK = "a single sample needs a batch axis of 1; a kernel for signals is a tuple of one entry, such as (3,)"
SETTINGS = {
    "stride 0": (
        lambda: ops.Conv(8, 3, stride=0),
        "the stride must be at least 1.\n  rule    stride >= 1\n  here    0 < 1\n  fix     use 1 or more",
    ),
    "negative padding": (
        lambda: ops.MaxPool(3, padding=-1),
        "the padding before must be at least 0.\n  rule    padding before >= 0\n  here    -1 < 0\n"
        "  fix     use 0 or more",
    ),
    "a float for a kernel": (
        lambda: ops.Conv(8, 3.0),
        "the kernel must be an integer.\n  here    kernel 3.0\n  fix     use an integer of at least 1",
    ),
    "a string for a stride": (
        lambda: ops.Conv(8, 3, stride="2"),
        "the stride must be an integer.\n  here    stride '2'\n  fix     use an integer of at least 1",
    ),
    "an exponent that is no integer": (
        lambda: ops.LpPool(2, p=1.5),
        "the exponent p must be an integer.\n  here    exponent p 1.5\n  fix     use an integer of at least 1",
    ),
    "an exponent left open": (
        lambda: ops.LpPool(2, p=Symbol("p")),
        "the exponent p must be a number.\n  here    p p\n  fix     put an integer in, as p=2",
    ),
    "an exponent of 0": (
        lambda: ops.LpPool(2, p=0),
        "the exponent p must be at least 1.\n  rule    exponent p >= 1\n  here    0 < 1\n  fix     use 1 or more",
    ),
    "an exponent of a pooling norm that is no norm any more": (
        lambda: ops.LpPool(2, p=65),
        "the exponent p is larger than 64.\n  here    p 65\n"
        "  rule    the norm of a large p is the maximum, but for the last digits\n"
        "  fix     use MaxPool of the absolute values",
    ),
    "no pieces": (
        lambda: ops.Maxout(0),
        "the number of pieces must be at least 1.\n  rule    number of pieces >= 1\n  here    0 < 1\n"
        "  fix     use 1 or more",
    ),
    "the power 0": (
        lambda: ops.Power(0),
        "the exponent must not be 0.\n  here    x^0 = 1 for every x\n"
        "  fix     leave the power out, for it is a constant",
    ),
    "an exponent that is infinite": (
        lambda: ops.Power(float("inf")),
        "exponent must be a finite number.\n  here    exponent inf\n  fix     give exponent a finite number",
    ),
    "bounds in the wrong order": (
        lambda: ops.Clip(6, 0),
        "the bounds are in the wrong order.\n  rule    low <= high\n  here    low 6, high 0\n"
        "  fix     use low=0, high=6",
    ),
    "a slope that is shared by 1": (
        lambda: ops.PReLU(shared=1),
        "shared must be True or False.\n  here    shared 1\n  fix     give shared=True or False",
    ),
    "an exponential over 0": (
        lambda: ops.CELU(0),
        "alpha must be a positive number.\n  here    alpha 0\n  fix     give alpha a positive number",
    ),
    "an unknown reduction": (
        lambda: ops.Reduce("median"),
        "there is no such reduction.\n  here    reduction 'median'\n"
        "  fix     use sum or mean or max or min or product or l1 or l2 or sum_square or log_sum or log_sum_exp",
    ),
    "an axis that is no integer": (
        lambda: ops.Reduce("sum", (1, "x")),
        f"an axis is an integer.\n  here    over (1, 'x')\n  fix     {COUNTED}",
    ),
    "an axis that is a flag": (
        lambda: ops.Softmax(True),
        f"an axis is an integer.\n  here    axis (True,)\n  fix     {COUNTED}",
    ),
    "an axis beside each position": (
        lambda: ops.LayerNorm(axis=-1, each_position=True),
        "each position is normalised over its channels, which are axis 1.\n  here    axis -1\n"
        "  fix     leave the axis out, or each_position",
    ),
    "no units": (
        lambda: ops.LSTMCell(0),
        "the number of units must be at least 1.\n  rule    number of units >= 1\n  here    0 < 1\n"
        "  fix     use 1 or more",
    ),
    "no filters": (
        lambda: ops.Conv(0, 3),
        "the number of filters must be at least 1.\n  rule    number of filters >= 1\n  here    0 < 1\n"
        "  fix     use 1 or more",
    ),
    "an unknown padding": (
        lambda: ops.Conv(8, 3, padding="full"),
        "there is no padding 'full'.\n  fix     use 'same', 'same_lower', 'valid', integers or (before, after)",
    ),
    "a pair for a signal's padding": (
        lambda: ops.Conv(8, (3,), padding=(1, 0)),
        "the padding has another rank than the kernel.\n  here    padding (1, 0) has length 2, the kernel 1\n"
        "  rule    one entry for each spatial axis, or a single integer for all\n"
        "  fix     for (before, after) on the one axis, give padding=((1, 0),)",
    ),
    "three strides for an image": (
        lambda: ops.AveragePool(3, stride=(1, 2, 3)),
        "the stride has another rank than the kernel.\n  here    stride (1, 2, 3) has length 3, the kernel 2\n"
        "  rule    one entry for each spatial axis, or a single integer for all\n"
        "  fix     give as many as there are axes: 2",
    ),
    "a triple of pads for an axis": (
        lambda: ops.Conv(8, 3, padding=((1, 2, 3), 0)),
        "an axis is padded by one integer or by a pair (before, after).\n  here    padding ((1, 2, 3), 0)",
    ),
    "an adaptive output of 0": (
        lambda: ops.AdaptiveAveragePool(0),
        "the output size must be at least 1.\n  rule    output size >= 1\n  here    0 < 1\n  fix     use 1 or more",
    ),
    "another reduction": (
        lambda: ops.SquaredError("average"),
        "there is no such reduction.\n  here    reduction 'average'\n  fix     use mean or sum or none",
    ),
    "other targets": (
        lambda: ops.CrossEntropy(targets="one-hot"),
        "there is no such kind of targets.\n  here    kind of targets 'one-hot'\n  fix     use labels or probabilities",
    ),
    "more smoothing than there is": (
        lambda: ops.CrossEntropy(smoothing=1.5),
        "the smoothing must lie in [0, 1].\n  here    smoothing 1.5\n  fix     use 0.1",
    ),
    "a label that is no integer": (
        lambda: ops.CrossEntropy(ignored=0.5),
        "the label that is ignored must be an integer.\n  here    ignored 0.5\n  fix     use -100, which is no class",
    ),
    "a label among probabilities": (
        lambda: ops.CrossEntropy(ignored=-100, targets="probabilities"),
        "a label is ignored, but the targets are probabilities.\n  here    ignored -100\n"
        "  fix     leave it out; probabilities that are all 0 add nothing to a sum",
    ),
    "weights that are no switch": (
        lambda: ops.BinaryCrossEntropy(weighted=3),
        "weighted must be True or False.\n  here    weighted 3\n  fix     give weighted=True or False",
    ),
    "certain dropout": (
        lambda: ops.Dropout(1),
        "the rate must lie in [0, 1).\n  here    rate 1\n  fix     use 0.5",
    ),
    "epsilon 0": (
        lambda: ops.BatchNorm(0),
        "epsilon must be a positive number.\n  here    epsilon 0\n  fix     give epsilon a positive number",
    ),
    "a momentum above 1": (
        lambda: ops.BatchNorm(momentum=1.5),
        "the momentum must lie in [0, 1].\n  here    momentum 1.5\n  fix     use 0.1",
    ),
    "a word for training": (
        lambda: ops.BatchNorm(training="yes"),
        "training must be True or False.\n  here    training 'yes'\n  fix     give training=True or False",
    ),
    "no groups to normalise": (
        lambda: ops.GroupNorm(0),
        "the number of groups must be at least 1.\n  rule    number of groups >= 1\n  here    0 < 1\n"
        "  fix     use 1 or more",
    ),
    "an infinite constant": (
        lambda: ops.LocalResponseNorm(5, alpha=float("inf")),
        "alpha must be a finite number.\n  here    alpha inf\n  fix     give alpha a finite number",
    ),
    "output padding that another size would give": (
        lambda: ops.ConvTranspose(8, 3, stride=2, output_padding=(1, 2)),
        "the output padding is too large.\n  rule    output padding < max(stride, dilation)\n"
        "  here    2 >= max(2, 1)\n  fix     use at most 1, or pad the output with Pad",
    ),
    "negative output padding": (
        lambda: ops.ConvTranspose(8, 3, output_padding=-1),
        "the output padding must be at least 0.\n  rule    output padding >= 0\n  here    -1 < 0\n"
        "  fix     use 0 or more",
    ),
    "a transpose padded by name": (
        lambda: ops.ConvTranspose(8, 3, padding="same"),
        "the padding of a transposed convolution has no name.\n  here    padding 'same'\n"
        "  fix     give integers or (before, after)",
    ),
    "a fractional scale": (
        lambda: ops.Upsample(1.5),
        "the scale must be an integer.\n  here    scale 1.5\n  fix     use an integer of at least 1",
    ),
    "one channel that is no tuple": (
        lambda: ops.Select(3),
        "the places must be a tuple.\n  here    places 3\n  fix     for one place give (0,)",
    ),
    "no channel": (
        lambda: ops.Select(()),
        "no channel is selected.\n  here    channels ()\n  fix     give at least one",
    ),
    "a channel counted from the end": (
        lambda: ops.Select((0, -1)),
        "the channel must be at least 0.\n  rule    channel >= 0\n  here    -1 < 0\n  fix     use 0 or more",
    ),
    "padding by name without a kernel": (
        lambda: ops.Pad("same"),
        "padding by name needs a kernel, so that 'same' says nothing here.\n  here    padding 'same'\n"
        "  fix     give integers or (before, after)",
    ),
    "a mirror by name": (
        lambda: ops.ReflectPad("same"),
        "padding by name needs a kernel, so that 'same' says nothing here.\n  here    padding 'same'\n"
        "  fix     give integers or (before, after)",
    ),
    "an infinite border": (
        lambda: ops.Pad(1, value=float("inf")),
        "value must be a finite number.\n  here    value inf\n  fix     give value a finite number",
    ),
    "corners that are numbers": (
        lambda: ops.LinearUpsample(2, align_corners=1),
        "align_corners must be True or False.\n  here    align_corners 1\n  fix     give align_corners=True or False",
    ),
    "an unpooled size of 0": (
        lambda: ops.MaxUnpool((0, 4)),
        "the output size must be at least 1.\n  rule    output size >= 1\n  here    0 < 1\n  fix     use 1 or more",
    ),
    "three pads for the channels": (
        lambda: ops.Pad(1, channels=(0, 1, 0)),
        "channels are padded by one integer or by a pair (before, after).\n  here    channels (0, 1, 0)",
    ),
    "groups that do not divide the filters": (
        lambda: ops.Conv(6, 3, groups=4),
        "the groups do not divide the filters.\n  rule    filters mod groups = 0\n  here    6 mod 4 = 2\n"
        "  fix     use 8 filters, or groups 1",
    ),
}
SHAPES = {
    "a kernel longer than its input": (
        lambda: ops.Conv(8, 7, stride=2).shape((1, 3, 5, 5)),
        "the kernel does not fit the input.\n"
        "  input   height 5     window  kernel 7, stride 2, dilation 1, padding (0, 0)\n"
        "  rule    floor((n + before + after - d*(k-1) - 1)/s) + 1 >= 1\n"
        "  here    floor((5 + 0 + 0 - 6 - 1)/2) + 1 = 0\n"
        "  fix     pad by at least 2 more in total, or use a kernel of at most 5, or give an input of at least 7",
    ),
    "groups that do not divide the channels": (
        lambda: ops.Conv(6, 3, groups=3).shape((1, 4, 8, 8)),
        "the groups do not divide the input channels.\n  rule    input channels mod groups = 0\n"
        "  here    4 mod 3 = 1\n  fix     use 6 input channels, or groups 1",
    ),
    "pieces that do not divide the channels": (
        lambda: ops.Maxout(2).shape((1, 5, 8, 8)),
        "the pieces do not divide the channels.\n  rule    channels mod pieces = 0\n"
        "  here    5 mod 2 = 1\n  fix     use 6 channels, or pieces 1",
    ),
    "groups that do not divide what they normalise": (
        lambda: ops.GroupNorm(4).shape((1, 6, 8, 8)),
        "the groups do not divide the channels.\n  rule    channels mod groups = 0\n"
        "  here    6 mod 4 = 2\n  fix     use 8 channels, or groups 1",
    ),
    "the statistics of nothing": (
        lambda: ops.LayerNorm().shape((1, 8, 0, 4)),
        "the mean of nothing does not exist.\n  input   shape (1, 8, 0, 4)\n  fix     give every axis a size of 1",
    ),
    "an axis that is not there": (
        lambda: ops.Reduce("sum", (1, 4)).shape((1, 8, 4, 4)),
        "the input has no such axis.\n  input   shape (1, 8, 4, 4), 4 axes\n  rule    -4 <= axis < 4\n"
        f"  here    axis 4\n  fix     {COUNTED}",
    ),
    "an axis named twice": (
        lambda: ops.Reduce("sum", (1, -2)).shape((1, 8, 4)),
        "an axis is named twice.\n  input   shape (1, 8, 4), 3 axes\n"
        "  here    axes (1, -2): 1 and -2 are one\n  fix     name every axis once",
    ),
    "a reduction of nothing": (
        lambda: ops.Reduce("max", 2).shape((1, 8, 0)),
        "there is nothing along an axis.\n  input   shape (1, 8, 0)\n  rule    a max of at least one number\n"
        "  here    axis 2 has size 0\n  fix     give every axis that is reduced a size of 1",
    ),
    "an image without a batch axis": (
        lambda: ops.Conv(8, 3).shape((3, 8, 8)),
        "the input has the wrong rank.\n  input   shape (3, 8, 8), 3 axes\n"
        f"  rule    the input is (N, C, height, width)\n  fix     {RANK}",
    ),
    "a signal for a pooling of images": (
        lambda: ops.MaxPool(2).shape((1, 3, 8)),
        "the input has the wrong rank.\n  input   shape (1, 3, 8), 3 axes\n"
        f"  rule    the input is (N, C, height, width)\n  fix     {RANK}",
    ),
    "a merge of unequal shapes": (
        lambda: ops.Add().shape((1, 64, 56, 56), (1, 256, 56, 56)),
        "the inputs have unequal shapes.\n  input   (1, 64, 56, 56)  and  (1, 256, 56, 56)\n"
        "  rule    lengths of an axis, counted from the last, are equal or 1\n  here    axis -3: 64 against 256\n"
        "  fix     bring the branches to one shape, with a strided 1x1 Conv as a projection or with padding",
    ),
    "a concatenation of unequal maps": (
        lambda: ops.Concat().shape((1, 64, 28, 28), (1, 64, 14, 14)),
        "the inputs have unequal shapes.\n  input   (1, 64, 28, 28)  and  (1, 64, 14, 14)\n"
        "  rule    to concatenate channels, all other axes must agree\n"
        "  here    (1, 64, 28, 28) against (1, 64, 14, 14)\n"
        "  fix     bring the branches to one shape, with a strided 1x1 Conv as a projection or with padding",
    ),
    "a cell without its state": (
        lambda: ops.RNNCell(4).shape((1, 3)),
        "it takes two inputs, x and h.\n  here    1 given\n  fix     give each of them once, in this order",
    ),
    "a cell with one state of two": (
        lambda: ops.LSTMCell(4).shape((1, 3), (1, 4)),
        "it takes three inputs, x, h and c.\n  here    2 given\n  fix     give each of them once, in this order",
    ),
    "both states in one": (
        lambda: ops.LSTMCell(4).shape((2, 3), (2, 4), (2, 8)),
        "the state c has another shape than the cell's.\n  input   x (2, 3), c (2, 8)\n  rule    c is (N, units)\n"
        "  here    (2, 8) against (2, 4)\n  fix     give c the batch of x and 4 channels",
    ),
    "a state of another batch": (
        lambda: ops.RNNCell(4).shape((2, 3), (1, 4)),
        "the state h has another shape than the cell's.\n  input   x (2, 3), h (1, 4)\n  rule    h is (N, units)\n"
        "  here    (1, 4) against (2, 4)\n  fix     give h the batch of x and 4 channels",
    ),
    "a sequence for a cell": (
        lambda: ops.RNNCell(4).shape((5, 2, 3), (2, 4)),
        "the input has the wrong rank.\n  input   shape (5, 2, 3), 3 axes\n  rule    the input is (N, C)\n"
        "  fix     flatten it first, with Flatten",
    ),
    "a transpose of which nothing is left": (
        lambda: ops.ConvTranspose(8, 3, stride=2, padding=2).shape((1, 3, 1, 4)),
        "the padding leaves no output.\n"
        "  input   height 1     window  kernel 3, stride 2, dilation 1, padding (2, 2), output padding 0\n"
        "  rule    s*(n-1) + d*(k-1) + 1 - before - after + output padding >= 1\n"
        "  here    2*(1-1) + 3 - 2 - 2 + 0 = -1\n  fix     pad by at least 2 less in total, or give a longer input",
    ),
    "groups that do not divide a transpose's channels": (
        lambda: ops.ConvTranspose(6, 3, groups=3).shape((1, 4, 8, 8)),
        "the groups do not divide the input channels.\n  rule    input channels mod groups = 0\n"
        "  here    4 mod 3 = 1\n  fix     use 6 input channels, or groups 1",
    ),
    "a channel that is not there": (
        lambda: ops.Select((0, 6)).shape((1, 6, 14, 14)),
        "a selected channel is not there.\n  input   shape (1, 6, 14, 14)\n  rule    every channel < C\n"
        "  here    6 >= 6\n  fix     select among channels 0 to 5, or give an input of 7 channels",
    ),
    "an image padded along one axis": (
        lambda: ops.Pad((1,)).shape((1, 3, 8, 8)),
        "the input has the wrong rank.\n  input   shape (1, 3, 8, 8), 4 axes\n"
        f"  rule    the input is (N, C, length)\n  fix     {RANK}",
    ),
    "a window of padding alone": (
        lambda: ops.MaxPool(2, padding=2).shape((1, 1, 5, 5)),
        "a window covers padding alone, so that it has nothing to pool.\n"
        "  input   height 5     window  kernel 2, stride 2, dilation 1, padding (2, 2)\n"
        "  rule    some k has 0 <= s*o + d*k - before < n\n  here    output 0 reads [-2, -1], none in 0..4\n"
        "  fix     pad by less than the kernel's extent",
    ),
    "a long window of padding alone": (
        lambda: ops.MaxPool((10**9,), padding=10**9).shape((1, 1, 5)),
        "a window covers padding alone, so that it has nothing to pool.\n"
        "  input   length 5     window  kernel 1000000000, stride 1000000000, dilation 1, "
        "padding (1000000000, 1000000000)\n"
        "  rule    some k has 0 <= s*o + d*k - before < n\n"
        "  here    output 0 reads [-1000000000, -999999999, ..., -1], none in 0..4\n"
        "  fix     pad by less than the kernel's extent",
    ),
    "a mirror that is too short": (
        lambda: ops.ReflectPad((1, (2, 3))).shape((1, 1, 5, 3)),
        "the padding mirrors more numbers than there are.\n  input   width 3     padding (2, 3)\n"
        "  rule    before < n and after < n\n  here    3 >= 3\n"
        "  fix     pad by at most 2, or give an input of at least 4",
    ),
    "the border of nothing": (
        lambda: ops.EdgePad((1,)).shape((1, 1, 0)),
        "there is no border to repeat.\n  input   length 0     padding (1, 1)\n  rule    n >= 1\n"
        "  here    0 < 1\n  fix     give every axis a size of 1",
    ),
    "a circle shorter than its padding": (
        lambda: ops.WrapPad((1, (2, 4))).shape((1, 1, 5, 3)),
        "the padding repeats more numbers than there are.\n  input   width 3     padding (2, 4)\n"
        "  rule    before <= n and after <= n\n  here    4 > 3\n"
        "  fix     pad by at most 3, or give an input of at least 4",
    ),
    "an image unpooled to a signal": (
        lambda: ops.MaxUnpool((4,)).shape((1, 3, 2, 2)),
        "the input has the wrong rank.\n  input   shape (1, 3, 2, 2), 4 axes\n"
        f"  rule    the input is (N, C, length)\n  fix     {RANK}",
    ),
    "the maximum of nothing": (
        lambda: ops.AdaptiveMaxPool(2).shape((1, 8, 0, 4)),
        "the mean or maximum of nothing does not exist.\n  input   shape (1, 8, 0, 4)\n"
        "  fix     give every axis a size of 1",
    ),
    "the mean of nothing": (
        lambda: ops.GlobalAveragePool().shape((1, 8, 0, 4)),
        "the mean of nothing does not exist.\n  input   shape (1, 8, 0, 4)\n  fix     give every axis a size of 1",
    ),
}


@pytest.mark.parametrize("mistake", SETTINGS)
def test_an_impossible_setting_is_refused_when_the_operator_is_built(mistake):
    build, message = SETTINGS[mistake]
    with pytest.raises(SettingError) as caught:
        build()
    assert str(caught.value) == message


@pytest.mark.parametrize("mistake", SHAPES)
def test_sizes_that_do_not_fit_are_explained_with_the_rule_and_a_fix(mistake):
    build, message = SHAPES[mistake]
    with pytest.raises(ShapeError) as caught:
        build()
    assert str(caught.value) == message


def test_a_dense_layer_is_told_the_rank_it_takes():
    with pytest.raises(ShapeError, match=r"rule    the input is \(N, C\)"):
        ops.Linear(10).shape((1, 16, 5, 5))


@pytest.mark.parametrize("setting", ["kernel", "stride", "dilation", "padding"])
def test_a_list_for_the_axes_is_taken_or_refused_but_never_a_python_error_later(setting):
    try:
        shape = ops.Conv(8, **({"kernel": 3} | {setting: [1, 1]})).shape((1, 3, 9, 9))
    except CnnmathError:
        return
    assert shape == ops.Conv(8, **({"kernel": 3} | {setting: (1, 1)})).shape((1, 3, 9, 9))


def test_a_cell_names_the_activations_that_it_has():
    with pytest.raises(UnknownNameError) as caught:
        ops.RNNCell(4, activation="tan")
    assert str(caught.value) == "there is no activation 'tan'.\n  near    tanh\n  known   relu, tanh"
    with pytest.raises(UnknownNameError, match="there is no activation '\\[\\]'"):
        ops.RNNCell(4, activation=[])
