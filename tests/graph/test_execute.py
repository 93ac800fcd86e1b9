"""Whole networks run: every number is that of the exact readers, and arrays go when nobody needs them."""

import re
import weakref
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import ops, zoo
from cnnmath.errors import CnnmathError, DataError, GraphError, SettingError, ShapeError, UnknownNameError
from cnnmath.graph import INPUT, Architecture, Opaque, buffers, execute, forward, loss_and_gradients, parameters, shapes
from cnnmath.ops.algebra import rational
from cnnmath.training import initialise
from tests.graph.drawn import graphs
from tests.graph.nets import chain, residual
from tests.graph.test_sharing import siamese
from tests.graph.whole import exact_gradients, exact_output
from tests.support import fractions

SQUARED = ops.SquaredError()


def whole_numbers(net, seed=0, samples=2):
    """Samples, targets and arrays of a network that are small fractions; variances have rational deviations."""
    rng = np.random.default_rng(seed)

    def draw(shape):
        return fractions(rng.integers(-4, 5, shape)) / 2

    arrays = {name: draw(shape) for name, shape in (parameters(net) | buffers(net)).items()}
    for name in arrays:
        if name.endswith(".var"):
            node = name.rpartition(".")[0]
            arrays[name] = (arrays[name] ** 2 + 1) ** 2 - rational(net.op(node).epsilon)
    y = shapes(net)[net.last]
    return draw((samples, *net.input_shape)), draw((samples, *y[1:])), arrays


def blocks():
    """Convolutions of several kinds around a shortcut, a normalisation, poolings, and a dense layer."""
    net = Architecture("blocks", (2, 6, 5))
    stem = net.add("stem", ops.Conv(4, 3, stride=2, padding=1, groups=2))
    net.add("norm", ops.BatchNorm())
    net.add("relu", ops.ReLU())
    body = net.add("body", ops.Conv(4, (1, 2), padding=((0, 0), (1, 0)), bias=False))
    net.add("add", ops.Add(), body, stem)
    net.add("concat", ops.Concat(), "add", "relu")
    net.add("pool", ops.MaxPool(2, stride=1))
    net.add("up", ops.ConvTranspose(2, 2))
    net.add("mean", ops.GlobalAveragePool())
    net.add("flatten", ops.Flatten())
    net.add("dense", ops.Linear(3))
    return net


def twice():
    """A network in which an array is read twice by one node, and a node's parameters are used three times."""
    net = Architecture("twice", (2, 4))
    conv = ops.Conv(2, (3,), padding=1)
    net.add("a", conv)
    net.add("double", ops.Add(), "a", "a")
    net.add("b", conv, shares="a")
    net.add("c", conv, INPUT, shares="a")
    net.add("sum", ops.Add(), "b", "c")
    return net


NETS = {"blocks": blocks, "twice": twice, "siamese": lambda: siamese(2).with_input((2, 3, 3))}


@pytest.mark.parametrize("name", NETS)
def test_outputs_of_all_nodes_are_those_of_the_exact_reader(name):
    net = NETS[name]()
    x, _, arrays = whole_numbers(net)
    found = forward(net, x, arrays, nodes=net.order())
    expected = exact_output(net, x, arrays)
    assert all((found[node] == expected[node]).all() for node in net.order())
    assert (net.forward(x, arrays) == expected[net.last]).all()


@pytest.mark.parametrize("name", NETS)
def test_gradients_are_those_of_the_whole_network_read_as_one_sentence(name):
    net = NETS[name]()
    x, t, arrays = whole_numbers(net)
    found = net.loss_and_gradients(x, t, arrays, loss=SQUARED, training=False)
    expected = exact_gradients(net, x, t, arrays, SQUARED)
    assert set(found.gradients) == set(parameters(net))
    assert all((found.gradients[name] == expected[name]).all() for name in found.gradients)
    assert any((g != 0).any() for g in found.gradients.values())
    assert found.loss == ((net.forward(x, arrays) - t) ** 2).sum() / t.size
    assert found.buffers == {}


