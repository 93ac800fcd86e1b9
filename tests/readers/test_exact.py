"""The exact reader against values computed by hand."""

from fractions import Fraction
from math import factorial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import ops
from cnnmath.errors import DataError
from cnnmath.readers import Tensor, evaluate, forward
from cnnmath.readers.exact import Exact
from tests.support import fractions_of

HALF, QUARTER = Fraction(1, 2), Fraction(1, 4)
TINY = Fraction(1, 10**48)
positive = st.fractions(min_value=Fraction(1, 100), max_value=100, max_denominator=1000)


def vector(*values):
    return Tensor((1, 1, len(values)), list(values))


def channels(*values):
    return Tensor((1, len(values)), list(values))


def values(op, *operands):
    shapes = [t.shape for t in operands]
    count = len(shapes) if op.variadic else len(op.reads)
    return forward(op, op.shape(*shapes[:count]), *operands).values


SIX = Tensor((1, 2, 3), [1, 2, 3, 4, 5, 6])
PAIRS = Tensor((1, 2, 4), [1, 2, 3, 4, 5, 6, 7, 8])
BY_HAND = {
    "the kernel is not flipped": (ops.Conv(1, (2,), bias=False), (vector(1, 2, 3), vector(10, 1)), [12, 23]),
    "padding is zero": (
        ops.Conv(1, (3,), padding=1, bias=False),
        (vector(1, 2, 3), vector(100, 10, 1)),
        [12, 123, 230],
    ),
    "stride skips, dilation spreads": (
        ops.Conv(1, (2,), stride=2, dilation=2),
        (vector(1, 2, 3, 4, 5), vector(10, 1), Tensor((1,), [1000])),
        [1013, 1035],
    ),
    "each group sees its own channels": (
        ops.Conv(2, (1,), groups=2, bias=False),
        (Tensor((1, 2, 1), [3, 5]), Tensor((2, 1, 1), [10, 100])),
        [30, 500],
    ),
    "same pads after": (ops.Conv(1, (2,), padding="same", bias=False), (vector(1, 2), vector(10, 1)), [12, 20]),
    "same_lower pads before": (
        ops.Conv(1, (2,), padding="same_lower", bias=False),
        (vector(1, 2), vector(10, 1)),
        [1, 12],
    ),
    "a transpose spreads the kernel": (
        ops.ConvTranspose(1, (3,), stride=2, bias=False),
        (vector(1, 2), vector(100, 10, 1)),
        [100, 10, 201, 20, 2],
    ),
    "its padding cuts off, its output padding adds": (
        ops.ConvTranspose(1, (3,), stride=2, padding=((1, 2),), output_padding=1),
        (vector(1, 2), vector(100, 10, 1), Tensor((1,), [5000])),
        [5010, 5201, 5020],
    ),
    "each group of a transpose fills its own channels": (
        ops.ConvTranspose(4, (1,), groups=2, bias=False),
        (Tensor((1, 2, 1), [3, 5]), Tensor((2, 2, 1), [1, 10, 100, 1000])),
        [3, 30, 500, 5000],
    ),
    "padding never wins a maximum": (ops.MaxPool((2,), stride=1, padding=1), (vector(-1, -2),), [-1, -1, -2]),
    "padding counts in a mean": (ops.AveragePool((2,), stride=1, padding=1), (vector(4, 2),), [2, 3, 1]),
    "or does not": (ops.AveragePool((2,), stride=1, padding=1, count_padding=False), (vector(4, 2),), [4, 3, 2]),
    "an overhang never counts": (ops.AveragePool((2,), ceil=True), (vector(4, 2, 7),), [3, 7]),
    "a trained coefficient for each sum": (
        ops.Subsample((2,)),
        (Tensor((1, 2, 2), [1, 2, 3, 4]), Tensor((2,), [10, 100]), Tensor((2,), [5, 6])),
        [35, 706],
    ),
    "the length of a vector": (ops.LpPool((2,)), (vector(3, -4, 0, 0),), [5, 0]),
    "a sum of absolute values": (ops.LpPool((2,), p=1, stride=1, padding=1), (vector(3, -4),), [3, 7, 4]),
    "3^3 + 4^3 + 5^3 = 6^3": (ops.LpPool((3,), p=3), (vector(3, -4, 5),), [6]),
    "the length of all": (ops.Reduce("l2", keep=False), (vector(2, -3, 6),), [7]),
    "the least of all": (ops.Reduce("min", 2), (vector(5, -2, 3),), [-2]),
    "a product": (ops.Reduce("product", -1), (vector(5, -2, 3),), [-30]),
    "the largest of each group": (ops.Maxout(2), (channels(1, 3, -2, -5),), [3, -2]),
    "the mean of all": (ops.GlobalAveragePool(), (vector(1, 2, 6),), [3]),
    "bins overlap where they must": (ops.AdaptiveAveragePool((2,)), (vector(1, 2, 6),), [Fraction(3, 2), 4]),
    "maxima of bins that overlap": (ops.AdaptiveMaxPool((2,)), (vector(1, 6, 2),), [6, 6]),
    "a dense layer": (
        ops.Linear(2),
        (channels(1, 2), Tensor((2, 2), [1, 10, 100, 1000]), Tensor((2,), [5, 6])),
        [26, 2106],
    ),
    "squared distances to codes": (
        ops.RadialBasis(2),
        (channels(1, 2), Tensor((2, 2), [1, 0, -2, 3])),
        [4, 10],
    ),
    "the nearest neighbour": (ops.Upsample((3,)), (vector(1, 2),), [1, 1, 1, 2, 2, 2]),
    "a state and an input": (
        ops.RNNCell(1, activation="relu"),
        (channels(2), channels(3), Tensor((1, 1), [5]), Tensor((1, 1), [7]), Tensor((1,), [1])),
        [32],
    ),
    "the middle of an odd function": (
        ops.RNNCell(1, bias=False),
        (channels(2), channels(3), Tensor((1, 1), [3]), Tensor((1, 1), [-2])),
        [0],
    ),
    "gates half open": (
        ops.LSTMCell(1, bias=False),
        (channels(2), channels(3), channels(0), Tensor((4, 1), [0] * 4), Tensor((4, 1), [0] * 4)),
        [0, 0],
    ),
    "zeros around": (ops.Pad(((1, 2),)), (vector(3, 4),), [0, 3, 4, 0, 0]),
    "a constant around": (ops.Pad(((1, 2),), value=-0.5), (vector(3, 4),), [-HALF, 3, 4, -HALF, -HALF]),
    "channels of a constant": (ops.Pad((1,), channels=(0, 1), value=7), (vector(3),), [7, 3, 7, 7, 7, 7]),
    "a mirror at both ends": (ops.ReflectPad(((2, 1),)), (vector(3, 4, 5),), [5, 4, 3, 4, 5, 4]),
    "a mirror at a corner": (
        ops.ReflectPad(((1, 0), (0, 1))),
        (Tensor((1, 1, 2, 2), [1, 2, 3, 4]),),
        [3, 4, 3, 1, 2, 1, 3, 4, 3],
    ),
    "the other end of a circle": (ops.WrapPad(((2, 1),)), (vector(3, 4, 5),), [4, 5, 3, 4, 5, 3]),
    "places by thirds": (ops.Resize(scale=("3/2",)), (vector(0, 6, 12),), [0, 3, 7, 11]),
    "a half goes down": (ops.Resize((2,), mode="nearest"), (vector(1, 2, 3, 4),), [1, 3]),
    "tokens of two numbers": (
        ops.LinearLast(1),
        (Tensor((1, 2, 2), [1, 2, 3, 4]), Tensor((1, 2), [10, 1]), Tensor((1,), [5])),
        [17, 39],
    ),
    "the border again": (ops.EdgePad(((1, 2),)), (vector(3, 4),), [3, 3, 4, 4, 4]),
    "a corner again": (
        ops.EdgePad(((1, 0), (0, 1))),
        (Tensor((1, 1, 2, 2), [1, 2, 3, 4]),),
        [1, 2, 2, 1, 2, 2, 3, 4, 4],
    ),
    "neighbours by quarters": (ops.LinearUpsample((2,)), (vector(0, 4, 8),), [0, 1, 3, 5, 7, 8]),
    "neighbours by thirds": (ops.LinearUpsample((3,)), (vector(0, 3),), [0, 0, 1, 2, 3, 3]),
    "corners on each other": (ops.LinearUpsample((2,), align_corners=True), (vector(0, 5, 0),), [0, 2, 4, 4, 2, 0]),
    "one number upsampled": (ops.LinearUpsample((3,), align_corners=True), (vector(7),), [7, 7, 7]),
    "numbers back at their switches": (ops.MaxUnpool((4,)), (vector(5, 7), vector(3, 0)), [7, 0, 0, 5]),
    "numbers that meet are added": (ops.MaxUnpool((3,)), (vector(5, 7, 1), vector(1, 1, 2)), [0, 12, 1]),
    "channels of zeros": (ops.Pad((0,), channels=(1, 2)), (Tensor((1, 2, 1), [3, 4]),), [0, 3, 4, 0, 0]),
    "row-major order": (ops.Flatten(), (Tensor((1, 2, 2), [1, 2, 3, 4]),), [1, 2, 3, 4]),
    "a root that is rational": (
        ops.BatchNorm(Fraction(1, 4)),
        (channels(7), *(Tensor((1,), [v]) for v in (6, 1, 4, 2))),
        [13],
    ),
    "the deviation of a batch": (
        ops.BatchNorm(3, training=True),
        (Tensor((2, 2, 1), [1, 10, 3, 10]), Tensor((2,), [4, 5]), Tensor((2,), [7, 9])),
        [5, 9, 9, 9],
    ),
    "the deviation of each group": (
        ops.GroupNorm(2, 3),
        (channels(1, 3, 8, 6), Tensor((4,), [4, 4, 2, 6]), Tensor((4,), [0, 0, 1, 1])),
        [-2, 2, 2, -2],
    ),
    "the deviation of each channel": (
        ops.InstanceNorm(3),
        (Tensor((1, 2, 2), [1, 3, 8, 6]), Tensor((2,), [4, 2]), Tensor((2,), [0, 1])),
        [-2, 2, 2, 0],
    ),
    "the deviation of a sample": (
        ops.LayerNorm(3),
        (Tensor((2, 1, 2), [1, 3, 8, 6]), Tensor((1, 2), [4, 2]), Tensor((1, 2), [0, 1])),
        [-2, 2, 2, 0],
    ),
    "the deviation of each position": (
        ops.LayerNorm(3, each_position=True),
        (Tensor((1, 2, 2), [1, 8, 3, 6]), Tensor((2,), [4, 2]), Tensor((2,), [0, 1])),
        [-2, 2, 2, 0],
    ),
    "the deviation along the last axis": (
        ops.LayerNorm(3, axis=-1),
        (Tensor((1, 2, 2), [1, 3, 8, 6]), Tensor((2,), [4, 2]), Tensor((2,), [0, 1])),
        [-2, 2, 2, 0],
    ),
    "the root mean square along the last axis": (ops.RMSNorm(11), (vector(1, 7), Tensor((2,), [6, 12])), [1, 14]),
    "a fourth root that is rational": (ops.LocalResponseNorm(1, alpha=15, k=1), (channels(1),), [Fraction(1, 8)]),
    "a rectifier": (ops.ReLU(), (channels(-2, 0, 3),), [0, 0, 3]),
    "a leaky one": (ops.LeakyReLU(0.1), (channels(-2, 3),), [Fraction(-1, 5), 3]),
    "exponentials at 0": (ops.ELU(), (channels(0, 3),), [0, 3]),
    "the same scaled": (ops.SELU(5, HALF), (channels(0, 3),), [0, 3 * HALF]),
    "and with a kink no more": (ops.CELU(5), (channels(0, 3),), [0, 3]),
    "a slope of each channel": (ops.PReLU(), (channels(-2, -2, 3), Tensor((3,), [5, 7, 9])), [-10, -14, 3]),
    "one slope for all": (ops.PReLU(shared=True), (channels(-2, -3, 3), Tensor((1,), [5])), [-10, -15, 3]),
    "what is above a threshold": (ops.ThresholdedReLU(2), (channels(1, 2, 3),), [0, 0, 3]),
    "within bounds": (ops.Clip(-1, 6), (channels(-2, -1, 3, 6, 7),), [-1, -1, 3, 6, 6]),
    "a bound above alone": (ops.Clip(high=0), (channels(-2, 3),), [-2, 0]),
    "a sigmoid without exponentials": (ops.Softsign(), (channels(-3, 0, 1),), [Fraction(-3, 4), 0, HALF]),
    "a third and one more": (ops.Affine(Fraction(1, 3), 1), (channels(-3, 1),), [0, Fraction(4, 3)]),
    "a square of any sign": (ops.Power(2), (channels(-3, 0, 2),), [9, 0, 4]),
    "reciprocals of any sign": (ops.Power(-1), (channels(-3, 2),), [Fraction(-1, 3), HALF]),
    "a square root that is rational": (ops.Power(1.5), (channels(0, 4),), [0, 8]),
    "an exponential at 0": (ops.Exp(), (channels(0),), [1]),
    "a logarithm at 1": (ops.Log(), (channels(1),), [0]),
    "numbers without their sign": (ops.Abs(), (channels(-3, 0, 2),), [3, 0, 2]),
    "the middle of the logistic function": (ops.Sigmoid(), (channels(0),), [HALF]),
    "an odd function": (ops.Tanh(), (channels(0),), [0]),
    "a hard gate below, on and above its line": (
        ops.HardSigmoid(0.25, 0.5),
        (channels(-3, -1, 0, 5),),
        [0, QUARTER, HALF, 1],
    ),
    "its product with x": (ops.HardSwish(), (channels(-4, -1, 2, 6),), [0, -Fraction(1, 3), Fraction(5, 3), 6]),
    "no gate where x is 0": (ops.GELU(), (channels(0),), [0]),
    "nor a smooth one": (ops.SiLU(2), (channels(0),), [0]),
    "nor a bent one": (ops.Mish(), (channels(0),), [0]),
    "the middle of a bell": (ops.Erf(), (channels(0),), [0]),
    "equal shares": (ops.Softmax(), (channels(5, 5, 5, 5),), [Fraction(1, 4)] * 4),
    "a sum": (ops.Add(), (channels(1, 2), channels(10, 20), channels(100, 200)), [111, 222]),
    "what a row lacks": (ops.Subtract(), (SIX, vector(6, 6, 1)), [-5, -4, 2, -2, -1, 5]),
    "a scale for each channel": (ops.Multiply(), (SIX, Tensor((2, 1), [1, 10])), [1, 2, 3, 40, 50, 60]),
    "shares": (ops.Divide(), (channels(3, 6), channels(12)), [QUARTER, HALF]),
    "every power of 1, and the first of any number": (ops.Pow(), (channels(1, 7), channels(5, 1)), [1, 7]),
    "the larger ones": (ops.Maximum(), (channels(1, 5), channels(3), channels(2, 4)), [3, 5]),
    "the smaller ones": (ops.Minimum(), (channels(1, 5), channels(3), channels(2, 4)), [1, 3]),
    "rows as digits": (ops.MatMul(), (SIX, Tensor((3, 1), [100, 10, 1])), [123, 456]),
    "one number for each position": (ops.Expand((3,)), (Tensor((1, 2, 1), [1, 2]),), [1, 1, 1, 2, 2, 2]),
    "channels in turn": (ops.Concat(), (channels(1), channels(2, 3), channels(4)), [1, 2, 3, 4]),
    "channels as listed": (ops.Select((2, 0, 2)), (channels(5, 6, 7),), [7, 5, 7]),
    "rows as columns": (ops.Transpose((0, 2, 1)), (SIX,), [1, 4, 2, 5, 3, 6]),
    "rows of two": (ops.Reshape((3, 2)), (SIX,), [1, 2, 3, 4, 5, 6]),
    "every second number backwards": (ops.Slice((0, 1, -1), steps=(1, 1, -2)), (SIX,), [6, 4]),
    "all again": (ops.Tile((1, 1, 2)), (SIX,), [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]),
    "pairs as channels": (ops.SpaceToDepth((2,)), (PAIRS,), [1, 3, 5, 7, 2, 4, 6, 8]),
    "pairs as channels, each beside the other": (ops.SpaceToDepth((2,), "CRD"), (PAIRS,), [1, 3, 2, 4, 5, 7, 6, 8]),
    "channels as pairs": (ops.DepthToSpace((2,)), (PAIRS,), [1, 5, 2, 6, 3, 7, 4, 8]),
    "two hands of three": (ops.ChannelShuffle(2), (channels(1, 2, 3, 4, 5, 6),), [1, 4, 2, 5, 3, 6]),
    "nothing dropped": (ops.Dropout(), (channels(1, 2),), [1, 2]),
    "one of two dropped": (ops.Dropout(0.75, training=True), (channels(1, 2), channels(0, 1)), [0, 8]),
    "squares": (ops.SquaredError("none"), (channels(1, 5), channels(3, 2)), [4, 9]),
    "their mean, over samples and channels": (
        ops.SquaredError(),
        (Tensor((2, 2), [1, 5, 0, 0]), Tensor((2, 2), [3, 2, 0, 1])),
        [Fraction(14, 4)],
    ),
    "one class is certain": (ops.CrossEntropy("none"), (channels(7), Tensor((1,), [0])), [0]),
    "the logarithm of a share of one": (ops.LogSoftmax(), (channels(7),), [0]),
    "every label but one is ignored": (
        ops.CrossEntropy("sum", ignored=-1),
        (Tensor((2, 1), [3, 4]), Tensor((2,), [-1, 0])),
        [0],
    ),
}


