"""The summary: totals, the record that others rely on, and what it prints."""

import json

import pytest
import sympy

from cnnmath import ops, zoo
from cnnmath.graph import INPUT, Architecture, analyze
from cnnmath.graph.summary import describe_field
from cnnmath.graph.text import times
from cnnmath.readers.cost import KINDS
from cnnmath.window import Window
from tests.graph.nets import chain, residual, toy

KEYS = ["name", "input_shape", "parameters", "macs", "receptive_field", "not_counted", "layers"]
LAYER = ["name", "operator", "inputs", "output_shape", "parameters", "macs", "receptive_field"]
LAYER += ["buffers", "activations", "depth", "census"]


def test_the_record_has_the_keys_that_others_rely_on():
    record = analyze(zoo.alexnet()).record()
    assert list(record) == KEYS
    assert (record["name"], record["input_shape"]) == ("alexnet", [3, 224, 224])
    assert (record["parameters"], record["macs"]) == (61_100_840, 714_188_480)
    assert record["receptive_field"] == {"size": [195, 195], "stride": [32, 32], "padding": [66, 66]}
    assert all(list(layer) == LAYER for layer in record["layers"])


def test_the_record_of_a_layer_says_what_it_is_and_what_it_sees():
    layers = {layer["name"]: layer for layer in analyze(zoo.alexnet()).record()["layers"]}
    assert layers["features.0"] == {
        "name": "features.0",
        "operator": "Conv",
        "inputs": [INPUT],
        "output_shape": [64, 55, 55],
        "parameters": 64 * 3 * 121 + 64,
        "macs": 64 * 3 * 121 * 55 * 55,
        "receptive_field": {"size": [11, 11], "stride": [4, 4], "padding": [2, 2]},
        "buffers": 0,
        "activations": 64 * 55 * 55,
        "depth": [1, 1],
        "census": dict.fromkeys(KINDS, 0)
        | {"multiplications": 64 * 3 * 121 * 55 * 55, "additions": 64 * 3 * 121 * 55 * 55},
    }
    assert layers["avgpool"]["receptive_field"] == {"size": [195] * 2, "stride": [32] * 2, "padding": [66] * 2}
    assert layers["flatten"]["output_shape"] == [9216]


@pytest.mark.parametrize("build", zoo.ALL.values(), ids=zoo.ALL)
def test_the_record_is_json_and_its_totals_are_the_sums_of_its_layers(build):
    summary = analyze(build())
    record = json.loads(json.dumps(summary.record()))
    assert record == summary.record()
    for total in ("parameters", "macs"):
        assert record[total] == sum(layer[total] for layer in record["layers"]) == getattr(summary, total)


def test_a_note_is_recorded_where_there_is_one_alone():
    layers = analyze(toy("unaligned_3", (1, 8, 8))).record()["layers"]
    assert [("note" in layer) for layer in layers] == [False, False, False, True]
    assert layers[-1]["receptive_field"] is None


def test_a_stride_that_is_a_fraction_is_text_in_the_record():
    net = chain(ops.Upsample((3,)), ops.Conv(1, (2,), stride=2), shape=(1, 6))
    record = json.loads(json.dumps(analyze(net).record()))
    assert record["receptive_field"] == {"size": [2], "stride": ["2/3"], "padding": [0]}
    assert (
        repr(analyze(net)).splitlines()[-1] == "  receptive field  2, stride 2/3, padding 0, repeating every 3 outputs"
    )


def test_equal_operators_are_listed_once_with_their_nodes():
    uses = analyze(residual()).operators()
    assert list(uses.values()) == [["stem"], ["body1"], ["relu"], ["body2"], ["shortcut"], ["add"]]
    assert analyze(chain(ops.ReLU(), ops.Tanh(), ops.ReLU())).operators()[ops.ReLU()] == ["relu0", "relu2"]


def test_the_printed_summary_is_a_small_report():
    assert repr(analyze(zoo.vgg16())) == (
        "vgg16: input 3x224x224, 40 operators\n"
        "  parameters       138,357,544\n"
        "  MACs             15,470,264,320\n"
        "  receptive field  212, stride 32, padding 90"
    )


def test_a_summary_of_symbolic_size_can_be_printed():
    size = sympy.Symbol("H", integer=True, positive=True)
    assert "H" in repr(analyze(chain(ops.Conv(2, 3), shape=(1, size, size))))


def test_a_field_is_one_number_where_the_axes_agree():
    assert describe_field((Window(3, 2, before=1),) * 2) == "3, stride 2, padding 1"
    assert describe_field((Window(3), Window(5))) == "3x5, stride 1, padding 0"
    assert describe_field(None) == "none"
    assert times((3, 224, 224)) == "3x224x224"


def test_the_field_of_a_network_is_that_of_its_last_feature_map():
    net = Architecture("net", (1, 9, 9))
    net.add("conv", ops.Conv(1, 3, stride=2))
    net.add("pool", ops.GlobalAveragePool())
    net.add("flatten", ops.Flatten())
    assert analyze(net).field == (Window(3, 2),) * 2
