"""The gradient reader against differences of exact values, and against gradients computed by hand."""

from dataclasses import replace
from fractions import Fraction
from math import prod

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cnnmath import ops
from cnnmath.readers import Tensor, backward
from tests.support import LINEAR, TRANSCENDENTAL, each, few, inner, problems

AFFINE = dict.fromkeys(LINEAR) | {ops.BatchNorm: {"x", "gamma", "beta", "mean"}, ops.MaxUnpool: {"x"}}
STEP = Fraction(1, 10**12)
HALF = Fraction(1, 2)


def moved(problem, name, step):
    """Value of ``sum(dy * y)`` with one operand moved, in exact numbers."""
    there = problem.arrays | {name: problem.arrays[name] + step}
    return inner(type(problem)(problem.case, there, problem.dy).exact_forward(), problem.dy)


@each(AFFINE)
@few
@given(data=st.data())
def test_a_value_that_is_affine_in_an_operand_changes_by_its_gradient(kind, data):
    problem = data.draw(problems(kind))
    grads = problem.exact_backward()
    batch = isinstance(problem.op, ops.BatchNorm) and problem.op.training  # x is in its own mean and variance
    for name in {"gamma", "beta"} if batch else AFFINE[kind] or problem.arrays:
        step = np.flip(problem.arrays[name]) + 1  # any direction that differs from place to place
        assert moved(problem, name, step) - moved(problem, name, step * 0) == inner(grads[name], step)


@each((*TRANSCENDENTAL, ops.BatchNorm))
@few
@given(data=st.data())
def test_a_smooth_value_changes_by_its_gradient_up_to_second_order(kind, data):
    problem = data.draw(problems(kind))
    if kind is ops.RNNCell:  # a rectifier makes a kink at 0
        problem = replace(problem, case=replace(problem.case, op=replace(problem.op, activation="tanh")))
    if kind is ops.Reduce:  # choices and lengths make kinks, and products are steep
        assume(problem.op.irrational and (problem.op.how != "l2" or problem.arrays["x"].all()))
    grads = problem.exact_backward()
    for name, array in problem.arrays.items():
        if kind in (ops.ELU, ops.SELU) and problem.case.op.alpha != 1 and not array.all():
            continue  # alpha away from 1 makes a kink at 0
        if name in problem.op.levels(*problem.case.inputs):
            continue  # nothing lies between two labels
        way = np.flip(array) + 1
        slope = (moved(problem, name, STEP * way) - moved(problem, name, -STEP * way)) / (2 * STEP)
        # At most 2^7 numbers of absolute value at most 5, second derivatives below e^5: the remainder, first order at
        # the kink of ELU and second elsewhere, is far below 10^6 STEP.
        assert abs(slope - inner(grads[name], way)) < 10**6 * STEP


def row(op, values, dy):
    x = Tensor((1, 1, len(values)), list(values))
    return backward(op, Tensor((1, 1, len(dy)), list(dy)), {"x": x})["x"].values


