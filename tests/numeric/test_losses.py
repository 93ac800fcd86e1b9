"""Losses and masks by laws and at the ends of what floats hold, and what is refused."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import numeric, ops
from cnnmath.errors import CnnmathError
from cnnmath.readers import Tensor, evaluate
from tests.support import each, gamma, problems

LOSSES = (ops.CrossEntropy, ops.BinaryCrossEntropy, ops.SquaredError)


@each(LOSSES)
@given(data=st.data())
def test_a_sum_is_the_sum_of_all_losses_and_a_gradient_from_above_scales_it(kind, data):
    problem = data.draw(problems(kind).filter(lambda p: p.op.reduction == "none"))
    total = kind(**{f: getattr(problem.op, f) for f in problem.op.__slots__} | {"reduction": "sum"})
    (x,) = problem.inputs
    assert numeric.forward(total, x, **problem.parameters) == problem.forward().sum()
    every = numeric.backward(total, 3, x, **problem.parameters)["x"]
    each_ = numeric.backward(problem.op, np.full(problem.dy.shape, 3), x, **problem.parameters)["x"]
    assert (every == each_).all()


@given(problems(ops.CrossEntropy))
def test_a_common_shift_of_logits_changes_nothing_and_the_gradient_of_each_position_adds_up_to_0(problem):
    (x,) = problem.inputs
    dx = problem.backward()["x"]
    assert np.all(abs(dx.sum(axis=1)) < Fraction(1, 10**40))
    shifted = numeric.forward(problem.op, x + 1000, **problem.parameters)
    assert np.all(abs(shifted - problem.forward()) < Fraction(1, 10**40))


@given(problems(ops.LogSoftmax))
def test_the_cross_entropy_is_what_the_logarithm_of_the_softmax_says_of_the_label(problem):
    (x,) = problem.inputs
    problem = replace(problem, case=replace(problem.case, op=ops.LogSoftmax()))
    t = np.arange(len(x) * x[0, 0].size).reshape(len(x), *x.shape[2:]) % x.shape[1]
    logs = np.take_along_axis(problem.forward(), t[:, None], axis=1)[:, 0]
    assert (numeric.forward(ops.CrossEntropy("none"), x, t=t) == -logs).all()


@given(problems(ops.BinaryCrossEntropy))
def test_a_yes_for_a_logit_costs_what_a_no_costs_for_its_opposite(problem):
    (x,), t = problem.inputs, problem.parameters["t"]
    plain = ops.BinaryCrossEntropy(problem.op.reduction)
    mirrored = numeric.forward(plain, -x, t=1 - t)
    assert np.all(abs(numeric.forward(plain, x, t=t) - mirrored) < Fraction(1, 10**40))


def test_a_binary_cross_entropy_is_the_cross_entropy_of_a_logit_beside_0():
    x, t = np.linspace(-30, 30, 61)[:, None], np.arange(61) % 2
    two = np.concatenate([np.zeros_like(x), x], axis=1)
    ours = numeric.forward(ops.BinaryCrossEntropy("none"), x, t=t[:, None])[:, 0]
    theirs = numeric.forward(ops.CrossEntropy("none"), two, t=t)
    assert (abs(ours - theirs) <= gamma(16) * ours).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logits_of_a_thousand_overflow_nowhere(dtype):
    x = np.array([[1000, -1000, 0], [-1000, 1000, 0], [0, -1000, 1000]], dtype)
    t = np.array([0, 0, 1])
    with np.errstate(all="raise", under="ignore"):
        losses = numeric.forward(ops.CrossEntropy("none"), x, t=t)
        dx = numeric.backward(ops.CrossEntropy("sum"), dtype(1), x, t=t)["x"]
        logs = numeric.forward(ops.LogSoftmax(), x)
        sure = numeric.forward(ops.BinaryCrossEntropy("none"), x, t=(x > 0).astype(dtype))
        wrong = numeric.forward(ops.BinaryCrossEntropy("none"), x, t=(x < 0).astype(dtype))
        slope = numeric.backward(ops.BinaryCrossEntropy("sum"), dtype(1), x, t=(x < 0).astype(dtype))["x"]
    assert losses.tolist() == [0, 2000, 2000]
    assert dx.tolist() == [[0, 0, 0], [-1, 1, 0], [0, -1, 1]]
    assert logs[0].tolist() == [0, -2000, -1000]
    assert sure[x != 0].tolist() == [0] * 6
    assert wrong[x != 0].tolist() == [1000] * 6
    assert slope[x != 0].tolist() == np.sign(x[x != 0]).tolist()
    assert {a.dtype for a in (losses, dx, logs, wrong, slope)} == {np.dtype(dtype)}


@pytest.mark.parametrize("op", [ops.CrossEntropy("none"), ops.LogSoftmax()], ids=str)
def test_the_small_loss_of_a_sure_prediction_keeps_its_digits(op):
    logits = [40.0, 3.0, -1.0]
    data = {"t": [0]} if op.buffers((1, 3)) else {}
    y = numeric.forward(op, [logits], **data).ravel()[0]
    at = (0,) if data else (0, 0)
    exact = evaluate(op, at, Tensor((1, 3), list(map(Fraction, logits))), *(Tensor((1,), [0]) for _ in data))
    assert abs(Fraction(float(y)) - exact) <= gamma(8) * abs(exact)
    assert 0 < abs(exact) < 2.0**-53


def test_a_class_that_is_impossible_costs_nothing_where_it_is_not_true():
    x, t = np.array([[0.0, -np.inf]]), [0]
    assert numeric.forward(ops.CrossEntropy(), x, t=t) == 0
    assert numeric.backward(ops.CrossEntropy(), 1.0, x, t=t)["x"].tolist() == [[0, 0]]


def test_labels_may_be_of_any_kind_of_number_and_logits_keep_theirs():
    x, t = np.zeros((2, 3), np.float32), [2, 0]
    for labels in (t, np.array(t, np.uint8), np.array(t, float), np.array(t, np.int32)):
        loss = numeric.forward(ops.CrossEntropy(), x, t=labels)
        assert loss.dtype == np.float32
        assert loss.shape == ()


def test_the_mean_over_all_masks_is_the_input():
    op, x = ops.Dropout(Fraction(1, 4), training=True), np.array([[Fraction(3), Fraction(-5)]], object)
    total = 0
    for mask in ([1, 1], [1, 0], [0, 1], [0, 0]):
        kept = sum(mask)
        total = total + Fraction(3, 4) ** kept * Fraction(1, 4) ** (2 - kept) * numeric.forward(op, x, mask=[mask])
    assert (total == x).all()


def test_a_mask_is_the_same_for_the_same_seed_and_drops_at_its_rate():
    op = ops.training(ops.Dropout(0.2))
    first, again, other = (numeric.dropout_mask(op, (100, 100), np.random.default_rng(seed)) for seed in (7, 7, 8))
    assert (first == again).all()
    assert (first != other).any()
    assert set(np.unique(first)) == {0, 1}
    # 10^4 draws with probability 0.8: the mean lies within six standard deviations of 0.004.
    assert abs(first.mean() - 0.8) < 6 * 0.004
    assert numeric.dropout_mask(ops.Dropout(0), (50,), np.random.default_rng(0)).all()
    y = numeric.forward(op, np.ones((100, 100), np.float32), mask=first)
    assert y.dtype == np.float32
    assert set(np.unique(y)) == {0, np.float32(1) / np.float32(0.8)}


REFUSED = {
    "a label of no class": (
        lambda: numeric.forward(ops.CrossEntropy(), np.zeros((2, 3, 2)), t=[[0, 1], [3, -1]]),
        "crossentropy: 't' holds a number that it may not hold.\n  input   t[1, 0] = 3\n"
        "  rule    each number of t is one of 0, 1, 2\n  fix     mend the 2 of 4 numbers that are none of these",
    ),
    "a label between two classes": (
        lambda: numeric.forward(ops.CrossEntropy(ignored=-1), np.zeros((2, 10)), t=[-1, 0.5]),
        "crossentropy: 't' holds a number that it may not hold.\n  input   t[1] = 0.5\n"
        "  rule    each number of t is one of 0, 1, ..., 9, -1\n"
        "  fix     mend the 1 of 2 numbers that are none of these",
    ),
    "labels with an axis too many": (
        lambda: numeric.forward(ops.CrossEntropy(), np.zeros((2, 3)), t=[[0], [1]]),
        "crossentropy: 't' has another shape than declared.\n  input   t (2, 1)\n  rule    t (2,)\n"
        "  fix     transpose or reshape it; arrays are (N, C, *spatial), filters (F, C/groups, *kernel)",
    ),
    "a mean of ignored labels alone": (
        lambda: numeric.backward(ops.CrossEntropy(ignored=-100), 1.0, np.zeros((2, 3)), t=[-100, -100]),
        "crossentropy: the mean of no loss does not exist.\n  rule    mean = sum of losses / sum of weights\n"
        "  here    the weights of all that counts add up to 0\n"
        "  fix     leave such a batch out, or use reduction='sum', of which nothing is left then but 0",
    ),
    "weights that are not there": (
        lambda: numeric.forward(ops.CrossEntropy(weighted=True), np.zeros((2, 3)), t=[0, 1]),
        "crossentropy: the parameters are not those that the operator declares.\n  input   given t\n"
        "  rule    declared t, weights\n  fix     give weights",
    ),
    "a mask with another number": (
        lambda: numeric.forward(ops.Dropout(training=True), np.zeros((1, 2)), mask=[[1, 2]]),
        "dropout: 'mask' holds a number that it may not hold.\n  input   mask[0, 1] = 2\n"
        "  rule    each number of mask is one of 0, 1\n  fix     mend the 1 of 2 numbers that are none of these",
    ),
    "chance from nowhere": (
        lambda: numeric.dropout_mask(ops.Dropout(), (2,), 0),
        "chance comes from a generator of NumPy's.\n  here    rng 0\n  fix     give numpy.random.default_rng(0)",
    ),
}


@pytest.mark.parametrize("mistake", REFUSED)
def test_what_is_refused_is_named_with_its_place(mistake):
    make, message = REFUSED[mistake]
    with pytest.raises(CnnmathError) as caught:
        make()
    assert str(caught.value) == message
