"""The flow of gradients, against an enumeration of all paths."""

from fractions import Fraction
from itertools import pairwise
from math import prod

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import ops, zoo
from cnnmath.errors import ShapeError
from cnnmath.graph import INPUT, Architecture, Opaque
from cnnmath.graph import paths as arithmetic
from cnnmath.graph.flow import flow, written
from cnnmath.graph.paths import Paths
from cnnmath.ops.slope import slopes
from tests.graph.nets import chain

QUARTER = Fraction(1, 4)
KINDS = (
    *(ops.Sigmoid(), ops.ReLU(), ops.Tanh(), ops.LeakyReLU(Fraction(3, 2)), ops.ELU(Fraction(1, 2)), ops.Softmax()),
    *(ops.Conv(2, (1,)), ops.BatchNorm(), ops.Dropout()),
)


@st.composite
def graphs(draw):
    """Networks of up to ten nodes that read any nodes before them."""
    net = Architecture("drawn", (2, 3))
    for i in range(draw(st.integers(1, 10))):
        before = [INPUT, *net.graph][1:]
        reads = draw(st.lists(st.sampled_from(before), min_size=1, max_size=3))
        op = ops.Add() if len(reads) > 1 else draw(st.sampled_from(KINDS))
        net.add(f"n{i}", op, *reads)
    return net


def routes(net, start, end):
    """Every path from a node to another: the nodes behind the first."""
    if start == end:
        return [[]]
    ahead = [name for name, _ in net for read in net.inputs(name) if read == start]
    return [[name, *rest] for name in ahead for rest in routes(net, name, end)]


def enumerated(net, start, *, without=()):
    """Paths from a node to the outputs, one by one."""
    all_routes = [route for end in net.outputs() for route in routes(net, start, end)]
    kept = [route for route in all_routes if not any(step in without for step in pairwise([start, *route]))]
    found = [[slopes(net.op(name), 2) for name in route if slopes(net.op(name), 2)] for route in kept]
    if not found:
        return Paths()
    products = [prod((s.bound for s in route), start=Fraction(1)) for route in found]
    lengths = [len(route) for route in found]
    dying = min(sum(0 in s for s in route) for route in found)
    return Paths(len(found), sum(products), max(products), min(lengths), max(lengths), dying)


def identity_edges(net):
    """Edges of residual connections: without its start nothing of the input reaches the sum."""
    found = {}
    for name, op in net:
        for read in net.inputs(name) if isinstance(op, ops.Add) else ():
            rest = net.graph.subgraph(set(net.graph) - {read})
            through = read == INPUT or not nx.has_path(rest, INPUT, name)
            if through and net.inputs(name).count(read) == 1:
                found[read, name] = sum(
                    prod((s.bound for n in route if (s := slopes(net.op(n), 2))), start=Fraction(1))
                    for route in routes(net, read, name)
                )
    return found


def disagreements(net):
    """Nodes of which the pass over the graph and the enumeration say different things."""
    found, edges = flow(net), identity_edges(net)
    wrong = [row.name for row in found.rows if row.paths != enumerated(net, row.name)]
    wrong += [row.name for row in found.rows if row.without != enumerated(net, row.name, without=edges)]
    wrong += [] if {(r.start, r.add): r.whole for r in found.residuals} == edges else ["residuals"]
    return wrong + [r.add for r in found.residuals if r.whole != 1 + r.branch]


@given(graphs())
def test_the_pass_over_a_graph_says_what_all_its_paths_say(net):
    assert disagreements(net) == []


def diamond():
    net = Architecture("diamond", (2, 3))
    net.add("sigmoid", ops.Sigmoid())
    net.add("relu", ops.ReLU())
    net.add("tanh", ops.Tanh(), "sigmoid")
    net.add("both", ops.Add(), "relu", "tanh")
    net.add("more", ops.Add(), "both", "sigmoid", INPUT)
    return net


PLANTED = {
    "paths are not added": lambda m: m.setattr(Paths, "beside", lambda a, b: a if a.count else b),
    "a bound is left out": lambda m: m.setattr(Paths, "through", lambda a, _: a),
    "a shortcut is no identity": lambda m: m.setattr("cnnmath.graph.flow.identities_of", lambda _: {}),
    "ends are forgotten": lambda m: m.setattr(arithmetic, "END", Paths(2, Fraction(1), Fraction(1))),
}


