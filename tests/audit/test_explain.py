"""Where printed figures come from: every tool's total, the papers' billions, and figures that nobody prints."""

import json
from functools import cache
from importlib import import_module

import pytest
import sympy

from cnnmath import ops, zoo
from cnnmath.audit.explain import MANY, explain
from cnnmath.audit.printed import Printed, agreement
from cnnmath.audit.readings import SIZES, readings
from cnnmath.errors import SettingError, ShapeError, UnknownNameError
from cnnmath.graph import INPUT, Architecture, analyze
from tests.graph.nets import chain
from tests.support import table

TOOLS = table("tool_disagreement_macs.csv")
NAMES = {
    "ptflops_aten": "ptflops 0.7.5, backend aten",
    "torchinfo_mac": "torchinfo 1.8",
    "torchprofile": "torchprofile 0.1",
    "fvcore": "fvcore 0.1.5",
    "thop": "thop 0.1.1",
    "ptflops_pytorch": "ptflops 0.7.5, backend pytorch",
}
"""Tools whose totals differ from the usual count, by the source of their convention."""


@pytest.fixture(scope="module", autouse=True)
def _read_once():
    """What a network of the zoo can be read as is the same for every figure that is printed of it."""
    of_the_zoo = cache(lambda network, quantity: tuple(readings(network, quantity)))

    def remembered(network, quantity, shape=None):
        return (
            of_the_zoo(network, quantity)
            if isinstance(network, str) and shape is None
            else readings(network, quantity, shape)
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_module("cnnmath.audit.explain"), "readings", remembered)
        yield


@cache
def explained(network, printed, quantity="macs", limit=3):
    return explain(network, printed, quantity, limit)


def test_the_figure_of_fvcore_is_named():
    best, *_ = explained("resnet50", 4_111_512_576).matches
    assert best.reasons == (
        "fvcore: as macs; two an element of batch normalisation, one an input of global and adaptive pooling",
    )
    assert (best.agreement, best.network, best.value) == ("exact", "resnet50", 4_111_512_576)


def test_the_figure_of_the_paper_is_its_placement_of_the_stride():
    best, *_ = explained("resnet50", "3.8e9").matches
    assert best.reasons == ("stride in the first 1x1 of a stage (the 2015 paper)",)
    assert (best.agreement, best.network, best.value) == ("truncated", "resnet50_v1", 3_857_973_248)


@pytest.mark.parametrize("row", TOOLS, ids=lambda row: row["model"])
def test_the_usual_count_needs_no_explanation(row):
    found = explained(row["model"], int(row["calflops_macs"]))
    assert (found.matches[0].reasons, found.matches[0].agreement) == ((), "exact")
    assert found.usual.value == int(row["calflops_macs"])


@pytest.mark.parametrize("row", TOOLS, ids=lambda row: row["model"])
@pytest.mark.parametrize("column", NAMES)
def test_every_total_of_a_tool_is_explained_by_the_tools_name(column, row):
    """Tools that agree on a network may both be named; the tool itself always is."""
    found = explained(row["model"], int(float(row[column])), limit=10)
    exact = [match for match in found.matches if match.agreement == "exact" and len(match.reasons) <= 1]
    said = [reason for match in exact for reasons in (match.reasons, *match.alike) for reason in reasons]
    name = {"ptflops_aten": "ptflops", "torchinfo_mac": "torchinfo", "ptflops_pytorch": "ptflops-modules"}
    assert any(reason.startswith(f"{name.get(column, column)}:") for reason in said), said


@pytest.mark.parametrize(
    ("network", "printed", "reason"),
    [
        ("resnet50", 8_178_368_512, "flops: a multiplication and an addition for each multiply-accumulate"),
        ("resnet50", "7.72 G", "stride in the first 1x1 of a stage (the 2015 paper)"),
        ("resnet34", "3.6e9", "no shortcuts"),
        ("vgg16", "15.3e9", "convolutions: as macs, convolutions alone"),
        ("alexnet", 1_135_256_096, "the network of 2012 without groups"),
    ],
)
def test_figures_that_are_often_seen(network, printed, reason):
    assert any(reason in match.reasons for match in explained(network, printed, limit=30).matches)


