"""Initial weights: fans as kernels count them, variances, and numbers that depend on the seed and the name alone."""

from fractions import Fraction
from importlib import import_module

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import numeric, ops, zoo
from cnnmath.errors import DataError, SettingError, ShapeError, UnknownNameError
from cnnmath.graph import Architecture, buffers, forward, parameters
from cnnmath.training import fans, initialise
from cnnmath.training.initialise import SCHEMES
from tests.graph.nets import chain
from tests.support import each, simple


def takes_arrays_alone(case):
    """Whether an operator reads one input and, besides, what a network stores: nothing that comes with each sample."""
    (n, *rest), *others = case.inputs
    return not others and case.op.buffers((n, *rest)) == case.op.buffers((n + 1, *rest))


@st.composite
def weighted(draw):
    """A convolution, a transposed one or a dense layer, and an input in whose middle no border is seen."""
    groups, kernel, stride, dilation = (draw(st.integers(1, n)) for n in (2, 3, 3, 2))
    channels, filters = groups * draw(st.integers(1, 3)), groups * draw(st.integers(1, 3))
    kind = draw(st.sampled_from([ops.Conv, ops.ConvTranspose]))
    op = kind(filters, (kernel,), stride=stride, dilation=dilation, groups=groups, bias=False)
    return op, (1, channels, 60)


@given(weighted())
def test_fans_are_what_the_kernels_of_ones_count(drawn):
    op, shape = drawn
    w = np.ones(op.parameters(shape)["w"], int)
    y = numeric.forward(op, np.ones(shape, int), w=w)
    dx = numeric.backward(op, np.ones(y.shape, int), np.ones(shape, int), w=w)["x"]
    period = op.stride[0]  # what positions see repeats after a stride
    ahead, back = (a[0, 0, a.shape[2] // 2 :][:period] for a in (y, dx))
    assert fans(op, w.shape) == (Fraction(ahead.sum(), period), Fraction(back.sum(), period))


def test_a_dense_layer_sums_its_inputs_and_serves_its_outputs():
    assert fans(ops.Linear(10), (10, 84)) == (84, 10)


def test_fans_with_a_stride_of_1_are_those_of_the_papers():
    assert fans(ops.Conv(64, 3), (64, 32, 3, 3)) == (9 * 32, 9 * 64)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_weights_have_the_variance_of_their_scheme(scheme):
    net = chain(ops.Conv(60, 5, groups=2), shape=(40, 9, 9))
    w = initialise(net, scheme, dtype=np.float64)["conv0.w"]
    ahead, back = 20 * 25, 30 * 25
    variance = {
        "lecun": 1 / ahead,
        "glorot": 2 / (ahead + back),
        "glorot-normal": 2 / (ahead + back),
        "he": 2 / ahead,
        "he-backward": 2 / back,
    }[scheme]
    assert abs((w**2).mean() / variance - 1) < 6 * np.sqrt(2 / w.size)  # six deviations of a normal's square
    assert abs(w.mean()) < 6 * np.sqrt(variance / w.size)
    bounded = np.abs(w).max() <= np.sqrt(3 * variance)
    assert bounded == (scheme == "glorot")


def test_rectified_signals_keep_their_size_with_he_and_are_halved_a_layer_with_lecun():
    depth, x = 20, np.random.default_rng(0).standard_normal((50, 200))
    net = chain(*(op for _ in range(depth) for op in (ops.Linear(200), ops.ReLU())), shape=(200,))
    square = {s: float((forward(net, x, initialise(net, s, dtype=np.float64)) ** 2).mean()) for s in ("he", "lecun")}
    assert 0.1 < square["he"] < 10
    assert abs(square["lecun"] * 2**depth / square["he"] - 1) < 1e-9  # the same draws, each less by the root of 2


def test_everything_but_weights_begins_as_it_should():
    net = chain(ops.Conv(2, 1), ops.BatchNorm(), ops.Subsample(2), ops.Flatten(), ops.RadialBasis(3), shape=(1, 4, 4))
    arrays = initialise(net, seed=3)
    assert set(arrays) == set(parameters(net) | buffers(net))
    for name, value in {"conv0.b": 0, "batchnorm1.gamma": 1, "batchnorm1.beta": 0, "batchnorm1.mean": 0}.items():
        assert (arrays[name] == value).all()
    assert (arrays["batchnorm1.var"] == 1).all()
    assert (arrays["subsample2.w"] == 0.25).all()
    assert set(np.unique(arrays["radialbasis4.w"])) == {-1, 1}


def test_numbers_depend_on_the_seed_and_on_the_name_alone():
    net = zoo.lenet5()
    first, again, other = initialise(net), initialise(net), initialise(net, seed=1)
    assert all((first[name] == again[name]).all() for name in first)
    assert all((first[name] != other[name]).any() for name in first if name.endswith(".w"))
    longer = net.up_to("tanh4")
    longer.add("more", ops.Linear(84))
    longer.add("linear5", ops.Linear(10))
    grown = initialise(longer)
    assert all((first[name] == grown[name]).all() for name in first)
    assert (grown["more.w"][:10] != grown["linear5.w"]).any()


def test_arrays_have_the_dtype_that_is_asked_for():
    net = zoo.lenet5()
    assert {a.dtype for a in initialise(net).values()} == {np.dtype(np.float32)}
    assert {a.dtype for a in initialise(net, dtype=float).values()} == {np.dtype(np.float64)}


@each([kind for kind in ops.ALL if takes_arrays_alone(simple(kind))])
def test_every_operator_has_a_rule_for_each_of_its_arrays(kind):
    case = simple(kind)
    net = Architecture("one", case.inputs[0][1:])
    net.add("node", case.op)
    arrays = initialise(net)
    assert {name: a.shape for name, a in arrays.items()} == parameters(net) | buffers(net)


def test_an_array_without_a_rule_is_refused(monkeypatch):
    monkeypatch.setattr(import_module("cnnmath.training.initialise"), "CONSTANTS", {})
    with pytest.raises(DataError) as caught:
        initialise(chain(ops.Conv(1, 1), shape=(1, 2, 2)))
    assert str(caught.value).startswith("node 'conv0': no rule is known for 'conv0.b'.\n  here    Conv(")


@pytest.mark.parametrize(
    ("settings", "kind", "message"),
    [
        ({"scheme": "hee"}, UnknownNameError, "there is no scheme 'hee'.\n  near    he"),
        ({"seed": -1}, SettingError, "the seed must be an integer of at least 0.\n  here    seed -1"),
        ({"seed": True}, SettingError, "the seed must be an integer of at least 0.\n  here    seed True"),
        ({"dtype": int}, SettingError, "weights are drawn as floats.\n  here    dtype <class 'int'>"),
    ],
)
def test_what_cannot_be_initialised_is_refused(settings, kind, message):
    with pytest.raises(kind) as caught:
        initialise(zoo.lenet5(), **settings)
    assert str(caught.value).startswith(message)


def test_symbolic_sizes_are_refused():
    with pytest.raises(ShapeError, match="network 'lenet5': the initialisation needs sizes that are numbers"):
        initialise(zoo.lenet5((1, sympy.Symbol("H"), 32)))