@pytest.mark.parametrize("case", BY_HAND)
def test_values_computed_by_hand(case):
    op, operands, expected = BY_HAND[case]
    assert values(op, *operands) == expected


def test_every_operator_has_a_value_computed_by_hand_but_three():
    without = {ops.Softplus, ops.LogSigmoid, ops.BinaryCrossEntropy}  # see below: they are multiples of log 2
    assert set(ops.ALL) - {type(op) for op, *_ in BY_HAND.values()} == without


LOG_2 = sum(Fraction(1, k * 2**k) for k in range(1, 200))
"""The series of log 2: the sum over k of 1/(k 2^k)."""


def test_a_long_short_term_memory_with_gates_half_open_keeps_half_of_its_cell_state():
    weights = (Tensor((4, 1), [0] * 4), Tensor((4, 1), [0] * 4))
    hidden, cell = values(ops.LSTMCell(1, bias=False), channels(2), channels(3), channels(8), *weights)
    assert cell == 4
    assert hidden == values(ops.Tanh(), channels(4))[0] / 2


def test_the_softplus_of_0_is_the_logarithm_of_2():
    (y,) = values(ops.Softplus(), channels(0))
    assert abs(y - LOG_2) < TINY


def test_the_logarithm_of_the_middle_of_the_logistic_function_is_that_of_a_half():
    (y,) = values(ops.LogSigmoid(), channels(0))
    assert abs(y + LOG_2) < TINY


