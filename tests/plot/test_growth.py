"""Receptive fields: every point is a layer's field, the band is the least path, strides and input stand by."""

import pytest

from cnnmath import ops, zoo
from cnnmath.errors import GraphError
from cnnmath.graph import Architecture, analyze
from cnnmath.graph.propagate import WEIGHTED
from cnnmath.graph.seen import seen
from cnnmath.plot import fields
from cnnmath.plot.growth import curves_of
from tests.graph.nets import chain, residual

STAGES = {"resnet18": 435, "resnet34": 899, "resnet50": 427, "resnet101": 971, "resnet152": 1451}  # Distill 2019


def points(line):
    return list(zip(line.get_xdata().tolist(), line.get_ydata().tolist(), strict=True))


def lines(figure):
    return {line.get_label(): line for line in figure.axes[0].lines}


@pytest.mark.parametrize("name", list(zoo.ALL))
def test_every_weighted_layer_with_a_field_has_a_point(name):
    summary = analyze(zoo.named(name))
    (markers,) = [line for line in fields(summary).axes[0].lines if line.get_marker() == "o"]
    layers = [layer for layer in summary.layers if isinstance(layer.op, WEIGHTED) and layer.field]
    assert points(markers) == [(layer.fields.depth[1], layer.field[0].extent) for layer in layers]


@pytest.mark.parametrize("name", STAGES)
def test_the_line_ends_at_the_published_field(name):
    figure = fields(analyze(zoo.named(name)))
    assert lines(figure)["all paths"].get_ydata()[-1] == STAGES[name]
    assert figure.axes[0].get_xlabel().endswith(", least path 11")  # stem and pooling: 7 + 2*2


@pytest.mark.parametrize("name", ["resnet18", "lenet5"])
def test_the_least_path_of_a_layer_is_what_is_said_of_its_field(name):
    net = zoo.named(name)
    (curve,) = curves_of(analyze(net))
    assert list(curve.least) == [seen(net, layer).record()["least"]["size"][0] for layer in curve.names]


def test_the_least_path_of_a_layer_that_a_connection_goes_around_is_its_own():
    net = chain(ops.Conv(16, 3, stride=2, padding=1), shape=(3, 32, 32))
    for name, op in (("dw", ops.Conv(16, 3, padding=1, groups=16)), ("pw", ops.Conv(16, 1))):
        net.add(name, op)
    net.add("res", ops.Add(), "pw", "conv0")
    net.add("branch5", ops.Conv(8, 5, stride=2, padding=2))
    figure = fields(analyze(net))
    # dw and pw see 3 + 2*2; past the shortcut, branch5 sees 3 + 4*2
    assert points(lines(figure)["least path"]) == [(1, 3), (2, 7), (3, 7), (4, 11)]
    assert [tick.get_text() for tick in figure.axes[0].get_xticklabels()] == ["conv0", "dw", "pw", "branch5"]
    assert figure.axes[0].get_xlabel().endswith("branch5: 15, stride 4, padding 7, least path 11")


def test_a_shortcut_without_a_weighted_layer_behind_it_has_no_band():
    net = residual()
    (curve,) = curves_of(analyze(net))
    # stem 3 at stride 2; body 3x3 and 5x5: 3 + 4 + 8; shortcut 1x1: 3
    assert curve.names == ("stem", "body1", "body2", "shortcut")
    assert (curve.depths, curve.sizes) == ((1, 2, 3, 2), (3, 7, 15, 3))
    assert curve.least == (3, 7, 15, 3)
    assert curve.line == {1: 3, 2: 7, 3: 15}
    assert not curve.branches
    assert fields(analyze(net)).axes[0].get_xlabel().endswith(", least path 3")


def test_a_chain_has_no_band():
    figure = fields(analyze(zoo.vgg16()))
    assert set(lines(figure)) & {"all paths", "least path"} == {"all paths"}
    assert figure.axes[0].collections[:] == []


def test_the_size_of_the_input_is_a_line():
    assert set(lines(fields(analyze(zoo.alexnet_2012())))) >= {"input 227"}
    assert lines(fields(analyze(zoo.vgg16())))["input 224"].get_ydata() == [224, 224]


def test_strides_stand_above_where_they_change():
    written = {t.get_text(): t.get_position()[0] for t in fields(analyze(zoo.vgg16())).axes[0].texts}
    assert [written[stride] for stride in ("1", "2", "4", "8", "16")] == [1, 3, 5, 8, 11]
    texts = [t.get_text() for t in fields(analyze(zoo.resnet152())).axes[0].texts]
    assert [text for text in texts if text in ("2, 4", "2", "4", "8", "16", "32")] == ["2, 4", "8", "16", "32"]


def test_axes_that_differ_have_a_line_each():
    net = chain(ops.Conv(1, (3, 5), stride=(2, 1)), ops.Conv(1, (3, 3)), shape=(1, 20, 30))
    figure = fields(analyze(net))
    found = lines(figure)
    assert points(found["all paths height"]) == [(1, 3), (2, 7)]
    assert points(found["all paths width"]) == [(1, 5), (2, 7)]
    assert {"input height 20", "input width 30"} <= set(found)
    assert "2x1" in [text.get_text() for text in figure.axes[0].texts]


def test_a_field_that_depends_on_the_position_is_said_to():
    net = chain(ops.Conv(1, 3, padding=1), shape=(1, 16, 16))
    a, b = net.add("pool", ops.MaxPool(2, stride=1, padding=((0, 1), (0, 1))), "conv0"), "conv0"
    halves = [net.add(f"half{i}", ops.Conv(1, 3, stride=2, padding=1), end) for i, end in enumerate((a, b))]
    up = net.add("down", ops.MaxPool(3, stride=1, padding=1), halves[0])
    net.add("add", ops.Add(), up, halves[1])
    assert "at the last map, add: 10, stride 2" in fields(analyze(net)).axes[0].get_xlabel()
    wide = Architecture("wide", (1, 2, 2))
    wide.add("far", ops.Conv(1, 1, padding=1))
    wide.add("near", ops.Conv(1, 1, stride=1), "input")
    wide.add("sub", ops.Conv(1, 1, stride=2, padding=((1, 2), (1, 2))), "near")
    wide.add("full", ops.Conv(1, 2), "far")
    wide.add("met", ops.Add(), "sub", "full")
    assert fields(analyze(wide)).axes[0].get_xlabel().endswith("at the last map, met: it depends on the position")


def test_a_network_without_fields_is_refused():
    net = Architecture("mlp", (784,))
    net.add("fc", ops.Linear(10))
    with pytest.raises(GraphError) as error:
        fields(analyze(net))
    assert str(error.value) == (
        "network 'mlp': no weighted layer has a receptive field.\n"
        "  rule    a field needs spatial axes, and a stride that all paths share\n"
        "  fix     plot a network with convolutions on feature maps"
    )