@given(graphs(), st.integers(0, 1000))
def test_gradients_of_drawn_graphs_are_those_of_one_sentence(net, seed):
    net = net.up_to(net.last)
    x, t, arrays = whole_numbers(net, seed)
    found = loss_and_gradients(net, x, t, arrays, loss=SQUARED)
    expected = exact_gradients(net, x, t, arrays, SQUARED)
    assert set(found.gradients) == set(parameters(net))
    assert all((found.gradients[name] == expected[name]).all() for name in found.gradients)
    assert (forward(net, x, arrays) == exact_output(net, x, arrays)[net.last]).all()


def test_a_gradient_that_forgets_one_use_of_shared_parameters_would_be_seen():
    net = twice()
    x, t, arrays = whole_numbers(net)
    alone = {name: node._replace(shares=None) for name, node in net.nodes.items()}
    apart = Architecture.from_nodes(alone, net.input_shape, net.name)
    copies = arrays | {f"{node}.{name}": arrays[f"a.{name}"] for node in ("b", "c") for name in ("w", "b")}
    own = loss_and_gradients(apart, x, t, copies, loss=SQUARED).gradients
    found = loss_and_gradients(net, x, t, arrays, loss=SQUARED).gradients
    assert (found["a.w"] == own["a.w"] + own["b.w"] + own["c.w"]).all()
    assert (found["a.w"] != own["a.w"]).any()


def test_several_outputs_and_nodes_that_are_asked_for_come_as_a_dict(monkeypatch):
    net = residual((1, 4, 4)).up_to("shortcut")
    net.add("side", ops.ReLU(), "stem")
    arrays = initialise(net)
    x = np.ones((1, 1, 4, 4), np.float32)
    assert list(forward(net, x, arrays)) == ["shortcut", "side"]
    ran = watch(monkeypatch).ran
    assert list(forward(net, x, arrays, nodes="stem")) == ["stem"]
    assert ran == ["stem"]


def dropping():
    return chain(ops.Linear(40), ops.Dropout(0.25), ops.Linear(1), shape=(3,))


def seeded(seed=0):
    return np.random.default_rng(seed)


class Alive:
    """Which activations are alive, seen when each operator has run."""

    def __init__(self):
        self.outputs, self.ran, self.walked, self.seen = {}, [], [], []

    def now(self):
        return {name for name, ref in self.outputs.items() if ref() is not None}


def watch(monkeypatch):
    """Watch the executor: outputs by weak references, and the nodes that run forward and backward."""
    alive, ahead, back = Alive(), execute._ahead, execute._back

    def watched_ahead(step, inputs, *others):
        y, own = ahead(step, inputs, *others)
        alive.outputs[step.name] = weakref.ref(y)
        alive.ran.append(step.name)
        alive.seen.append(alive.now())
        return y, own

    def watched_back(step, *others):
        alive.walked.append(step.name)
        alive.seen.append(alive.now())
        back(step, *others)

    monkeypatch.setattr(execute, "_ahead", watched_ahead)
    monkeypatch.setattr(execute, "_back", watched_back)
    return alive


def test_forward_lets_go_of_an_array_when_its_last_reader_has_run(monkeypatch):
    net, alive = blocks(), watch(monkeypatch)
    x, _, arrays = whole_numbers(net)
    y = forward(net, x, arrays)
    order = net.order()
    for i, seen in enumerate(alive.seen):
        needed = {read for node in order[i:] for read in net.inputs(node)} | {order[i]}
        assert seen == needed & set(order[: i + 1])
    assert alive.seen[-1] == {"flatten", "dense"}
    assert alive.now() == {"dense"}
    assert y.shape == (2, 3)


def test_training_keeps_what_the_backward_pass_reads_and_lets_go_of_it_on_the_way_back(monkeypatch):
    net, alive = blocks(), watch(monkeypatch)
    x, t, arrays = whole_numbers(net)
    loss_and_gradients(net, x, t, arrays, loss=SQUARED, training=False)
    order = net.order()
    assert alive.seen[len(order) - 1] == set(order)
    for i, seen in zip(reversed(range(len(order))), alive.seen[len(order) :], strict=True):
        assert seen == {read for node in order[: i + 1] for read in net.inputs(node)} - {INPUT}
    assert alive.now() == set()


