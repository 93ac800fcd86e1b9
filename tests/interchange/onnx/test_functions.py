"""Functions of a model are unfolded into the nodes of their bodies, within bounds."""

import numpy as np
import onnx
import pytest
from onnx import helper
from onnx.reference import ReferenceEvaluator

from cnnmath.errors import DataError, GraphError
from cnnmath.interchange.onnx import functions, read
from tests.interchange.onnx.models import calling, function, node

DOUBLE = function("double", "a", "b", [node("Add", "a a", "b", "add")])


def call(kind, inputs, outputs, name="", **attributes):
    """A node that calls a function."""
    return node(kind, inputs, outputs, name, domain="local", **attributes)


def as_model(graph):
    """The graph as a model without functions."""
    nodes = [helper.make_node(n.kind, n.inputs, n.outputs, name=n.name, **n.attributes) for n in graph.nodes]
    x, y = (helper.make_tensor_value_info(v.name, 1, v.shape) for v in (*graph.inputs, *graph.outputs))
    return helper.make_model(helper.make_graph(nodes, "flat", [x], [y]), opset_imports=[helper.make_opsetid("", 20)])


def assert_same(proto):
    """Compare what the model computes with what its graph without functions does."""
    x = np.array([[-1, 0.5, 2]], np.float32)
    flat = as_model(read(proto))
    onnx.checker.check_model(flat)
    assert (ReferenceEvaluator(proto).run(None, {"x": x})[0] == ReferenceEvaluator(flat).run(None, {"x": x})[0]).all()
    return read(proto)


def test_a_call_becomes_the_nodes_of_the_body():
    body = [node("Neg", "a", "inner"), node("Add", "inner b", "c", "add")]
    graph = assert_same(
        calling([function("f", "a b", "c", body)], [call("f", "x x", "v", "one"), call("f", "v x", "y")])
    )
    assert [(n.name, n.kind, n.inputs, n.outputs) for n in graph.nodes] == [
        ("one/inner", "Neg", ("x",), ("one/inner",)),
        ("one/add", "Add", ("one/inner", "x"), ("v",)),
        ("y/inner", "Neg", ("v",), ("y/inner",)),
        ("y/add", "Add", ("y/inner", "x"), ("y",)),
    ]


def test_functions_may_call_functions():
    four = function("four", "a", "b", [call("double", "a", "c"), call("double", "c", "b")])
    four.opset_import.append(helper.make_opsetid("local", 1))
    graph = assert_same(calling([DOUBLE, four], [call("four", "x", "v"), call("double", "v", "y")]))
    assert len(graph.nodes) == 3


def test_attributes_come_from_the_call_or_are_the_defaults_or_are_left_out():
    leaky = node("LeakyRelu", "a", "b", "leaky")
    leaky.attribute.add(name="alpha", type=onnx.AttributeProto.FLOAT, ref_attr_name="slope")
    body = function("f", "a", "b", [leaky], ["slope"])
    assert read(calling([body], [call("f", "x", "y", slope=0.25)])).nodes[0].attributes == {"alpha": 0.25}
    assert read(calling([body], [call("f", "x", "y")])).nodes[0].attributes == {}
    default = function("f", "a", "b", [leaky], attribute_protos=[helper.make_attribute("slope", 0.5)])
    assert read(calling([default], [call("f", "x", "y")])).nodes[0].attributes == {"alpha": 0.5}
    assert read(calling([default], [call("f", "x", "y", slope=0.25)])).nodes[0].attributes == {"alpha": 0.25}


def test_an_input_that_is_left_out_is_left_out_inside():
    body = function("f", "a low high", "b", [node("Clip", "a low high", "b")])
    assert read(calling([body], [call("f", "x", "y")])).nodes[0].inputs == ("x", "", "")


def test_an_input_that_is_an_output_is_passed_on():
    graph = assert_same(calling([function("f", "a", "a", [])], [call("f", "x", "y")]))
    assert [(n.kind, n.inputs, n.outputs) for n in graph.nodes] == [("Identity", ("x",), ("y",))]


def test_an_output_that_no_one_reads_gets_a_name():
    body = function("f", "a", "b c", [node("Relu", "a", "b"), node("Neg", "a", "c")])
    assert [n.outputs for n in assert_same(calling([body], [call("f", "x", "y", "f")])).nodes] == [("y",), ("f/c",)]


def test_names_of_bodies_do_not_clash_with_those_of_the_graph():
    body = function("f", "a", "b", [node("Neg", "a", "c"), node("Neg", "c", "b")])
    assert_same(calling([body], [node("Relu", "x", "one/c"), call("f", "one/c", "y", "one")]))


