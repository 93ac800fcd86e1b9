"""Optimisers step by step: against PyTorch's, in exact numbers, and without touching what they are given."""

from fractions import Fraction

import numpy as np
import pytest

from cnnmath.errors import DataError, SettingError
from cnnmath.training import SGD, Adam
from tests.support import fractions

STEPS = 25


def problem(dtype=np.float64):
    """Parameters of two shapes, and gradients for each step; the second array has none in some steps."""
    rng = np.random.default_rng(5)
    shapes = {"conv.w": (3, 2, 2), "fc.b": (4,)}
    begun = {name: rng.standard_normal(shape).astype(dtype) for name, shape in shapes.items()}
    slopes = [{name: rng.standard_normal(shape).astype(dtype) for name, shape in shapes.items()} for _ in range(STEPS)]
    for i in (3, 4, 11):
        del slopes[i]["fc.b"]
    return begun, slopes


def descended(optimiser, begun, slopes):
    """Parameters after each step."""
    p, state, seen = begun, optimiser.start(begun), []
    for gradients in slopes:
        p, state = optimiser.step(p, gradients, state)
        seen.append(p)
    return seen


TWINS = {
    "plain": (SGD(0.1), lambda torch, p: torch.optim.SGD(p, lr=0.1)),
    "momentum": (SGD(0.1, 0.9), lambda torch, p: torch.optim.SGD(p, lr=0.1, momentum=0.9)),
    "nesterov": (
        SGD(0.1, 0.9, nesterov=True, decay=0.01),
        lambda torch, p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    ),
    "decay": (SGD(0.1, 0.5, decay=0.1), lambda torch, p: torch.optim.SGD(p, lr=0.1, momentum=0.5, weight_decay=0.1)),
    "adam": (Adam(0.01), lambda torch, p: torch.optim.Adam(p, lr=0.01)),
    "adam with all settings": (
        Adam(0.02, betas=(0.8, 0.95), epsilon=1e-3, decay=0.1),
        lambda torch, p: torch.optim.Adam(p, lr=0.02, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1),
    ),
}


@pytest.mark.parametrize("twin", TWINS)
def test_every_step_is_that_of_pytorch(twin):
    torch = pytest.importorskip("torch")
    ours, theirs = TWINS[twin]
    begun, slopes = problem()
    tensors = {name: torch.tensor(p, requires_grad=True) for name, p in begun.items()}
    optimiser = theirs(torch, list(tensors.values()))
    for p, gradients in zip(descended(ours, begun, slopes), slopes, strict=True):
        for name, tensor in tensors.items():
            tensor.grad = torch.tensor(gradients[name]) if name in gradients else None
        optimiser.step()
        for name, tensor in tensors.items():
            assert np.abs(p[name] - tensor.detach().numpy()).max() < 1e-13  # some hundred roundings of numbers below 4


def test_sgd_is_exact_on_exact_numbers():
    sgd = SGD(Fraction(1, 3), Fraction(1, 2), nesterov=True, decay=Fraction(1, 5))
    p, state = {"w": fractions(np.array([1, 2]))}, None
    state = sgd.start(p)
    for _ in range(2):
        p, state = sgd.step(p, {"w": fractions(np.array([1, -1]))}, state)
    # by hand for the first entry: d = 6/5, v = 6/5, p = 1 - (6/5 + 3/5)/3 = 2/5; d = 27/25, v = 42/25, ...
    assert p["w"][0] == Fraction(2, 5) - (Fraction(27, 25) + Fraction(42, 25) / 2) / 3
    assert state["w"].means[0][0] == Fraction(42, 25)


def test_the_first_step_of_adam_has_the_length_of_its_rate_whatever_the_gradient():
    p = {"w": np.zeros(3)}
    moved, _ = Adam(0.1, epsilon=0).step(p, {"w": np.array([1e-6, -1.0, 1e6])}, Adam(0.1).start(p))
    assert np.allclose(moved["w"], [-0.1, 0.1, -0.1], rtol=1e-12)


@pytest.mark.parametrize("optimiser", [SGD(0.1, 0.9, decay=0.1), Adam()])
def test_nothing_given_is_written_to_and_single_precision_stays(optimiser):
    begun, slopes = problem(np.float32)
    state = optimiser.start(begun)
    moved, state = optimiser.step(begun, slopes[0], state)
    for array in (*moved.values(), *(a for trace in state.values() for a in trace.means)):
        assert array.dtype == np.float32
        array.flags.writeable = False
    optimiser.step(moved, slopes[1], state)
    assert all((begun[name] == problem(np.float32)[0][name]).all() for name in begun)
    assert all((moved[name] != begun[name]).all() for name in begun)


def test_what_has_no_gradient_stays_with_its_state():
    begun, slopes = problem()
    adam = Adam()
    p, state = adam.step(begun, {"fc.b": slopes[0]["fc.b"]}, adam.start(begun))
    assert p["conv.w"] is begun["conv.w"]
    assert (state["conv.w"].steps, state["fc.b"].steps) == (0, 1)


REFUSED = {
    "negative rate": (lambda: SGD(-1), "rate must be a number of at least 0."),
    "negative momentum": (lambda: SGD(1, -0.5), "momentum must be a number of at least 0."),
    "rate that is none": (lambda: Adam(float("nan")), "rate must be a finite number."),
    "no flag": (lambda: SGD(1, 0.5, nesterov=1), "nesterov must be True or False."),
    "nothing to look ahead": (
        lambda: SGD(1, nesterov=True),
        "Nesterov's variant needs momentum.\n  here    momentum 0",
    ),
    "beta of 1": (lambda: Adam(betas=(0.9, 1)), "a beta must lie in [0, 1).\n  here    beta 1"),
    "one beta": (lambda: Adam(betas=0.9), "the betas are two factors.\n  here    betas 0.9"),
}


@pytest.mark.parametrize("mistake", REFUSED)
def test_settings_that_no_optimiser_can_have_are_refused(mistake):
    build, message = REFUSED[mistake]
    with pytest.raises(SettingError) as caught:
        build()
    assert str(caught.value).startswith(message)


def test_a_gradient_of_an_array_that_is_not_there_is_refused():
    p = {"w": np.zeros(1)}
    with pytest.raises(DataError) as caught:
        SGD(1).step(p, {"b": np.zeros(1)}, SGD(1).start(p))
    assert str(caught.value) == (
        "there are gradients of arrays that the optimiser has not started with.\n"
        "  here    b\n"
        "  fix     start it with all parameters: optimiser.start(parameters)"
    )
