"""Networks that move numbers about: what is seen through crops and choices, and where it is not known any more."""

from itertools import pairwise

import numpy as np
import pytest

from cnnmath import ops
from cnnmath.errors import GraphError, SettingError
from cnnmath.graph import Architecture, forward, loss_and_gradients, propagate
from cnnmath.graph.inverse import accepted_inputs, inputs_for
from cnnmath.graph.support import spans, support
from cnnmath.graph.sweep import sweep
from cnnmath.phases import Phases
from cnnmath.window import Window


def chain(shape, *operators):
    net = Architecture("chain", shape)
    for i, op in enumerate(operators):
        net.add(f"node{i}", op)
    return net


def test_a_crop_is_a_window_and_so_is_the_field_behind_it():
    crop = ops.Slice((0, 0, 2), (None, None, -3), (1, 1, 2))
    last = propagate(chain((1, 32), ops.Conv(1, (3,)), crop, ops.Conv(1, (3,), stride=2)))[-1]
    assert last.field == (Window(7, stride=4, before=-2, after=-3),)
    assert last.note == ""


def test_a_network_knows_which_sizes_its_crops_take():
    net = chain((1, 32), ops.Conv(1, (3,)), ops.Slice((0, 0, 4), (None, None, 9)), ops.Conv(1, (2,)))
    assert str(accepted_inputs(net)).splitlines()[1:] == [
        "  length: 11 and above",
        "    at 10, slice 'node1': at length 8 it takes what lies outside",
    ]
    cropped = chain((1, 32), ops.Slice((0, 0, 1), (None, None, -2), (1, 1, 2)))
    assert "10..11" in str(inputs_for(cropped, 4))


@pytest.mark.parametrize(
    "op",
    [ops.Slice((0, 0, -2), steps=(1, 1, -1)), ops.Select((3, 0, 3), axis=2), ops.Tile((1, 1, 2))],
    ids=str,
)
def test_behind_a_choice_of_positions_each_sees_its_own(op):
    net = chain((1, 8), ops.Conv(1, (3,)), op, ops.Conv(1, (2,)))
    crop, last = propagate(net)[1:]
    assert crop.field is last.field is None
    assert last.note == "its outputs stand in an order of their own"
    places = [axis for (axis,) in map(op.axes((6,))[0].reads, range(crop.spatial[0]))]
    pairs = list(pairwise(places))
    assert spans(net, "node2") == [(min(pair), max(pair) + 2) for pair in pairs]


def test_lengths_of_copies_and_of_what_goes_backwards_are_followed():
    net = chain((1, 8), ops.Slice((0, 0, -3), steps=(1, 1, -2)), ops.Tile((1, 1, 3)))
    assert [layer.spatial for layer in propagate(net)] == [(3,), (9,)]
    assert str(inputs_for(net, 9)).splitlines()[1] == "  length: 7..8"


@pytest.mark.parametrize(
    "op",
    [ops.Transpose((0, 1, 3, 2)), ops.Transpose((0, 2, 3, 1)), ops.Reshape((-1, 2, 9)), ops.Reshape((-1,), start=2)],
    ids=str,
)
def test_where_positions_become_other_ones_what_they_see_is_said_to_be_unknown(op):
    net = chain((4, 8, 6), ops.Conv(3, 3), op)
    field = propagate(net)[-1].fields
    assert (field.hull, field.whole, field.unknown) == (None, False, True)
    assert field.note == "behind 'node1' positions are other ones: what they see is not known"
    with pytest.raises(GraphError, match="no path can be followed"):
        support(net, "node1")
    with pytest.raises(SettingError, match="no length can be followed"):
        accepted_inputs(net)


def test_inputs_one_behind_the_other_have_no_field_either():
    net = Architecture("two", (1, 8))
    net.add("a", ops.Conv(1, (3,)), "input")
    net.add("b", ops.Concat(axis=2), "input", "a")
    assert propagate(net)[-1].fields.unknown
    with pytest.raises(GraphError, match="no path can be followed"):
        support(net, "b")


def test_a_row_of_everything_sees_everything():
    net = chain((4, 8, 6), ops.Conv(3, 3), ops.Reshape((-1,)), ops.Linear(2))
    assert propagate(net)[-1].fields.whole
    assert support(net, "node0", (0, 0)).paths == 9
    assert str(accepted_inputs(net)).splitlines()[1] == "  height, width: 3 and above"


def test_channels_that_move_leave_positions_where_they_are():
    net = chain((4, 8, 6), ops.Conv(4, 3), ops.ChannelShuffle(2), ops.Transpose((1, 0, 2, 3)))
    assert propagate(net)[-1].field == (Window(3), Window(3))


def test_a_pixel_shuffle_has_the_field_of_a_transposed_convolution_and_goes_back_to_a_window():
    net = chain((4, 8), ops.DepthToSpace((2,)), ops.Conv(1, (3,), padding=1), ops.SpaceToDepth((2,)))
    shuffled, conv, last = propagate(net)
    assert shuffled.field == (Phases(1, ((0, 0), (0, 0))),)
    assert conv.field == (Phases(1, ((-1, 0), (0, 1))),)
    assert last.field == (Window(3, before=1),)


def test_blocks_must_divide_the_sizes_that_a_network_takes():
    net = chain((1, 8), ops.Conv(1, (3,)), ops.SpaceToDepth((3,)), ops.MaxPool((2,)))
    assert str(accepted_inputs(net)).splitlines()[1:] == [
        "  length: n = 2 mod 3, n >= 8",
        "    at 7, spacetodepth 'node1': its blocks do not divide a length of 5",
    ]


def test_many_candidates_are_propagated_through_moves_at_once():
    def build(size):
        crop = ops.Slice((0, 0, 1, 1), (None, None, -1, None), (1, 1, 1, 2))
        return chain((3, size, size), crop, ops.SpaceToDepth((2, 1)), ops.Conv(4, 3), ops.Reshape((-1,)), ops.Linear(2))

    found = sweep(build, size=[12, 13, 14])
    assert found.accepted.tolist() == [True, False, True]
    assert found.parameters[0] == sum(layer.parameters for layer in propagate(build(12)))


def test_samples_that_meet_are_run_with_the_batch_that_comes():
    net = chain((3,), ops.Select((1, 0, 1), axis=0), ops.Linear(2, bias=False))
    x, w = np.arange(6.0).reshape(2, 3), np.ones((2, 3))
    assert forward(net, x, {"node1.w": w}).tolist() == [[12, 12], [3, 3], [12, 12]]
    gradients = loss_and_gradients(net, x, np.zeros((3, 2)), {"node1.w": w}, loss=ops.SquaredError()).gradients
    assert gradients["node1.w"].shape == (2, 3)