def test_a_frozen_trunk_is_neither_walked_nor_kept(monkeypatch):
    net, alive = blocks(), watch(monkeypatch)
    x, t, arrays = whole_numbers(net)
    frozen = ("stem", "norm", "body")
    every = loss_and_gradients(net, x, t, arrays, loss=SQUARED, training=False).gradients
    alive.walked.clear()
    alive.seen.clear()
    found = loss_and_gradients(net, x, t, arrays, loss=SQUARED, frozen=frozen)
    assert alive.walked == ["dense", "flatten", "mean", "up"]
    assert alive.seen[len(net) - 1] == {"pool", "up", "mean", "flatten", "dense"}
    assert set(found.gradients) == {"up.w", "up.b", "dense.w", "dense.b"}
    assert all((found.gradients[name] == every[name]).all() for name in found.gradients)
    assert found.buffers == {}


def test_what_lies_between_trained_nodes_is_walked_even_where_it_is_frozen(monkeypatch):
    net, alive = blocks(), watch(monkeypatch)
    x, t, arrays = whole_numbers(net)
    found = loss_and_gradients(net, x, t, arrays, loss=SQUARED, training=False, frozen=("up", "dense"))
    expected = exact_gradients(net, x, t, arrays, SQUARED)
    assert alive.walked == list(reversed(net.order()))
    assert set(found.gradients) == {"stem.w", "stem.b", "norm.gamma", "norm.beta", "body.w"}
    assert all((found.gradients[name] == expected[name]).all() for name in found.gradients)


def test_where_all_is_frozen_there_is_a_loss_and_nothing_else():
    net = blocks()
    x, t, arrays = whole_numbers(net)
    found = loss_and_gradients(net, x, t, arrays, loss=SQUARED, frozen=net.order())
    assert found == (found.loss, {}, {})


def test_names_freeze_what_begins_with_them_up_to_a_dot():
    net = zoo.resnet_cifar(8).with_input((3, 8, 8))
    arrays, x = initialise(net), np.ones((2, 3, 8, 8), np.float32)
    found = loss_and_gradients(net, x, [0, 1], arrays, frozen=("layer1", "fc"), training=False)
    gone = set(parameters(net)) - set(found.gradients)
    assert gone == {name for name in parameters(net) if name.startswith(("layer1.", "fc."))}


def test_a_node_that_shares_is_frozen_with_the_owner():
    net = twice()
    x, t, arrays = whole_numbers(net)
    assert loss_and_gradients(net, x, t, arrays, loss=SQUARED, frozen="a").gradients == {}


def test_single_precision_stays_single():
    net = zoo.resnet_cifar(8).with_input((3, 8, 8))
    arrays = initialise(net)
    x = np.random.default_rng(0).standard_normal((2, 3, 8, 8)).astype(np.float32)
    found = loss_and_gradients(net, x, [3, 7], arrays)
    everything = [found.loss, *found.gradients.values(), *found.buffers.values(), net.forward(x, arrays)]
    assert {a.dtype for a in everything} == {np.dtype(np.float32)}
    assert set(found.buffers) == set(buffers(net))


def test_whether_a_network_is_trained_is_said_when_it_runs_and_not_by_its_operators():
    net = chain(ops.BatchNorm(training=True), ops.Dropout(training=True), shape=(2, 3))
    plain = chain(ops.BatchNorm(), ops.Dropout(), shape=(2, 3))
    x, t, arrays = whole_numbers(plain)
    assert parameters(net) | buffers(net) == parameters(plain) | buffers(plain)
    assert (forward(net, x, arrays) == forward(plain, x, arrays)).all()
    arrays, x, t = {name: a.astype(float) for name, a in arrays.items()}, x.astype(float), t.astype(float)
    one, two = (loss_and_gradients(each, x, t, arrays, loss=SQUARED, rng=seeded()) for each in (net, plain))
    assert one.loss == two.loss
    assert set(one.buffers) == {"batchnorm0.mean", "batchnorm0.var"}