@pytest.mark.parametrize(
    ("op", "x", "dy", "dx"),
    [
        (ops.MaxPool((4,)), [1, 2, 2, 2], [1], [0, 1, 0, 0]),
        (ops.MaxPool((2,), stride=1), [1, 3, 3, 0], [1, 10, 100], [0, 11, 100, 0]),
        (ops.MaxPool((2,), stride=1, padding=1), [-1, -1], [1, 10, 100], [11, 100]),
        (ops.LpPool((2,)), [3, -4, 0, 0], [10, 100], [6, -8, 0, 0]),
        (ops.LpPool((3,), p=1), [3, 0, -4], [10], [10, 0, -10]),
        (ops.LpPool((3,), p=3), [3, -4, 5], [36], [9, -16, 25]),
        (ops.LpPool((2,), stride=1), [3, -4, 3], [5, 50], [3, -44, 30]),
        (ops.ReLU(), [-1, 0, 2], [1, 10, 100], [0, 0, 100]),
        (ops.LeakyReLU(0.5), [-1, 0, 2], [2, 20, 200], [1, 10, 200]),
        (ops.ELU(3), [0, 2], [1, 10], [3, 10]),
        (ops.Sigmoid(), [0], [8], [2]),
        (ops.Tanh(), [0], [8], [8]),
        (ops.Softplus(), [0], [8], [4]),
        (ops.LogSigmoid(), [0], [8], [4]),
        (ops.SELU(3, 2), [0, 2], [1, 10], [6, 20]),
        (ops.CELU(3), [0, 2], [1, 10], [1, 10]),
        (ops.ThresholdedReLU(), [0, 1, 2], [1, 10, 100], [0, 0, 100]),
        (ops.Clip(0, 6), [-1, 0, 3, 6, 7], [1, 10, 100, 1000, 10**4], [0, 0, 100, 0, 0]),
        (ops.Softsign(), [0, 1, -1], [1, 4, 8], [1, 1, 2]),
        (ops.Affine(3, 5), [0, 1], [1, 10], [3, 30]),
        (ops.Power(3), [-1, 0, 2], [1, 10, 100], [3, 0, 1200]),
        (ops.Power(-1), [-1, 2], [1, 8], [-1, -2]),
        (ops.Power(HALF), [4, 9], [4, 6], [1, 1]),
        (ops.Exp(), [0], [8], [8]),
        (ops.Log(), [1, 4], [1, 8], [1, 2]),
        (ops.Abs(), [-1, 0, 2], [1, 10, 100], [-1, 0, 100]),
        (ops.SiLU(7), [0], [8], [4]),
        (ops.GELU(), [0], [8], [4]),
        (ops.GELU(approximate=True), [0], [8], [4]),
        (ops.Mish(), [0], [10], [6]),
        (ops.HardSigmoid(), [-3, -2, 2, 3], [6, 60, 600, 6000], [0, 10, 100, 0]),
        (ops.HardSwish(), [-3, -2, 2, 3], [6, 60, 600, 6000], [0, -10, 700, 6000]),
        (ops.AveragePool((2,), ceil=True), [1, 2, 3], [4, 10], [2, 2, 10]),
        (ops.AdaptiveAveragePool((2,)), [1, 2, 6], [2, 20], [1, 11, 10]),
        (ops.Pad((1,), value=3), [1, 2], [1, 10, 100, 1000], [10, 100]),
        (ops.ReflectPad(((2, 1),)), [1, 2, 3], [1, 10, 100, 1000, 10**4, 10**5], [100, 101010, 10001]),
        (ops.EdgePad(((2, 1),)), [1, 2, 3], [1, 10, 100, 1000, 10**4, 10**5], [111, 1000, 110000]),
        (ops.LinearUpsample((2,)), [1, 2], [4, 4, 40, 400], [4 + 3 + 10, 1 + 30 + 400]),
        (ops.AdaptiveMaxPool((2,)), [6, 6, 6], [2, 20], [2, 20, 0]),
        (ops.LogSoftmax(), [5, 5], [2, 10], [0, 0]),
        (ops.LogSoftmax(-1), [5, 5], [2, 10], [-4, 4]),
        (ops.Reduce("sum"), [5, 7], [3], [3, 3]),
        (ops.Reduce("mean"), [5, 7], [4], [2, 2]),
        (ops.Reduce("max"), [5, 7, 7], [4], [0, 4, 0]),
        (ops.Reduce("min"), [5, 7, 5], [4], [4, 0, 0]),
        (ops.Reduce("product"), [2, 0, 5], [3], [0, 30, 0]),
        (ops.Reduce("l1"), [2, 0, -5], [3], [3, 0, -3]),
        (ops.Reduce("l2"), [2, -3, 6], [7], [2, -3, 6]),
        (ops.Reduce("l2"), [0, 0], [7], [0, 0]),
        (ops.Reduce("sum_square"), [2, -3], [5], [20, -30]),
        (ops.Reduce("log_sum"), [2, 3], [10], [2, 2]),
        (ops.Reduce("log_sum_exp"), [2, 2], [10], [5, 5]),
    ],
    ids=str,
)
def test_gradients_computed_by_hand_ties_and_kinks_included(op, x, dy, dx):
    assert row(op, x, dy) == dx


@pytest.mark.parametrize(
    ("op", "x", "data", "dx"),
    [
        (ops.CrossEntropy(), [5, 5, 5, 5], [[2]], [HALF / 2, HALF / 2, -3 * HALF / 2, HALF / 2]),
        (ops.CrossEntropy("sum", weighted=True), [5, 5], [[1], [3, 8]], [4, -4]),
        (ops.CrossEntropy("sum", smoothing=0.5), [5, 5], [[0]], [-HALF / 2, HALF / 2]),
        (ops.CrossEntropy("sum", ignored=1), [5, 5], [[1]], [0, 0]),
        (ops.CrossEntropy("sum", targets="probabilities"), [5, 5], [[3, 1]], [-1, 1]),
        (ops.BinaryCrossEntropy("sum", weighted=True), [0, 0], [[1, 0], [6, 9]], [-3, HALF]),
        (ops.SquaredError(), [5, 2], [[1, 3]], [4, -1]),
        (ops.Dropout(0.75, training=True), [5, 2], [[1, 0]], [4, 0]),
    ],
    ids=str,
)
def test_gradients_of_losses_and_of_a_mask_computed_by_hand(op, x, data, dx):
    shape = (1, len(x))
    given = dict(zip(op.buffers(shape).items(), data, strict=True))
    tensors = {name: Tensor(own, values) for (name, own), values in given.items()}
    dy = Tensor(op.shape(shape), [1] * (len(x) if op.shape(shape) else 1))
    assert backward(op, dy, {"x": Tensor(shape, x), **tensors})["x"].values == dx


