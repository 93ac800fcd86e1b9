"""Sizes that are computed from sizes, as floats and as whole numbers: as the runtime does, and exactly as formulas."""

import numpy as np
import pytest

pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402 - behind the check that it is there

from cnnmath.graph.notation import symbol  # noqa: E402
from cnnmath.interchange import import_onnx  # noqa: E402

FLOAT, INT = TensorProto.FLOAT, TensorProto.INT64
H, W = symbol("H"), symbol("W")


def model(lines, shape):
    """What is computed from the sizes ``s`` of the input's positions, and its data type."""
    floats = lines[-1].startswith(("y = Div f", "y = Div two"))
    nodes = [helper.make_node("Shape", ["x"], ["s"], start=2)]
    for line in lines:
        output, (kind, *words) = line.split(" = ")[0], line.split(" = ")[1].split()
        more = {word.split("=")[0]: int(word.split("=")[1]) for word in words if "=" in word}
        nodes.append(helper.make_node(kind, [word for word in words if "=" not in word], [output], **more))
    numbers = {"two": np.float32(2), "half": np.float32(0.5), "pair": np.array([2, 3], np.int64)}
    graph = helper.make_graph(
        nodes,
        "sizes",
        [helper.make_tensor_value_info("x", FLOAT, shape)],
        [helper.make_tensor_value_info("y", FLOAT if floats else INT, None)],
        [numpy_helper.from_array(np.asarray(a), name) for name, a in numbers.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)


@pytest.mark.parametrize(
    ("lines", "formulas"),
    [
        (["f = Cast s to=1", "y = Div f two"], [H / 2, W / 2]),
        (["f = Cast s to=1", "d = Div f two", "e = Floor d", "y = Cast e to=7"], [H // 2, W // 2]),
        (["f = Cast s to=1", "d = Div f two", "e = Ceil d", "y = Cast e to=7"], [-(-H // 2), -(-W // 2)]),
        (["f = Cast s to=1", "d = Mul f two", "e = Floor d", "y = Cast e to=7"], [2 * H, 2 * W]),
        (["f = Cast s to=1", "d = Mul f half", "y = Cast d to=7"], [H // 2, W // 2]),
        (["f = Cast s to=1", "y = Div two f"], [2 / H, 2 / W]),
        (["y = Div s pair"], [H // 2, W // 3]),
        (["y = Add s pair"], [H + 2, W + 3]),
    ],
)
def test_sizes_are_computed_as_the_runtime_does_and_as_formulas(lines, formulas):
    proto = model(lines, (1, 3, 7, 5))
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    (expected,) = session.run(None, {"x": np.zeros((1, 3, 7, 5), np.float32)})
    found = import_onnx(proto).stored["y"]
    assert (found.dtype, found.tolist()) == (expected.dtype, expected.tolist())
    assert import_onnx(model(lines, (1, 3, "H", "W"))).stored["y"].tolist() == formulas


def test_numbers_of_sizes_that_do_not_fit_stay_exact():
    lines = [*(f"{b} = Mul {a} {a}" for a, b in zip("sabcd", "abcde", strict=True)), "y = Div e e"]
    assert import_onnx(model(lines, (1, 3, 7, 5))).stored["y"].tolist() == [1, 1]