def test_the_size_of_the_input_is_a_reason():
    value = analyze(zoo.resnet50((3, 256, 256))).macs
    (best, *_) = explained("resnet50", value).matches
    assert best.reasons == ("an input of 3x256x256",)
    assert best.input_shape == (3, 256, 256)


def test_fewer_reasons_come_first_then_the_better_agreement():
    for printed in ("4.1e9", 4_111_512_576, "3.8e9"):
        ranks = {"exact": 0, "rounded": 1, "truncated": 2}
        order = [(len(m.reasons), ranks[m.agreement]) for m in explained("resnet50", printed, limit=50).matches]
        assert order == sorted(order) != []


def test_a_difference_that_changes_nothing_is_no_explanation():
    """VGG-16 has no numbers that are not trained: to count them, too, is not another way to its 138 millions."""
    found = explained("vgg16", "138M", "parameters", limit=50)
    assert [(match.value, match.reasons) for match in found.matches] == [
        (138_357_544, ()),
        (138_344_128, ("weights alone, biases and scales left out",)),
        (138_365_992, ("configuration D with batch normalisation",)),
        (138_374_440, ("configuration D with batch normalisation", "with the numbers that are not trained")),
    ]


@pytest.mark.parametrize(
    ("network", "printed", "quantity"),
    [
        ("resnet50", "5e9", "macs"),
        ("vgg16", "15e9", "macs"),
        ("alexnet", "61M", "parameters"),
        ("resnet50", 483, "field"),
    ],
)
def test_each_value_is_explained_once_and_as_simply_as_can_be(network, printed, quantity):
    found = explained(network, printed, quantity, limit=1000)
    ways = {}
    for reading in readings(network, quantity):
        if agreement(Printed.of(printed), reading.value):
            ways.setdefault(reading.value, []).append(reading.reasons)
    simplest = {value: [r for r in told if len(r) == min(map(len, told))] for value, told in ways.items()}
    assert {match.value: [match.reasons, *match.alike] for match in found.matches} == simplest
    assert len(found.matches) == found.agreeing == len(ways) > 0


def test_where_the_digits_decide_little_it_is_said():
    for network, printed, told in (
        ("resnet50", "5e9", "  one digit: 28 values agree, the simplest first"),
        ("vgg16", "15e9", "  2 digits: 29 values agree, the simplest first"),
        ("resnet50", "3.8e9", "  is       3,857,973,248, truncated"),
        ("resnet50", 4_111_512_576, "  is       4,111,512,576"),
    ):
        found = explained(network, printed)
        assert repr(found).splitlines()[1] == told
        assert (found.agreeing > MANY) == ("values agree" in told)


def test_a_figure_that_nobody_prints_is_explained_by_none_and_its_neighbours_are_shown():
    printed = 4_100_000_001
    found = explained("resnet50", printed)
    values = [reading.value for reading in readings("resnet50", "macs")]
    assert printed not in values
    assert (found.explained, found.matches) == (False, ())
    assert [reading.value for reading in found.nearest] == [
        max(v for v in values if v < printed), min(v for v in values if v > printed),
    ]  # fmt: skip
    assert found.tried == len(values)


def test_the_neighbours_are_printed():
    lines = repr(explained("resnet50", 4_100_000_001)).splitlines()
    tried = explained("resnet50", 4_100_000_001).tried
    assert lines[:2] == [
        "resnet50: macs 4100000001",
        f"  none of {tried} readings (conventions, variants, input sizes) gives it",
    ]
    assert [line.split()[0] for line in lines[2:] if line[2] != " "] == ["nearest", "nearest", "usual"]


def test_below_and_above_everything_there_is_one_neighbour():
    assert len(explained("resnet50", 1).nearest) == 1
    assert len(explained("resnet50", 10**18).nearest) == 1


