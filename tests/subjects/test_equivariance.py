"""Which shifts a layer turns into shifts: against the exact reader and the kernels, and mistakes that are refused."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import sympy as sp

from cnnmath import numeric
from cnnmath.errors import DerivationError
from cnnmath.ops import Conv, MaxPool
from cnnmath.subjects import derive
from cnnmath.subjects.equivariance.convolution import translation_equivariance
from cnnmath.subjects.equivariance.strides import pooled, pooling_shifts
from cnnmath.subjects.signals.lattice import integers
from cnnmath.symbolic import general
from cnnmath.symbolic.evaluate import evaluate
from cnnmath.symbolic.instance import Sparse, values
from cnnmath.symbolic.letters import Letters
from cnnmath.symbolic.terms import Bracket, Divides, size
from cnnmath.window import Window
from tests.subjects.planted import named, refused

LAYERS = [
    general(Conv, 1),
    general(Conv, 2),
    general(Conv, 1, groups=2),
    Conv(8, 3, padding=1),
    Conv(8, 7, stride=2, padding=3),
    Conv(8, 11, stride=4, padding="same"),
    Conv(8, (1,), stride=3, bias=False),
]
POOLINGS = [
    general(MaxPool, 1),
    general(MaxPool, 2),
    MaxPool(3, stride=2, padding=1),
    MaxPool(3, stride=2, ceil=True),
    MaxPool((2,), stride=3, dilation=2),
]


def by_text(op):
    return Letters.of(op).setting


def numbers_of(op, instance):
    """The windows of an instance, without padding."""
    names = ("kernel", "stride", "dilation")
    for window in Letters.of(op).windows:
        yield Window(*(int(evaluate(sp.sympify(getattr(window, name)), instance.environment)) for name in names))


def settings(windows):
    """What an operator is given for these windows."""
    return {name: tuple(getattr(w, name) for w in windows) for name in ("kernel", "stride", "dilation")}


@pytest.mark.parametrize("op", LAYERS, ids=by_text)
def test_a_layer_without_borders_is_the_kernel_on_a_large_image_of_zeros(op):
    instance = translation_equivariance(op).instances[0]
    windows, weights = list(numbers_of(op, instance)), instance.arrays["w"]
    padding = [int(evaluate(sp.sympify(w.before), instance.environment)) for w in Letters.of(op).windows]
    layer = Conv(weights.shape[0], **settings(windows), groups=op.groups, bias=False)
    away = 8  # outputs between the corner of the image and the origin of the signals
    image = np.zeros((1, weights.shape[1] * op.groups, *(w.stride * away + w.extent + 20 for w in windows)))
    for (c, *j), number in instance.arrays["x"].numbers.items():
        image[(0, c, *(i + p + w.stride * away for i, p, w in zip(j, padding, windows, strict=True)))] = number
    w = np.array([int(v) for v in weights.values], dtype=float).reshape(weights.shape)
    outputs = numeric.forward(layer, image, w=w)
    for f, *o in product(range(weights.shape[0]), *[range(-2, 3)] * len(windows)):
        bias = instance.arrays["b"][f,] if op.bias else 0
        assert instance.arrays["y"][f, *o] - bias == outputs[(0, f, *(i + away for i in o))]


@pytest.mark.parametrize("op", [*LAYERS, general(Conv, 3)], ids=by_text)
def test_a_layer_is_equivariant_to_the_multiples_of_its_stride_alone(op):
    derivation = translation_equivariance(op)
    strides = [window.stride for window in Letters.of(op).windows]
    shifts = [symbol for symbol, _ in derivation.result.over]
    assert derivation.result.right == Bracket(*map(Divides, strides, shifts))
    for instance in derivation.instances:
        numbers = [evaluate(sp.sympify(stride), instance.values) for stride in strides]
        fitting = {at for at, count in instance.arrays["E"].numbers.items() if count}
        assert fitting == {at for at in product(*(range(s + 2) for s in numbers)) if not any(np.mod(at, numbers))}


def test_without_a_stride_every_shift_is_one():
    assert str(translation_equivariance(Conv(1, (3,))).result) == "All shifts: E[t] = 1"
    assert str(derive("translation-equivariance", general(Conv, 1)).result) == "All shifts: E[t] = [s divides t]"


@pytest.mark.parametrize("t", range(-6, 7))
def test_a_kernel_shows_the_same_away_from_its_borders(t):
    op, rng = Conv(2, (3,), stride=3, dilation=2, bias=False), np.random.default_rng(0)
    x, w = np.zeros((1, 2, 60)), rng.integers(1, 9, (2, 2, 3)).astype(float)
    x[..., 25:35] = rng.integers(1, 9, (1, 2, 10))
    y, moved = (numeric.forward(op, signal, w=w) for signal in (x, np.roll(x, t, axis=-1)))
    fits = any(np.array_equal(np.roll(y, u, axis=-1), moved) for u in range(-5, 6))
    assert fits == (t % 3 == 0)


def wrong(derivation, position, **sides):
    steps = list(derivation.steps)
    steps[position] = replace(steps[position], **sides)
    return replace(derivation, steps=tuple(steps))


@pytest.mark.parametrize(
    "derivation", [translation_equivariance(general(Conv, 1)), pooling_shifts(general(MaxPool, 1))]
)
def test_a_shift_of_the_output_in_the_wrong_direction_is_refused(derivation):
    position = next(i for i, step in enumerate(derivation.steps) if step.name == "Multiples of the stride")
    u = sp.Symbol("u", integer=True)
    right = derivation.steps[position].right
    turned = right.replace(lambda e: isinstance(e, sp.Indexed), lambda e: e.subs(u, -u))
    with pytest.raises(DerivationError, match="'multiples of the stride' does not hold"):
        wrong(derivation, position, right=turned)


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize(
    ("subject", "kind", "name"),
    [
        (translation_equivariance, Conv, "Multiples of the stride"),
        (pooling_shifts, MaxPool, "Multiples of the stride"),
        (pooling_shifts, MaxPool, "Strides multiply"),
    ],
)
@pytest.mark.parametrize("strides", [-1, 1, 2])
def test_a_number_does_not_stand_for_every_shift(rank, subject, kind, name, strides):
    derivation = subject(general(kind, rank))
    right, u = named(derivation, name).right, integers("u", rank)[-1]
    mistaken = right.replace(lambda e: isinstance(e, sp.Indexed), lambda e: e.subs(u, strides))
    assert mistaken != right
    refused(derivation, name, mistaken)


def test_the_stride_of_one_layer_squared_is_not_the_product():
    derivation = pooling_shifts(general(MaxPool, 1))
    right, s, second = derivation.result.right, size("s"), size("S")
    refused(derivation, "All shifts of both", right.subs(s, second))
    refused(derivation, "All shifts of both", right.subs(second, s))


def test_shifts_by_half_a_stride_are_refused():
    derivation = translation_equivariance(Conv(1, (3,), stride=4))
    t = sp.Symbol("t", integer=True)
    with pytest.raises(DerivationError, match="'all shifts' does not hold"):
        wrong(derivation, -1, right=Bracket(Divides(2, t)))


@pytest.mark.parametrize("op", POOLINGS, ids=by_text)
def test_pooling_without_borders_is_the_kernel_inside_them(op):
    instance = pooling_shifts(op).instances[0]
    windows = list(numbers_of(op, instance))
    image = np.random.default_rng(0).integers(-9, 9, (1, 2, *(w.extent + 2 * w.stride for w in windows))).astype(float)
    outputs = numeric.forward(MaxPool(**settings(windows)), image)
    mine = pooled(Sparse(dict(np.ndenumerate(image[0]))), windows)
    assert all(mine[at] == outputs[(0, *at)] for at in np.ndindex(*outputs.shape[1:]))


@pytest.mark.parametrize("op", [*POOLINGS, MaxPool((3,), stride=1), general(MaxPool, 3)], ids=by_text)
def test_two_poolings_are_equivariant_to_multiples_of_the_product_of_their_strides(op):
    derivation = pooling_shifts(op)
    strides = [window.stride for window in Letters.of(op).windows]
    shifts = [symbol for symbol, _ in derivation.result.over]
    second = sp.Symbol("S", integer=True, positive=True)
    assert derivation.result.right == Bracket(*(Divides(second * s, t) for s, t in zip(strides, shifts, strict=True)))


def test_the_stride_of_one_layer_alone_is_refused_for_both():
    derivation = pooling_shifts(MaxPool((2,)))
    with pytest.raises(DerivationError, match="'all shifts of both' does not hold"):
        wrong(derivation, -1, right=derivation.steps[3].right)


def test_the_second_layer_turns_only_multiples_of_both_strides_into_shifts():
    derivation = pooling_shifts(MaxPool((2,)))
    position = next(i for i, step in enumerate(derivation.steps) if step.name == "Strides multiply")
    step, stride = derivation.steps[position], sp.Symbol("S", integer=True, positive=True)
    careless = {"left": step.left.subs(2 * stride, 2), "right": step.right.subs(2 * stride, 2)}
    assert careless["left"] != step.left
    with pytest.raises(DerivationError, match="'strides multiply' does not hold"):
        wrong(derivation, position, **careless)


@pytest.mark.parametrize("s", [1, 2, 3, 4])
def test_a_spike_moves_to_the_end_of_its_window_unnoticed(s):
    op, result = MaxPool((s,)), derive("pooling-invariance").result
    spikes = np.eye(8 * s)[:, None, :]
    outputs = numeric.forward(op, spikes)
    (j, _), *_ = result.over
    for place in range(6 * s):
        further = evaluate(result.right, values(s=s) | {j: place})
        assert all(np.array_equal(outputs[place], outputs[place + u]) for u in range(further + 1))
        assert not np.array_equal(outputs[place], outputs[place + further + 1])


def test_one_place_more_is_refused():
    derivation = derive("pooling-invariance")
    with pytest.raises(DerivationError, match="'room' does not hold"):
        wrong(derivation, 3, right=Bracket(sp.Le(*derivation.steps[3].right.args[0].args)))
