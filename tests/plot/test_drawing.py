"""The drawing: what stands on the lane, what repeats, and boxes as large as the scale says."""

from math import log2, sqrt

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import Circle, FancyArrowPatch, Rectangle

from cnnmath import ops, plot, zoo
from cnnmath.errors import DataError
from cnnmath.graph import analyze
from cnnmath.plot import draw
from cnnmath.plot.lane import Block, blocks_of, lane_of
from cnnmath.plot.stations import HIGHEST, TALL, WIDE
from tests.graph.nets import chain

NETWORKS = list(zoo.ALL)


def artists(figure, kind):
    return [patch for axes in figure.axes for patch in axes.patches if type(patch) is kind]


def texts(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def skipping(start):
    """Six equal convolutions; the output of one of them, or the input, is added to that of the last."""
    net = chain(*[ops.Conv(4, 3, padding=1)] * 6, shape=(4, 8, 8))
    net.add("add", ops.Add(), "conv5", f"conv{start}" if start >= 0 else "input")
    return lane_of(analyze(net))


@pytest.mark.parametrize("name", NETWORKS)
def test_every_row_is_on_the_lane_or_on_an_arc_once(name):
    summary = analyze(zoo.named(name))
    lane = lane_of(summary)
    drawn = [*lane.rows] + [row for arc in lane.arcs for row in arc.rows]
    names = [layer.name for row in drawn for layer in (row.layer, *row.chips)]
    assert sorted(names) == sorted(layer.name for layer in summary.layers)
    assert lane.rest == ()


@pytest.mark.parametrize("name", NETWORKS)
def test_blocks_cover_the_lane_and_repeat_what_they_say(name):
    lane = lane_of(analyze(zoo.named(name)))
    blocks = blocks_of(lane)
    assert [at for block in blocks for at in range(block.first, block.end)] == list(range(len(lane.rows)))
    for block in blocks:
        for at in range(block.first + block.length, block.end):
            one, other = lane.rows[at].layer, lane.rows[at - block.length].layer
            assert (one.op, one.output_shape) == (other.op, other.output_shape)


@pytest.mark.parametrize("depth", [50, 101, 152])
def test_repeats_are_those_of_the_papers_table_but_for_the_first_of_each_stage(depth):
    from cnnmath.zoo.resnet import BLOCKS

    figure = draw(analyze(zoo.resnet(depth)))
    assert [text for text in texts(figure) if text.startswith("×")] == [f"×{n - 1}" for n in BLOCKS[depth]]


@pytest.mark.parametrize(
    ("start", "blocks"),
    [
        (-1, [Block(0, 1, 6), Block(6, 1)]),
        (2, [Block(0, 1, 3), Block(3, 1, 3), Block(6, 1)]),
        (4, [Block(0, 1, 5), Block(5, 1), Block(6, 1)]),
    ],
)
def test_a_run_ends_where_an_arc_begins(start, blocks):
    assert blocks_of(skipping(start)) == blocks


def test_a_run_that_is_read_from_behind_would_be_folded_if_nobody_looked(monkeypatch):
    monkeypatch.setattr("cnnmath.plot.lane._closed", lambda *_: True)
    assert blocks_of(skipping(2)) == [Block(0, 1, 6), Block(6, 1)]


@pytest.mark.parametrize("name", ["lenet5", "alexnet_2012", "vgg16", "plain18", "resnet18"])
def test_a_network_that_is_small_has_every_box_in_the_scale_that_is_printed(name):
    summary = analyze(zoo.named(name))
    shapes = {layer.name: layer.output_shape[1:] for layer in summary.layers} | {"input": summary.network.input_shape}
    ops_of = {layer.name: layer.op for layer in summary.layers}
    figure = draw(summary)
    boxes = {box.get_gid(): box for box in artists(figure, Rectangle)}
    rows = {row.layer.name for row in lane_of(summary).rows} | {"input"}
    assert set(boxes) == {n for n in rows if not isinstance(ops_of.get(n), (ops.Add, ops.Flatten))}
    scale = min(HIGHEST, TALL / sqrt(max(summary.network.input_shape[1:])))
    for node, box in boxes.items():
        channels, *spatial = shapes[node]
        assert box.get_width() == WIDE * log2(1 + channels)
        assert box.get_height() == scale * sqrt(spatial[0] if spatial else 1)


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "resnet152", "resnet50_slim"])
def test_each_addition_that_is_drawn_has_an_arc(name):
    figure = draw(analyze(zoo.named(name)))
    ends = [arc.get_gid().split(" to ")[1] for arc in artists(figure, FancyArrowPatch)]
    assert sorted(ends) == sorted(circle.get_gid() for circle in artists(figure, Circle))
    assert len(ends) == len(set(ends)) >= 8


