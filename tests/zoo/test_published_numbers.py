"""Every published number of the four networks, and for each number a second route."""

from math import prod

import pytest

from cnnmath import ops, zoo
from cnnmath.errors import UnknownNameError
from cnnmath.graph import analyze, propagate, shapes
from cnnmath.window import Window, compose
from tests.support import table

COUNTS = [row for row in table("torchvision_cnn_exact_counts.csv") if row["model"] in zoo.ALL]
FIELDS = [row for row in table("torchvision_rf_measured.csv") if row["model"] in zoo.ALL]
BOUNDS = [row for row in table("conv_macs_nominal_vs_inbounds.csv") if row["model"] in zoo.ALL]
LENET = {row["layer"]: int(row["trainable_params"]) for row in table("lenet5_lecun1998.csv")}


def by_row(rows, *columns):
    ids = ["-".join(row[column] for column in columns) for row in rows]
    return pytest.mark.parametrize("row", rows, ids=ids)


def macs(layers, kind):
    return sum(layer.macs for layer in layers if isinstance(layer.op, kind))


def test_the_tables_speak_of_each_network_but_lenet():
    assert {row["model"] for row in COUNTS} == {row["model"] for row in FIELDS} == set(zoo.ALL) - {"lenet5"}
    assert (len(COUNTS), len(FIELDS), len(BOUNDS)) == (5, 32, 3)


@by_row(COUNTS, "model", "weights")
def test_parameters_buffers_and_macs(row):
    size = int(row["input_hw"])
    summary = analyze(zoo.named(row["model"]).with_input((3, size, size)))
    assert summary.parameters == int(row["params_computed"]) == int(row["params_meta"])
    assert sum(layer.buffers for layer in summary.layers) == int(row["bn_buffers"])
    assert summary.macs == int(row["macs_conv_linear"])
    assert macs(summary.layers, ops.Conv) == int(row["macs_conv"])
    assert macs(summary.layers, ops.Linear) == int(row["macs_linear"])
    assert round(summary.macs / 1e9, 3) == pytest.approx(float(row["gflops_meta"]))


def node(row, layers):
    """The node of a torchvision module: a number in the trunk, a name, or the last node of a stage."""
    module = row["after_module"]
    if module.isdigit():
        return next(layer for layer in layers if layer.name == f"features.{module}")
    return [layer for layer in layers if layer.name == module or layer.name.startswith(f"{module}.")][-1]


@by_row(FIELDS, "model", "after_module")
def test_receptive_fields_at_every_measured_layer(row):
    summary = analyze(zoo.named(row["model"]))
    layer = node(row, summary.layers)
    expected = tuple(int(row[column]) for column in ("rf", "effective_stride", "left_padding"))
    assert [(w.extent, w.stride, w.before) for w in layer.field] == [expected] * 2
    if row["is_trunk_output"] == "True":
        assert summary.field == layer.field


@by_row(BOUNDS, "model")
def test_convolutions_cost_what_counters_say_whether_padding_counts_or_not(row):
    net = zoo.named(row["model"])
    known = shapes(net)
    convs = [layer for layer in propagate(net) if isinstance(layer.op, ops.Conv)]
    assert macs(convs, ops.Conv) == int(row["conv_macs_nominal"])
    assert sum(in_bounds(layer.op, known[layer.inputs[0]]) for layer in convs) == int(row["conv_macs_in_bounds"])


def in_bounds(op, x):
    """Multiplications whose tap meets the input: channels times filters times a count for each axis."""
    windows = zip(op.windows(x[2:]), x[2:], strict=True)
    return x[1] * op.filters * prod(sum(len(w.outputs(k, n)) for k in range(w.kernel)) for w, n in windows)


# Second routes: each total once more, from the layers' own formulas, written out by hand.


def test_lenet_has_the_parameters_of_its_layers():
    layers = {layer.name: layer.parameters for layer in propagate(zoo.lenet5())}
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


def test_alexnet_has_the_parameters_of_its_layers():
    convs = [(3, 64, 11), (64, 192, 5), (192, 384, 3), (384, 256, 3), (256, 256, 3)]
    dense = [(256 * 36, 4096), (4096, 4096), (4096, 1000)]
    total = sum(f * c * k * k + f for c, f, k in convs) + sum(f * c + f for c, f in dense)
    assert analyze(zoo.alexnet()).parameters == total


def test_vgg_halves_five_times_and_costs_what_table_1_says():
    plan, size, channels, total = [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)], 224, 3, 0
    for width, depth in plan:
        for _ in range(depth):
            total, channels = total + 9 * channels * width * size**2, width
        size //= 2
    assert macs(propagate(zoo.vgg16()), ops.Conv) == total
    assert size == 7


def test_resnet_has_fifty_weighted_layers_beside_its_four_projections():
    weighted = [layer for layer in propagate(zoo.resnet50()) if isinstance(layer.op, ops.Conv | ops.Linear)]
    projections = [layer for layer in weighted if "downsample" in layer.name]
    assert (len(weighted) - len(projections), len(projections)) == (50, 4)


def test_resnet_has_the_parameters_of_its_blocks():
    def block(channels, width, *, project):
        convs = channels * width + 9 * width * width + 4 * width * width + project * 4 * width * channels
        return convs + 2 * (width + width + 4 * width + project * 4 * width)

    total, channels = 3 * 64 * 49 + 2 * 64, 64
    for width, blocks in ((64, 3), (128, 4), (256, 6), (512, 3)):
        for i in range(blocks):
            total, channels = total + block(channels, width, project=i == 0), 4 * width
    assert analyze(zoo.resnet50()).parameters == total + 2048 * 1000 + 1000


def test_the_field_of_resnet_is_that_of_its_longest_way():
    longest = [Window(7, 2, before=3, after=3), Window(3, 2, before=1, after=1)]
    for stage, blocks in enumerate((3, 4, 6, 3)):
        longest += [Window(3, 2 if stage and not i else 1, before=1, after=1) for i in range(blocks)]
    whole = compose(longest)
    assert [(w.extent, w.stride, w.before) for w in analyze(zoo.resnet50()).field] == [(427, 32, 213)] * 2
    assert (whole.extent, whole.stride, whole.before) == (427, 32, 213)


@pytest.mark.parametrize(("name", "spatial"), [("lenet5", 5), ("alexnet", 6), ("vgg16", 7), ("resnet50", 7)])
def test_the_last_feature_map_has_the_size_that_its_field_places_in_the_input(name, spatial):
    net = zoo.named(name)
    summary = analyze(net)
    last = next(layer for layer in reversed(summary.layers) if layer.field)
    assert last.output_shape[2:] == (spatial, spatial)
    assert prod(w.placements(n) for w, n in zip(summary.field, net.input_shape[1:], strict=True)) == spatial**2


@pytest.mark.parametrize("name", zoo.ALL)
def test_a_network_is_found_by_its_name_however_that_is_spelled(name):
    assert zoo.named(name.upper()) == zoo.named(f"{name[:-2]}-{name[-2:]}") == zoo.ALL[name]()
    assert zoo.named(name).name == name


@pytest.mark.parametrize("name", zoo.ALL)
def test_a_network_ends_in_as_many_classes_as_wanted(name):
    *_, last = propagate(zoo.ALL[name](classes=7))
    assert last.output_shape == (1, 7)


def test_an_unknown_network_is_answered_with_near_names():
    with pytest.raises(UnknownNameError) as caught:
        zoo.named("resnet5")
    assert str(caught.value) == (
        "there is no network 'resnet5'.\n  near    resnet50, lenet5, alexnet\n"
        "  known   alexnet, lenet5, resnet50, vgg16"
    )
