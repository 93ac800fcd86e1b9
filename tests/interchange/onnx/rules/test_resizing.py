"""Resizing before version 11, and of sizes that are left open."""

import numpy as np
import pytest

pytest.importorskip("onnx")

from onnx import TensorProto, helper

from cnnmath.interchange import import_onnx
from cnnmath.ops import LinearUpsample, Resize, Upsample
from tests.interchange.onnx.rules.runtime import counting, model, operators_if_equal

X = {"x": counting(1, 2, 4, 6)}


def floats(*values):
    return np.array(values, np.float32)


OLD = [
    ("nearest", (1, 1, 2, 3), Upsample((2, 3))),
    ("nearest", (1, 1, 1.5, 2), Resize(scale=(1.5, 2), mode="nearest", places="asymmetric", nearest="floor")),
    ("linear", (1, 1, 2, 2.5), Resize(scale=(2, 2.5), mode="linear", places="asymmetric", nearest="floor")),
]
SMALLER = [
    ("nearest", (1, 1, 0.5, 0.6), Resize(scale=(0.5, 0.6), mode="nearest", places="asymmetric", nearest="ceil")),
    ("linear", (1, 1, 0.5, 0.6), Resize(scale=(0.5, 0.6), mode="linear", places="asymmetric", nearest="floor")),
]
PLACES = 100
"""Units of rounding: places up to 6 are computed in 32 bits by the runtime, of numbers that are 22 apart at most."""


@pytest.mark.parametrize(("mode", "scales", "expected"), OLD)
def test_scales_are_an_attribute_up_to_8_and_an_input_then(mode, scales, expected):
    given = [float(s) for s in scales]
    assert operators_if_equal("Upsample", 7, X, mode=mode, scales=given, units=PLACES) == [expected]
    assert operators_if_equal("Upsample", 9, X, floats(*scales), mode=mode, units=PLACES) == [expected]


@pytest.mark.parametrize(("mode", "scales", "expected"), [*OLD, *SMALLER])
def test_a_resize_of_version_10_lies_where_an_upsampling_did_and_takes_the_next_where_it_shrinks(
    mode, scales, expected
):
    assert operators_if_equal("Resize", 10, X, floats(*scales), mode=mode, units=PLACES) == [expected]


def test_one_axis_that_shrinks_and_one_that_grows_are_not_claimed_of_version_10():
    proto = model("Resize", 10, [X, floats(1, 1, 0.5, 2)])
    proto.graph.output[0].CopyFrom(helper.make_tensor_value_info("y0", TensorProto.FLOAT, (1, 2, 2, 12)))
    assert import_onnx(proto).notes == (
        "'node' is not known here: Resize, whose nearest is above along one axis alone",
    )


SIZES = {"x": ["N", 2, "H", "W"]}


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"mode": "nearest"}, Upsample((2, 3))),
        ({"mode": "linear"}, LinearUpsample((2, 3))),
        (
            {"mode": "linear", "coordinate_transformation_mode": "align_corners"},
            LinearUpsample((2, 3), align_corners=True),
        ),
    ],
)
def test_scales_of_sizes_that_are_left_open_are_scales(attributes, expected):
    found = operators_if_equal("Resize", 13, X, None, floats(1, 1, 2, 3), sizes=SIZES, units=PLACES, **attributes)
    assert found == [expected]


def test_sizes_may_be_given_where_those_of_the_input_are_left_open():
    whole = np.array([1, 2, 8, 9], np.int64)
    (op,) = operators_if_equal(
        "Resize", 13, X, None, None, whole, sizes={"x": [1, 2, "H", "W"]}, mode="linear", units=PLACES
    )
    assert op == Resize((8, 9), mode="linear")