def test_nothing_given_is_written_to():
    net = blocks()
    x, t, arrays = (a for a in whole_numbers(net))
    arrays = {name: a.astype(float) for name, a in arrays.items()}
    x, t = x.astype(float), t.astype(float)
    before = {name: a.copy() for name, a in {**arrays, "x": x, "t": t}.items()}
    for array in (*arrays.values(), x, t):
        array.flags.writeable = False
    loss_and_gradients(net, x, t, arrays, loss=SQUARED)
    assert all((a == before[name]).all() for name, a in {**arrays, "x": x, "t": t}.items())


def test_the_network_up_to_a_node_computes_what_the_node_computes():
    net = blocks()
    x, _, arrays = whole_numbers(net)
    part = net.up_to("relu")
    assert part.order() == ["stem", "norm", "relu"]
    own = {name: arrays[name] for name in parameters(part) | buffers(part)}
    assert (part.forward(x, own) == net.forward(x, arrays, nodes=["relu"])["relu"]).all()
    assert net.up_to("dense") == net


def run(net=None, x=None, arrays=None, **options):
    net = net or chain(ops.Conv(2, (2,)), ops.ReLU(), shape=(1, 3))
    x = np.zeros((1, 1, 3)) if x is None else x
    return forward(net, x, initialise(net) if arrays is None else arrays, **options)


def arrays_with(**changes):
    named = {name.replace("_", "."): array for name, array in changes.items()}
    arrays = {"conv0.w": np.zeros((2, 1, 2)), "conv0.b": np.zeros(2)} | named
    return {name: array for name, array in arrays.items() if array is not None}


def opaque():
    net = chain(ops.ReLU(), shape=(1, 3))
    net.add("mystery", Opaque("mystery", (1, 3)))
    return net


def two_outputs():
    net = Architecture("two", (1, 3))
    net.add("a", ops.ReLU(), INPUT)
    net.add("b", ops.ReLU(), INPUT)
    return net