def test_the_logarithms_of_both_shares_of_two_differ_by_x():
    yes, no = values(ops.LogSigmoid(), channels(3, -3))
    assert abs(yes - no - 3) < TINY


LOSSES_AT_0 = {
    "of two equal classes": (ops.CrossEntropy(), (channels(5, 5), Tensor((1,), [1])), 1),
    "of four": (ops.CrossEntropy(), (channels(5, 5, 5, 5), Tensor((1,), [3])), 2),
    "of a class with a weight": (
        ops.CrossEntropy("sum", weighted=True),
        (channels(5, 5), Tensor((1,), [1]), Tensor((2,), [3, 7])),
        7,
    ),
    "whose mean the weight leaves": (
        ops.CrossEntropy(weighted=True),
        (channels(5, 5), Tensor((1,), [1]), Tensor((2,), [3, 7])),
        1,
    ),
    "half of its weight spread, 7/2 + 10/4": (
        ops.CrossEntropy("sum", weighted=True, smoothing=0.5),
        (channels(5, 5), Tensor((1,), [1]), Tensor((2,), [3, 7])),
        6,
    ),
    "over the weight of its label": (
        ops.CrossEntropy(weighted=True, smoothing=0.5),
        (channels(5, 5), Tensor((1,), [1]), Tensor((2,), [3, 7])),
        Fraction(6, 7),
    ),
    "of probabilities that are no distribution": (
        ops.CrossEntropy("sum", targets="probabilities"),
        (channels(5, 5), channels(2, 3)),
        5,
    ),
    "of yes": (ops.BinaryCrossEntropy(), (channels(0), channels(1)), 1),
    "of no": (ops.BinaryCrossEntropy(), (channels(0), channels(0)), 1),
    "of a yes that counts three times": (
        ops.BinaryCrossEntropy("sum", weighted=True),
        (channels(0, 0), channels(1, 0), Tensor((2,), [3, 9])),
        4,
    ),
}


