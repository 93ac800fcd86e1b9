"""Networks in one line."""

from dataclasses import fields

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import ops, zoo
from cnnmath.errors import CnnmathError, NotationError, SettingError, ShapeError, UnknownNameError
from cnnmath.graph import Architecture, accepted_inputs, analyze, propagate, shapes
from cnnmath.graph.lengths import least_sizes
from cnnmath.graph.notation import parse, sizes, symbol
from cnnmath.zoo import notation as networks

LENET = (
    "conv(6, 5) > tanh > averagepool(2) > conv(16, 5) > tanh > averagepool(2) > flatten"
    " > linear(120) > tanh > linear(84) > tanh > linear(10)"
)


def test_a_chain_is_the_network_that_is_built_by_hand():
    net = Architecture("mine", (3, 32, 32))
    net.add("conv1", ops.Conv(8, 5))
    net.add("relu1", ops.ReLU())
    net.add("conv2", ops.Conv(8, 3, padding=1))
    net.add("relu2", ops.ReLU())
    net.add("flatten1", ops.Flatten())
    assert parse("conv(8, 5) > relu > conv(8, 3, padding=1) > relu > flatten", (3, 32, 32), "mine") == net


def test_a_published_network_in_one_line_has_its_numbers():
    mine, published = analyze(parse(LENET, (1, 32, 32))), analyze(zoo.lenet5())
    assert (mine.parameters, mine.macs) == (61_706, 416_520)
    assert [layer.output_shape for layer in mine.layers] == [layer.output_shape for layer in published.layers]


def test_sizes_left_open_are_positive_integer_symbols():
    net = parse("conv(F, 3) > conv(2*F, 1) > conv(floor(F/2), 1)", sizes("CxHxW"))
    F, C, H, W = (sympy.Symbol(name, integer=True, positive=True) for name in "FCHW")
    assert analyze(net).layers[0].output_shape == (1, F, H - 2, W - 2)
    assert analyze(net).layers[0].parameters == 9 * C * F + F
    assert net.op("conv2") == ops.Conv(2 * F, 1)
    assert net.op("conv3") == ops.Conv(sympy.floor(F / 2), 1)
    assert symbol("F") == F


@pytest.mark.parametrize(("text", "shape"), [("3x224x224", (3, 224, 224)), ("1X7", (1, 7)), ("5", (5,))])
def test_sizes_are_joined_by_x(text, shape):
    assert sizes(text) == shape


@pytest.mark.parametrize(
    "text", ["", "x", "3x", "3,2", "-3x4", "3x1.5", "٣x4", "3x2_24", "3 x 4", "9" * 5000, "3x1000000000000000000"]
)
def test_what_is_no_list_of_sizes_is_refused(text):
    with pytest.raises(NotationError, match="this is no list of sizes"):
        sizes(text)


def test_a_chain_needs_an_input_that_is_a_shape():
    with pytest.raises(ShapeError, match="this is no shape of an input"):
        parse("relu", (0, 3))


def test_a_huge_product_of_sizes_left_open_is_refused():
    product = "F*999"
    for _ in range(8):
        product = f"({product})*({product})"
    with pytest.raises(NotationError, match="this arithmetic is too long"):
        parse(f"conv({product}, 3)", (3, 8, 8))


FORMULAS = ["F", "2*F", "F - F", "F/F", "-F", "F/2", "F**2", "1.5*F", "(F, 3)", "((F, 1), (0, G))", "F//G", "0*F", "3"]


@given(st.data())
def test_any_settings_left_open_are_a_network_or_refused_with_a_message(data):
    kind = data.draw(st.sampled_from(ops.ALL))
    names = [f.name for f in fields(kind)]
    settings = data.draw(st.dictionaries(st.sampled_from(names), st.sampled_from(FORMULAS))) if names else {}
    text = f"{kind.__name__}({', '.join(f'{name}={value}' for name, value in settings.items())})"
    shape = data.draw(st.sampled_from(["3xHxW", "CxHxW", "5x9x9", "CxL", "7"]))
    try:
        told = str(shapes(parse(text, sizes(shape))))
    except CnnmathError as error:
        told = str(error)
    assert told


@pytest.mark.parametrize(
    ("text", "name", "here"),
    [
        ("relu > concat(axis=F)", "axis", "axis F"),
        ("select((F, 3))", "channel", "channel F"),
        ("slice((F, 3))", "start", "start F"),
        ("slice((0, 1), ends=(F, 3))", "end", "end F"),
        ("transpose((0, F))", "axis", "axis F"),
    ],
)
def test_an_axis_and_a_place_are_not_left_open(text, name, here):
    with pytest.raises(SettingError) as caught:
        parse(text, (3, 9, 9))
    assert caught.value.fact == f"the {name} is a number."
    assert {**caught.value.lines, "text": ""} == {
        "text": "", "here": here, "rule": "sizes alone are left open", "fix": "put a number in",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["adaptivemaxpool(F)", "resize(F)", "expand((F, 9))", "conv(3, F)"])