MISTAKES = {
    "an array is missing": (
        lambda: run(arrays=arrays_with(conv0_b=None)),
        DataError,
        "network 'chain': the arrays are not those that the network declares.\n"
        "  missing conv0.b\n"
        "  fix     begin with training.initialise(net), which has all",
    ),
    "an array has another name": (
        lambda: run(arrays=arrays_with(conv0_b=None, conv0_bias=np.zeros(2))),
        DataError,
        "network 'chain': the arrays are not those that the network declares.\n"
        "  missing conv0.b\n"
        "  unknown conv0.bias\n"
        "  near    conv0.b for conv0.bias\n"
        "  fix     rename or leave out what is unknown",
    ),
    "no dict": (
        lambda: run(arrays=[1]),
        DataError,
        "network 'chain': the parameters are no dict of arrays.\n  here    list",
    ),
    "an array of another shape": (
        lambda: run(arrays=arrays_with(conv0_w=np.zeros((2, 1, 3)))),
        DataError,
        "conv 'conv0': 'conv0.w' has another shape than declared.\n  input   w (2, 1, 3)\n  rule    w (2, 1, 2)",
    ),
    "samples of another shape": (
        lambda: run(x=np.zeros((1, 2, 3))),
        ShapeError,
        "network 'chain': the input has another shape than the network takes.\n"
        "  input   x (1, 2, 3)\n"
        "  rule    x (N, 1, 3), for any number N of samples\n"
        "  fix     reshape it, or see net.with_input",
    ),
    "a single sample": (
        lambda: run(x=np.zeros((1, 3))),
        ShapeError,
        "network 'chain': the input has another shape than the network takes.\n"
        "  input   x (1, 3)\n"
        "  rule    x (N, 1, 3), for any number N of samples\n"
        "  fix     a single sample needs a batch axis: x[None]",
    ),
    "exact samples and floats": (
        lambda: run(x=fractions(np.zeros((1, 1, 3)))),
        DataError,
        "conv 'conv0': exact numbers and floats are mixed.",
    ),
    "an unknown operator": (
        lambda: run(opaque(), arrays={}),
        SettingError,
        "node 'mystery': the mathematics of 'mystery' is not known here.\n"
        "  rule    a network runs where all its operators are known",
    ),
    "a node that is not there": (
        lambda: run(nodes=["relu"]),
        UnknownNameError,
        "there is no node 'relu'.\n  near    relu1",
    ),
    "nothing to freeze": (
        lambda: run(frozen="conv"),
        UnknownNameError,
        "there is no node 'conv'.\n  near    conv0",
    ),
    "two outputs": (
        lambda: loss_and_gradients(two_outputs(), np.zeros((1, 1, 3)), [0], {}),
        GraphError,
        "network 'two': a loss needs one output.\n  here    outputs a, b\n"
        "  fix     merge them, or cut the network at one of them, with up_to",
    ),
    "a loss of many numbers": (
        lambda: loss_and_gradients(
            two_outputs().up_to("a"), np.zeros((1, 1, 3)), np.zeros((1, 1, 3)), {}, loss=ops.SquaredError("none")
        ),
        SettingError,
        "a loss that is descended is one number.\n  here    SquaredError(reduction='none')\n"
        '  fix     use reduction="mean"',
    ),
    "dropout without random numbers": (
        lambda: run(dropping(), np.zeros((1, 3)), training=True),
        DataError,
        "dropout 'dropout1': dropout in training draws a mask.\n"
        "  here    no random numbers\n"
        "  fix     give rng=numpy.random.default_rng(0), or training=False",
    ),
    "a cut above shared parameters": (
        lambda: siamese().up_to("right"),
        GraphError,
        "node 'right': it would be cut off from the parameters that it shares.\n"
        "  here    'left' is not below 'right'\n  fix     cut behind 'left'",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_cannot_run_is_refused(mistake):
    ask, kind, message = MISTAKES[mistake]
    with pytest.raises(kind, match=re.escape(message)) as caught:
        ask()
    assert str(caught.value).startswith(message)


def test_symbolic_sizes_are_refused():
    import sympy

    net = Architecture("net", (1, sympy.Symbol("n", positive=True, integer=True)))
    net.add("relu", ops.ReLU())
    with pytest.raises(CnnmathError, match="network 'net': the run needs sizes that are numbers"):
        forward(net, np.zeros((1, 1, 3)), {})


def test_dropout_in_training_drops_by_the_seed_and_hands_gradients_back_through_the_same_mask():
    net = dropping()
    x, t, arrays = whole_numbers(net)
    seen = forward(net, x, arrays, nodes=["linear0", "dropout1"], training=True, rng=seeded())
    kept = (seen["dropout1"] != 0) | (seen["linear0"] == 0)
    assert (seen["dropout1"] == seen["linear0"] * kept / Fraction(3, 4)).all()
    assert 0 < kept.mean() < 1
    found = loss_and_gradients(net, x, t, arrays, loss=SQUARED, rng=seeded())
    slope = 2 * (forward(net, x, arrays, training=True, rng=seeded()) - t) / t.size  # (N, 1)
    assert (found.gradients["linear0.b"] == (slope * arrays["linear2.w"] * kept / Fraction(3, 4)).sum(axis=0)).all()
    other = loss_and_gradients(net, x, t, arrays, loss=SQUARED, rng=seeded(1))
    assert (other.gradients["linear0.w"] != found.gradients["linear0.w"]).any()


def test_dropout_passes_all_on_at_inference_and_where_it_is_frozen():
    net = dropping()
    x, _, arrays = whole_numbers(net)
    for options in ({}, {"training": True, "frozen": "dropout1"}):
        seen = forward(net, x, arrays, nodes=["linear0", "dropout1"], **options)
        assert (seen["dropout1"] == seen["linear0"]).all()
