"""The three AlexNets: the paper's sizes, the one tower, TF-Slim's."""

from fractions import Fraction
from math import prod

import pytest

from cnnmath import ops, readers, zoo
from cnnmath.graph import analyze, propagate
from cnnmath.ops.algebra import rational
from cnnmath.readers import Tensor

UNITS = (290_400, 186_624, 64_896, 64_896, 43_264, 4096, 4096, 1000)
WEIGHTS = (34_848, 307_200, 884_736, 663_552, 442_368, 37_748_736, 16_777_216, 4_096_000)
CONNECTIONS = (105_415_200, 223_948_800, 149_520_384, 112_140_288, 74_760_192, 37_748_736, 16_777_216, 4_096_000)


def weighted(net):
    return [layer for layer in propagate(net) if isinstance(layer.op, ops.Conv | ops.Linear)]


def test_the_network_of_2012_has_the_units_weights_and_connections_of_the_paper():
    layers = weighted(zoo.alexnet_2012())
    assert tuple(prod(layer.output_shape) for layer in layers) == UNITS
    assert tuple(layer.parameters - layer.output_shape[1] for layer in layers) == WEIGHTS
    assert tuple(layer.macs for layer in layers) == CONNECTIONS


def test_its_parameters_are_those_of_its_layers_written_out():
    convs = [(3, 96, 11), (48, 256, 5), (256, 384, 3), (192, 384, 3), (192, 256, 3)]
    dense = [(256 * 36, 4096), (4096, 4096), (4096, 1000)]
    biases = sum(f for _, f, *_ in convs + dense)
    total = sum(f * c * k * k for c, f, k in convs) + sum(f * c for c, f in dense) + biases
    assert analyze(zoo.alexnet_2012()).parameters == total == sum(WEIGHTS) + biases == 60_965_224


def test_without_groups_the_grouped_layers_have_twice_the_weights():
    doubled = sum(WEIGHTS[i] for i in (1, 3, 4))
    assert analyze(zoo.named("alexnet_2012_groups1")).parameters == 60_965_224 + doubled == 62_378_344


def test_at_224_the_first_layer_has_no_55_positions_without_padding():
    first, *_ = weighted(zoo.alexnet_2012((3, 224, 224)))
    assert first.output_shape == (1, 96, 54, 54)
    assert weighted(zoo.alexnet_2012())[0].output_shape == (1, 96, 55, 55)


def test_the_normalisation_is_the_papers_formula_exactly():
    norms = {op for _, op in zoo.alexnet_2012() if isinstance(op, ops.LocalResponseNorm)}
    (norm,) = norms
    assert (rational(norm.alpha) / norm.size, rational(norm.beta), norm.k) == (Fraction(1, 10_000), Fraction(3, 4), 2)
    y = readers.forward(norm, (1, 5, 1), Tensor((1, 5, 1), [100, 200, 300, 0, 0])).values
    assert y[2] == Fraction(300, 8)  # 2 + 1e-4 * (100**2 + 200**2 + 300**2) = 16, and 16^0.75 = 8


@pytest.mark.parametrize(("name", "convs"), [
    ("alexnet", [(3, 64, 11), (64, 192, 5), (192, 384, 3), (384, 256, 3), (256, 256, 3)]),
    ("alexnet_slim", [(3, 64, 11), (64, 192, 5), (192, 384, 3), (384, 384, 3), (384, 256, 3), (256, 4096, 5)]),
])  # fmt: skip
def test_the_one_tower_has_the_parameters_of_its_layers(name, convs):
    dense = [(4096, 4096), (4096, 1000)] + ([(256 * 36, 4096)] if name == "alexnet" else [])
    total = sum(f * c * k * k + f for c, f, k in convs) + sum(f * c + f for c, f in dense)
    assert analyze(zoo.named(name)).parameters == total


def test_slim_ends_in_one_position_at_224():
    layers = {layer.name: layer for layer in propagate(zoo.alexnet_slim())}
    assert [layers[name].output_shape for name in ("pool5", "fc6", "fc8")] == [
        (1, 256, 5, 5), (1, 4096, 1, 1), (1, 1000, 1, 1),
    ]  # fmt: skip
