"""Normalisation by a block's own statistics: laws, running statistics, and numbers that rounding would spoil."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import numeric, ops
from cnnmath.errors import DataError, SettingError, ShapeError
from cnnmath.numeric.statistics import frame
from tests.support import each, fractions, problems

NORMS = (ops.BatchNorm, ops.GroupNorm, ops.InstanceNorm, ops.LayerNorm)
TRAINING = ops.BatchNorm(training=True, momentum=0.25)


def by_its_own(kind):
    """Problems of an operator that normalises by the statistics of its input."""
    return problems(kind).filter(lambda problem: getattr(problem.op, "training", True))


def over_blocks(array, op):
    """Sums over the blocks of an array that is laid out as an input is."""
    at = frame(op, array.shape)
    return array.reshape(at.shape).sum(axis=at.block)


@each(NORMS)
@given(data=st.data())
def test_what_is_normalised_has_mean_0_and_a_gradient_of_mean_0(kind, data):
    problem = data.draw(by_its_own(kind))
    (x,) = problem.inputs
    affine = {name: np.full(a.shape, Fraction(name == "gamma")) for name, a in problem.parameters.items()}
    assert not over_blocks(numeric.forward(problem.op, x, **affine), problem.op).any()
    assert not over_blocks(problem.backward()["x"], problem.op).any()  # a common shift changes nothing


@each(NORMS)
@given(data=st.data())
def test_a_common_shift_of_the_input_changes_nothing(kind, data):
    problem = data.draw(by_its_own(kind))
    shifted = numeric.forward(problem.op, problem.inputs[0] + 1000, **problem.parameters)
    assert (shifted == problem.forward()).all()


@each(NORMS)
@given(data=st.data())
def test_a_shift_by_a_power_of_two_changes_no_bit_of_a_float(kind, data):
    """The mean of the squares less the square of the mean would lose all of its digits."""
    problem = data.draw(by_its_own(kind)).astype(float)
    at = frame(problem.op, problem.inputs[0].shape)
    x = np.round(problem.inputs[0]) * at.count  # means are whole numbers
    near, far = (numeric.forward(problem.op, x + shift, **problem.parameters) for shift in (0.0, 2.0**40))
    assert np.array_equal(near, far)


@pytest.mark.parametrize("n", [2**18, 3 * 10**5])
def test_a_large_batch_of_one_number_is_its_own_mean_in_float32(n):
    """Added up one by one in float32, as numpy does along the first axis, a tenth drifts off."""
    x, parameters = np.full((n, 2), 0.1, np.float32), {"gamma": np.ones(2, np.float32), "beta": np.zeros(2, np.float32)}
    assert (x.sum(axis=0) / np.float32(n) != x[0]).all()
    y = numeric.forward(TRAINING, x, **parameters)
    assert y.dtype == np.float32
    assert not y.any()
    grads = numeric.backward(TRAINING, x, x, **parameters)
    assert (grads["beta"] == np.float32(n * np.float64(np.float32(0.1)))).all()
    assert grads["beta"].dtype == np.float32


@given(problems(ops.GroupNorm))
def test_one_group_is_a_layer_and_a_group_a_channel_is_an_instance(problem):
    (x,), epsilon = problem.inputs, problem.op.epsilon
    gamma, beta = problem.parameters["gamma"], problem.parameters["beta"]
    spread = {
        name: np.broadcast_to(a.reshape(-1, *(1,) * (x.ndim - 2)), x.shape[1:])
        for name, a in (("gamma", gamma), ("beta", beta))
    }
    layer = numeric.forward(ops.LayerNorm(epsilon), x, **spread)
    assert (numeric.forward(ops.GroupNorm(1, epsilon), x, gamma=gamma, beta=beta) == layer).all()
    instance = numeric.forward(ops.InstanceNorm(epsilon), x, gamma=gamma, beta=beta)
    assert (numeric.forward(ops.GroupNorm(x.shape[1], epsilon), x, gamma=gamma, beta=beta) == instance).all()


@given(problems(ops.InstanceNorm))
def test_an_instance_is_a_batch_of_one(problem):
    (x,), op = problem.inputs, ops.BatchNorm(problem.op.epsilon, training=True)
    if x[0, 0].size > 1:
        alone = [numeric.forward(op, sample[None], **problem.parameters) for sample in x]
        assert (np.concatenate(alone) == problem.forward()).all()


@given(by_its_own(ops.BatchNorm))
def test_stored_statistics_that_are_those_of_the_batch_give_what_training_gives(problem):
    """Stored is the unbiased variance, so that the biased one is smaller by (M - 1)/M."""
    (x,), op = problem.inputs, replace(problem.op, momentum=1)
    count = x[:, 0].size
    stored = numeric.running_statistics(op, x, mean=fractions(np.zeros(x.shape[1])), var=fractions(np.ones(x.shape[1])))
    biased = stored["var"] * Fraction(count - 1, count)
    y = numeric.forward(ops.inference(op), x, **problem.parameters, mean=stored["mean"], var=biased)
    assert abs(y - problem.forward()).max() < Fraction(1, 10**40)


def test_running_statistics_take_a_share_of_each_batch():
    x = fractions(np.array([[1, 10], [2, 10], [6, 16]]))
    mean, var = fractions(np.array([7, 4])), fractions(np.array([1, 4]))
    found = numeric.running_statistics(TRAINING, x, mean=mean, var=var)
    assert found["mean"].tolist() == [Fraction(3, 4) * 7 + Fraction(3, 4), 6]
    assert found["var"].tolist() == [Fraction(3, 4) + Fraction(7, 4), 6]
    assert (mean.tolist(), var.tolist()) == ([7, 4], [1, 4])


@given(st.data())
def test_running_statistics_are_torchs(data):
    torch = pytest.importorskip("torch")
    n, c, *sizes = data.draw(st.lists(st.integers(1, 4), min_size=2, max_size=5).filter(lambda s: s[0] > 1))
    momentum = data.draw(st.sampled_from([0, 0.1, 0.5, 1]))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    batches = rng.integers(-4, 5, (2, n, c, *sizes)).astype(float)
    theirs = torch.zeros(c, dtype=torch.float64), torch.ones(c, dtype=torch.float64)
    ours = {"mean": np.zeros(c), "var": np.ones(c)}
    for x in batches:
        torch.nn.functional.batch_norm(torch.tensor(x), *theirs, training=True, momentum=momentum)
        ours = numeric.running_statistics(ops.BatchNorm(training=True, momentum=momentum), x, **ours)
    # Two batches of at most 256 numbers below 4, a variance below 32: fewer than 2^10 roundings.
    for name, expected in zip(("mean", "var"), theirs, strict=True):
        assert (np.abs(ours[name] - expected.numpy()) <= 2.0**-43 * 64).all(), name


def test_running_statistics_keep_float32_and_are_arrays_of_their_own():
    x, mean, var = np.ones((4, 3, 2), np.float32), np.zeros(3, np.float32), np.ones(3, np.float32)
    for momentum in (0, 0.5, 1):
        found = numeric.running_statistics(replace(TRAINING, momentum=momentum), x, mean=mean, var=var)
        assert [a.dtype for a in found.values()] == [np.float32] * 2
        assert not any(np.shares_memory(a, b) for a in found.values() for b in (x, mean, var))


@pytest.mark.parametrize("shape", [(1, 3), (1, 3, 1, 1), (0, 3, 2, 2)])
def test_a_batch_of_one_number_a_channel_is_refused_in_training(shape):
    x, affine = np.ones(shape), {"gamma": np.ones(3), "beta": np.ones(3)}
    calls = (
        lambda: numeric.forward(TRAINING, x, **affine),
        lambda: numeric.backward(TRAINING, x, x, **affine),
        lambda: numeric.running_statistics(TRAINING, x, mean=np.zeros(3), var=np.ones(3)),
    )
    for call in calls:
        with pytest.raises(ShapeError, match=r"^batchnorm: the batch has fewer than two numbers a channel"):
            call()
    numeric.forward(ops.BatchNorm(), x, **affine, mean=np.zeros(3), var=np.ones(3))


def test_the_refusal_says_why_and_what_to_do():
    with pytest.raises(ShapeError) as caught:
        numeric.forward(TRAINING, np.ones((1, 3, 1)), gamma=np.ones(3), beta=np.ones(3))
    assert str(caught.value) == (
        "batchnorm: the batch has fewer than two numbers a channel: less its own mean, nothing is left of one.\n"
        "  input   x (1, 3, 1)\n"
        "  rule    in training, N times the spatial sizes >= 2\n"
        "  here    1*1 = 1 < 2\n"
        "  fix     train on more samples at once, or normalise by stored statistics: training=False"
    )


def test_torch_refuses_it_too():
    torch = pytest.importorskip("torch")
    for shape in ((1, 3), (1, 3, 1, 1)):
        with pytest.raises(ValueError, match="Expected more than 1 value per channel"):
            torch.nn.functional.batch_norm(torch.ones(shape), None, None, training=True)


def test_statistics_do_not_run_at_inference():
    with pytest.raises(SettingError, match=r"^batchnorm: at inference the stored statistics stay as they are\."):
        numeric.running_statistics(ops.BatchNorm(), np.ones((2, 3)), mean=np.zeros(3), var=np.ones(3))


def test_stored_statistics_of_another_shape_are_refused():
    with pytest.raises(DataError, match=r"^batchnorm: 'var' has another shape than declared\."):
        numeric.running_statistics(TRAINING, np.ones((2, 3)), mean=np.zeros(3), var=np.ones(2))


def test_statistics_are_not_read_in_training():
    ones = np.ones(3)
    with pytest.raises(DataError, match="leave out mean, var"):
        numeric.forward(TRAINING, np.ones((2, 3)), gamma=ones, beta=ones, mean=ones, var=ones)
