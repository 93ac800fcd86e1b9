"""Receptive fields of graphs: the published toy graphs, alignment, the least field, depth, and what has no field."""

from fractions import Fraction

import pytest
import sympy

from cnnmath import ops, zoo
from cnnmath.graph import INPUT, Architecture, accepted_inputs, analyze, inputs_for, propagate, smallest_input
from cnnmath.graph.seen import seen
from cnnmath.graph.support import spans
from cnnmath.phases import Phases
from cnnmath.window import Window
from tests.graph.nets import TOYS, chain, padded_toy, residual, two_adds

EXPECTED = ("aligned_1", "aligned_2_maxpool", "two_adds_8")
NOT_ALIGNED = "branches meet whose fields are centred at 0 and 1: they are not aligned"


def last(net):
    return propagate(net)[-1]


def triples(field):
    return [(w.extent, w.stride, w.before) for w in field]


def published(name):
    return two_adds(padded_toy) if name == "two_adds_8" else padded_toy(name)


def test_the_table_has_six_graphs():
    assert list(TOYS) == [
        "aligned_1", "aligned_2_maxpool", "unaligned_3", "undefined_padding_4", "nonsquare_5", "two_adds_8",
    ]  # fmt: skip


@pytest.mark.parametrize("name", EXPECTED)
def test_aligned_graphs_have_the_published_field_and_no_note(name):
    expected = tuple(TOYS[name]["expect"][key] for key in ("rf", "stride", "padding"))
    layer = last(published(name))
    assert triples(layer.field) == [expected] * 2
    assert (layer.note, layer.fields.by_position) == ("", False)


def test_a_graph_that_is_not_square_has_its_published_field_an_axis():
    expected = TOYS["nonsquare_5"]["expect"]
    assert triples(last(published("nonsquare_5")).field) == [
        (expected[rf], expected["stride"], expected["padding"]) for rf in ("rf_y", "rf_x")
    ]


def test_branches_of_unequal_strides_are_flagged():
    assert "strides differ" in TOYS["unaligned_3"]["expect"]
    net = padded_toy("unaligned_3", (1, 8, 8))  # a size at which these branches have equal shapes
    layer = last(net)
    assert (layer.field, layer.fields.least, layer.fields.by_position) == (None, None, True)
    assert layer.note == "branches of strides 1 and 2 meet: the field depends on the position"
    assert "2nd output uses 6 samples, 3rd uses 5" in TOYS["unaligned_3"]["expect"]
    lengths = [b - a + 1 for a, b in spans(net, "add", padding=True)]
    assert lengths == [7, 6, 5, 6]


@pytest.mark.parametrize("size", [9, 13, 25])
def test_an_odd_size_aligns_the_branches_whose_padding_depends_on_it(size):
    layer = last(padded_toy("undefined_padding_4", (1, size, size)))
    assert TOYS["undefined_padding_4"]["expect"] == {"rf": 3, "stride": 4, "padding": None}
    assert triples(layer.field) == [(3, 4, 1)] * 2
    assert layer.note == ""


@pytest.mark.parametrize("size", [8, 12, 24])
def test_an_even_size_does_not(size):
    layer = last(padded_toy("undefined_padding_4", (1, size, size)))
    assert triples(layer.field) == [(3, 4, 0)] * 2
    assert layer.note == NOT_ALIGNED


def test_a_size_that_is_a_symbol_leaves_it_open_and_says_so():
    size = sympy.Symbol("H", integer=True, positive=True)
    layer = last(padded_toy("undefined_padding_4", (1, size, size)))
    assert layer.field is None
    assert layer.note == "its padding depends on the size of the input: give the sizes as numbers"


