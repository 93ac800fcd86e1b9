"""Losses, their gradients and masks against PyTorch, over all combinations of settings."""

from itertools import product

import numpy as np
import pytest

from cnnmath import numeric, ops
from cnnmath.errors import DataError
from cnnmath.ops.loss import REDUCTIONS
from tests.support import gamma

torch = pytest.importorskip("torch")
F = torch.nn.functional
SHAPES = [(5, 4), (2, 3, 4), (2, 3, 2, 3)]

# Logits of absolute value at most 8, weights at most 2: losses below 2*(16 + log 4) < 36, sums of at most 24 of them,
# by functions of at most 4 ulp each.
BOUND = 2 * gamma(4 * 64) * 36 * 24


def drawn(shape, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(-8, 8, shape), rng.uniform(0.5, 2, shape[1]), rng


def compared(op, x, data, loss):
    """Output and gradient, ours beside torch's, for a gradient from above that differs from place to place."""
    ours = numeric.forward(op, x, **data)
    dy = np.random.default_rng(1).normal(size=ours.shape)
    tensor = torch.tensor(x, requires_grad=True)
    theirs = loss(tensor)
    theirs.backward(torch.tensor(dy))
    gradient = numeric.backward(op, dy, x, **data)
    assert set(gradient) == {"x"}
    return [(ours, theirs.detach().numpy()), (gradient["x"], tensor.grad.numpy())]


def assert_near(pairs):
    for ours, theirs in pairs:
        assert ours.shape == theirs.shape
        assert (np.abs(ours - theirs) <= BOUND).all()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("reduction", "weighted"), [*product(REDUCTIONS, (False, True))])
@pytest.mark.parametrize("ignored", [None, -100, 1, 255])
@pytest.mark.parametrize("smoothing", [0, 0.1, 1])
def test_cross_entropies_of_labels_are_equal(shape, reduction, weighted, ignored, smoothing):
    op = ops.CrossEntropy(reduction, weighted=weighted, smoothing=smoothing, ignored=ignored)
    x, weights, rng = drawn(shape)
    t = rng.integers(0, shape[1], (shape[0], *shape[2:]))
    if ignored is not None:
        t.flat[1::3] = ignored
    own = {"weight": torch.tensor(weights)} if weighted else {}
    own |= {} if ignored is None else {"ignore_index": ignored}
    data = {"t": t} | ({"weights": weights} if weighted else {})
    label = torch.tensor(t)
    assert_near(
        compared(
            op,
            x,
            data,
            lambda x: F.cross_entropy(x, label, reduction=reduction, label_smoothing=smoothing, **own),
        )
    )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("reduction", "weighted"), [*product(REDUCTIONS, (False, True))])
@pytest.mark.parametrize("smoothing", [0, 0.1, 1])
def test_cross_entropies_of_probabilities_are_equal(shape, reduction, weighted, smoothing):
    op = ops.CrossEntropy(reduction, weighted=weighted, smoothing=smoothing, targets="probabilities")
    x, weights, rng = drawn(shape)
    t = rng.uniform(0.1, 1, shape)
    t /= t.sum(axis=1, keepdims=True)
    own = {"weight": torch.tensor(weights)} if weighted else {}
    data = {"t": t} | ({"weights": weights} if weighted else {})
    truth = torch.tensor(t)
    assert_near(
        compared(
            op, x, data, lambda x: F.cross_entropy(x, truth, reduction=reduction, label_smoothing=smoothing, **own)
        )
    )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("reduction", "weighted"), [*product(REDUCTIONS, (False, True))])
@pytest.mark.parametrize("between", [False, True])
def test_binary_cross_entropies_are_equal(shape, reduction, weighted, between):
    op = ops.BinaryCrossEntropy(reduction, weighted=weighted)
    x, weights, rng = drawn(shape)
    t = rng.uniform(0, 1, shape) if between else rng.integers(0, 2, shape)
    column = torch.tensor(weights).reshape(-1, *(1,) * (len(shape) - 2))
    own = {"pos_weight": column} if weighted else {}
    data = {"t": t} | ({"weights": weights} if weighted else {})
    truth = torch.tensor(t, dtype=torch.float64)
    assert_near(
        compared(op, x, data, lambda x: F.binary_cross_entropy_with_logits(x, truth, reduction=reduction, **own))
    )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_squared_errors_are_equal(shape, reduction):
    x, _, rng = drawn(shape)
    t = rng.uniform(-8, 8, shape)
    truth = torch.tensor(t)
    # Squares of at most 16, of which the sum of 24 stays below 36*24*8.
    for ours, theirs in compared(
        ops.SquaredError(reduction), x, {"t": t}, lambda x: F.mse_loss(x, truth, reduction=reduction)
    ):
        assert (np.abs(ours - theirs) <= 8 * BOUND).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_logarithms_of_softmaxes_are_equal(shape):
    assert_near(compared(ops.LogSoftmax(), drawn(shape)[0], {}, lambda x: F.log_softmax(x, dim=1)))


def test_a_mask_that_torch_has_drawn_gives_what_torch_gives():
    x = drawn((4, 3, 5))[0]
    torch.manual_seed(0)
    tensor = torch.tensor(x, requires_grad=True)
    theirs = F.dropout(tensor, 0.25, training=True)
    mask = (theirs.detach().numpy() != 0).astype(int)
    assert 0 < mask.sum() < mask.size
    op = ops.Dropout(0.25, training=True)
    dy = drawn((4, 3, 5), 1)[0]
    theirs.backward(torch.tensor(dy))
    # Torch divides 1 by 0.75 first, and then multiplies: two roundings, of which ours is one.
    for ours, other in (
        (numeric.forward(op, x, mask=mask), theirs.detach().numpy()),
        (numeric.backward(op, dy, x, mask=mask)["x"], tensor.grad.numpy()),
    ):
        assert (np.abs(ours - other) <= gamma(3) * np.abs(other)).all()


def test_where_every_label_is_ignored_torch_says_nan_and_here_it_is_refused():
    x, t = np.zeros((2, 3)), np.full(2, -100)
    assert torch.isnan(F.cross_entropy(torch.tensor(x), torch.tensor(t)))
    with pytest.raises(DataError, match="the mean of no loss does not exist"):
        numeric.forward(ops.CrossEntropy(ignored=-100), x, t=t)
    assert numeric.forward(ops.CrossEntropy("sum", ignored=-100), x, t=t) == 0


def test_torch_refuses_the_labels_that_are_refused_here():
    x = np.zeros((1, 3))
    for label in (-1, 3):
        with pytest.raises((IndexError, RuntimeError)):
            F.cross_entropy(torch.tensor(x), torch.tensor([label]))
        with pytest.raises(DataError, match="'t' holds a number that it may not hold"):
            numeric.forward(ops.CrossEntropy(), x, t=[label])
