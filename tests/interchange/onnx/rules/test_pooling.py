"""Poolings in all versions, and the bounds of a clip."""

import numpy as np
import pytest

from cnnmath import ops
from tests.interchange.onnx.rules.runtime import counting, operators_if_equal

X = {"x": counting(1, 2, 7, 6)}


@pytest.mark.parametrize("opset", [7, 10, 11, 19, 22])
@pytest.mark.parametrize("counts", [0, 1])
@pytest.mark.parametrize("pads", [(0, 0, 0, 0), (1, 0, 1, 1), (1, 1, 0, 0)])
def test_a_mean_counts_its_padding_where_that_is_said(opset, counts, pads):
    window = {"kernel_shape": [3, 2], "strides": [2, 2], "pads": list(pads)}
    operators_if_equal("AveragePool", opset, X, count_include_pad=counts, units=4, **window)


@pytest.mark.parametrize("opset", [10, 11, 19, 22])
@pytest.mark.parametrize(("kernel", "pads"), [((2, 3), (0, 0, 0, 0)), ((3, 3), (1, 1, 1, 1)), ((3, 4), (1, 0, 0, 0))])
@pytest.mark.parametrize("counts", [0, 1])
def test_a_mean_may_reach_past_the_end(opset, kernel, pads, counts):
    window = {"kernel_shape": list(kernel), "strides": [2, 3], "pads": list(pads), "ceil_mode": 1}
    (op,) = operators_if_equal("AveragePool", opset, X, count_include_pad=counts, units=4, **window)
    assert op.ceil


@pytest.mark.parametrize("opset", [10, 11, 12, 22])
@pytest.mark.parametrize("ceil", [0, 1])
@pytest.mark.parametrize("auto", ["NOTSET", "VALID"])
def test_a_maximum_may_have_holes(opset, ceil, auto):
    window = {"kernel_shape": [3, 2], "dilations": [2, 3], "strides": [1, 2], "auto_pad": auto}
    pads = {"pads": [1, 0, 1, 1]} if auto == "NOTSET" else {}
    (op,) = operators_if_equal("MaxPool", opset, X, ceil_mode=ceil, **window, **pads)
    assert op.dilation == (2, 3)


@pytest.mark.parametrize("kind", ["MaxPool", "AveragePool"])
@pytest.mark.parametrize("opset", [7, 11])
@pytest.mark.parametrize(("auto", "expected"), [("SAME_UPPER", "same"), ("SAME_LOWER", "same_lower")])
def test_the_odd_zero_goes_behind_or_ahead(kind, opset, auto, expected):
    (op,) = operators_if_equal(kind, opset, X, kernel_shape=[2, 3], strides=[1, 2], auto_pad=auto, units=4)
    assert op.padding == expected


@pytest.mark.parametrize(
    ("opset", "inputs", "attributes", "expected"),
    [
        (7, (), {"min": 0.0, "max": 6.0}, [ops.Clip(0, 6)]),
        (7, (), {"max": 6.0}, [ops.Clip(high=6)]),
        (10, (), {}, [ops.Clip()]),
        (11, (np.float32(-2), np.float32(3)), {}, [ops.Clip(-2, 3)]),
        (11, (None, np.float32(3)), {}, [ops.Clip(high=3)]),
        (12, (np.float32(3), np.float32(-2)), {}, [ops.Clip(-2, -2)]),
        (13, (), {}, [ops.Clip()]),
    ],
)
def test_bounds_are_attributes_up_to_10_and_inputs_then(opset, inputs, attributes, expected):
    assert operators_if_equal("Clip", opset, X, *inputs, **attributes) == expected