def test_one_branch_shifted_by_one_is_flagged_with_both_centres():
    net = Architecture("shifted", (1, 9, 9))
    a = net.add("a", ops.Conv(1, 3, padding=1), INPUT)
    b = net.add("b", ops.Conv(1, 3, padding=((0, 2), (1, 1))), INPUT)
    net.add("add", ops.Add(), a, b)
    layer = last(net)
    assert triples(layer.field) == [(4, 1, 1), (3, 1, 1)]
    assert layer.note == "branches meet whose fields are centred at 0 and 1x0: they are not aligned"


def test_the_least_field_is_that_of_the_path_that_sees_least():
    fields = last(residual()).fields
    assert triples(fields.hull) == [(15, 2, 7)] * 2
    assert triples(fields.least) == [(3, 2, 1)] * 2
    assert fields.depth == (2, 3)


def test_the_least_field_of_resnet50_is_that_of_its_shortcuts_alone():
    net = zoo.resnet50()
    summary = analyze(net)
    shortcut = chain(  # the stem, then every projection; identities see nothing more
        ops.Conv(64, 7, stride=2, padding=3), ops.MaxPool(3, stride=2, padding=1),
        *(ops.Conv(8, 1, stride=s) for s in (1, 2, 2, 2)), shape=(3, 224, 224),
    )  # fmt: skip
    assert triples(summary.least) == triples(last(shortcut).field) == [(11, 32, 5)] * 2
    assert triples(summary.field) == [(427, 32, 213)] * 2


@pytest.mark.parametrize("depth", [18, 34, 50, 101, 152])
def test_the_longest_path_of_a_resnet_has_the_layers_of_its_name(depth):
    least, greatest = last(zoo.resnet(depth)).fields.depth
    assert greatest == depth
    projections = 3 if depth < 50 else 4
    assert least == 1 + projections + 1


@pytest.mark.parametrize("depth", [18, 34])
def test_a_plain_twin_has_one_depth_alone(depth):
    layer = last(zoo.named(f"plain{depth}"))
    assert layer.fields.depth == (depth, depth)
    assert analyze(zoo.named(f"plain{depth}")).least == analyze(zoo.named(f"plain{depth}")).field


def test_behind_an_upsampling_the_field_repeats():
    up, conv = propagate(chain(ops.Upsample((2,)), ops.Conv(1, (3,), padding=1), shape=(1, 6)))
    assert up.field == (Phases(1, ((0, 0), (0, 0))),)
    assert conv.field == (Phases(1, ((-1, 0), (0, 1))),)
    assert spans(chain(ops.Upsample((2,)), ops.Conv(1, (3,), padding=1), shape=(1, 6)), "conv1", padding=True) == [
        conv.field[0].span(o) for o in range(12)
    ]


def test_behind_a_strided_convolution_and_its_transpose_the_field_is_both_of_them():
    net = chain(ops.Conv(1, (4,), stride=2, padding=1), ops.ConvTranspose(1, (4,), stride=2, padding=1), shape=(1, 12))
    (field,) = last(net).field
    assert (field.period, field.stride, field.shift) == (2, 1, 2)
    assert spans(net, "convtranspose1", padding=True) == [field.span(o) for o in range(12)]


def test_behind_a_mirror_the_field_is_that_of_the_window_and_folded_at_the_border():
    net = chain(ops.ReflectPad((2,)), ops.Conv(1, (5,)), shape=(1, 8))
    pad, conv = propagate(net)
    assert pad.note == conv.note == "at the border the field is folded back into the input"
    assert conv.field == (Window(5, before=2, after=2),)
    assert spans(net, "conv1") == [(0, 2), (0, 3), (0, 4), (1, 5), (2, 6), (3, 7), (4, 7), (5, 7)]
    shifted = spans(chain(ops.ReflectPad(((3, 0),)), shape=(1, 6)), "reflectpad0")
    assert shifted == [(3, 3), (2, 2), (1, 1), *((i, i) for i in range(6))]
    repeated = spans(chain(ops.EdgePad((2,)), shape=(1, 3)), "edgepad0")
    assert repeated == [(0, 0), (0, 0), (0, 0), (1, 1), (2, 2), (2, 2), (2, 2)]


