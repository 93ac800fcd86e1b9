"""Cells in networks: a node with several inputs, unrolled over times by sharing its parameters."""

import json

import pytest

from cnnmath import ops
from cnnmath.errors import ShapeError
from cnnmath.graph import INPUT, Architecture, analyze, shapes
from cnnmath.graph.exchange import from_json, to_json

TIMES, CHANNELS, UNITS = 3, 5, 4


def unrolled(cell):
    """A cell over all times of a sequence that lies in one row, its first states computed from the whole row."""
    net = Architecture("unrolled", (TIMES * CHANNELS,))
    states = [net.add(f"{name}0", ops.Linear(UNITS), INPUT) for name in cell.reads[1:]]
    for t in range(TIMES):
        x = net.add(f"x{t + 1}", ops.Select(tuple(range(CHANNELS * t, CHANNELS * (t + 1)))), INPUT)
        y = net.add(f"y{t + 1}", cell, x, *states, shares="y1" if t else None)
        states = [y]
        if isinstance(cell, ops.LSTMCell):
            halves = [range(UNITS), range(UNITS, 2 * UNITS)]
            states = [
                net.add(f"{n}{t + 1}", ops.Select(tuple(r)), y) for n, r in zip(cell.reads[1:], halves, strict=True)
            ]
    return net


CELLS = {ops.RNNCell(UNITS): 1, ops.LSTMCell(UNITS): 4}


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_an_unrolled_cell_has_its_parameters_once_and_its_work_at_every_time(cell):
    net, gates = unrolled(cell), CELLS[cell]
    summary = analyze(net)
    layers = {layer.name: layer for layer in summary.layers}
    starts = len(cell.reads[1:]) * UNITS * (TIMES * CHANNELS + 1)
    assert summary.parameters == starts + gates * UNITS * (CHANNELS + UNITS + 1)
    assert [layers[f"y{t}"].parameters == 0 for t in (1, 2, 3)] == [False, True, True]
    assert {layers[f"y{t}"].macs for t in (1, 2, 3)} == {gates * UNITS * (CHANNELS + UNITS)}
    assert shapes(net)[f"y{TIMES}"] == (1, len(cell.reads[1:]) * UNITS)
    assert layers["y3"].fields.depth == (1, 4)


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_a_cell_is_written_and_read_with_all_its_inputs(cell):
    net = unrolled(cell)
    data = json.loads(json.dumps(to_json(net)))
    assert from_json(data) == net
    written = next(node for node in data["nodes"] if node["id"] == "y1")
    assert written["inputs"] == ["x1", *(f"{name}0" for name in cell.reads[1:])]


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_pytorch_counts_the_same_products(cell):
    torch = pytest.importorskip("torch")
    from torch.utils.flop_counter import FlopCounterMode

    kind = torch.nn.LSTMCell if isinstance(cell, ops.LSTMCell) else torch.nn.RNNCell
    state = torch.zeros(1, UNITS)
    with FlopCounterMode(display=False) as counter:
        kind(CHANNELS, UNITS)(torch.ones(1, CHANNELS), (state, state) if kind is torch.nn.LSTMCell else state)
    net = Architecture("one", (CHANNELS,))
    starts = [net.add(name, ops.Select((0,) * UNITS), INPUT) for name in cell.reads[1:]]
    net.add("cell", cell, INPUT, *starts)
    assert analyze(net).count("flops").total == counter.get_total_flops()
    assert analyze(net).count("ptflops").total == analyze(net).macs + CELLS[cell] * UNITS


def test_a_node_that_lacks_a_state_is_named_with_what_it_takes():
    net = Architecture("short", (CHANNELS,))
    net.add("cell", ops.LSTMCell(CHANNELS), INPUT, INPUT)
    with pytest.raises(ShapeError) as caught:
        shapes(net)
    assert str(caught.value).splitlines()[:2] == [
        "lstmcell 'cell': it takes three inputs, x, h and c.", "  reads   'input' and 'input'",
    ]  # fmt: skip
