"""What a command line means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import arguments, ops
from cnnmath.errors import CnnmathError, NotationError, SettingError
from cnnmath.graph import analyze
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


@pytest.mark.parametrize(("text", "sizes"), [("3", (3,)), ("3x2", (3, 2)), ("3X224X224", (3, 224, 224))])
def test_sizes_are_joined_by_x(text, sizes):
    assert arguments.sizes(text, "--input") == sizes


@pytest.mark.parametrize("text", ["", "x", "3x", "3,2", "a", "1.5", "3x2:1", "1_0", "3x2_24", "-1", " 3", "٣"])
def test_what_is_no_list_of_sizes_is_refused_with_the_option_it_was_given_to(text):
    with pytest.raises(NotationError) as caught:
        arguments.sizes(text, "--stride")
    assert str(caught.value) == (
        "this is no list of sizes.\n"
        f"  here    --stride {text}\n"
        "  rule    integers of at most 18 digits, without a sign, joined by x\n"
        "  fix     for example --stride 3, or --stride 3x2 for an entry an axis"
    )


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


def test_a_network_takes_another_input_of_its_own_rank():
    assert arguments.network("alexnet", "3x227x227").input_shape == (3, 227, 227)
    assert arguments.network("AlexNet", None).input_shape == (3, 224, 224)
    assert arguments.network("alexnet", "1x3x227x227").input_shape == (3, 227, 227)
    for size in ("224x224", "2x3x224x224", "1x1x3x224x224"):
        with pytest.raises(CnnmathError, match="another rank than the network"):
            arguments.network("alexnet", size)


WORDS = (
    *(
        "relu",
        "conv(8, 3)",
        "maxpool(2)",
        "linear(F)",
        "lenet5",
        "lenet5(",
        "classes=3",
        "resnet50(classes=F)",
        "H",
        "add",
    ),
    *(" > ", "3*", "x", "(", ")", ",", "/", ".json", "\x00", "a" * 300),
)
SIZES = ("3", "8", "x", "X", "H", "1", "-", "0", "9" * 19, " ")


@given(
    st.lists(st.sampled_from(WORDS), max_size=5).map("".join) | st.text(),
    st.none() | st.lists(st.sampled_from(SIZES), max_size=5).map("".join) | st.text(max_size=4),
)
def test_any_words_are_a_network_or_refused_with_a_message(what, size):
    try:
        told = repr(analyze(arguments.network(what, size)))
    except CnnmathError as error:
        told = str(error)
    assert told