@pytest.mark.parametrize("mistake", PLANTED)
def test_a_planted_mistake_disagrees_with_the_enumeration(mistake, monkeypatch):
    assert disagreements(diamond()) == []
    PLANTED[mistake](monkeypatch)
    assert disagreements(diamond()) != []


def test_ten_sigmoids_leave_at_most_a_quarter_each():
    found = flow(chain(*[ops.Conv(1, 1), ops.Sigmoid()] * 10))
    assert found[INPUT].paths == Paths(1, QUARTER**10, QUARTER**10, 10, 10, 0)
    assert [found[f"conv{2 * i}"].paths.total for i in range(10)] == [QUARTER ** (10 - i) for i in range(10)]
    assert repr(found) == (
        "chain: gradients from the output to the input\n"
        "  paths            1, with 10 activations\n"
        "  bound            1/1048576 on the best path, 1/1048576 over all paths\n"
        "  exactly 0        never by activations alone"
    )


def residual_blocks(blocks, op):
    net = Architecture("residual", (1, 4, 4))
    x = INPUT
    for i in range(blocks):
        net.add(f"conv{i}", ops.Conv(1, 3, padding=1), x)
        net.add(f"act{i}", op)
        x = net.add(f"add{i}", ops.Add(), f"act{i}", x)
    return net


def test_a_residual_connection_adds_one_to_the_product():
    found = flow(residual_blocks(10, ops.Sigmoid()))
    assert found[INPUT].paths == Paths(2**10, Fraction(5, 4) ** 10, Fraction(1), 0, 10, 0)
    assert found[INPUT].without == Paths(1, QUARTER**10, QUARTER**10, 10, 10, 0)
    assert {(r.branch, r.whole) for r in found.residuals} == {(QUARTER, Fraction(5, 4))}
    assert [(r.add, r.start) for r in found.residuals][:2] == [("add0", INPUT), ("add1", "add0")]
    assert "  residual         10 with 5/4 instead of 1/4" in repr(found).splitlines()


def test_two_hundred_blocks_are_counted_and_not_listed():
    assert flow(residual_blocks(200, ops.ReLU()))[INPUT].paths.count == 2**200


def test_a_path_that_avoids_rectifiers_keeps_the_gradient_alive():
    assert flow(chain(ops.Conv(1, 1), ops.ReLU()))[INPUT].dead
    assert not flow(residual_blocks(3, ops.ReLU()))[INPUT].dead
    assert not flow(chain(ops.Conv(1, 1), ops.LeakyReLU()))[INPUT].dead
    assert flow(chain(ops.Conv(1, 1), ops.LeakyReLU(0)))[INPUT].dead
    assert flow(chain(ops.Flatten(), ops.Linear(1), ops.Softmax()))[INPUT].dead


def test_resnet_doubles_its_paths_with_every_block():
    found = flow(zoo.resnet50())
    blocks = {"maxpool": 0, "layer1.0.relu": 1, "layer1.1.relu": 2, "layer1.2.relu": 3, "layer2.0.relu": 4}
    for name, done in blocks.items():
        paths = found[name].paths
        assert (paths.count, paths.best, paths.total) == (2 ** (16 - done), 1, 2 ** (16 - done))
        assert (paths.fewest, paths.most, paths.dying) == (16 - done, 3 * (16 - done), 16 - done)
    inside = found["layer1.1.conv2"].paths
    assert (inside.count, inside.fewest, inside.most) == (2**14, 2 + 14, 2 + 3 * 14)
    assert found[INPUT].without.count == 2**4  # the four projections
    assert len(found.residuals) == 12
    assert {r.start for r in found.residuals[:2]} == {"layer1.0.relu", "layer1.1.relu"}


