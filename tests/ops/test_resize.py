"""Settings of a resize: what it takes, what it refuses, and what its axes read."""

from fractions import Fraction

import pytest

from cnnmath import ops
from cnnmath.errors import SettingError, ShapeError
from cnnmath.graph import parse, propagate
from cnnmath.ops.notation import describe
from cnnmath.ops.notation import parse as read
from cnnmath.phases import Phases, behind
from cnnmath.readers import cost
from cnnmath.readers.cost import Census
from cnnmath.sampling import Sampled, Sampling
from cnnmath.window import IDENTITY


@pytest.mark.parametrize(
    ("op", "text"),
    [
        (ops.Resize(14), "resize(outputs=14)"),
        (ops.Resize(scale=1 / 3), "resize(scale=1/3)"),
        (ops.Resize((3,), scale=("3/5",), mode="cubic"), "resize(outputs=(3,), scale=(3/5,), mode='cubic')"),
        (
            ops.Resize(2, places="crop", crop=((0, 1), ("1/4", 1))),
            "resize(outputs=2, places='crop', crop=((0, 1), (1/4, 1)))",
        ),
    ],
    ids=str,
)
def test_it_is_written_as_one_would_call_it(op, text):
    assert describe(op) == text
    assert read(describe(op)) == op


def test_a_float_is_the_simple_fraction_that_it_stands_for():
    assert [ops.Resize(scale=(s,)).scale[0] for s in (0.6, 1 / 3, 299 / 224)] == [
        Fraction(3, 5),
        Fraction(1, 3),
        Fraction(299, 224),
    ]


def refused(error, call):
    with pytest.raises(error) as caught:
        call()
    return str(caught.value).splitlines()


def test_what_does_not_fit_is_refused_with_the_rule():
    assert refused(SettingError, lambda: ops.Resize())[0] == "neither the size of the output nor its scale is given."
    assert refused(SettingError, lambda: ops.Resize((2,), scale=2))[0] == "the scale has another rank than the output."
    assert refused(SettingError, lambda: ops.Resize(2, places="crop"))[0] == "a box and places in a box come together."
    assert refused(SettingError, lambda: ops.Resize(scale=2, places="crop", crop=((0, 1),) * 2))[0] == (
        "a box has no scale."
    )
    assert refused(SettingError, lambda: ops.Resize((2,), places="crop", crop=(3,)))[0] == (
        "an axis is cropped by a pair (start, end)."
    )
    assert refused(SettingError, lambda: ops.Resize(scale="fast"))[0] == "scale must be a positive number."
    assert refused(ShapeError, lambda: ops.Resize(scale=("1/4",)).shape((1, 1, 3))) == [
        "the output has no size.",
        "  input   length 3, scale 1/4",
        "  rule    1 <= outputs, and -1/2 <= scale*n - outputs < 1",
        "  here    outputs 0, scale*n = 3/4",
        "  fix     give the one or the other",
    ]
    assert refused(ShapeError, lambda: ops.Resize((9,), scale=(2,)).shape((1, 1, 3)))[0] == (
        "the output's size is not that of the scale."
    )


def test_an_axis_that_is_not_resized_is_read_as_it_is():
    assert ops.Resize((4, 6)).axes((4, 3)) == (IDENTITY, Sampled(3, 6, Sampling()))


def test_the_field_behind_a_scale_repeats_and_that_behind_a_size_depends_on_the_input():
    scaled, sized = (propagate(parse(f"resize({how})", (1, 8)))[0] for how in ("scale=(3/2,)", "(12,)"))
    assert scaled.field == (Phases(2, ((-1, 0), (0, 1), (1, 2))),)
    assert sized.field is None


def test_a_whole_scale_has_the_field_of_the_linear_upsampling():
    (resized,), (up,) = ops.Resize(scale=(2,)).axes((5,)), ops.LinearUpsample((2,)).axes((5,))
    assert behind(IDENTITY, resized) == behind(IDENTITY, up)


def test_its_cost_is_that_of_its_taps_along_the_axes_that_change():
    assert cost(ops.Resize(scale=2), (2, 3, 5, 7)) == cost(ops.LinearUpsample(2), (2, 3, 5, 7))
    assert cost(ops.Resize((6, 4), mode="cubic"), (1, 1, 3, 4)) == Census(
        multiplications=24 * 4, additions=24 * 3, divisions=24
    )
    assert cost(ops.Resize((2,), antialias=True), (1, 1, 6)).multiplications == 2 * 6
    assert cost(ops.Resize((6, 4), mode="nearest"), (1, 1, 3, 4)) == cost(ops.Resize((3, 4)), (1, 1, 3, 4)) == Census()