@pytest.mark.parametrize("case", LOSSES_AT_0)
def test_losses_of_equal_logits_are_multiples_of_log_2(case):
    op, operands, times = LOSSES_AT_0[case]
    (y,) = values(op, *operands)
    assert abs(y - times * LOG_2) < 10 * TINY


def test_the_number_that_a_label_names_is_read_and_a_label_between_two_is_no_index():
    assert Tensor((1, 3), [5, 6, 7])[0, Fraction(2)] == 7
    with pytest.raises(TypeError, match="3/2 is no index"):
        Tensor((1, 3), [5, 6, 7])[0, Fraction(3, 2)]


def test_the_exponential_is_its_series():
    series = sum(Fraction((-3) ** k, factorial(k)) for k in range(100))
    assert abs(Exact().exp(Fraction(-3)) - series) < TINY


@given(positive, positive)
def test_exponential_and_logarithm_turn_sums_into_products(a, b):
    m = Exact()
    assert abs(m.exp(m.log(a)) / a - 1) < TINY
    assert abs(m.log(a * b) - m.log(a) - m.log(b)) < TINY * 10


@given(positive, st.integers(1, 5), st.integers(-3, 3))
def test_a_rational_root_is_exact(x, degree, numerator):
    assert Exact().power(x**degree, Fraction(numerator, degree)) == x**numerator


