"""Every number that torchvision and the papers publish of the networks, from the tables."""

from math import floor

import pytest

from cnnmath import ops, zoo
from cnnmath.graph import analyze, propagate, shapes
from tests.support import table
from tests.zoo.sums import in_bounds, macs

COUNTS = table("torchvision_cnn_exact_counts.csv")
FIELDS = table("torchvision_rf_measured.csv")
BOUNDS = table("conv_macs_nominal_vs_inbounds.csv")
PAPERS = {row["model"]: row for row in table("resnet_vgg_paper_numbers.csv")}


def by_row(rows, *columns):
    ids = ["-".join(row[column] for column in columns) for row in rows]
    return pytest.mark.parametrize("row", rows, ids=ids)


def test_every_network_of_the_tables_is_built():
    assert (len(COUNTS), len(FIELDS), len(BOUNDS), len(PAPERS)) == (18, 105, 9, 10)
    counted = {row["model"] for row in COUNTS}
    assert counted == {name for name in zoo.ALL if name.startswith("vgg")} | {
        "alexnet", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152",
    }  # fmt: skip
    assert {row["model"] for row in FIELDS} == {name for name in counted if not name.endswith("_bn")}


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


@pytest.mark.parametrize("model", [name for name in PAPERS if name.startswith("vgg")])
def test_vgg_has_the_millions_of_parameters_that_its_paper_prints(model):
    millions = analyze(zoo.named(model.partition("(")[0])).parameters / 1e6
    assert round(millions) == int(PAPERS[model]["value"])
    assert millions == float(PAPERS[model]["computed"])


@pytest.mark.parametrize("depth", [18, 50, 101, 152])
def test_the_billions_of_the_resnet_paper_are_those_of_the_stride_in_the_1x1(depth):
    row = PAPERS[f"resnet{depth}"]
    billions = analyze(zoo.resnet(depth, stride="1x1")).macs / 1e9
    assert billions == float(row["computed"])
    printed = floor(billions * 10) / 10 if depth == 50 else round(billions, 1)  # the paper cuts 3.858 to 3.8
    assert printed == float(row["value"])


def test_the_3_6_billion_of_34_layers_are_those_without_projections():
    assert float(PAPERS["resnet34"]["value"]) == 3.6
    assert analyze(zoo.named("resnet34_a")).macs == analyze(zoo.named("plain34")).macs
    assert round(analyze(zoo.named("plain34")).macs / 1e9, 1) == 3.6
    assert round(analyze(zoo.named("resnet34")).macs / 1e9, 1) == 3.7


def test_torchvision_moved_the_stride_and_with_it_the_billions():
    assert analyze(zoo.resnet50()).macs / 1e9 == float(PAPERS["resnet50 v1.5"]["computed"])
