"""What a model says, as plain records; graphs that are none are refused by name."""

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from cnnmath.errors import DataError, GraphError
from cnnmath.interchange.onnx import Stored, Value, load, read
from cnnmath.interchange.onnx.attributes import Unread
from tests.interchange.onnx.models import array, conv, model, nested, node, value

X, Y = value("x", 1, 3), value("y", 1, 3)
RELU = node("Relu", "x", "y", "relu")


def test_a_graph_is_read_as_it_stands():
    graph = read(conv(producer_name="by hand"))
    assert (graph.name, graph.producer, graph.opsets) == ("small", "by hand", {"": 20})
    first, second = graph.nodes
    assert (first.name, first.kind, first.domain) == ("conv", "Conv", "")
    assert (first.inputs, first.outputs) == (("x", "w", "b"), ("y",))
    assert first.attributes == {"kernel_shape": (3, 3), "pads": (1, 1, 1, 1)}
    assert second.name == "z"
    assert graph.inputs == (Value("x", "float32", ("N", 3, 8, 8)),)
    assert graph.outputs == (Value("z", "float32", ("N", 8, 8, 8)),)
    assert graph.initializers["w"] == Stored("w", "float32", (8, 3, 3, 3), "raw_data", None)
    assert graph.notes == ()


def test_attributes_are_plain_values():
    c, d = array("", 2), array("", 3, dtype=np.int64)
    thing = node(
        "Thing", "x", "y", "thing", f=0.1, i=3, s="same", t=c, floats=[1e-5, 3.0], ints=[1, -1], strings=["a", "b"]
    )
    thing.attribute.append(helper.make_attribute("tensors", [c, d]))
    thing.attribute.append(helper.make_attribute("raw", b"\xff"))
    thing.attribute.append(helper.make_attribute("g", onnx.GraphProto(name="g")))
    thing.attribute.append(helper.make_attribute("tp", helper.make_tensor_type_proto(1, [3])))
    found = read(model([thing], [X], [Y])).nodes[0].attributes
    assert (load(found.pop("t")) == [0, 1]).all()
    assert [load(tensor).tolist() for tensor in found.pop("tensors")] == [[0, 1], [0, 1, 2]]
    assert found == {
        "f": 0.1,
        "i": 3,
        "s": "same",
        "floats": (1e-05, 3.0),
        "ints": (1, -1),
        "strings": ("a", "b"),
        "raw": b"\xff",
        "g": Unread("a subgraph"),
        "tp": Unread("a type"),
    }


@given(st.floats(width=32, allow_nan=False, min_value=np.float32(1e-30)))
def test_a_float_is_the_shortest_decimal_with_its_bits(number):
    found = read(model([node("Thing", "x", "y", alpha=number)], [X], [Y])).nodes[0].attributes["alpha"]
    assert np.float32(found) == np.float32(number)
    assert len(repr(found)) <= len(repr(float(number)))


def test_an_attribute_without_a_type_is_read_by_its_field():
    proto = model([node("Thing", "x", "y", i=3, ints=[1])], [X], [Y])
    for attribute in proto.graph.node[0].attribute:
        attribute.ClearField("type")
    assert read(proto).nodes[0].attributes == {"i": 3, "ints": (1,)}


def test_a_missing_value_of_an_attribute_is_zero():
    proto = model([node("Thing", "x", "y", i=3, ints=[1])], [X], [Y])
    proto.graph.node[0].attribute[0].ClearField("i")
    proto.graph.node[0].attribute[1].ClearField("ints")
    assert read(proto).nodes[0].attributes == {"i": 0, "ints": ()}


def test_sizes_are_integers_names_or_not_known():
    proto = model([RELU], [value("x", 1, "N", -1, None, 1 << 40, "")], [value("y")])
    assert read(proto).inputs[0].shape == (1, "N", None, None, 1 << 40, None)
    assert read(proto).outputs[0].shape == ()


def test_what_is_no_tensor_is_named():
    sequence = helper.make_value_info("x", helper.make_sequence_type_proto(helper.make_tensor_type_proto(1, [1])))
    untyped = onnx.ValueInfoProto(name="y")
    graph = read(model([RELU], [sequence], [untyped]))
    assert graph.inputs == (Value("x", "a sequence", None),)
    assert graph.outputs == (Value("y", None, None),)


