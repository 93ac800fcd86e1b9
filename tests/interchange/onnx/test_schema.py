"""Nodes that ONNX does not allow are refused; what it does not know is passed over."""

import pytest
from onnx import helper

from cnnmath.errors import GraphError
from cnnmath.interchange.onnx import read
from tests.interchange.onnx.models import model, node, value

REFUSED = {
    "too few inputs": (
        node("Conv", "x", "y", "n"),
        """\
the model: node 'n': it has 1 inputs.
  rule    Conv has 2 to 3 inputs
  fix     write the model again""",
    ),
    "too many inputs": (
        node("Relu", "x x", "y", "n"),
        """\
the model: node 'n': it has 2 inputs.
  rule    Relu has 1 inputs
  fix     write the model again""",
    ),
    "no inputs": (
        node("Concat", "", "y", "n", axis=1),
        """\
the model: node 'n': it has 0 inputs.
  rule    Concat has 1 or more inputs
  fix     write the model again""",
    ),
    "too many outputs": (
        node("Relu", "x", "y z", "n"),
        """\
the model: node 'n': it has 2 outputs.
  rule    Relu has 1 outputs
  fix     write the model again""",
    ),
    "an input that is left out": (
        helper.make_node("Add", ["", "x"], ["y"], "n"),
        """\
the model: node 'n': its input 'A' is left out.
  rule    Add needs it
  fix     write the model again""",
    ),
    "an attribute that is missing": (
        node("Concat", "x x", "y", "n"),
        """\
the model: node 'n': its attribute 'axis' is missing.
  rule    Concat needs it
  fix     write the model again""",
    ),
    "an attribute of another type": (
        node("Concat", "x x", "y", "n", axis=1.0),
        """\
the model: node 'n': its attribute 'axis' has another type.
  rule    Concat takes INT
  here    axis 1.0
  fix     write the model again""",
    ),
    "a list of another type": (
        node("MaxPool", "x", "y", "n", kernel_shape=[1.5]),
        """\
the model: node 'n': its attribute 'kernel_shape' has another type.
  rule    MaxPool takes INTS
  here    kernel_shape (1.5,)
  fix     write the model again""",
    ),
}


def only(each, opset=20):
    """A model of one node."""
    return model([each], [value("x", 1, 3)], [value("y")], opset=opset)


@pytest.mark.parametrize("what", REFUSED)
def test_a_node_that_is_none_of_its_operator_is_refused(what):
    each, message = REFUSED[what]
    with pytest.raises(GraphError) as refusal:
        read(only(each))
    assert str(refusal.value) == message


def test_an_operator_has_the_schema_of_the_models_version():
    new, old = node("Squeeze", "x axes", "y"), node("Squeeze", "x", "y", axes=[0])
    axes = helper.make_tensor("axes", 7, (1,), [0])
    assert read(model([new], [value("x", 1, 3)], [value("y")], [axes], opset=13)).nodes
    with pytest.raises(GraphError, match=r"it has 2 inputs.\n  rule    Squeeze has 1 inputs"):
        read(model([new], [value("x", 1, 3)], [value("y")], [axes], opset=12))
    assert read(only(old, 12)).nodes[0].attributes == {"axes": (0,)}
    with pytest.raises(GraphError, match="its attribute 'axes' has another type"):
        read(only(node("Squeeze", "x", "y", axes=0), 12))


@pytest.mark.parametrize("opset", [20, 1000, 1 << 62])
def test_a_version_that_is_not_known_has_the_newest_schemas(opset):
    assert read(only(node("Relu", "x", "y"), opset)).nodes
    with pytest.raises(GraphError, match="it has 2 inputs"):
        read(only(node("Relu", "x x", "y"), opset))


@pytest.mark.parametrize(
    "each",
    [
        node("Own", "x x x", "y", axis=1.0),
        node("Relu", "x", "y", more=[1]),
        node("Upsample", "x", "y"),
        helper.make_node("Relu", ["x", "x"], ["y"], domain="mine"),
    ],
    ids=["an unknown operator", "an unknown attribute", "an operator that is no more", "another domain"],
)
def test_what_onnx_does_not_know_is_passed_over(each):
    assert read(only(each)).nodes
