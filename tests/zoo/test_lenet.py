"""The LeNets: what the paper's table says, what is taught today, and the network for colour images."""

from cnnmath import zoo
from cnnmath.graph import analyze, propagate
from cnnmath.window import Window, compose
from tests.support import table
from tests.zoo.sums import parameters

LENET = {row["layer"]: int(row["trainable_params"]) for row in table("lenet5_lecun1998.csv")}


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