def test_a_network_of_several_outputs_is_taken_as_a_whole():
    net = Architecture("two", (1, 4))
    net.add("a", ops.Sigmoid(), INPUT)
    net.add("b", ops.Tanh(), INPUT)
    assert flow(net)[INPUT].paths == Paths(2, Fraction(5, 4), Fraction(1), 1, 1, 0)
    assert flow(Architecture("none", (1, 4)))[INPUT].paths == Paths(1, Fraction(1), Fraction(1))


def test_the_table_reads_from_the_output_back():
    assert flow(diamond()).table() == "\n".join(
        [
            "node     operator  paths  activations  best path  all paths  without identity",
            "more     Add           1            0          1          1",
            "both     Add           1            0          1          1",
            "tanh     Tanh          1            0          1          1",
            "relu     ReLU          1            0          1          1",
            "sigmoid  Sigmoid       3       0 to 1          1          3",
            "input                  4       0 to 2          1        7/4               3/4",
        ]
    )


def test_records_have_fractions_as_texts():
    record = flow(residual_blocks(1, ops.Sigmoid())).record()
    assert record["residuals"] == [{"add": "add0", "start": INPUT, "branch": "1/4", "whole": "5/4"}]
    assert record["rows"][0] == {
        "name": INPUT,
        "operator": None,
        "derivative": None,
        "paths": 2,
        "best": "1",
        "total": "5/4",
        "without_identity": "1/4",
        "activations": [0, 1],
        "can_be_zero": False,
    }
    assert record["rows"][2]["derivative"] == "(0, 1/4] with 1/4 at x = 0"


def test_bounds_too_long_to_read_are_rounded():
    assert [written(b) for b in (Fraction(0), Fraction(65536), QUARTER**20, 1 - QUARTER**40, Fraction(10) ** 30)] == [
        "0", "65,536", "1/1099511627776", "about 1.00e+0", "about 1.00e+30",
    ]  # fmt: skip


def test_sizes_that_do_not_fit_are_answered_as_everywhere():
    with pytest.raises(ShapeError, match=r"takes inputs from 1x16x16"):
        flow(zoo.lenet5((1, 9, 9)))


def partly_known(*, dies=False):
    net = Architecture("partly", (2, 3))
    net.add("first", ops.Conv(2, (1,)))
    net.add("mix", Opaque("attention(2)", (2, 3)))
    net.add("add", ops.Add(), "mix", "first")
    net.add("last", ops.ReLU() if dies else ops.Sigmoid())
    return net


def test_an_unknown_operator_is_marked_wherever_a_gradient_passes_it():
    found = flow(partly_known())
    assert {row.name: row.unknown for row in found.rows} == {
        INPUT: ("mix",), "first": ("mix",), "mix": (), "add": (), "last": (),
    }  # fmt: skip
    assert [row.dead for row in found.rows] == [None, None, False, False, False]
    assert repr(found) == (
        "partly: gradients from the output to the input\n"
        "  paths            2, with 1 activation\n"
        "  bound            1/4 on the best path, 1/2 over all paths\n"
        "  not known        'mix': bounds are of the known operators alone\n"
        "  without identity 1 path, 1/4 over all of them\n"
        "  residual         1 with 2 instead of 1, of the known operators alone\n"
        "  exactly 0        not known: an unknown operator may have a derivative of 0"
    )
    assert found.table() == "\n".join(
        [
            "node   operator      paths  activations  best path  all paths  without identity  can be 0  not known",
            "last   Sigmoid           1            0          1          1",
            "add    Add               1            1        1/4        1/4",
            "mix    attention(2)      1            1        1/4        1/4",
            "first  Conv              2            1        1/4        1/2               1/4         ?        mix",
            "input                    2            1        1/4        1/2               1/4         ?        mix",
        ]
    )
    record = found.record()
    assert [row.get("unknown") for row in record["rows"]] == [["mix"], ["mix"], None, None, None]
    assert [row["can_be_zero"] for row in record["rows"]] == [None, None, False, False, False]
    assert record["residuals"][0]["unknown"] == ["mix"]


def test_a_gradient_that_dies_behind_an_unknown_operator_is_dead_all_the_same():
    assert [flow(partly_known(dies=True))[name].dead for name in (INPUT, "first", "add", "last")] == [
        True, True, True, False,
    ]  # fmt: skip
