"""Costs: bars are as long as the layers' numbers, and nothing is lost by adding layers together."""

import pytest

from cnnmath import ops, zoo
from cnnmath.errors import UnknownNameError
from cnnmath.graph import analyze
from cnnmath.plot import costs
from cnnmath.plot.bars import MOST, bars_of
from tests.graph.nets import chain


def widths(axes):
    return [bar.get_width() for bar in axes.patches]


@pytest.mark.parametrize("name", list(zoo.ALL))
def test_bars_add_up_to_the_totals_that_are_printed(name):
    summary = analyze(zoo.named(name))
    left, right = costs(summary).axes
    assert sum(widths(left)) == summary.macs
    assert sum(widths(right)) == summary.parameters
    assert left.get_title(loc="left") == f"MACs: {summary.macs:,}"
    assert right.get_title(loc="left") == f"parameters: {summary.parameters:,}"
    assert len(widths(left)) == len(widths(right)) <= MOST


@pytest.mark.parametrize("name", ["lenet5", "alexnet_2012", "vgg16", "resnet18"])
def test_each_layer_has_its_bar_where_there_is_room(name):
    summary = analyze(zoo.named(name))
    left, right = costs(summary).axes
    layers = [layer for layer in summary.layers if layer.parameters]
    assert [label.get_text() for label in left.get_yticklabels()] == [layer.name for layer in layers]
    assert widths(left) == [layer.macs for layer in layers]
    assert widths(right) == [layer.parameters for layer in layers]


def test_a_deep_network_is_added_up_by_block():
    summary = analyze(zoo.resnet152())
    bars = bars_of(summary, summary.count("macs").by_layer)
    assert [bar.name for bar in bars][:4] == ["conv1", "bn1", "layer1.0", "layer1.1"]
    assert len(bars) == 3 + 50
    for bar in bars:
        own = [layer for layer in summary.layers if f"{layer.name}.".startswith(f"{bar.name}.")]
        assert (bar.cost, bar.parameters) == (sum(x.macs for x in own), sum(x.parameters for x in own))


def test_a_network_still_deeper_is_added_up_by_stage():
    summary = analyze(zoo.named("resnet200_slim"))
    names = [bar.name for bar in bars_of(summary, summary.count("macs").by_layer)]
    assert names == ["conv1", "bn1", "layer1", "layer2", "layer3", "layer4", "fc"]


def test_shares_stand_behind_the_bars():
    left, _ = costs(analyze(zoo.lenet5())).axes
    assert [text.get_text() for text in left.texts] == ["28.2 %", "57.6 %", "11.5 %", "2.4 %", "0.2 %"]


def test_another_convention_counts_what_it_says():
    summary = analyze(zoo.resnet50())
    left, _ = costs(summary, "fvcore").axes
    assert sum(widths(left)) == 4_111_512_576
    assert left.get_title(loc="left") == "'fvcore': 4,111,512,576"
    with pytest.raises(UnknownNameError, match="there is no convention 'mac'"):
        costs(summary, "mac")


def test_a_network_that_costs_nothing_has_no_bar():
    left, right = costs(analyze(chain(ops.ReLU(), ops.MaxPool(2)))).axes
    assert widths(left) == widths(right) == []
