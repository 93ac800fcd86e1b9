"""Counting conventions: every total that a tool prints, to the unit; what they leave out; one's own."""

from dataclasses import replace
from functools import cache

import pytest
import sympy

from cnnmath import ops, zoo
from cnnmath.errors import UnknownNameError
from cnnmath.graph import analyze
from cnnmath.graph.conventions import PRESETS, PRODUCTS, convention
from cnnmath.graph.counting import Convention
from tests.graph.nets import chain, residual
from tests.support import table

TOOLS = table("tool_disagreement_macs.csv")
COLUMNS = {
    "torch_flopcounter/2": "macs",
    "calflops_macs": "macs",
    "ptflops_aten": "ptflops",
    "torchinfo_mac": "torchinfo",
    "torchprofile": "torchprofile",
    "fvcore": "fvcore",
    "thop": "thop",
    "ptflops_pytorch": "ptflops-modules",
}
LENET = {row["layer"]: int(row["connections"]) for row in table("lenet5_lecun1998.csv")}


@cache
def summary(name):
    return analyze(zoo.named(name))


def test_the_table_has_every_tool_and_eight_networks():
    assert set(TOOLS[0]) == {"model", "params", "torchinfo_params", *COLUMNS}
    assert len(TOOLS) == 8


@pytest.mark.parametrize("row", TOOLS, ids=lambda row: row["model"])
@pytest.mark.parametrize("column", COLUMNS)
def test_a_convention_gives_its_tools_total_to_the_unit(column, row):
    count = summary(row["model"]).count(COLUMNS[column])
    assert count.total == float(row[column]) == sum(count.by_layer.values())


@pytest.mark.parametrize("row", TOOLS, ids=lambda row: row["model"])
def test_parameters_are_what_the_tools_say(row):
    assert summary(row["model"]).parameters == int(row["params"]) == int(row["torchinfo_params"])


def test_the_totals_of_resnet50_differ_by_what_their_conventions_say():
    """Each difference from quantities of the layers themselves, added up here and not by a convention."""
    layers = summary("resnet50").layers
    normed = sum(layer.output_shape[1] * layer.output_shape[2] * layer.output_shape[3] for layer in layers
                 if isinstance(layer.op, ops.BatchNorm))  # fmt: skip
    (pooled,) = (layer for layer in layers if isinstance(layer.op, ops.GlobalAveragePool))
    inputs = pooled.input_shapes[0][1] * pooled.input_shapes[0][2] * pooled.input_shapes[0][3]
    (dense,) = (layer for layer in layers if isinstance(layer.op, ops.Linear))
    assert (normed, inputs, pooled.output_shape[1], dense.output_shape[1]) == (11_113_984, 100_352, 2048, 1000)
    base = 4_087_136_256 + 2_048_000
    expected = {
        "macs": base,
        "convolutions": base - 2_048_000,
        "flops": 2 * base,
        "ptflops": base + 1000,
        "torchinfo": base + 1000 + 53_120,
        "torchprofile": base + normed + 2048,
        "fvcore": base + 2 * normed + inputs,
        "thop": base + 4 * normed + inputs + 2048,
    }
    assert {name: summary("resnet50").count(name).total for name in expected} == expected


@pytest.mark.parametrize("preset", [p for p in PRESETS if p.name in COLUMNS.values()], ids=lambda p: p.name)
def test_a_convention_with_one_factor_changed_misses_some_tools_total(preset):
    """Every factor of every rule is needed: one more of any quantity, and some network of the table disagrees.

    One rule is for operators that no network of the table has; the table cannot speak for it.
    """
    columns = [column for column, name in COLUMNS.items() if name == preset.name]
    for i, (kinds, factors) in enumerate(preset.rules):
        for quantity in factors:
            wrong = (kinds, {**factors, quantity: factors[quantity] + 1})
            planted = replace(preset, rules=(*preset.rules[:i], wrong, *preset.rules[i + 1 :]))
            missed = [row for row in TOOLS if summary(row["model"]).count(planted).total != float(row[columns[0]])]
            asked = any(isinstance(layer.op, kinds) for row in TOOLS for layer in summary(row["model"]).layers)
            assert bool(missed) == asked, (preset.name, kinds, quantity)
            assert asked or kinds == (ops.AveragePool,)


