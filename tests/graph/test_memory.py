"""Memory of activations against a simulation that says of every number whether someone still needs it."""

from math import prod

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import ops, zoo
from cnnmath.errors import ShapeError
from cnnmath.graph import INPUT, Architecture, analyze, shapes
from cnnmath.graph.memory import Memory
from tests.graph.drawn import graphs
from tests.graph.nets import chain, residual

VIEWS = (ops.Flatten, ops.Dropout)


def simulated(net):
    """Most numbers alive at once and where, by asking at every step which of all nodes is still needed."""
    known, order, outputs = shapes(net), net.order(), net.outputs()

    def storage(node):
        return storage(net.inputs(node)[0]) if node != INPUT and isinstance(net.op(node), VIEWS) else node

    def needed(node, step):
        """Whether what this node holds is read at this step or later, or is the network's output."""
        return node in {storage(name) for name in outputs} or any(
            storage(read) == node for name in order[step:] for read in net.inputs(name)
        )

    most, peak = prod(known[INPUT]), INPUT
    for step, name in enumerate(order):
        before = [n for n in [INPUT, *order[:step]] if storage(n) == n and needed(n, step)]
        own = [name] if storage(name) == name else []
        alive = sum(prod(known[n]) for n in before + own)
        if alive > most:
            most, peak = alive, name
    return most, peak


@st.composite
def with_views(draw):
    """A drawn graph, some of whose nodes are followed by a dropout; flattened at the end, maybe."""
    net = draw(graphs())
    for i, name in enumerate(list(net.order())):
        if draw(st.booleans()):
            net.add(f"view{i}", ops.Dropout(), name)
    if draw(st.booleans()):
        net.add("flat", ops.Flatten(), draw(st.sampled_from(net.order())))
        net.add("dense", ops.Linear(2))
    return net


@given(with_views())
def test_what_is_alive_is_what_someone_still_needs(net):
    memory = analyze(net).memory()
    assert (memory.inference, memory.peak) == simulated(net)


@pytest.mark.parametrize("name", ["lenet5", "alexnet", "vgg16", "resnet18", "resnet50", "resnet50_slim"])
def test_networks_of_the_zoo_need_what_the_simulation_says(name):
    summary = analyze(zoo.named(name))
    memory = summary.memory()
    assert (memory.inference, memory.peak) == simulated(zoo.named(name))
    assert (memory.parameters, memory.buffers) == (summary.parameters, summary.buffers)


def test_a_shortcut_is_alive_until_it_is_merged():
    net = residual()  # stem 8x8x8 stays alive while the body runs
    assert analyze(net).memory().inference == 8 * 16 * 16 + 8 * 8 * 8
    wide = Architecture("wide", (1, 4))
    body = wide.add("a", ops.Conv(10, (1,)), INPUT)
    body = wide.add("b", ops.Conv(10, (1,)), body)
    wide.add("sum", ops.Concat(), body, INPUT)
    memory = analyze(wide).memory()
    assert (memory.inference, memory.peak) == (4 + 40 + 44, "sum")


def test_a_chain_needs_two_neighbours_at_once():
    net = chain(ops.Conv(4, (3,)), ops.ReLU(), ops.Conv(2, (3,)), shape=(1, 10))
    memory = analyze(net).memory()
    assert (memory.inference, memory.peak, memory.training) == (64, "relu1", 10 + 32 + 32 + 12)


def test_views_copy_nothing_at_inference_and_dropout_keeps_its_own_in_training():
    net = chain(ops.Conv(4, (1,)), ops.Dropout(), ops.Flatten(), ops.Linear(3), shape=(1, 10))
    memory = analyze(net).memory()
    assert (memory.inference, memory.training) == (10 + 40, 10 + 40 + 40 + 3)


def test_every_output_of_the_network_stays():
    net = Architecture("two outputs", (1, 4))
    net.add("first", ops.Conv(5, (1,)), INPUT)
    net.add("second", ops.Conv(3, (1,)), INPUT)
    net.add("third", ops.ReLU(), "second")
    assert analyze(net).memory().inference == 20 + 12 + 12


def test_a_network_without_operators_needs_nothing():
    assert analyze(Architecture("empty", (1, 4))).memory().inference == 0


def test_shared_parameters_take_memory_once():
    net = chain(ops.Conv(2, (1,)), shape=(2, 4))
    net.add("again", ops.Conv(2, (1,)), shares="conv0")
    assert analyze(net).memory().parameters == 6


def test_memory_is_printed_in_mebibytes():
    net = zoo.resnet50()
    most, peak = simulated(net)
    kept = sum(prod(shape) for name, shape in shapes(net).items() if name != "flatten")
    parameters, inference, training = (f"{4 * n / 2**20:.2f}" for n in (25_557_032 + 53_120, most, kept))
    assert (
        repr(analyze(net).memory()).split()
        == (
            f"memory of float32 numbers, in MiB parameters {parameters} "
            f"inference {inference} of activations, at {peak} training {training} of activations"
        ).split()
    )


@pytest.mark.parametrize(("numbers", "unit", "printed"), [
    (2622, "MiB", "0.01"),  # 10,488 bytes: a hundredth of a MiB is 10,485.76
    (2621, "KiB", "10.24"),
    (3, "KiB", "0.01"),  # 12 bytes: a hundredth of a KiB is 10.24
    (2, "B", "8"),
    (0, "B", "0"),
])  # fmt: skip
def test_small_networks_are_printed_in_a_unit_that_shows_them(numbers, unit, printed):
    lines = repr(Memory(numbers, 0, numbers, "conv", numbers)).splitlines()
    assert lines[0] == f"memory of float32 numbers, in {unit}"
    assert [line.split()[1] for line in lines[1:]] == [printed] * 3


def test_a_network_without_parameters_is_printed_by_its_activations():
    assert repr(Memory(0, 0, 20, "pool", 2**20)).splitlines() == [
        "memory of float32 numbers, in KiB",
        "  parameters     0.00",
        "  inference      0.08 of activations, at pool",
        "  training   4,096.00 of activations",
    ]


def test_symbolic_sizes_are_refused_with_a_reason():
    size = sympy.Symbol("H", integer=True, positive=True)
    with pytest.raises(ShapeError) as caught:
        analyze(chain(ops.Conv(2, 3), shape=(1, size, size))).memory()
    assert str(caught.value).startswith("the memory needs sizes that are numbers.\n  input   (1, 2, H - 2, H - 2)\n")
