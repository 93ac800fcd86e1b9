"""The operator that the options of a command line describe."""

import pytest

from cnnmath import arguments, ops
from cnnmath.errors import SettingError
from cnnmath.symbolic import targets
from tests.support import every_operator


@every_operator
def test_every_operator_can_be_named_without_any_option(kind):
    op = arguments.operator(kind, 2, {"kernel": None, "stride": None, "groups": None})
    assert isinstance(op, kind)
    assert targets(op)[0] == "y"


@pytest.mark.parametrize(
    ("settings", "op"),
    [
        ({"kernel": "3"}, ops.Conv(1, 3)),
        ({"kernel": "3x2", "filters": 4}, ops.Conv(4, (3, 2))),
        ({"kernel": "3", "stride": "2x1", "dilation": "1x2"}, ops.Conv(1, 3, stride=(2, 1), dilation=(1, 2))),
        ({"kernel": "3", "padding": "1"}, ops.Conv(1, 3, padding=1)),
        ({"kernel": "3", "padding": "1x0"}, ops.Conv(1, 3, padding=(1, 0))),
        ({"kernel": "3", "padding": "1:0"}, ops.Conv(1, 3, padding=((1, 0), (1, 0)))),
        ({"kernel": "3", "padding": "1:0x2:1"}, ops.Conv(1, 3, padding=((1, 0), (2, 1)))),
        ({"kernel": "3", "padding": "same_lower"}, ops.Conv(1, 3, padding="same_lower")),
        ({"kernel": "1", "groups": 2, "filters": 2}, ops.Conv(2, 1, groups=2)),
    ],
)
def test_options_are_settings(settings, op):
    assert arguments.operator(ops.Conv, 2, settings) == op


def test_a_kernel_is_what_the_operator_calls_its_first_setting():
    assert arguments.operator(ops.AdaptiveAveragePool, 3, {"kernel": "3"}) == ops.AdaptiveAveragePool((3, 3, 3))
    assert arguments.operator(ops.LocalResponseNorm, 2, {"kernel": "3"}) == ops.LocalResponseNorm(3)
    assert arguments.operator(ops.Linear, 2, {"filters": 7}) == ops.Linear(7)
    assert arguments.operator(ops.MaxPool, 1, {"ceil": True}) == ops.MaxPool((2,), ceil=True)
    assert arguments.operator(ops.Pad, 2, {"kernel": "1:0"}) == ops.Pad(((1, 0), (1, 0)))
    assert arguments.operator(ops.Pad, 1, {"padding": "2"}) == ops.Pad((2,))
    assert arguments.operator(ops.Upsample, 1, {"kernel": "3"}) == ops.Upsample((3,))
    assert arguments.operator(ops.Select, 2, {"kernel": "0x2x1"}) == ops.Select((0, 2, 1))
    assert arguments.operator(ops.Transpose, 2, {"kernel": "0x3x1x2"}) == ops.Transpose((0, 3, 1, 2))
    assert arguments.operator(ops.Tile, 2, {"kernel": "1x1x3"}) == ops.Tile((1, 1, 3, 1))
    assert arguments.operator(ops.Reshape, 2, {"kernel": "3x4"}) == ops.Reshape((3, 4))
    assert arguments.operator(ops.Maxout, 2, {"kernel": "3"}) == ops.Maxout(3)
    assert arguments.operator(ops.RadialBasis, 2, {"filters": 7}) == ops.RadialBasis(7)
    assert arguments.operator(ops.Expand, 2, {"kernel": "3x1"}) == ops.Expand((3, 1))


def test_the_scale_of_a_line_is_no_kernel():
    assert arguments.operator(ops.Affine, 2, {}) == ops.Affine()
    with pytest.raises(SettingError, match="affine: it has no such setting"):
        arguments.operator(ops.Affine, 2, {"kernel": "3"})


def test_the_second_of_two_inputs_is_repeated_along_its_positions():
    assert arguments.inputs(ops.Divide(), "2x3", 4) == ((1, 4, 2, 3), (1, 4, 1, 1))
    assert arguments.inputs(ops.Add(), "2x3", 4) == ((1, 4, 2, 3), (1, 4, 2, 3))


def test_a_capital_x_joins_the_sizes_of_every_option():
    given = {"kernel": "3X2", "stride": "2X1", "padding": "1:0X2:1"}
    small = {option: text.lower() for option, text in given.items()}
    assert arguments.operator(ops.Conv, 2, given) == arguments.operator(ops.Conv, 2, small)
    assert arguments.rank(None, "3X3X3") == arguments.rank(None, "3x3x3") == 3
    assert arguments.operator(ops.Select, 2, {"kernel": "0X2"}) == ops.Select((0, 2))


@every_operator
def test_an_option_that_an_operator_lacks_is_refused_with_those_that_it_has(kind):
    with pytest.raises(SettingError) as caught:
        arguments.operator(kind, 2, {"nothing": 1})
    assert str(caught.value).startswith(
        f"{kind.__name__.lower()}: it has no such setting.\n  here    --nothing\n  fix "
    )


@pytest.mark.parametrize(("kind", "count"), [(ops.Conv, 1), (ops.Add, 2), (ops.Concat, 2)])
def test_inputs_are_a_batch_of_one_for_every_input_of_the_operator(kind, count):
    op = arguments.operator(kind, 2, {})
    assert arguments.inputs(op, "4x5", 3) == ((1, 3, 4, 5),) * count
