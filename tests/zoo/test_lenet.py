"""The LeNets: what the paper's table says, what is taught today, and the network for colour images."""

from math import prod

from cnnmath import ops, zoo
from cnnmath.graph import analyze, propagate
from cnnmath.window import Window, compose
from tests.support import table
from tests.zoo.sums import parameters

ROWS = table("lenet5_lecun1998.csv")
LENET = {row["layer"]: int(row["trainable_params"]) for row in ROWS}
CONNECTIONS = {row["layer"]: int(row["connections"]) for row in ROWS}


def of_1998():
    """Nodes of the published network by the layer of the paper that they belong to."""
    layers = {}
    for layer in propagate(zoo.lenet5_1998()):
        layers.setdefault(layer.name.partition(".")[0], []).append(layer)
    return layers


def connections(layer):
    """Inputs that the units of a node read by weights, and one for the bias of each."""
    units = prod(layer.output_shape)
    if isinstance(layer.op, ops.Subsample):
        return (prod(layer.op.kernel) + 1) * units
    return layer.macs + units if isinstance(layer.op, ops.Conv | ops.Linear) else 0


def test_the_published_network_has_the_parameters_and_connections_of_the_paper():
    layers = of_1998()
    assert list(layers) == ["C1", "S2", "C3", "S4", "C5", "flatten", "F6", "output"]
    assert {name: sum(layer.parameters for layer in layers[name]) for name in LENET} == LENET
    assert {name: sum(map(connections, layers[name])) for name in CONNECTIONS} == CONNECTIONS
    (output,) = layers["output"]
    assert (output.parameters, output.buffers) == (0, 840)
    assert sum(LENET.values()) == analyze(zoo.lenet5_1998()).parameters == 60_000
    assert sum(CONNECTIONS.values()) + output.buffers == 340_908


def test_its_numbers_follow_from_its_formulas():
    groups = [3] * 6 + [4] * 9 + [6]
    c3 = sum(25 * n + 1 for n in groups)
    assert c3 == LENET["C3"] == 1516
    assert CONNECTIONS["C3"] == c3 * 100
    assert (CONNECTIONS["C1"], CONNECTIONS["S2"], CONNECTIONS["S4"]) == (26 * 4704, 5 * 1176, 5 * 400)
    assert (LENET["C5"], LENET["F6"]) == (120 * 401, 84 * 121)


def test_c3_reads_the_maps_of_table_i():
    rows = [op.places for _, op in zoo.lenet5_1998() if isinstance(op, ops.Select)]
    crosses = [  # table I as it is printed: a row for each map of S2, a column for each of C3
        "X   XXX  XXXX XX",
        "XX   XXX  XXXX X",
        "XXX   XXX  X XXX",
        " XXX  XXXX  X XX",
        "  XXX  XXXX XX X",
        "   XXX  XXXX XXX",
    ]
    printed = [{s for s in range(6) if crosses[s][c] == "X"} for c in range(16)]
    assert [set(row) for row in rows] == printed
    assert sum(map(len, rows)) == 60
    assert all(len(row) == len(set(row)) for row in rows)


def test_each_map_of_c3_is_a_convolution_of_its_selection():
    net = zoo.lenet5_1998()
    assert net.inputs("C3") == tuple(f"C3.{i}.conv" for i in range(16))
    assert {net.inputs(f"C3.{i}.select") for i in range(16)} == {("S2.sigmoid",)}
    assert all(net.inputs(f"C3.{i}.conv") == (f"C3.{i}.select",) for i in range(16))


def test_the_field_of_a_unit_of_c5_is_the_whole_image():
    layers = of_1998()
    assert [(w.extent, w.stride, w.before) for w in layers["C5"][0].field] == [(32, 4, 0)] * 2
    assert layers["C5"][0].output_shape == (1, 120, 1, 1)


def test_lenet_has_the_parameters_of_its_layers():
    layers = parameters(propagate(zoo.lenet5()))
    assert sum(layers.values()) == 61_706
    assert (layers["conv1"], layers["linear3"], layers["linear4"]) == (LENET["C1"], LENET["C5"], LENET["F6"])
    assert layers["conv2"] == 16 * (6 * 25 + 1) == LENET["C3"] + (96 - 60) * 25  # 36 connections more than in 1998
    assert layers["linear5"] == 84 * 10 + 10


def test_lenet_costs_what_its_layers_cost():
    conv = 6 * 28 * 28 * 25 + 16 * 10 * 10 * 6 * 25
    assert analyze(zoo.lenet5()).macs == conv + 400 * 120 + 120 * 84 + 84 * 10 == 416_520


def test_lenet_sees_half_of_its_input():
    (window, _) = analyze(zoo.lenet5()).field
    assert window == compose([Window(5), Window(2, 2), Window(5), Window(2, 2)])
    assert (window.extent, window.stride, window.placements(32)) == (16, 4, 5)


def test_the_network_for_colour_images_has_these_activations_and_parameters():
    layers = propagate(zoo.lenet5_rgb())
    sizes = [layer.output_shape[1:] for layer in layers if layer.name.startswith(("conv", "pool", "fc"))]
    assert sizes == [(8, 28, 28), (8, 14, 14), (16, 10, 10), (16, 5, 5), (120,), (84,), (10,)]
    assert parameters(layers) == {
        "conv1": 8 * (75 + 1), "conv2": 16 * (200 + 1), "fc3": 120 * 401, "fc4": 84 * 121, "fc5": 10 * 85,
    }  # fmt: skip
    assert analyze(zoo.lenet5_rgb()).parameters == 608 + 3216 + 48_120 + 10_164 + 850 == 62_958