def test_initializers_may_be_listed_as_inputs():
    proto = conv(ir_version=3)
    proto.graph.input.extend([value("w", 8, 3, 3, 3), value("b", 8)])
    assert [x.name for x in read(proto).inputs] == ["x"]
    proto.graph.input[1].CopyFrom(value("w", 8, 3, 3, 5))
    with pytest.raises(GraphError) as refusal:
        read(proto)
    assert (
        str(refusal.value)
        == """\
the model: input 'w': the input and the initializer of this name differ.
  here    float32 (8, 3, 3, 5), and float32 (8, 3, 3, 3)
  fix     write the model again"""
    )
    proto.graph.input[1].CopyFrom(value("w", 8, 3, 3, 3, dtype=TensorProto.DOUBLE))
    with pytest.raises(GraphError, match="the input and the initializer of this name differ"):
        read(proto)
    proto.graph.input[1].CopyFrom(value("w", 8, 3, 3))
    with pytest.raises(GraphError, match="the input and the initializer of this name differ"):
        read(proto)
    proto.graph.input[1].CopyFrom(value("w", "F", None, 3, 3))
    read(proto)


def test_domains_of_onnx_have_one_name():
    proto = model([RELU, helper.make_node("Gelu", ["y"], ["z"], domain="com.microsoft")], [X], [value("z", 1, 3)])
    proto.graph.node[0].domain = proto.opset_import[0].domain = "ai.onnx"
    proto.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    graph = read(proto)
    assert [found.domain for found in graph.nodes] == ["", "com.microsoft"]
    assert graph.opsets == {"": 20, "com.microsoft": 1}


def test_declared_values_are_kept():
    proto = conv()
    proto.graph.value_info.append(value("y", "N", 8, 8, 8))
    assert read(proto).declared["y"] == Value("y", "float32", ("N", 8, 8, 8))
    assert set(read(proto).declared) == {"x", "y", "z"}


@pytest.mark.parametrize("depth", [1, 3000])
def test_subgraphs_are_known_to_be_there(depth):
    assert read(nested(depth)).nodes[0].attributes == {"g": Unread("a subgraph")}


def test_nodes_out_of_order_are_put_into_order():
    chain = [node("Relu", f"v{i}", f"v{i + 1}") for i in range(20)]
    nodes = chain[10:] + chain[:10]
    found = read(model(nodes, [value("v0", 1)], [value("v20", 1)])).nodes
    assert [x.outputs[0] for x in found] == [f"v{i + 1}" for i in range(20)]


@given(st.data())
def test_any_order_of_the_nodes_is_put_into_one_that_runs(data):
    count = data.draw(st.integers(1, 8))
    reads = [data.draw(st.lists(st.integers(0, i), min_size=1, max_size=3)) for i in range(count)]
    nodes = [node("Sum", " ".join(f"v{j}" for j in js), f"v{i + 1}", f"n{i}") for i, js in enumerate(reads)]
    given_order = data.draw(st.permutations(nodes))
    found = read(model(given_order, [value("v0", 1)], [value(f"v{count}", 1)])).nodes
    seen = {"v0"}
    for each in found:
        assert set(each.inputs) <= seen
        seen.update(each.outputs)
    assert len(found) == count
    assert read(model(nodes, [value("v0", 1)], [value("v1", 1)])).nodes == tuple(
        sorted(found, key=lambda each: int(each.name[1:]))
    )


def test_every_node_has_a_name_of_its_own():
    nodes = [
        node("Relu", "x", "a", "same"),
        node("Relu", "a", "b", "same"),
        node("Relu", "b", "same_2"),
        node("Relu", "same_2", "c", "same_3"),
        node("Split", "c", "y z"),
    ]
    nodes[4].output[0] = ""
    found = read(model(nodes, [X], [value("z", 1, 3)])).nodes
    assert [each.name for each in found] == ["same", "same_2", "same_2_2", "same_3", "z"]


def broken(change, **more):
    """The convolution, changed."""
    proto = conv(**more)
    change(proto.graph)
    return proto


def attribute_of(kind, **fields):
    """A model whose node has an attribute of some type with some fields."""
    proto = model([node("Thing", "x", "y", "thing")], [X], [Y])
    proto.graph.node[0].attribute.add(name="a", type=kind, **fields)
    return proto


def without_versions(proto, ir_version=8):
    """The model without its versions of operators."""
    proto.ClearField("opset_import")
    proto.ir_version = ir_version
    return proto


def two_versions():
    """A model with two versions of ONNX's operators."""
    proto = conv()
    proto.opset_import.append(helper.make_opsetid("ai.onnx", 13))
    return proto