@given(positive, st.integers(2, 5))
def test_an_irrational_root_is_within_its_bound(x, degree):
    root = Exact().power(x, Fraction(1, degree))
    assert abs(root**degree / x - 1) < TINY


@pytest.mark.parametrize(
    ("compute", "message"),
    [
        (lambda m: m.log(Fraction(0)), "there is no logarithm of it.\n  rule    x > 0\n  here    x = 0"),
        (lambda m: m.power(Fraction(-8), Fraction(1, 3)), "there is no such power of it.\n  here    x^(1/3) at x = -8"),
        (lambda m: m.power(Fraction(0), -2), "there is no such power of it.\n  here    x^(-2) at x = 0"),
    ],
)
def test_what_does_not_exist_is_refused(compute, message):
    with pytest.raises(DataError) as refused:
        compute(Exact())
    assert str(refused.value) == message


def test_a_root_of_a_number_beside_a_perfect_power_is_not_taken_for_rational():
    for degree in range(2, 6):
        for n in (7**degree - 1, 7**degree + 1):
            assert Exact().power(Fraction(n), Fraction(1, degree)) ** degree != n


def test_a_tensor_takes_each_number_of_an_array_as_the_fraction_that_it_is():
    array = np.array([[0.1, 2.0], [3.0, -0.5]])
    tensor = Tensor.of(array)
    assert tensor[0, 0] == Fraction(0.1) != Fraction(1, 10)
    assert (fractions_of(tensor) == array).all()
    assert [tensor[at] for at in tensor.positions()] == tensor.values


@pytest.mark.parametrize("at", [(0, 2), (2, 0), (-1, 0)])
def test_a_position_outside_a_tensor_is_an_error_and_never_wraps(at):
    with pytest.raises(IndexError, match="lies outside shape"):
        Tensor((2, 2), [1, 2, 3, 4])[at]


def test_one_output_alone_is_the_same_as_among_all():
    op, operands, expected = BY_HAND["padding is zero"]
    assert [evaluate(op, (0, 0, o), *operands) for o in range(3)] == expected