def test_overloads_are_told_apart():
    functions = [function("f", "a", "b", [node(kind, "a", "b")], overload=kind) for kind in ("Neg", "Relu")]
    proto = calling(functions, [call("f", "x", "v", overload="Neg"), call("f", "v", "y", overload="Relu")])
    assert [n.kind for n in read(proto).nodes] == ["Neg", "Relu"]


def test_a_function_for_other_versions_stays_an_unknown_operator():
    graph = read(calling([function("f", "a", "b", [node("Relu", "a", "b")], opset=13)], [call("f", "x", "y")]))
    assert graph.nodes[0].kind == "f"
    assert graph.notes == (
        "the function 'f' is left as an unknown operator: it is for version 13 of the operators of 'ai.onnx', not 20",
    )


def test_functions_that_are_not_called_are_not_read():
    assert len(read(calling([function("f", "a", "b", [node("", "", "")])], [node("Relu", "x", "y")])).nodes) == 1


def bomb(depth, calls):
    """Functions of which each calls the next so many times."""
    found = [function(f"f{depth}", "a", "b", [node("Relu", "a", "b")])]
    for i in range(depth):
        body = [
            call(f"f{i + 1}", "a" if j == 0 else f"v{j}", "b" if j == calls - 1 else f"v{j + 1}") for j in range(calls)
        ]
        found.append(function(f"f{i}", "a", "b", body))
    return calling(found, [call("f0", "x", "y")])


def test_unfolding_is_bounded(monkeypatch):
    assert len(read(bomb(3, 4)).nodes) == 64
    monkeypatch.setattr(functions, "MOST_WORDS", 10_000)
    with pytest.raises(GraphError) as refusal:
        read(bomb(10, 10))
    assert (
        str(refusal.value)
        == """\
the model: the model's functions unfold to too much.
  rule    at most 10,000 nodes, inputs, outputs and attributes
  fix     write the model without functions"""
    )
    monkeypatch.setattr(functions, "MOST_LETTERS", 1000)
    with pytest.raises(GraphError, match="unfold to too much"):
        read(calling([DOUBLE], [call("double", "x", "y", "n" * 300)]))


def test_the_depth_of_calls_is_bounded():
    with pytest.raises(GraphError, match=r"functions call each other too deep.\n  rule    at most 32 calls"):
        read(bomb(50, 1))


def test_a_function_that_calls_itself_is_refused():
    f = function("f", "a", "b", [call("g", "a", "b")])
    g = function("g", "a", "b", [node("Relu", "a", "c"), call("f", "c", "b")])
    with pytest.raises(GraphError) as refusal:
        read(calling([f, g], [call("f", "x", "y")]))
    assert (
        str(refusal.value)
        == """\
the model: a function calls itself.
  here    f -> g -> f
  fix     write the model again, without recursion"""
    )


def test_what_a_body_reads_must_be_there():
    with pytest.raises(GraphError, match="node 'y': nothing defines the value 'y/nothing'"):
        read(calling([function("f", "a", "b", [node("Add", "a nothing", "b")])], [call("f", "x", "y")]))


def test_a_body_does_not_see_the_values_of_the_graph():
    with pytest.raises(GraphError, match="nothing defines the value 'y/x'"):
        read(calling([function("f", "a", "b", [node("Add", "a x", "b")])], [call("f", "x", "y")]))


@pytest.mark.parametrize(("inputs", "outputs", "what"), [("x x", "y", "inputs"), ("x", "y z", "outputs")])
def test_a_call_with_too_much_is_refused(inputs, outputs, what):
    with pytest.raises(GraphError) as refusal:
        read(calling([DOUBLE], [call("double", inputs, outputs, "one")]))
    assert (
        str(refusal.value)
        == f"""\
the model: node 'one': the call has more {what} than the function 'double'.
  rule    at most 1 {what}
  here    2 {what}"""
    )


def test_two_functions_of_a_name_are_refused():
    with pytest.raises(GraphError, match="the function 'double' is given twice"):
        read(calling([DOUBLE, DOUBLE], [call("double", "x", "y")]))


def test_a_broken_body_is_refused_by_the_name_of_its_function():
    thing = node("Thing", "a", "b", "thing", t=onnx.TensorProto(data_type=1, dims=[2], raw_data=b"abcd"))
    with pytest.raises(
        DataError, match="the model: function 'f': node 'thing': tensor 't': it does not have the numbers"
    ):
        read(calling([function("f", "a", "b", [thing])], [call("f", "x", "y")]))