def test_an_explanation_is_printed_with_what_is_usual():
    assert repr(explained("resnet50", "3.8e9", limit=1)) == (
        "resnet50: macs 3.8e9\n"
        "  is       3,857,973,248, truncated\n"
        "           stride in the first 1x1 of a stage (the 2015 paper)\n"
        "           or stride in the first 1x1 of a stage, convolutions with biases (Keras)\n"
        "  usual    4,089,184,256\n"
        "           resnet50 as it was asked for, counted in the usual way"
    )


def test_parameters_and_fields_are_explained_too():
    buffers = explained("resnet50", 25_610_152, "parameters").matches[0]
    assert buffers.reasons == ("with the numbers that are not trained",)
    keras = explained("resnet50", 25_583_592, "parameters").matches[0]
    assert keras.network == "resnet50_v1_bias"
    assert explained("resnet50", 483, "field").matches[0].network == "resnet50_v1"
    assert explained("resnet50", 11, "field").matches[0].reasons == ("the path that sees least",)


def test_a_network_of_ones_own_is_read_at_the_usual_sizes():
    net = chain(ops.Conv(8, 3, padding=1), ops.BatchNorm(), shape=(3, 32, 32))
    assert explain(net, 2 * 8 * 27 * 1024).matches[0].reasons[0].startswith("flops:")
    (at_96, *_) = explain(net, 8 * 27 * 96 * 96).matches
    assert at_96.reasons == ("an input of 3x96x96",)
    assert {r.input_shape[1] for r in readings(net, "macs")} == {32, *SIZES}


def test_a_record_is_json():
    for printed in (4_111_512_576, 4_100_000_001):
        record = explained("resnet50", printed).record()
        assert json.loads(json.dumps(record)) == json.loads(json.dumps(record | {"printed": str(printed)}))
        assert record["explained"] == bool(record["matches"]) == (not record["nearest"])


def dense():
    net = Architecture("pixels", (3, 4))
    net.add("flatten", ops.Flatten(), INPUT)
    net.add("dense", ops.Linear(3))
    return net


H = sympy.Symbol("H", integer=True, positive=True)
MISTAKES = {
    "no number": (lambda: explain("resnet50", "many"), SettingError, "this is no printed number.\n  here    'many'\n"),
    "no quantity": (
        lambda: explain("resnet50", 1, "mac"),
        UnknownNameError,
        "there is no quantity 'mac'.\n  near    macs\n  known   field, macs, parameters",
    ),
    "no network": (lambda: explain("resnet5", 1), UnknownNameError, "there is no network 'resnet5'.\n  near "),
    "a number for a network": (lambda: explain(50, 1), UnknownNameError, "there is no network '50'."),
    "no limit": (lambda: explain("resnet50", 1, limit=0), SettingError, "the limit must be at least 1.\n"),
    "sizes that do not fit": (
        lambda: explain(chain(ops.Conv(1, 9), shape=(1, 4, 4)), 1),
        ShapeError,
        "conv 'conv0': the kernel does not fit the input.\n  input   height 4 ",
    ),
    "symbolic sizes": (
        lambda: explain(chain(ops.Conv(1, 3), shape=(1, H, H)), 1),
        ShapeError,
        "the explanation needs sizes that are numbers.\n  input   (1, H, H)\n",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_answered(mistake):
    ask, kind, message = MISTAKES[mistake]
    with pytest.raises(kind) as caught:
        ask()
    assert str(caught.value).startswith(message)


def test_a_network_without_a_field_of_one_size_says_so():
    net = Architecture("unaligned", (1, 8, 8))
    a = net.add("a", ops.Conv(1, 5, stride=2, padding=((2, 1), (2, 1))), INPUT)
    b = net.add("b", ops.Conv(1, 5), INPUT)
    net.add("add", ops.Add(), a, b)
    with pytest.raises(SettingError) as caught:
        explain(net, 5, "field")
    assert str(caught.value) == (
        "there is no field to explain.\n"
        "  here    no feature map of this network has one receptive field\n"
        "  fix     ask for macs or parameters"
    )
    assert explain(dense(), 36).explained