def test_a_plain_network_has_no_arc_and_a_projection_is_written_on_its_arc():
    assert artists(draw(analyze(zoo.named("plain18"))), FancyArrowPatch) == []
    assert texts(draw(analyze(zoo.resnet18()))).count("1×1 /2") == 3


def well_set(figure):
    """Whether all texts lie in the figure, and none on another."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    width, height = figure.bbox.size
    boxes = [t.get_window_extent(renderer) for axes in figure.axes for t in axes.texts if t.get_text() not in ("", "+")]
    inner = [box.shrunk(0.96, 0.8) for box in boxes]  # a text's box holds the room for descenders that it may not have
    inside = all(0 <= b.x0 <= b.x1 <= width and 0 <= b.y0 <= b.y1 <= height for b in boxes)
    return inside and not any(a.overlaps(b) for i, a in enumerate(inner) for b in inner[:i])


@pytest.mark.parametrize("name", NETWORKS)
def test_no_text_lies_on_another_or_leaves_the_figure(name):
    assert well_set(draw(analyze(zoo.named(name))))


def test_letters_that_take_no_room_would_be_seen(monkeypatch):
    summary = analyze(chain(ops.Conv(2, 1, stride=8), *[ops.Conv(2, 1, groups=2)] * 24, shape=(2, 64, 64)))
    assert well_set(draw(summary))
    monkeypatch.setattr("cnnmath.plot.stations.LETTER", 0)
    assert not well_set(draw(summary))


def test_channels_and_sizes_are_written_below_the_boxes():
    words = texts(draw(analyze(zoo.lenet5())))
    assert words[0] == "lenet5: input 1×32×32, 61,706 parameters, 416,520 MACs"
    assert {"32×32", "28×28", "14×14", "10×10", "5×5", "120", "84", "10", "avg 2×2", "/2", "dense", "vector"} <= set(
        words
    )


def test_side_outputs_are_said_not_to_be_drawn():
    net = chain(ops.Conv(2, 3), ops.ReLU(), ops.Conv(2, 3))
    net.add("side", ops.GlobalAveragePool(), "conv0")
    assert "Not drawn: side outputs, 1 operator." in texts(draw(analyze(net)))[1]


def test_a_network_of_nothing_is_its_input():
    assert [box.get_gid() for box in artists(draw(analyze(chain())), Rectangle)] == ["input"]


def test_many_connections_between_the_same_rows_are_one_arc():
    lane = lane_of(analyze(zoo.lenet5_1998()))
    assert [(arc.branches, len(arc.rows)) for arc in lane.arcs] == [(15, 30)]
    assert {arc.branches for arc in lane_of(analyze(zoo.resnet50())).arcs} == {1}


@pytest.mark.parametrize("figure", [plot.draw, plot.costs, plot.fields])
def test_a_figure_of_something_else_than_a_summary_is_refused(figure):
    with pytest.raises(DataError) as caught:
        figure(zoo.lenet5())
    assert str(caught.value).startswith("this is no summary of a network.\n  here    Architecture 'lenet5'")
    assert caught.value.lines["fix"] == "give cnnmath.analyze(net)"
