"""Architectures as graphs: order, names, equality, and graphs that are no network."""

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import graph, ops, report, training, zoo
from cnnmath.errors import CnnmathError, GraphError, SettingError, ShapeError, UnknownNameError
from cnnmath.graph import INPUT, Architecture, Opaque, analyze
from tests.graph.nets import chain, residual


def test_nodes_come_after_what_they_read_and_otherwise_in_the_order_of_their_adding():
    assert residual().order() == ["stem", "body1", "relu", "body2", "shortcut", "add"]


@given(st.data())
def test_every_graph_is_ordered_topologically(data):
    net, names = Architecture("random", (1, 4, 4)), [INPUT]
    for i in range(data.draw(st.integers(1, 8))):
        reads = data.draw(st.lists(st.sampled_from(names), min_size=2, max_size=3))
        names.append(net.add(f"node{i}", ops.Add(), *reads))
    shuffled = nx.DiGraph()
    for node in data.draw(st.permutations(names)):
        shuffled.add_node(node, **net.graph.nodes[node])
    again = Architecture.from_graph(shuffled, (1, 4, 4), "random")
    order = again.order()
    for name, _ in again:
        assert all(order.index(read) < order.index(name) for read in again.inputs(name) if read != INPUT)
    assert again == net


def test_a_node_reads_the_one_added_last_unless_told():
    net = chain(ops.ReLU(), ops.Tanh())
    assert net.inputs("tanh1") == ("relu0",)
    assert net.inputs("relu0") == (INPUT,)
    assert net.inputs(net.add("again", ops.ReLU(), INPUT)) == (INPUT,)


def test_a_network_can_be_iterated_counted_and_asked():
    net = residual()
    assert len(net) == 6
    assert dict(net)["shortcut"] == net.op("shortcut") == ops.Conv(8, 1)
    assert net.outputs() == ["add"]
    assert repr(net) == "Architecture 'residual': input (8, 16, 16), 6 operators, output 'add'"


def test_a_network_survives_the_way_through_networkx():
    net = residual()
    again = Architecture.from_graph(net.graph.copy(), net.input_shape)
    assert again == net
    assert again.name == "residual"
    assert set(again.graph.edges) == set(net.graph.edges)


def test_its_graph_refuses_a_change_and_a_changed_copy_is_another_network():
    net = residual()
    with pytest.raises(nx.NetworkXError, match="Frozen"):
        net.graph.remove_node(net.last)
    changed = net.graph.copy()
    changed.remove_node(net.last)
    assert set(Architecture.from_graph(changed, net.input_shape).nodes) == set(net.nodes) - {net.last}
    assert net == residual()


def test_a_network_knows_what_reads_a_node_and_what_it_depends_on():
    net = residual()
    assert net.readers()["stem"] == ("body1", "shortcut")
    assert {name for name, readers in net.readers().items() if not readers} == set(net.outputs())
    assert all(net.behind(name) == nx.ancestors(net.graph, name) | {name} for name in net.nodes)


@pytest.mark.parametrize("build", zoo.ALL.values(), ids=zoo.ALL)
def test_another_input_leaves_the_network_as_it_is(build):
    net = build()
    other = net.with_input((*net.input_shape[:1], 300, 300))
    assert other != net
    assert other.with_input(net.input_shape) == net == build()


def test_networks_are_equal_by_what_they_are_not_by_the_order_of_adding():
    a, b = Architecture("net", (1, 4, 4)), Architecture("net", (1, 4, 4))
    for net, names in ((a, "lr"), (b, "rl")):
        for name in names:
            net.add(name, ops.ReLU() if name == "l" else ops.Tanh(), INPUT)
        net.add("sum", ops.Add(), "l", "r")
    assert a == b
    turned = b.nodes | {"sum": b.nodes["sum"]._replace(inputs=("r", "l"))}
    assert a != Architecture.from_nodes(turned, b.input_shape, b.name)
    assert a != "net"


def cyclic():
    graph = chain(ops.ReLU(), ops.Tanh(), ops.Sigmoid()).graph.copy()
    graph.nodes["relu0"]["inputs"] = ("sigmoid2",)
    return Architecture.from_graph(graph, (1, 4, 4), "loop")


def nameless():
    graph = nx.DiGraph()
    graph.add_node("relu", op=ops.ReLU())
    return Architecture.from_graph(graph, (1, 4, 4))


