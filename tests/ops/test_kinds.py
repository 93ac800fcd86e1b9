"""Kinds: every operator has one, and both drawings colour it by that."""

import re
from importlib.resources import files

from cnnmath import ops, plot
from cnnmath.graph import INPUT, Architecture, Opaque, analyze
from cnnmath.graph.draw import draw
from cnnmath.ops.kinds import KINDS
from cnnmath.ops.kinds import kind as kind_of
from cnnmath.plot.style import TINTS
from tests.support import each, every_operator, simple

EXPECTED = {
    ops.Conv: "convolution",
    ops.ConvTranspose: "convolution",
    ops.MaxPool: "pooling",
    ops.AveragePool: "pooling",
    ops.LpPool: "pooling",
    ops.Subsample: "pooling",
    ops.GlobalAveragePool: "pooling",
    ops.AdaptiveAveragePool: "pooling",
    ops.AdaptiveMaxPool: "pooling",
    ops.Linear: "dense",
    ops.LinearLast: "dense",
    ops.RadialBasis: "dense",
    ops.RNNCell: "dense",
    ops.LSTMCell: "dense",
}
WITHOUT_KEY = (ops.Add, ops.Flatten)  # a circle and a slant, without a colour


def alone(of):
    case = simple(of)
    net = Architecture("alone", case.inputs[0][1:])
    net.add("node", case.op, *[INPUT] * len(case.inputs))
    return analyze(net)


@every_operator
def test_an_operator_is_of_the_kind_that_a_textbook_says(kind):
    of = kind_of(simple(kind).op)
    assert of == EXPECTED.get(kind, "other")
    assert f"<g class='row {of}'>" in draw(alone(kind))


@each([of for of in ops.ALL if of not in WITHOUT_KEY])
def test_the_key_of_a_figure_names_the_same_kind(kind):
    (legend,) = filter(None, (axes.get_legend() for axes in plot.draw(alone(kind)).axes))
    assert [text.get_text() for text in legend.get_texts()] == [kind_of(simple(kind).op)]


def test_what_is_not_known_is_of_no_kind():
    assert kind_of(Opaque("attention", (1, 2, 2))) == "other"


def test_every_kind_has_a_colour_in_figures_and_on_pages():
    assert list(TINTS) == list(KINDS)
    style = files("cnnmath.report").joinpath("style.css").read_text(encoding="utf-8")
    for name in KINDS:
        assert len(re.findall(rf"--{name}:", style)) == 2  # by day and by night
        assert f".row.{name} > rect" in style