def test_lengths_that_are_left_open_are_not_followed(text):
    net = parse(text, (3, 9, 9))
    assert least_sizes(net) is None
    with pytest.raises(SettingError, match="its lengths are formulas"):
        accepted_inputs(net)


@pytest.mark.parametrize("text", ["upsample(F)", "upsample(2) > conv(3, 3, stride=F)", "conv(3, F) > upsample(2)"])
def test_a_field_that_repeats_where_a_size_is_left_open_is_not_known(text):
    *_, last = propagate(parse(text, (3, 9, 9)))
    assert (last.fields.hull, last.fields.unknown) == (None, True)
    assert last.fields.note == "its field repeats, and a size is left open"


def test_what_outputs_cost_that_differ_is_not_counted_where_their_number_is_left_open():
    with pytest.raises(SettingError) as caught:
        propagate(parse("adaptiveaveragepool(F)", (3, 9, 9)))
    assert str(caught.value) == (
        "adaptiveaveragepool 'adaptiveaveragepool1': its outputs differ in what they cost, and how many there are is "
        "left open.\n  here    output of shape (1, 3, F, F)\n  fix     give it integers"
    )


def test_padding_with_a_fraction_left_open_is_no_less_than_one():
    assert shapes(parse("wrappad(F/2)", (5, 9, 9)))["wrappad1"] == (1, 5, symbol("F") + 9, symbol("F") + 9)


@pytest.mark.parametrize("step", ["(({})*G//3)", "(G//({} + 1))", "floor({}/2 + G)"])
def test_a_formula_nested_as_deep_as_can_be_read_is_read(step):
    text = "F"
    for _ in range(9):
        text = step.format(text)
    assert parse(f"linear({text})", (3,)).op("linear1").units.free_symbols
    for _ in range(9):
        text = step.format(text)
    with pytest.raises(NotationError, match=r"too long|too deep"):
        parse(f"linear({text})", (3,))


def test_a_network_of_the_zoo_takes_its_arguments():
    assert networks.parse("resnet50(classes=10)") == zoo.resnet50(classes=10)
    assert networks.parse("VGG16(input_shape=(3, 64, 64))") == zoo.vgg16((3, 64, 64))
    assert networks.parse("lenet5") == zoo.lenet5()
    assert networks.parse("lenet5((1, H, H))").input_shape == (1, symbol("H"), symbol("H"))


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        (
            "resnet50(clases=10)",
            UnknownNameError,
            "resnet50: there is no setting 'clases'.\n  text    resnet50(clases=10)\n                   ^\n"
            "  near    classes\n  known   bias, classes, input_shape, shortcut, stride, width",
        ),
        (
            "lenet5((1, 32, 32), 10, 3)",
            SettingError,
            "lenet5: the settings do not fit.\n  text    lenet5((1, 32, 32), 10, 3)\n          ^\n"
            "  rule    lenet5(input_shape=(1, 32, 32), classes=10)\n  here    too many positional arguments\n"
            "  fix     give what has no default, each once",
        ),
        (
            "lenet5(classes=0)",
            SettingError,
            "lenet5: the number of units must be at least 1.\n  text    lenet5(classes=0)\n          ^\n"
            "  rule    number of units >= 1\n  here    0 < 1\n  fix     use 1 or more",
        ),
    ],
)
def test_arguments_that_a_network_does_not_take_are_refused(text, kind, message):
    with pytest.raises(kind) as caught:
        networks.parse(text)
    assert str(caught.value) == message


def test_an_unknown_network_and_two_of_them_are_refused():
    with pytest.raises(UnknownNameError, match="there is no network 'resnet5'") as caught:
        networks.parse("resnet5(classes=3)")
    assert "resnet50" in caught.value.lines["near"].split(", ")
    with pytest.raises(NotationError, match="stands alone"):
        networks.parse("lenet5 > relu")


def test_a_network_that_fails_on_its_arguments_says_so(monkeypatch):
    def broken(classes=3):
        return {}[classes]

    monkeypatch.setattr(zoo, "ALL", {"broken": zoo.Published(broken, "broken", "", "")})
    with pytest.raises(CnnmathError) as caught:
        networks.parse("broken(classes=4)")
    assert str(caught.value) == (
        "broken: it cannot be built with these arguments.\n  text    broken(classes=4)\n          ^\n"
        "  here    KeyError: 4\n  fix     give the numbers and tuples that its documentation asks for"
    )


def test_a_network_of_the_zoo_where_operators_are_wanted_is_told_how_it_is_built():
    with pytest.raises(UnknownNameError, match=r"zoo, cnnmath\.zoo\.named\('lenet5'\) builds it"):
        parse("lenet5", (1, 32, 32))
    with pytest.raises(UnknownNameError) as caught:
        parse("lenet5 > relu", (1, 32, 32))
    assert "fix" not in caught.value.lines
