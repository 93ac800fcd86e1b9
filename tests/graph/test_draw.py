"""Drawings: every operator in one row or chip, every connection from the row it reads."""

import xml.etree.ElementTree as ET

import pytest

from cnnmath import ops, zoo
from cnnmath.graph import Architecture, analyze
from cnnmath.graph.draw import POINTWISE, draw, rows_of
from tests.support import each
from tests.verify.test_single_numbers import OF_SINGLE_NUMBERS

SVG = "{http://www.w3.org/2000/svg}"
NETWORKS = list(zoo.ALL)


@pytest.fixture(params=NETWORKS)
def summary(request):
    return analyze(zoo.named(request.param))


def residual(name="block"):
    net = Architecture(name, (4, 8, 8))
    conv = net.add("conv", ops.Conv(4, 3, padding=1))
    relu = net.add("relu", ops.ReLU())
    add = net.add("add", ops.Add(), relu, "input")
    net.add("merge", ops.Concat(), add, conv)
    net.add("last", ops.ReLU())
    return analyze(net)


def groups(drawing):
    return [g for g in ET.fromstring(drawing).iter(f"{SVG}g") if g.get("class", "").startswith("row")]


@each(OF_SINGLE_NUMBERS)
def test_a_function_of_single_numbers_stands_on_a_chip(kind):
    assert kind in POINTWISE, f"{kind.__name__} is not in draw.POINTWISE"


def test_every_layer_stands_once_in_a_row_or_on_a_chip(summary):
    rows = rows_of(summary)
    names = [layer.name for row in rows for layer in (row.layer, *row.chips)]
    assert names == [layer.name for layer in summary.layers]
    assert all(isinstance(chip.op, POINTWISE) for row in rows for chip in row.chips)


def test_a_drawing_is_xml_with_a_row_for_the_input_and_each_row(summary):
    drawing = draw(summary)
    assert len(groups(drawing)) == len(rows_of(summary)) + 1
    root = ET.fromstring(drawing)
    assert root.find(f"{SVG}title").text.startswith(summary.network.name)
    assert root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}"


def test_nothing_is_drawn_outside_the_drawing(summary):
    root = ET.fromstring(draw(summary))
    width, height = int(root.get("width")), int(root.get("height"))
    for box in root.iter(f"{SVG}rect"):
        x, y, w, h = (float(box.get(name)) for name in ("x", "y", "width", "height"))
        assert 0 <= x <= x + w <= width
        assert 0 <= y <= y + h <= height


def test_there_is_a_connection_for_everything_that_is_read(summary):
    reads = sum(len(row.layer.inputs) for row in rows_of(summary))
    assert len(list(ET.fromstring(draw(summary)).iter(f"{SVG}path"))) == reads


def test_a_residual_connection_is_a_curve_and_a_chain_has_none():
    curves = [p for p in ET.fromstring(draw(residual())).iter(f"{SVG}path") if p.get("class") == "skip"]
    assert len(curves) == 2
    assert "skip" not in draw(analyze(zoo.vgg16()))
    # 12 blocks pass their input on; 4 project it, which reads the input past three rows and is read past one.
    assert draw(analyze(zoo.resnet50())).count("class='skip'") == 12 + 2 * 4


def test_an_output_that_two_operators_read_takes_no_chip():
    rows = rows_of(residual())
    assert [(row.layer.name, [chip.name for chip in row.chips]) for row in rows] == [
        ("conv", []), ("relu", []), ("add", []), ("merge", ["last"]),
    ]  # fmt: skip


def test_kinds_and_shapes_are_on_the_drawing():
    rows = groups(draw(analyze(zoo.lenet5())))
    kinds = [row.get("class").split()[1] for row in rows]
    assert kinds[:4] == ["input", "convolution", "pooling", "convolution"]
    assert [row.findall(f"{SVG}text")[-1].text for row in rows[:3]] == ["1x32x32", "6x28x28", "6x14x14"]


def test_names_are_escaped():
    net = Architecture("<a>&b", (1, 4, 4))
    net.add("<i>'\"", ops.Conv(1, 2))
    (_, row) = groups(draw(analyze(net)))
    assert row.find(f"{SVG}text").text == "<i>'\""


def test_a_long_name_is_drawn_by_its_end_and_told_whole():
    net = Architecture("long", (3, 8, 8))
    name = "/encoder/layers/encoder_layer_0/self_attention/Gather_1/select"
    net.add(name, ops.Conv(4, 3, padding=1, bias=False))
    row = groups(draw(analyze(net)))[1]
    drawn, said = (text.text for text in row.findall(f"{SVG}text")[:2])
    assert drawn == "…/self_attention/Gather_1/select"
    assert said == "conv(4, 3, padding=1, bias=F…"
    assert row.find(f"{SVG}title").text == name


def test_shapes_that_are_formulas_stand_clear_of_the_chips():
    sympy = pytest.importorskip("sympy")
    h, w = sympy.symbols("H W", positive=True, integer=True)
    widths = [int(ET.fromstring(draw(analyze(zoo.resnet18(x)))).get("width")) for x in ((3, 224, 224), (3, h, w))]
    assert widths == [900, 1074]