def test_the_gradients_of_a_cell_with_gates_half_open_are_computed_by_hand():
    """All sums are 0: gates are 1/2, their slopes 1/4; the candidate is 0, its slope 1; the cell state before is 0."""
    read = {"x": Tensor((1, 1), [3]), "h": Tensor((1, 1), [5]), "c": Tensor((1, 1), [0])}
    weights = {"w": Tensor((4, 1), [0] * 4), "u": Tensor((4, 1), [0, 0, 7, 0]), "b": Tensor((4,), [0, 0, -35, 0])}
    grads = backward(ops.LSTMCell(1), Tensor((1, 2), [8, 2]), read | weights)
    # At c' there meet 8 * 1/2 of the hidden state and 2: half of the 6 goes to c, half to the candidate's sum.
    assert {name: [int(v) for v in grad.values] for name, grad in grads.items()} == {
        "x": [0], "h": [21], "c": [3], "w": [0, 0, 9, 0], "u": [0, 0, 15, 0], "b": [0, 0, 3, 0],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("op", "shape"),
    [
        (ops.BatchNorm(3, training=True), (2, 1, 1)),
        (ops.GroupNorm(1, 3), (1, 2, 1)),
        (ops.InstanceNorm(3), (1, 1, 2)),
        (ops.LayerNorm(3), (1, 1, 2)),
        (ops.LayerNorm(3, each_position=True), (1, 2, 1)),
    ],
    ids=str,
)
def test_the_gradient_of_a_normalisation_has_three_terms(op, shape):
    """At 1, 3 the scale is 1/2, and xhat -1/2, 1/2; with dy = 8, 0 the means of dy and of dy*xhat are 4 and -2."""
    affine = {name: Tensor(own, [1] * prod(own)) for name, own in op.parameters(shape).items()}
    dx = backward(op, Tensor(shape, [8, 0]), {"x": Tensor(shape, [1, 3]), **affine})["x"].values
    assert dx == [HALF * (8 - 4 - 1), HALF * (0 - 4 + 1)]


def test_a_trained_slope_gathers_what_is_not_positive():
    operands = {"x": Tensor((1, 2, 2), [-2, 3, 0, -5]), "w": Tensor((2,), [7, 9])}
    grads = backward(ops.PReLU(), Tensor((1, 2, 2), [1, 10, 100, 1000]), operands)
    assert {name: grad.values for name, grad in grads.items()} == {"x": [7, 10, 900, 9000], "w": [-2, -5000]}
    shared = backward(
        ops.PReLU(shared=True), Tensor((1, 2, 2), [1, 10, 100, 1000]), operands | {"w": Tensor((1,), [7])}
    )
    assert shared["w"].values == [-5002]


def test_the_first_of_equal_maxima_in_row_major_order_takes_the_whole_gradient():
    x = Tensor((1, 1, 2, 2), [1, 5, 5, 5])
    assert backward(ops.MaxPool(2), Tensor((1, 1, 1, 1), [7]), {"x": x})["x"].values == [0, 7, 0, 0]


def test_the_gradient_of_an_unpooling_is_read_at_the_switches():
    operands = {"x": Tensor((1, 1, 3), [5, 7, 1]), "switches": Tensor((1, 1, 3), [1, 1, 2])}
    grads = backward(ops.MaxUnpool((4,)), Tensor((1, 1, 4), [1, 10, 100, 1000]), operands)
    assert {name: grad.values for name, grad in grads.items()} == {"x": [10, 10, 100], "switches": [0, 0, 0]}


def test_the_filters_of_a_convolution_have_the_gradient_of_their_inputs():
    x, w = Tensor((1, 1, 3), [1, 2, 3]), Tensor((1, 1, 2), [10, 1])
    grads = backward(ops.Conv(1, (2,)), Tensor((1, 1, 2), [1, 100]), {"x": x, "w": w, "b": Tensor((1,), [0])})
    assert {name: grad.values for name, grad in grads.items()} == {"x": [10, 1001, 100], "w": [201, 302], "b": [101]}