def test_behind_a_linear_upsampling_the_field_repeats_or_depends_on_the_size():
    (up,) = propagate(chain(ops.LinearUpsample((2,)), shape=(1, 6)))
    assert up.field == (Phases(1, ((-1, 0), (0, 1))),)
    assert spans(chain(ops.LinearUpsample((2,)), shape=(1, 3)), "linearupsample0") == [
        (0, 0), (0, 1), (0, 1), (1, 2), (1, 2), (2, 2),
    ]  # fmt: skip
    net = chain(ops.LinearUpsample((2,), align_corners=True), ops.EdgePad((1,)), shape=(1, 3))
    for layer in propagate(net):
        assert (layer.field, layer.note) == (None, "the places of its outputs depend on the size of the input")
    assert spans(net, "linearupsample0") == [(0, 0), (0, 1), (0, 1), (1, 2), (1, 2), (2, 2)]


def test_an_unpooling_may_see_the_whole_input():
    unpool, conv = propagate(chain(ops.MaxUnpool((8,)), ops.Conv(1, (3,)), shape=(1, 4)))
    assert unpool.field is conv.field is None
    assert unpool.output_shape == (1, 1, 8)


def test_a_decoder_that_meets_its_encoder_sees_the_hull_of_both():
    net = Architecture("u", (1, 16))
    skip = net.add("skip", ops.Conv(1, (3,), padding=1), INPUT)
    net.add("down", ops.Conv(1, (3,), stride=2, padding=1), skip)
    up = net.add("up", ops.Upsample((2,)))
    net.add("join", ops.Concat(), up, skip)
    net.add("out", ops.Conv(1, (3,), padding=1))
    for name in ("up", "join", "out"):
        (field,) = next(layer for layer in propagate(net) if layer.name == name).field
        assert spans(net, name, padding=True) == [field.span(o) for o in range(16)], name


def test_what_sees_everything_says_so_once():
    pool, flatten = propagate(chain(ops.GlobalAveragePool(), ops.Flatten()))
    assert (pool.field, pool.note) == (None, "sees the whole input")
    assert (flatten.field, flatten.note) == (None, "")
    (bins,) = propagate(chain(ops.AdaptiveAveragePool(3)))
    assert (bins.field, bins.note) == (None, "its bins depend on the size of the input")
    (exact,) = propagate(chain(ops.AdaptiveAveragePool(16)))
    assert (exact.field, exact.note) == ((Window(1),) * 2, "")


WHOLE = (ops.BatchNorm(training=True), ops.GroupNorm(2), ops.InstanceNorm(), ops.LayerNorm())
POSITION = (ops.BatchNorm(), ops.LayerNorm(each_position=True))


@pytest.mark.parametrize("op", WHOLE, ids=str)
def test_behind_statistics_of_the_input_everything_is_seen(op):
    net = chain(ops.Conv(4, (3,)), op, ops.ReLU(), ops.Conv(4, (3,)), shape=(3, 9))
    conv, norm, *behind = propagate(net)
    assert (conv.field, conv.note) == ((Window(3),), "")
    assert all((layer.field, layer.note) == (None, "sees the whole input") for layer in (norm, *behind))
    assert norm.fields.whole
    assert [layer.fields.depth for layer in behind] == [(1, 1), (2, 2)]
    assert spans(net, behind[-1].name) == [(0, 8)] * 5


@pytest.mark.parametrize("op", POSITION, ids=str)
def test_a_normalisation_of_each_position_leaves_the_field_as_it_is(op):
    assert last(chain(ops.Conv(4, (3,)), op, ops.Conv(4, (3,)), shape=(3, 9))).field == (Window(5),)


