"""Nodes whose attributes and inputs ONNX's schemas allow, and which fit each other not."""

import pytest
from onnx import helper

from cnnmath.errors import GraphError
from cnnmath.graph import analyze
from cnnmath.interchange.onnx import build, import_onnx
from cnnmath.interchange.onnx.rules import RULES
from tests.interchange.onnx.models import array, model, node, value

UNFIT = {
    "pads of three numbers": node("MaxPool", "x", "y", "n", kernel_shape=[2, 2], pads=[1, 1, 1]),
    "an axis beyond the last": node("Concat", "c c", "y", "n", axis=3),
    "an axis that is named twice": node("Unsqueeze", "c twice", "y", "n"),
    "an index beyond the last": node("Gather", "c far", "y", "n"),
}


@pytest.mark.parametrize("what", UNFIT)
def test_what_does_not_fit_its_operator_is_refused_by_the_name_of_the_node(what):
    arrays = [array("c", 4), helper.make_tensor("twice", 7, (2,), [0, 0]), helper.make_tensor("far", 7, (1,), [9])]
    with pytest.raises(GraphError) as refusal:
        import_onnx(model([UNFIT[what]], [value("x", 1, 2, 4, 4)], [value("y")], arrays))
    assert refusal.value.where == "node 'n'"
    assert refusal.value.fact == "its inputs and attributes do not fit each other."
    assert refusal.value.lines["rule"] == f"what ONNX says of {UNFIT[what].op_type}"


def test_a_fault_of_a_rule_is_no_fault_of_the_file_and_names_the_node(monkeypatch):
    def faulty(here):
        return here.nothing

    monkeypatch.setattr(build, "RULES", {**RULES, "Relu": faulty})
    proto = model([node("Relu", "x", "y", "n")], [value("x", 2, 3)], [value("y", 2, 3)])
    with pytest.raises(AttributeError) as fault:
        import_onnx(proto)
    assert fault.value.__notes__ == ["while node 'n' was read, Relu"]


def test_an_unknown_operator_that_reads_a_scalar_has_its_declared_shape():
    nodes = [node("Own", "c x", "v"), node("Relu", "v", "y")]
    proto = model(nodes, [value("x", 2, 3), value("c")], [value("y", 2, 3)])
    proto.graph.value_info.append(value("v", 2, 3))
    assert analyze(import_onnx(proto).network).parameters == 0
