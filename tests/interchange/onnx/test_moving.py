"""Rules of ONNX's operators that move numbers about."""

import numpy as np
import pytest

pytest.importorskip("onnx")

from onnx import TensorProto, helper, numpy_helper

from cnnmath import ops
from cnnmath.interchange import import_onnx

FAR = 2**63 - 1


def model(kind, shape, *stored, opset=18, outputs=("y",), **attributes):
    """A node of one input of floats, and of stored whole numbers."""
    names = [f"i{i}" if value is not None else "" for i, value in enumerate(stored)]
    arrays = [numpy_helper.from_array(np.asarray(v), n) for n, v in zip(names, stored, strict=True) if n]
    node = helper.make_node(kind, ["x", *names], list(outputs), name="node", **attributes)
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    graph = helper.make_graph([node], "moves", [x], values, arrays)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def operators(*given, **more):
    return [op for _, op in import_onnx(model(*given, **more)).network]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("Reshape", ["N", 8, 4, 4], [0, -1]), [ops.Flatten()]),
        (("Reshape", ["N", 8, 4, 4], [-1, 128]), [ops.Flatten()]),
        (("Reshape", ["N", 8, "H", "W"], [0, 8, -1]), [ops.Reshape((-1,), start=2)]),
        (("Reshape", ["N", 8, "H", 4], [0, 2, 4, -1, 4]), [ops.Reshape((2, 4, -1, 4))]),
        (("Reshape", [2, 8, 4, 4], [2, 8, 4, 4]), []),
        (("Squeeze", ["N", 8, 1, 1], [-1, 2]), [ops.Flatten()]),
        (("Unsqueeze", ["N", 8], [-1, 2]), [ops.Reshape((1, 1), start=2)]),
        (("Slice", ["N", 8, "H", 9], [1, 0], [FAR, 99], [2, 3]), [ops.Slice((0, 0, 1))]),
        (("Slice", ["N", 8, "H", 9], [-1], [-FAR], [-1], [-2]), [ops.Slice((0, 0, 0, -1), steps=(1, 1, 1, -2))]),
        (("Slice", ["N", 8, "H", 9], [-99], [99], [3]), []),
        (("Tile", ["N", 8], [1, 1]), []),
        (("Tile", ["N", 8], [1, 2]), [ops.Tile((1, 2))]),
    ],
    ids=str,
)
def test_an_exporters_idiom_is_the_plain_operator(given, expected):
    assert operators(*given) == expected


def test_a_gather_is_a_choice_and_a_shape():
    assert operators("Gather", ["N", 8, 9], [2, -1], axis=2) == [ops.Select((2, 8), axis=2)]
    assert operators("Gather", ["N", 8, 9], -1, axis=1) == [ops.Select((7,)), ops.Flatten()]
    assert operators("Gather", ["N", 8, 9], [[0, 1], [1, 2]], axis=2) == [
        ops.Select((0, 1, 1, 2), axis=2),
        ops.Reshape((2, 2), start=2),
    ]


def test_attributes_of_old_sets_say_the_same():
    assert operators("Slice", ["N", 8, 9], opset=9, axes=[2], starts=[2], ends=[-1]) == [
        ops.Slice((0, 0, 2), (None, None, -1))
    ]
    assert operators("Unsqueeze", ["N", 8], opset=11, axes=[2]) == [ops.Reshape((1,), start=2)]
    split = operators("Split", ["N", 8, 9], opset=11, axis=1, split=[3, 5], outputs=("a", "b"))
    assert split == [ops.Slice((0, 0), (None, 3)), ops.Slice((0, 3))]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (("Split", ["N", 8, "H"]), "into equal parts of a size that is left open"),
        (("Gather", ["N", 8, "H"], [-1]), "of places counted from an end that is left open"),
        (("Tile", ["N", 8, "H"], [0, 1, 1]), "repeated (0, 1, 1) times"),
    ],
    ids=str,
)
def test_what_is_not_known_beforehand_is_not_claimed(given, reason):
    more = {} if given[0] == "Tile" else {"axis": 2}
    more |= {"num_outputs": 2, "outputs": ("a", "b")} if given[0] == "Split" else {}
    with pytest.raises(Exception, match="no output is known") as caught:
        import_onnx(model(*given, **more))
    assert reason in str(caught.value)
