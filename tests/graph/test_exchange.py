"""Networks as JSON: what is written is read back, and what is no network is refused with the place."""

import copy
import json

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import ops, zoo
from cnnmath.errors import CnnmathError, DataError, GraphError, NotationError, ShapeError, UnknownNameError
from cnnmath.graph import INPUT, Architecture, Opaque, analyze, from_json, load, save, shapes, to_json
from cnnmath.graph.notation import network, parse, sizes, symbol
from cnnmath.graph.plain import LARGEST_FILE, plain
from cnnmath.verify.strategies import cases
from tests.graph.nets import residual


def shared():
    """Two convolutions with the same parameters, and a merge that reads one node twice."""
    net = Architecture("shared", (4, 9, 9))
    net.add("a", ops.Conv(4, 3, padding=1))
    net.add("b", ops.Conv(4, 3, padding=1), shares="a")
    net.add("c", ops.Add(), "b", "b", INPUT)
    return net


def opened():
    """Sizes left open, also in formulas."""
    F, H = symbol("F"), symbol("H")
    return network([ops.Conv(2 * F, 3), ops.Conv(F**2 // 3 + 1, (H, 1))], (3, 2 * H, H // 2))


def unknown_operators():
    """Operators that the package does not know, one with a size left open."""
    net = Architecture("mixed", (3, 8, 8))
    net.add("tokens", Opaque("patches(4) of 2", (12, symbol("N"))))
    net.add("attention", Opaque("attention(8)", (12, 5)), "tokens", INPUT)
    net.add("open", Opaque("???"))
    return net


NETS = {**zoo.ALL, "residual": residual, "shared": shared, "opened": opened, "unknown": unknown_operators}


@pytest.mark.parametrize("build", NETS.values(), ids=NETS)
def test_a_network_is_read_back_unchanged(build, tmp_path):
    net = build()
    again = from_json(json.loads(json.dumps(to_json(net))))
    assert again == net
    assert (again.last, list(again.graph)) == (net.last, list(net.graph))
    save(net, tmp_path / "net.json")
    assert load(tmp_path / "net.json") == net
    assert load(str(tmp_path / "net.json")) == net


@given(st.lists(st.sampled_from(ops.ALL).flatmap(cases), max_size=5))
def test_any_chain_of_operators_is_read_back_unchanged(drawn):
    net = network([case.op for case in drawn], (3, 8, 8))
    assert from_json(to_json(net)) == net


def test_networkx_reads_and_writes_the_same_data():
    data = to_json(residual())
    graph = nx.node_link_graph(copy.deepcopy(data), edges="edges")
    assert graph.graph == {"name": "residual", "input_shape": [8, 16, 16], "version": 1}
    assert set(graph.edges) == set(residual().graph.edges)
    assert graph.nodes["body2"]["op"] == "conv(8, 5, padding=2)"
    assert nx.node_link_data(graph, edges="edges") == data


def test_another_network_is_not_equal():
    data = to_json(residual())
    data["nodes"][2]["op"] = "conv(8, 3, padding=1, bias=False)"
    assert from_json(data) != residual()


def test_edges_name_and_version_may_be_left_out():
    data = {"graph": {"input_shape": [3, 8, 8]}, "nodes": [{"id": "a", "op": "relu", "inputs": ["input"]}]}
    net = from_json(data)
    assert (net.name, net.op("a"), net.inputs("a")) == ("network", ops.ReLU(), (INPUT,))


def test_nodes_come_in_any_order():
    data = to_json(residual())
    data["nodes"].reverse()
    assert from_json(data) == residual()


def node(**changes):
    """One node that is right, but for these keys; None takes one away."""
    entry = {"id": "a", "op": "relu()", "inputs": ["input"], "shares": None} | changes
    return {key: value for key, value in entry.items() if value is not ...}


def file(*nodes, **changes):
    """A file that is right, but for these keys."""
    return {"graph": {"name": "n", "input_shape": [3, 8, 8], "version": 1}, "nodes": list(nodes or [node()])} | changes


def graph(**changes):
    """The graph's attributes, right but for these."""
    return {"name": "n", "input_shape": [3, 8, 8], "version": 1} | changes


WRONG = {
    "no object": ([], "the file: an object was expected.", "here    a list"),
    "an unknown key": (file(node=3), "the file: there is no key 'node'.", "near    nodes"),
    "nothing": ({}, "the file: the key 'graph' is missing.", "add 'graph'"),
    "undirected": (file(directed=False), "the file: its directed is not true.", "directed: false"),
    "a multigraph": (file(multigraph=True), "the file: its multigraph is not false.", "multigraph: true"),
    "another version": (file(graph=graph(version=2)), "'graph': its version is not known.", "the number 2"),
    "a version that is none": (file(graph=graph(version=True)), "'graph': its version is not known.", "true"),
    "a name that is none": (file(graph=graph(name=3)), "'graph': its name is no text.", "name: the number 3"),
    "no input shape": (file(graph={"name": "n"}), "'graph': the key 'input_shape' is missing.", "input_shape"),
    "a wrong input shape": (file(graph=graph(input_shape=[0, 8])), "'graph': this is no shape of an input.", "(0, 8)"),
    "a fraction": (file(graph=graph(input_shape=[1.5])), "'graph': its input_shape holds what is no size.", "fraction"),
    "a truth": (file(graph=graph(input_shape=[True])), "'graph': its input_shape holds what is no size.", "true"),
    "a huge size": (file(graph=graph(input_shape=[10**30])), "'graph': its input_shape holds", "a huge number"),
    "a text that is no size": (file(graph=graph(input_shape=["H+"])), "'graph': this cannot be read.", "H+"),
    "nodes that are none": (file(nodes=3), "the file: its nodes is no list.", "the number 3"),
    "a node that is none": (file(nodes=["a"]), "entry 0 of 'nodes': an object was expected.", "here    'a'"),
    "no name": (file(node(id=...)), "entry 0 of 'nodes': the key 'id' is missing.", "add 'id'"),
    "a name of a node": (file(node(id=3)), "entry 0 of 'nodes': its id is no text.", "id: the number 3"),
    "a long name": (file(node(id="a" * 999)), f"node '{'a' * 59}…': its id is too long.", "200 letters"),
    "a name given twice": (file(node(), node()), "node 'a': the name is taken.", "its own name"),
    "no operator": (file(node(op=...)), "node 'a': the key 'op' is missing.", "add 'op'"),
    "an operator that is none": (file(node(op=None)), "node 'a': its op is no text.", "op: null"),
    "an empty operator": (file(node(op=" ")), "node 'a': an unknown operator needs a name.", "say what it is"),
    "an unknown setting": (
        file(node(op="conv(8, 3, strid=2)")), "node 'a': conv: there is no setting 'strid'.", "near    stride"
    ),
    "a wrong setting": (file(node(op="conv(8, 0)")), "node 'a': conv: the kernel must be at least 1.", "0 < 1"),
    "malformed": (file(node(op="conv(8 3)")), "node 'a': this cannot be read.", "conv(8 3)"),
    "no inputs": (file(node(inputs=...)), "node 'a': the key 'inputs' is missing.", "add 'inputs'"),
    "inputs that are none": (file(node(inputs="input")), "node 'a': its inputs is no list.", "inputs: 'input'"),
    "an input that is none": (file(node(inputs=[3])), "node 'a': its inputs is no text.", "inputs: the number 3"),
    "a dangling input": (file(node(inputs=["imput"])), "node 'a': there is no node 'imput'.", "known   a"),
    "an unknown key of a node": (file(node(input=[])), "node 'a': there is no key 'input'.", "near    inputs"),
    "a wrong share": (file(node(shares="b")), "node 'a': there is no node 'b'.", "known   a"),
    "a share that is none": (file(node(shares=3)), "node 'a': its shares is no text.", "shares: the number 3"),
    "a share of another": (
        file(node(), node(id="b", op="tanh", shares="a")), "node 'b': it cannot share these parameters.", "ReLU()"
    ),
    "a cycle": (
        file(node(inputs=["b"]), node(id="b", inputs=["a"])), "network 'n': the graph has a cycle.", "a -> b -> a"
    ),
    "a loop": (file(node(inputs=["a"])), "network 'n': the graph has a cycle.", "a -> a"),
    "an input that is an operator": (file(node(id="input")), "node 'input': the input is no operator.", "op null"),
    "edges that are none": (file(edges={}), "the file: its edges is no list.", "an object"),
    "an edge too many": (
        file(edges=[{"source": "a", "target": "b"}]), "entry 0 of 'edges': an edge is not among the inputs.", "a -> b"
    ),
    "an edge too few": (file(edges=[]), "node 'a': an edge is missing.", "input -> a"),
    "another declared shape": (
        file(node(op="conv(4, 3)", output_shape=[4, 8, 8])),
        "node 'a': the output has another shape than declared.", "conv(4, 3) gives (4, 6, 6)",
    ),
    "no declared shape": (
        file(node(op="x()", output_shape=[-1])), "node 'a': this is no shape of an input.", "(-1,)"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_network_is_refused_with_the_place(name):
    data, fact, detail = WRONG[name]
    with pytest.raises(CnnmathError) as caught:
        from_json(data)
    first, *rest = str(caught.value).splitlines()
    assert first.startswith(fact)
    assert any(detail in line for line in rest)


def test_what_is_right_is_not_refused():
    assert len(from_json(file())) == 1


def test_a_whole_message():
    with pytest.raises(UnknownNameError) as caught:
        from_json(file(node(), node(id="b", op="conv(8, 3, strid=2)", inputs=["a"])))
    assert str(caught.value) == (
        "node 'b': conv: there is no setting 'strid'.\n"
        "  text    conv(8, 3, strid=2)\n"
        "                     ^\n"
        "  near    stride\n"
        "  known   bias, dilation, filters, groups, kernel, padding, stride"
    )


def test_a_declared_shape_of_a_known_operator_is_compared():
    net = from_json(file(node(op="conv(4, 3)", output_shape=[4, 6, 6])))
    assert net == from_json(file(node(op="conv(4, 3)")))


def test_many_nodes_are_not_listed():
    nodes = [node(id=f"n{i}") for i in range(2000)]
    with pytest.raises(GraphError) as caught:
        from_json(file(*nodes, node(id="last", inputs=["n2000"])))
    assert str(caught.value) == "node 'last': there is no node 'n2000'."


TEXTS = {
    "": ("line 1, column 1", "this is no JSON.", "Expecting value"),
    '{\n  "graph": {,\n}': ("line 2, column 13", "this is no JSON.", '"graph": {,'),
    '{"a": 1, "a": 2}': ("", "the key 'a' is given twice.", "once"),
    "[" * 200_000: ("", "this is no JSON that can be read.", "nested too deep"),
    '{"graph": NaN}': ("", "this is no number.", "NaN"),
    "1" * 9000: ("", "this is no JSON that can be read.", "limit"),
    "[]": ("the file", "an object was expected.", "a list"),
}


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_a_file_that_is_no_network_is_refused_with_the_place_and_its_name(text, tmp_path):
    where, fact, detail = TEXTS[text]
    path = tmp_path / "net.json"
    path.write_text(text)
    with pytest.raises(NotationError) as caught:
        load(path)
    assert (caught.value.where, caught.value.fact) == (where, fact)
    assert detail in str(caught.value)
    assert str(caught.value).splitlines()[-1] == f"  file    {path}"


def test_the_whole_message_of_a_slip_in_a_file(tmp_path):
    path = tmp_path / "net.json"
    path.write_text('{\n "graph": {"name": "n" 3}\n}')
    with pytest.raises(NotationError) as caught:
        load(path)
    assert str(caught.value) == (
        "line 2, column 24: this is no JSON.\n"
        '  text     "graph": {"name": "n" 3}\n'
        "                                 ^\n"
        "  here    Expecting ',' delimiter\n"
        f"  file    {path}"
    )


def test_a_file_that_cannot_be_read_or_written_is_refused(tmp_path):
    (tmp_path / "latin.json").write_bytes(b"\xff\xfe{}")
    with (tmp_path / "huge.json").open("wb") as huge:
        huge.truncate(LARGEST_FILE + 1)
    for name, here in {
        "none.json": "No such file or directory",
        "": "it is no file",
        "latin.json": "can't decode byte",
        "huge.json": "it has more than 16,000,000 bytes",
        "null\x00.json": "null",
    }.items():
        with pytest.raises(DataError, match="the file cannot be read") as caught:
            load(tmp_path / name)
        assert here in str(caught.value)
    with pytest.raises(DataError, match="the file cannot be written"):
        save(residual(), tmp_path / "none" / "net.json")


def test_a_file_with_a_byte_order_mark_is_read(tmp_path):
    (tmp_path / "net.json").write_text(json.dumps(to_json(residual())), encoding="utf-8-sig")
    assert load(tmp_path / "net.json") == residual()


def test_a_network_of_thousands_of_nodes_is_read_back():
    net = network([ops.Conv(8, 3, padding=1)] * 5000, (8, 9, 9))
    assert from_json(to_json(net)) == net


def test_what_would_not_be_read_back_is_not_written():
    import sympy

    for net in (
        network([ops.Conv(sympy.Symbol("F"), 3)], (3, 8, 8)),
        network([ops.ReLU()], (3, sympy.Symbol("H", integer=True))),
        Architecture(3, (3, 8, 8)),
    ):
        with pytest.raises(NotationError):
            to_json(net)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["input", "a"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=8,
)
OPERATORS = st.sampled_from(["relu", "add()", "conv(8, 3)", "conv(F, 9)", "x(3)", "linear(3)", "conv(", "", "flatten"])
NODES = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["a", "b", "c", "input"]) | JSON,
        "op": OPERATORS | JSON,
        "inputs": st.lists(st.sampled_from(["a", "b", "c", "input"]), max_size=3) | JSON,
        "shares": st.sampled_from([None, "a", "b"]) | JSON,
        "output_shape": st.sampled_from([None, [3, 8, 8], ["F", 6, 6]]) | JSON,
    },
)
FILES = st.fixed_dictionaries(
    {
        "graph": st.just({"input_shape": [3, 8, "H"]}) | st.just({"input_shape": [3, 8, 8]}) | JSON,
        "nodes": st.lists(NODES | JSON, max_size=4) | JSON,
    },
    optional={"edges": st.lists(JSON, max_size=2) | JSON, "directed": JSON, "multigraph": JSON},
)


@given(st.one_of(JSON, FILES))
def test_any_data_is_a_network_or_refused_with_a_message(data):
    try:
        net = from_json(data)
    except CnnmathError as error:
        message = str(error)
        assert message
    else:
        assert from_json(to_json(net)) == net


def test_an_unknown_operator_passes_shapes_on_that_it_declares():
    net = Architecture("net", (3, 8, 8))
    net.add("tokens", Opaque("patches", (4, 6)))
    net.add("mix", Opaque("cross attention(2)", [5]), "tokens", INPUT)
    net.add("out", ops.Linear(7))
    assert shapes(net) == {INPUT: (1, 3, 8, 8), "tokens": (1, 4, 6), "mix": (1, 5), "out": (1, 7)}
    assert (net.op("mix").parameters((1, 5)), net.op("mix").windows((3, 3))) == ({}, None)


def test_an_unknown_operator_without_a_shape_is_named_with_the_fix():
    net = from_json(file(node(id="stem", op="convv(8, 3)")))
    with pytest.raises(ShapeError) as caught:
        shapes(net)
    assert str(caught.value) == (
        "opaque 'stem': the operator 'convv(8, 3)' is not known, and its output shape is not declared.\n"
        "  near    conv, concat\n"
        "  rule    an unknown operator declares the shape (C, *spatial) of its output\n"
        "  fix     give its node an output_shape, such as [64, 56, 56], or name one of the known operators"
    )


def test_an_unknown_operator_has_no_sentence():
    with pytest.raises(CnnmathError, match=r"the mathematics of 'attention\(8\)' is not known here"):
        Opaque("attention(8)", (3,)).element(None, (0, 0), None)


@pytest.mark.parametrize(
    ("kind", "shape", "fact"),
    [
        ("", None, "an unknown operator needs a name."),
        (3, None, "an unknown operator needs a name."),
        ("Conv(3) of my own", None, "this operator is known."),
        ("attention", (0,), "this is no shape of an input."),
        ("attention", 3, "this is no shape of an input."),
    ],
)
def test_an_unknown_operator_is_not_a_known_one(kind, shape, fact):
    with pytest.raises(CnnmathError) as caught:
        Opaque(kind, shape)
    assert caught.value.fact == fact


def test_plain_data_is_json_with_formulas_as_text():
    import numpy as np

    data = plain({"shape": (*sizes("3xH"), symbol("H") * 2, np.int64(4)), "none": None, "yes": True, "half": 0.5})
    assert json.loads(json.dumps(data)) == {"shape": [3, "H", "2*H", 4], "none": None, "yes": True, "half": 0.5}


def test_a_chain_is_written_and_analysed_alike():
    net = parse("conv(6, 5) > maxpool(2) > flatten > linear(10)", (1, 28, 28))
    assert analyze(from_json(to_json(net))).record() == analyze(net).record()


def test_a_file_ahead_of_its_network_is_told_the_order(tmp_path):
    path = tmp_path / "mine.json"
    with pytest.raises(DataError) as caught:
        save("mine.json", zoo.lenet5())
    assert str(caught.value).splitlines() == [
        "the network comes first, and then the file.",
        "  here    save('mine.json', ...)",
        "  fix     save(net, 'mine.json')",
    ]
    with pytest.raises(GraphError, match="this is no network"):
        save("lenet5", path)
    assert not path.exists()