def sparse():
    """A model whose weights are sparse."""
    proto = conv()
    w = proto.graph.initializer.pop(0)
    proto.graph.sparse_initializer.add(values=w, dims=[8, 3, 3, 3])
    return proto


SIMPLE = {
    "no nodes": (
        model([], [X], [X]),
        """\
the model: the graph has no nodes.
  fix     give a model of a network""",
    ),
    "no output": (
        model([RELU], [X], []),
        """\
the model: the graph has no output.
  rule    a model is run for its outputs
  fix     declare an output""",
    ),
    "a cycle": (
        model(
            [node("Add", "x c", "a", "one"), node("Relu", "a", "b", "two"), node("Relu", "b", "c", "three")],
            [X],
            [value("c", 1)],
        ),
        """\
the model: the nodes form a cycle.
  rule    no node reads what is made of its own output
  here    two -> three -> one -> two
  fix     break the cycle""",
    ),
    "a node that reads itself, and one that waits for it": (
        model([node("Relu", "a", "b", "after"), node("Add", "x a", "a", "self")], [X], [value("b", 1)]),
        """\
the model: the nodes form a cycle.
  rule    no node reads what is made of its own output
  here    self -> self
  fix     break the cycle""",
    ),
    "a long cycle": (
        model([node("Relu", f"v{i}", f"v{(i + 1) % 100}", f"n{i}") for i in range(100)], [X], [value("v0", 1)]),
        """\
the model: the nodes form a cycle.
  rule    no node reads what is made of its own output
  here    n1 -> n2 -> n3 -> n4 -> n5 -> n6 -> n7 -> n8 -> (92 more) -> n1
  fix     break the cycle""",
    ),
    "a dangling input": (
        model([node("Conv", "x weight", "y", "conv")], [X], [Y], [array("weights", 1, 1, 1)]),
        """\
the model: node 'conv': nothing defines the value 'weight'.
  rule    a value is an input, an initializer, or an output of a node
  near    weights
  fix     add the initializer or the node that is missing""",
    ),
    "a dangling output": (
        model([RELU], [X], [value("prediction", 1)]),
        """\
the model: output 'prediction': nothing defines the value 'prediction'.
  rule    a value is an input, an initializer, or an output of a node
  fix     add the initializer or the node that is missing""",
    ),
    "two nodes that define a value": (
        model([RELU, node("Relu", "x", "y", "again")], [X], [Y]),
        """\
the model: node 'again': the value 'y' is defined twice.
  rule    every value has one origin
  here    by node 'relu', and here
  fix     give every value its own name""",
    ),
    "a node that defines a value twice": (
        model([node("Split", "x", "y y", "split")], [X], [Y]),
        """\
the model: node 'split': the value 'y' is defined twice.
  rule    every value has one origin
  here    by node 'split', and here
  fix     give every value its own name""",
    ),
    "a node that defines the input": (
        model([node("Relu", "x", "x", "relu")], [X], [X]),
        """\
the model: node 'relu': the value 'x' is defined twice.
  rule    every value has one origin
  here    by an input or an initializer, and here
  fix     give every value its own name""",
    ),
    "two initializers of a name": (
        broken(lambda graph: graph.initializer.append(array("w", 8))),
        """\
the model: the initializer 'w' is given twice.
  fix     give every initializer its own name""",
    ),
    "an initializer without a name": (
        broken(lambda graph: graph.initializer.append(array("", 8))),
        """\
the model: an initializer has no name.
  fix     give every initializer its own name""",
    ),
    "two inputs of a name": (
        broken(lambda graph: graph.input.append(X)),
        """\
the model: the input 'x' is given twice.
  fix     give every input its own name""",
    ),
    "an output without a name": (
        broken(lambda graph: graph.output.append(value("", 1))),
        """\
the model: an output has no name.
  fix     give every output its own name""",
    ),
    "a sparse initializer": (
        sparse(),
        """\
the model: initializer 'w': it is sparse.
  rule    initializers are dense
  fix     write the model with dense arrays""",
    ),
    "a value that is declared twice": (
        broken(lambda graph: graph.value_info.append(value("z", 1, 2))),
        """\
the model: the value 'z' is declared twice.
  here    float32 ('N', 8, 8, 8), and float32 (1, 2)
  fix     declare every value once""",
    ),
    "an input of a type that is not known": (
        broken(lambda graph: graph.value_info.append(value("y", 1, dtype=99))),
        """\
the model: entry of value_info 'y': its data type is not known.
  rule    a number from 1 to 28
  here    99""",
    ),
    "a node without an operator": (
        model([node("", "x", "y")], [X], [Y]),
        """\
the model: node 0: it has no operator.
  fix     write the model again""",
    ),
    "a node without an output": (
        model([node("Relu", "x", "")], [X], [Y]),
        """\
the model: node 0, Relu: it has no output.
  fix     drop the node: nothing can read it""",
    ),
    "an attribute that holds something else": (
        attribute_of(2, f=3.0),
        """\
the model: node 'thing': the attribute 'a' holds something else than its type says.
  rule    a value in the field 'i'
  here    f
  fix     write the model again""",
    ),
    "a tensor that is not there": (
        attribute_of(4),
        """\
the model: node 'thing': the attribute 'a' holds something else than its type says.
  rule    a value in the field 't'
  here    nothing
  fix     write the model again""",
    ),
    "a tensor of an attribute that lies": (
        attribute_of(4, t=TensorProto(data_type=1, dims=[3], raw_data=b"abcd")),
        """\
the model: node 'thing': tensor 'a': it does not have the numbers that its shape declares.
  rule    shape (3,) of float32 needs 12 bytes
  here    4 bytes
  fix     write the model again""",
    ),
    "a reference outside a function": (
        attribute_of(2, ref_attr_name="alpha"),
        """\
the model: node 'thing': its attribute 'a' refers to that of a function.
  rule    only nodes inside a function do
  here    refers to 'alpha'
  fix     give the attribute a value""",
    ),
    "no version": (
        without_versions(conv()),
        """\
the model: the model does not say which version its operators have.
  rule    opset_import has an entry for ONNX's own domain
  fix     write the model again, or append onnx.helper.make_opsetid('', version) to its opset_import""",
    ),
    "the first version": (
        without_versions(conv(), ir_version=2),
        f"""\
the model: the model's operators are too old.
  rule    version >= 7
  here    version 1
  fix     convert it: onnx.version_converter.convert_version(model, {onnx.defs.onnx_opset_version()})""",
    ),
    "two versions": (
        two_versions(),
        """\
the model: the operators of 'ai.onnx' have two versions.
  here    20 and 13
  fix     write the model again""",
    ),
}


