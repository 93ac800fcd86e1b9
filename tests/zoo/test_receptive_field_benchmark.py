"""TF-Slim's networks against the table of the Distill paper's tool: fields, strides, paddings and FLOPs, exactly.

The tool's floating-point operations are a profiler's: two for each multiply-accumulate, one for each bias added, and in
a maximum pooling one for each tap, padding counted. Batch normalisation, rectifiers and additions count nothing. With
that rule every published figure comes out, to its last digit.
"""

from math import prod

import pytest

from cnnmath import ops, zoo
from cnnmath.graph import propagate
from tests.support import table

NAMES = {"alexnet_v2": "alexnet_slim", "vgg_a": "vgg11", "vgg_16": "vgg16"} | {
    f"resnet_v1_{depth}": f"resnet{depth}_slim" for depth in (50, 101, 152, 200)
}
ROWS = table("receptive_field_benchmark.csv")
DISTILL = table("distill2019_receptive_fields.csv")


def flops(layer):
    """What TensorFlow's profiler counts of a layer."""
    outputs = prod(layer.output_shape)
    if isinstance(layer.op, ops.MaxPool):
        return outputs * prod(layer.op.kernel)
    return 2 * layer.macs + (outputs if isinstance(layer.op, ops.Conv) and layer.op.bias else 0)


def reached(model, end_point, layers):
    """Layers up to an end point: a name, the last of a stage, or counted in blocks of the VGG trunk."""
    names = [layer.name for layer in layers]
    if model.startswith("alexnet"):
        return layers[: names.index(end_point) + 1]
    if model.startswith("resnet"):
        stage = end_point.replace("block", "layer")
        return layers[: max(i for i, name in enumerate(names) if name.startswith(f"{stage}.")) + 1]
    pools = [i for i, layer in enumerate(layers) if isinstance(layer.op, ops.MaxPool)]
    if end_point.startswith("pool"):
        return layers[: pools[int(end_point[4:]) - 1] + 1]
    block, conv = map(int, end_point.removeprefix("conv")[-3:].split("_"))
    first = pools[block - 2] + 1 if block > 1 else 0
    return layers[: first + 2 * (conv - 1) + 1]


def at(model, resolution, end_point):
    """Field of an end point, and the operations up to it."""
    layers = propagate(zoo.named(NAMES[model]).with_input((3, resolution, resolution)))
    upto = reached(model, end_point, layers)
    assert upto[-1].field[0] == upto[-1].field[1]
    window = upto[-1].field[0]
    return (window.extent, window.stride, window.before), sum(map(flops, upto))


def published(row):
    return tuple(int(row[column]) for column in ("rf", "effective_stride", "effective_padding"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['model']}-{row['resolution']}-{row['end_point']}")
def test_every_end_point_has_the_published_field_and_operations(row):
    field, operations = at(row["model"], int(row["resolution"]), row["end_point"])
    assert field == published(row)
    assert f"{operations / 1e9:.3f}" == row["gflops"]


@pytest.mark.parametrize("row", DISTILL, ids=lambda row: row["model"])
def test_the_paper_prints_the_same_rounded(row):
    field, operations = at(row["model"], 224, row["end_point"])
    assert field == published(row)
    assert round(operations / 1e9, 2) == float(row["gflops_224_madd_as_2"])


def test_the_tables_are_whole():
    assert (len(ROWS), len(DISTILL)) == (72, 6)
    assert {row["model"] for row in ROWS} == set(NAMES) == {row["model"] for row in DISTILL} | {"vgg_a"}


def test_leaving_out_the_poolings_or_the_biases_would_be_seen():
    layers = reached("vgg_16", "pool5", propagate(zoo.vgg16()))
    multiplications = sum(2 * layer.macs for layer in layers)
    biases = sum(prod(layer.output_shape) for layer in layers if isinstance(layer.op, ops.Conv))
    taps = sum(map(flops, layers)) - multiplications - biases
    assert (multiplications, biases, taps) == (30_693_261_312, 13_547_520, 6_121_472)
    assert f"{(multiplications + biases) / 1e9:.3f}" == "30.707" != "30.713"
    assert f"{(multiplications + taps) / 1e9:.3f}" == "30.699" != "30.713"


def test_the_padding_of_a_same_pooling_depends_on_the_size_and_reaches_the_last_stage():
    fields = {n: at("resnet_v1_50", n, "block4")[0] for n in (224, 225, 321)}
    assert fields == {224: (483, 32, 239), 225: (483, 32, 241), 321: (483, 32, 241)}
