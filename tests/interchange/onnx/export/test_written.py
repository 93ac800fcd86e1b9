"""Functions of the package are known again, and believed only where they are what they say."""

import onnx
import pytest

from cnnmath import ops
from cnnmath.interchange import import_onnx
from tests.interchange.onnx.export.models import written


def ops_of(proto):
    return [type(op).__name__ for _, op in import_onnx(proto).network]


def test_a_function_that_is_what_it_says_is_one_operator():
    _, proto = written(ops.Affine(2, 1), (1, 3))
    assert import_onnx(proto.SerializeToString()).network.op("one") == ops.Affine(2, 1)


def test_a_call_may_say_it_too():
    _, proto = written(ops.Affine(2, 1), (1, 3))
    del proto.functions[0].attribute_proto[:]
    proto.functions[0].attribute.append("setting")
    proto.graph.node[0].attribute.append(onnx.helper.make_attribute("setting", "affine(2, 1)"))
    assert import_onnx(proto).network.op("one") == ops.Affine(2, 1)


def says(proto, text):
    proto.functions[0].attribute_proto[0].s = text


def computes(proto, kind):
    next(node for node in proto.functions[0].node if node.op_type == "Mul").op_type = kind


def holds(proto, number):
    constant = next(node for node in proto.functions[0].node if node.op_type == "Constant")
    constant.attribute[0].t.CopyFrom(onnx.helper.make_tensor("", 1, [], [number]))


@pytest.mark.parametrize(
    ("change", "given"),
    [(says, b"affine(3, 1)"), (says, b"relu()"), (says, b"no operator"), (says, b""), (holds, 3.0), (computes, "Div")],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_a_function_that_is_something_else_becomes_its_nodes(change, given):
    _, proto = written(ops.Affine(2, 1), (1, 3))
    change(proto, given)
    merge = "Divide" if given == "Div" else "Multiply"
    assert ops_of(proto) == ["Constant", merge, "Constant", "Add"]


def test_a_function_for_another_input_becomes_its_nodes():
    _, proto = written(ops.AdaptiveAveragePool((2,)), (1, 3, 4))
    proto.graph.input[0].type.tensor_type.shape.dim[2].dim_value = 6
    del proto.graph.output[0].type.tensor_type.shape.dim[:]
    assert ops_of(proto) == ["AveragePool"]


def test_one_function_that_is_not_believed_leaves_the_others():
    from cnnmath.graph import Architecture
    from cnnmath.interchange import export_onnx

    net = Architecture("two", (4,))
    net.add("drop", ops.Dropout())
    net.add("scale", ops.Affine(2, 1))
    proto = export_onnx(net, {})
    proto.functions[1].attribute_proto[0].s = b"affine(2, 2)"
    assert ops_of(proto) == ["Dropout", "Constant", "Multiply", "Constant", "Add"]
