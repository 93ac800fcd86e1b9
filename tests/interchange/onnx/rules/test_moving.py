"""Numbers moved about, cut off and padded: attributes in old sets, inputs in new ones."""

import numpy as np
import pytest

from cnnmath import ops
from tests.interchange.onnx.rules.runtime import counting, operators_if_equal

X = {"x": counting(2, 4, 5, 6)}
ONE = {"x": counting(2, 1, 5, 1)}


def ints(*values):
    return np.array(values, np.int64)


@pytest.mark.parametrize(
    ("opset", "inputs", "attributes", "expected"),
    [
        (7, (), {"pads": [0, 0, 1, 2, 0, 0, 3, 0]}, [ops.Pad(((1, 3), (2, 0)))]),
        (10, (), {"pads": [0, 1, 0, 2, 0, 2, 0, 0], "value": -3.0}, [ops.Pad((0, (2, 0)), channels=(1, 2), value=-3)]),
        (7, (), {"pads": [0, 0, 1, 2, 0, 0, 3, 0], "mode": "reflect"}, [ops.ReflectPad(((1, 3), (2, 0)))]),
        (10, (), {"pads": [0, 0, 1, 2, 0, 0, 3, 0], "mode": "edge"}, [ops.EdgePad(((1, 3), (2, 0)))]),
        (
            10,
            (),
            {"pads": [0, 0, -1, 2, 0, 0, 3, -1]},
            [ops.Slice((0, 0, 1, 0), (None, None, None, -1)), ops.Pad(((0, 3), (2, 0)))],
        ),
        (11, (ints(0, 0, 1, 2, 0, 0, 3, 0), np.float32(4)), {}, [ops.Pad(((1, 3), (2, 0)), value=4)]),
        (18, (ints(1, 2, 3, 0), None, ints(-2, 3)), {}, [ops.Pad(((1, 3), (2, 0)))]),
        (19, (ints(0, 0, 1, 2, 0, 0, 3, 0),), {"mode": "wrap"}, [ops.WrapPad(((1, 3), (2, 0)))]),
    ],
)
def test_a_padding_is_an_attribute_up_to_10_and_an_input_then(opset, inputs, attributes, expected):
    assert operators_if_equal("Pad", opset, X, *inputs, **attributes) == expected


@pytest.mark.parametrize(
    ("opset", "inputs", "attributes", "expected"),
    [
        (
            7,
            (),
            {"starts": [1, -3], "ends": [99, -1], "axes": [1, 3]},
            ops.Slice((0, 1, 0, -3), (None, None, None, -1)),
        ),
        (9, (), {"starts": [0, 1], "ends": [2, 3]}, ops.Slice((0, 1), (None, 3))),
        (
            10,
            (ints(4, -1), ints(0, -99), ints(2, 3), ints(-2, -1)),
            {},
            ops.Slice((0, 0, 4, -1), (None, None, 0, None), (1, 1, -2, -1)),
        ),
        (13, (ints(-2), ints(2**63 - 1), ints(-1)), {}, ops.Slice((0, 0, 0, -2))),
    ],
)
def test_a_slice_is_its_attributes_up_to_9_and_reads_them_then(opset, inputs, attributes, expected):
    assert operators_if_equal("Slice", opset, X, *inputs, **attributes) == [expected]


@pytest.mark.parametrize(
    ("opset", "outputs", "inputs", "attributes"),
    [
        (7, 2, (), {"axis": 1}),
        (11, 3, (), {"axis": -1}),
        (11, 2, (), {"axis": 3, "split": [1, 5]}),
        (13, 2, (ints(1, 3),), {"axis": 1}),
        (18, 3, (), {"axis": 2, "num_outputs": 3}),
        (18, 4, (), {"axis": 3, "num_outputs": 4}),
    ],
)
def test_a_split_without_lengths_is_into_equal_ones_of_which_the_last_may_be_shorter(
    opset, outputs, inputs, attributes
):
    operators_if_equal("Split", opset, X, *inputs, outputs=outputs, **attributes)


@pytest.mark.parametrize(
    ("kind", "opset", "inputs", "attributes"),
    [
        ("Squeeze", 7, (), {"axes": [1]}),
        ("Squeeze", 11, (), {"axes": [-1, 1]}),
        ("Squeeze", 11, (), {}),
        ("Squeeze", 13, (ints(3),), {}),
        ("Squeeze", 13, (), {}),
        ("Unsqueeze", 7, (), {"axes": [2, 1]}),
        ("Unsqueeze", 11, (), {"axes": [-1, 2]}),
        ("Unsqueeze", 13, (ints(-1, 1),), {}),
    ],
)
def test_axes_of_size_1_go_and_come_by_an_attribute_up_to_11_and_by_an_input_then(kind, opset, inputs, attributes):
    operators_if_equal(kind, opset, ONE, *inputs, **attributes)


@pytest.mark.parametrize(
    ("opset", "target", "attributes", "expected"),
    [
        (7, (0, -1), {}, [ops.Flatten()]),
        (13, (0, 0, -1), {}, [ops.Reshape((-1,), start=2)]),
        (7, (2, 2, 2, -1), {}, [ops.Reshape((2, 2, -1))]),
        (14, (-1, 4, 5, 6), {"allowzero": 1}, []),
        (19, (0, 4, 0, 3, 2), {}, [ops.Reshape((3, 2), start=3)]),
    ],
)
def test_a_0_is_the_size_that_is_there_and_a_1_less_is_what_is_left(opset, target, attributes, expected):
    assert operators_if_equal("Reshape", opset, X, ints(*target), **attributes) == expected