MISTAKES = {
    "a cycle": (
        cyclic,
        GraphError,
        "network 'loop': the graph has a cycle.\n  here    relu0 -> tanh1 -> sigmoid2 -> relu0\n"
        "  rule    a feed-forward network is acyclic\n  fix     remove one of these edges",
    ),
    "a missing attribute": (nameless, GraphError, "node 'relu': it lacks inputs."),
    "an unknown input": (
        lambda: chain(ops.ReLU(), ops.Tanh()).add("add", ops.Add(), "relu", "tanh1"),
        UnknownNameError,
        "node 'add': there is no node 'relu'.\n  near    relu0\n  known   input, relu0, tanh1",
    ),
    "a name given twice": (
        lambda: chain(ops.ReLU()).add("relu0", ops.Tanh()),
        GraphError,
        "node 'relu0': the name is taken.\n  fix     give every node its own name",
    ),
    "the input's name": (
        lambda: chain().add(INPUT, ops.Tanh()),
        GraphError,
        "node 'input': the name is taken.\n  fix     give every node its own name",
    ),
    "an unknown node": (
        lambda: chain(ops.ReLU(), ops.Tanh()).op("tanh"),
        UnknownNameError,
        "there is no node 'tanh'.\n  near    tanh1\n  known   relu0, tanh1",
    ),
    "a batch axis that is no integer": (
        lambda: Architecture("net", (3, 224.0, 224)),
        ShapeError,
        "this is no shape of an input.\n  input   (3, 224.0, 224)\n"
        "  rule    (C, *spatial), positive integers, channels first and without the batch axis\n"
        "  fix     for a colour image of 224 by 224, give (3, 224, 224)",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_graph_that_is_no_network_is_refused_in_full(mistake):
    build, kind, message = MISTAKES[mistake]
    with pytest.raises(kind) as caught:
        build()
    assert str(caught.value) == message


@pytest.mark.parametrize("shape", [3, (0, 4), (3, -1, 4), (True, 4), ("3", 4)], ids=str)
def test_a_shape_that_no_sample_has_is_refused(shape):
    with pytest.raises(ShapeError, match="this is no shape of an input"):
        Architecture("net", shape)


@pytest.mark.parametrize(
    "build",
    [
        lambda: chain().add("relu", ops.ReLU),
        lambda: chain().add("relu", "relu"),
        lambda: chain().add("relu", ops.ReLU(), 5),
        lambda: chain(ops.ReLU()).inputs("relu1"),
        lambda: Architecture("net", 224),
    ],
    ids=["a class", "a string", "a number for a node", "inputs of an unknown node", "a number for a shape"],
)
def test_other_mistakes_are_answered_by_the_package_and_not_by_python(build):
    with pytest.raises(CnnmathError):
        build()


def test_an_unknown_operator_keeps_a_network_to_its_own_input():
    net = Architecture("partly", (1, 9))
    net.add("mix", Opaque("attention(2)", (1, 7)))
    assert net.with_input([1, 9]) == net
    with pytest.raises(SettingError) as caught:
        net.with_input((1, 10))
    assert str(caught.value) == (
        "node 'mix': an unknown operator declares its output shape for one input.\n"
        "  here    input (1, 10)\n"
        "  rule    the network's own input is 1x9\n"
        "  fix     keep its own input, or build the network for the other one"
    )
    with pytest.raises(ShapeError, match="this is no shape of an input"):
        net.with_input((0, 9))


WANT_A_NETWORK = {
    "analyze": analyze,
    "shapes": graph.shapes,
    "propagate": graph.propagate,
    "parameters": graph.parameters,
    "buffers": graph.buffers,
    "to_json": graph.to_json,
    "smallest_input": graph.smallest_input,
    "accepted_inputs": graph.accepted_inputs,
    "exact_inputs": graph.exact_inputs,
    "inputs_for": lambda net: graph.inputs_for(net, 7),
    "diff": lambda net: graph.diff(net, net),
    "forward": lambda net: graph.forward(net, [], {}),
    "loss_and_gradients": lambda net: graph.loss_and_gradients(net, [], [], {}),
    "Prepared": lambda net: graph.Prepared(net, {}),
    "initialise": training.initialise,
    "transfer": lambda net: training.transfer(net, {}, "relu", {"head": ops.Linear(2)}),
    "build": report.build,
}


@pytest.mark.parametrize("ask", WANT_A_NETWORK)
@pytest.mark.parametrize(
    ("thing", "fix"),
    [
        ("lenet5", "give cnnmath.zoo.named('lenet5'), or cnnmath.graph.parse(text, input_shape)"),
        ("conv(8, 3) > relu", "read it first: cnnmath.graph.parse(text, input_shape)"),
        (ops.Conv(8, 3), "put it into one: net = cnnmath.Architecture("),
        (3, "give one of cnnmath.zoo, cnnmath.graph.parse(text, input_shape), or"),
    ],
)
def test_what_is_no_network_is_refused_with_how_one_comes_about(ask, thing, fix):
    with pytest.raises(GraphError, match=r"^this is no network\.\n") as caught:
        WANT_A_NETWORK[ask](thing)
    assert caught.value.lines["fix"].startswith(fix)


def test_a_summary_in_the_place_of_its_network_is_refused():
    with pytest.raises(GraphError, match="give its attribute network"):
        analyze(analyze(graph.parse("relu", (1, 2, 2))))


def test_a_list_of_names_is_told_to_give_them_one_by_one():
    net = Architecture("small", (3, 8, 8))
    net.add("conv", ops.Conv(3, 1))
    with pytest.raises(GraphError) as caught:
        net.add("add", ops.Add(), ["conv", "input"])
    assert str(caught.value).splitlines() == [
        "node 'add': an input is the name of a node.",
        "  here    ['conv', 'input']",
        "  fix     give the names one by one: 'conv', 'input'",
    ]


def test_another_input_with_its_channels_last_is_refused():
    net = graph.parse("conv(8, 3)", (3, 32, 32))
    for shape in ((32, 32, 3), (64, 3)):
        with pytest.raises(ShapeError, match=f"the input has {shape[0]} channels; is this channels last"):
            net.with_input(shape)
    for shape in ((3, 32, 3), (4, 32, 32), (32, 3, 32)):
        assert net.with_input(shape).input_shape == shape
    assert graph.parse("relu", ()).with_input((2,)).input_shape == (2,)