@pytest.mark.parametrize("what", SIMPLE)
def test_a_graph_that_is_none_is_refused(what):
    proto, message = SIMPLE[what]
    with pytest.raises((GraphError, DataError)) as refusal:
        read(proto)
    assert str(refusal.value) == message


@pytest.mark.parametrize("what", ["a cycle", "a dangling input", "two initializers of a name"])
def test_bytes_are_refused_as_messages_are(what):
    proto, message = SIMPLE[what]
    with pytest.raises(GraphError) as refusal:
        read(proto.SerializeToString())
    assert str(refusal.value) == message.replace("the model: ", "the bytes: ")


def test_an_attribute_that_is_given_twice_is_refused():
    proto = attribute_of(2, i=3)
    proto.graph.node[0].attribute.add(name="a", type=2, i=3)
    with pytest.raises(GraphError, match="node 'thing': the attribute 'a' is given twice"):
        read(proto)


def test_an_attribute_of_a_type_that_is_not_known_is_refused():
    data = attribute_of(2).SerializeToString().replace(b"\xa0\x01\x02", b"\xa0\x01\x63")
    with pytest.raises(DataError, match="the type of the attribute 'a' is not known"):
        read(data)


@pytest.mark.parametrize(("version", "fits"), [(-1, False), (0, False), (6, False), (7, True), (20, True)])
def test_versions_from_7_on_are_read(version, fits):
    if fits:
        assert read(conv(opset=version)).opsets[""] == version
    else:
        with pytest.raises(GraphError, match=f"too old.\n  rule    version >= 7\n  here    version {version}"):
            read(conv(opset=version))


def test_what_is_newer_than_what_is_known_is_said():
    newest = onnx.defs.onnx_opset_version()
    assert read(conv(opset=newest)).notes == ()
    assert read(conv(opset=newest + 1, ir_version=onnx.IR_VERSION + 1)).notes == (
        f"the model's operators have version {newest + 1}; they are read as of version {newest}, the newest known",
        f"the model has the format of version {onnx.IR_VERSION + 1}; the newest known is {onnx.IR_VERSION}",
    )


def test_operators_of_other_domains_need_no_version_of_onnx():
    proto = model([helper.make_node("Own", ["x"], ["y"], domain="mine")], [X], [Y])
    proto.opset_import[0].domain = "mine"
    assert read(proto).opsets == {"mine": 20}
