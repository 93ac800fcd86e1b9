"""Parameters that several nodes use: counted once, kept on every way of building, refused where they cannot fit."""

import json

import pytest

from cnnmath import ops
from cnnmath.audit.explain import explain
from cnnmath.errors import CnnmathError, GraphError, ShapeError, UnknownNameError
from cnnmath.graph import INPUT, Architecture, analyze


def siamese(channels=4):
    """Two branches through one convolution and one normalisation."""
    net = Architecture("siamese", (channels, 8, 8))
    conv = ops.Conv(4, 3, padding=1)
    left = net.add("left.norm", ops.BatchNorm(), net.add("left", conv, INPUT))
    right = net.add("right", conv, net.add("flip", ops.ReLU(), INPUT), shares="left")
    right = net.add("right.norm", ops.BatchNorm(), right, shares="left.norm")
    net.add("add", ops.Add(), left, right)
    return net


def test_shared_parameters_and_buffers_count_once_and_their_work_every_time():
    summary = analyze(siamese())
    layers = {layer.name: layer for layer in summary.layers}
    assert summary.parameters == 4 * 4 * 9 + 4 + 8
    assert summary.buffers == 8
    assert (layers["right"].parameters, layers["right.norm"].buffers) == (0, 0)
    assert layers["right"].macs == layers["left"].macs == 4 * 36 * 64
    assert summary.macs == 2 * 4 * 36 * 64


def test_weights_alone_count_once_too():
    (weights,) = explain(siamese(), 4 * 4 * 9, "parameters").matches
    assert weights.reasons == ("weights alone, biases and scales left out",)


def test_the_record_is_json_and_its_layers_add_up():
    record = json.loads(json.dumps(analyze(siamese()).record()))
    assert record["parameters"] == sum(layer["parameters"] for layer in record["layers"]) == 156
    assert [layer["parameters"] for layer in record["layers"]] == [148, 8, 0, 0, 0, 0]


def test_sharing_survives_the_way_through_networkx_and_another_input():
    net = siamese()
    again = Architecture.from_graph(net.graph.copy(), net.input_shape)
    assert again == net
    assert again.shares("right") == "left"
    assert net.with_input((4, 9, 9)).shares("right.norm") == "left.norm"
    assert analyze(net.with_input((4, 9, 9))).parameters == analyze(net).parameters


def test_networks_that_share_otherwise_are_not_equal():
    net = siamese()
    alone = net.nodes | {"right": net.nodes["right"]._replace(shares=None)}
    apart = Architecture.from_nodes(alone, net.input_shape, net.name)
    assert net != apart
    assert analyze(apart).parameters == analyze(net).parameters + 148


def test_a_shared_layer_still_learns():
    layers = {layer.name: layer for layer in analyze(siamese()).layers}
    assert not layers["right"].trained_below
    assert layers["right.norm"].trained_below


def chained(op, shares, shape=(3, 8, 8)):
    net = Architecture("net", shape)
    net.add("a", ops.Conv(4, 1))
    net.add("b", op, shares=shares)
    return net


MISTAKES = {
    "a node that is not there": (
        lambda: chained(ops.Conv(4, 1), "c"),
        UnknownNameError,
        "node 'b': there is no node 'c'.\n  known   a, input",
    ),
    "itself": (lambda: chained(ops.Conv(4, 1), "b"), UnknownNameError, "node 'b': there is no node 'b'."),
    "another operator": (
        lambda: chained(ops.ReLU(), "a"),
        GraphError,
        "node 'b': it cannot share these parameters.\n  here    ReLU() shares 'a', Conv(filters=4, ",
    ),
    "the input": (lambda: chained(ops.ReLU(), INPUT), GraphError, "node 'b': it cannot share these parameters."),
    "one that shares itself": (
        lambda: chained(ops.Conv(4, 1), "a", (4, 8, 8)).add("c", ops.Conv(4, 1), shares="b"),
        GraphError,
        "node 'c': it cannot share these parameters.",
    ),
    "inputs of other channels": (
        lambda: analyze(chained(ops.Conv(4, 1), "a")),
        ShapeError,
        "node 'b': the parameters that it shares have another shape.\n"
        "  here    w is (4, 4, 1, 1) here and (4, 3, 1, 1) at 'a'\n"
        "  rule    operators that share parameters read inputs of as many channels\n"
        "  fix     give it parameters of its own, or equal inputs",
    ),
    "an unknown node asked": (
        lambda: siamese().shares("middle"),
        UnknownNameError,
        "there is no node 'middle'.\n",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_cannot_be_shared_is_refused(mistake):
    build, kind, message = MISTAKES[mistake]
    with pytest.raises(kind) as caught:
        build()
    assert str(caught.value).startswith(message)


def test_a_refused_node_is_not_in_the_network():
    net = Architecture("net", (3, 8, 8))
    net.add("a", ops.Conv(4, 1))
    with pytest.raises(CnnmathError):
        net.add("b", ops.Conv(5, 1), shares="a")
    assert [name for name, _ in net] == ["a"]
    assert net.add("b", ops.Conv(5, 1)) == net.last == "b"


def test_the_owner_may_come_later_in_the_order():
    graph = siamese().graph.copy()
    graph.nodes["left"]["shares"], graph.nodes["right"]["shares"] = "right", None
    assert analyze(Architecture.from_graph(graph, (4, 8, 8))).parameters == 156
