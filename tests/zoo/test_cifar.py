"""The residual networks for small images: table 6 of the paper, and the plain twins."""

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import ops, zoo
from cnnmath.errors import SettingError
from cnnmath.graph import analyze, propagate
from cnnmath.window import Window, compose
from tests.zoo.sums import parameters

MILLIONS = {20: "0.27", 32: "0.46", 44: "0.66", 56: "0.85", 110: "1.7"}
every_depth = pytest.mark.parametrize("depth", MILLIONS)


def weights(depth, w=16, classes=10):
    """Convolutions, two numbers a channel for batch normalisation, and the dense layer."""
    n, total, channels = depth // 6, 27 * w + 2 * w, w
    for width in (w, 2 * w, 4 * w):
        total += 9 * channels * width + (2 * n - 1) * 9 * width * width + 2 * n * 2 * width
        channels = width
    return total + 4 * w * classes + classes


@every_depth
def test_the_parameters_are_the_millions_of_table_6(depth):
    total = analyze(zoo.named(f"resnet{depth}")).parameters
    assert total == weights(depth)
    assert f"{total / 1e6:.{len(MILLIONS[depth]) - 2}f}" == MILLIONS[depth]


@given(st.integers(1, 20), st.integers(1, 64), st.integers(1, 1000), st.integers(1, 70), st.integers(1, 70))
def test_any_depth_width_and_size_gives_what_the_formulas_say(n, width, classes, height, length):
    net = zoo.resnet_cifar(6 * n + 2, (3, height, length), classes, width=width)
    layers = propagate(net)
    assert sum(layer.parameters for layer in layers) == weights(6 * n + 2, width, classes)
    last = next(layer for layer in reversed(layers) if layer.field)
    assert last.output_shape == (1, 4 * width, -(-height // 4), -(-length // 4))


@every_depth
def test_zeros_cost_nothing_and_projections_2_752_parameters(depth):
    identity, projected, plain = (
        analyze(zoo.named(name)) for name in (f"resnet{depth}", f"resnet{depth}_b", f"plain{depth}")
    )
    assert identity.parameters == plain.parameters
    assert identity.macs == plain.macs
    assert projected.parameters - identity.parameters == 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64 == 2752
    assert projected.macs - identity.macs == 16 * 32 * 16**2 + 32 * 64 * 8**2


@every_depth
def test_it_has_as_many_weighted_layers_as_its_name_says(depth):
    net = zoo.named(f"resnet{depth}")
    assert sum(isinstance(op, ops.Conv | ops.Linear) for _, op in net) == depth
    sizes = [layer.output_shape[1:] for layer in propagate(net) if layer.name.endswith(".add")]
    n = depth // 6
    assert sizes == [(16, 32, 32)] * n + [(32, 16, 16)] * n + [(64, 8, 8)] * n


@every_depth
def test_the_field_is_that_of_the_longest_way(depth):
    n = depth // 6
    chain = [Window(3, before=1, after=1)]
    for stage in range(3):
        chain += [Window(3, 2 if stage and i == 0 else 1, before=1, after=1) for i in range(2 * n)]
    whole = compose(chain)
    for name in (f"resnet{depth}", f"plain{depth}"):
        assert [(w.extent, w.stride, w.before) for w in analyze(zoo.named(name)).field] == [
            (whole.extent, 4, whole.before)
        ] * 2


def test_a_shortcut_halves_by_a_pooling_of_one_number_and_adds_zeros_behind():
    net = zoo.resnet_cifar(20)
    assert net.op("layer2.0.downsample.pool") == ops.MaxPool(1, stride=2)
    assert net.op("layer2.0.downsample.pad") == ops.Pad(0, channels=(0, 16))
    assert net.inputs("layer2.0.add") == ("layer2.0.bn2", "layer2.0.downsample.pad")
    assert [name for name, op in net if isinstance(op, ops.Pad)] == [f"layer{i}.0.downsample.pad" for i in (2, 3)]


def test_a_symbolic_width_gives_the_totals_of_every_width():
    w = sympy.Symbol("w", integer=True, positive=True)
    for shortcut in ("A", "B", "none"):
        formula = analyze(zoo.resnet_cifar(20, width=w, shortcut=shortcut))
        for width in (8, 16, 48):
            number = analyze(zoo.resnet_cifar(20, width=width, shortcut=shortcut))
            assert (formula.parameters.subs(w, width), formula.macs.subs(w, width)) == (number.parameters, number.macs)


def test_symbolic_sizes_pass_through_the_shortcuts():
    sizes = sympy.symbols("H W", integer=True, positive=True)
    last = next(layer for layer in propagate(zoo.resnet_cifar(20, (3, *sizes))) if layer.name == "layer3.2.relu")
    assert tuple(n.subs(dict(zip(sizes, (32, 45), strict=True))) for n in last.output_shape[2:]) == (8, 12)


@every_depth
def test_the_plain_twin_has_the_same_layers_with_weights(depth):
    plain, whole = (parameters(propagate(zoo.named(f"{kind}{depth}"))) for kind in ("plain", "resnet"))
    assert plain == whole


def test_a_depth_between_is_answered_with_the_nearest_below():
    with pytest.raises(SettingError) as caught:
        zoo.resnet_cifar(100)
    assert str(caught.value) == (
        "there is no ResNet of 100 layers for small images.\n"
        "  rule    depth mod 6 = 2: three stages of n blocks of two convolutions, "
        "one before and one dense layer after\n"
        "  here    100 mod 6 = 4\n"
        "  fix     use depth 98"
    )


@pytest.mark.parametrize("depth", [2, 0, -4, 20.0, "20", None])
def test_what_is_no_depth_is_refused(depth):
    with pytest.raises(SettingError, match="the depth must be"):
        zoo.resnet_cifar(depth)