def test_the_layers_of_lenet_have_the_connections_of_1998():
    """Convolution, subsampling and dense layers that see all maps; C3, whose table of maps is the zoo's, apart."""
    net = chain(
        *(ops.Conv(6, 5), ops.Subsample(2), ops.Conv(16, 5), ops.Subsample(2), ops.Conv(120, 5)),
        *(ops.Flatten(), ops.Linear(84), ops.RadialBasis(10)),
        shape=(1, 32, 32),
    )
    count = analyze(net).count("connections-1998")
    c1, s2, _, s4, c5, f6, output = count.by_layer.values()
    assert (c1, s2, s4, c5, f6) == tuple(LENET[name] for name in ("C1", "S2", "S4", "C5", "F6"))
    assert output == 840
    assert sum(LENET.values()) + output == 340_908


def test_the_units_and_connections_of_2012():
    summary = analyze(zoo.alexnet_2012())
    units = (290_400, 186_624, 64_896, 64_896, 43_264, 4096, 4096, 1000)
    products = (105_415_200, 223_948_800, 149_520_384, 112_140_288, 74_760_192, 37_748_736, 16_777_216, 4_096_000)
    assert tuple(summary.count("units").by_layer.values()) == units
    assert tuple(summary.count("macs").by_layer.values()) == products
    assert tuple(summary.count("connections-1998").by_layer.values()) == tuple(
        a + b for a, b in zip(units, products, strict=True)
    )


def test_what_is_not_counted_is_named():
    count = summary("resnet50").count("fvcore")
    assert count.ignored == {"ReLU": 49, "MaxPool": 1, "Add": 16, "Flatten": 1}
    assert repr(count) == (
        "fvcore: 4,111,512,576\n"
        "  counts       as macs; two an element of batch normalisation, one an input of global and adaptive pooling\n"
        "  leaves out   49 ReLU, 1 MaxPool, 16 Add, 1 Flatten"
    )
    assert repr(summary("resnet50").count("operations")).endswith("leaves out   nothing")


def test_one_may_bring_a_convention_of_ones_own():
    own = Convention("mine", "macs, and every addition of a merge", "me", (PRODUCTS, ((ops.Add,), {"additions": 1})))
    count = analyze(residual()).count(own)
    assert count.by_layer["add"] == 8 * 8 * 8
    assert count.total == analyze(residual()).macs + 512
    assert count.ignored == {"ReLU": 1}


@pytest.mark.parametrize(("op", "total"), [
    (ops.AveragePool(2), 4),  # its 4 outputs
    (ops.AdaptiveAveragePool(2), 4 * (4 + 1)),  # thop adds the 4 numbers of each bin to 0, and divides
    (ops.GlobalAveragePool(), 16 + 1),
], ids=str)  # fmt: skip
def test_thop_counts_average_poolings_as_its_sentence_says(op, total):
    count = analyze(chain(op, shape=(1, 4, 4))).count("thop")
    assert count.total == total
    assert "one an output of average pooling; global and adaptive pooling by additions" in count.convention.says


def test_the_first_rule_that_fits_decides():
    rules = (((ops.ReLU,), {"outputs": 1}), ((ops.Operator,), {"outputs": 10}))
    count = analyze(chain(ops.ReLU(), ops.Tanh())).count(Convention("first", "", "", rules))
    assert list(count.by_layer.values()) == [256, 2560]


def test_operations_are_the_census_of_every_operator():
    net = chain(ops.Conv(2, (2,)), ops.ReLU(), ops.MaxPool((3,)), shape=(1, 7))
    layers = analyze(net).count("operations").by_layer
    assert list(layers.values()) == [2 * 6 * (2 + 1 + 1), 2 * 6, 2 * 2 * 2]


def test_totals_of_symbolic_sizes_are_formulas_that_become_the_numbers():
    size = sympy.Symbol("H", integer=True, positive=True)
    formula = analyze(zoo.resnet50((3, size, size)))
    for name in ("macs", "ptflops", "torchinfo", "torchprofile", "fvcore", "thop"):
        assert formula.count(name).total.subs(size, 224) == summary("resnet50").count(name).total


def test_an_unknown_convention_is_answered_with_the_near_ones():
    with pytest.raises(UnknownNameError) as caught:
        summary("alexnet").count("fvcor")
    assert str(caught.value).startswith("there is no convention 'fvcor'.\n  near    fvcore\n  known   ")
    assert [convention(preset.name) for preset in PRESETS] == list(PRESETS)