@pytest.mark.parametrize("op", [*WHOLE, *POSITION], ids=str)
def test_a_normalisation_takes_the_inputs_that_the_rest_takes(op):
    first, *rest = ops.Conv(4, 3, stride=2), ops.MaxPool(2), ops.Conv(8, 3, stride=2)
    plain, normed = (chain(first, between, *rest, shape=(3, 32, 24)) for between in (ops.ReLU(), op))
    assert smallest_input(normed) == smallest_input(plain) == (3, 13, 13)
    assert str(accepted_inputs(normed)) == str(accepted_inputs(plain))
    assert str(inputs_for(normed, (3, 2))) == str(inputs_for(plain, (3, 2)))


def test_a_report_of_what_is_seen_goes_through_statistics():
    net = chain(ops.Conv(2, (3,)), ops.BatchNorm(training=True), shape=(1, 6))
    found = seen(net, "batchnorm1")
    assert found.inside.hull == ((0, 5),)
    assert found.along == ([(0, 5)] * 4,)
    assert "note         sees the whole input" in repr(found)


def test_in_training_there_are_the_same_parameters_and_no_buffers():
    stored, batch = (last(chain(ops.BatchNorm(training=flag))) for flag in (False, True))
    assert (stored.parameters, batch.parameters) == (2, 2)
    assert (stored.buffers, batch.buffers) == (2, 0)
    assert batch.census.total > stored.census.total


@pytest.mark.parametrize("name", zoo.ALL)
def test_the_fields_of_the_zoo_are_the_hulls_of_all_their_paths(name):
    """The second route follows every path from each output down to the input, and knows no composition."""
    net = zoo.named(name)
    layers = [layer for layer in propagate(net) if layer.field is not None]
    for layer in {id(layer): layer for layer in (layers[0], layers[len(layers) // 2], layers[-1])}.values():
        window, _ = layer.field
        hulls = [(window.tap(o, 0), window.tap(o, window.kernel - 1)) for o in range(layer.output_shape[2])]
        assert spans(net, layer.name, padding=True) == hulls, layer.name


def test_sixteen_upsamplings_have_a_stride_of_a_part():
    (*_, behind) = propagate(chain(*[ops.Upsample(2)] * 16, shape=(1, 1, 1)))
    assert [(axis.extent, axis.stride) for axis in behind.field] == [(1, Fraction(1, 2**16))] * 2


ALONG = {
    ops.Reduce("max", (2, 3)): ("sees the whole input", [(0, 4)]),
    ops.Reduce("mean", -1): ("sees the whole input along width", [(0, 1), (0, 2), (1, 3), (2, 4), (3, 4)]),
    ops.Softmax(2): ("sees the whole input along height", [(0, 4)] * 5),
    ops.LayerNorm(axis=-1): ("sees the whole input along width", [(0, 1), (0, 2), (1, 3), (2, 4), (3, 4)]),
}


@pytest.mark.parametrize("op", ALONG, ids=str)
def test_what_runs_along_a_spatial_axis_sees_all_of_that_axis_and_its_own_place_along_the_other(op):
    net = chain(ops.Conv(4, 3, padding=1), op, shape=(3, 5, 4))
    found, (note, heights) = last(net), ALONG[op]
    assert (found.field, found.note) == (None, note)
    assert spans(net, found.name, 0) == heights


@pytest.mark.parametrize("op", [ops.Reduce("l2", 1), ops.Reduce("sum", 0), ops.Softmax(0), ops.LogSoftmax()], ids=str)
def test_what_runs_along_the_channels_or_the_batch_leaves_the_field_as_it_is(op):
    assert last(chain(ops.Conv(4, (3,)), op, ops.Conv(4, (3,)), shape=(3, 9))).field == (Window(5),)


def test_behind_axes_that_are_not_kept_there_is_no_window():
    assert (
        last(chain(ops.Conv(4, 3), ops.Reduce("mean", (2, 3), keep=False), ops.Linear(5), shape=(3, 9, 8))).field
        is None
    )
