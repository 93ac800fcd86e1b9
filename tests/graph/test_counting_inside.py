"""Multiply-accumulates whose tap lies inside the input: the closed form against counting positions one by one."""

from itertools import product

import pytest
import sympy
from hypothesis import given

from cnnmath import ops, zoo
from cnnmath.errors import ShapeError
from cnnmath.graph import INPUT, Architecture, analyze
from cnnmath.verify.strategies import cases
from tests.support import table

BOUNDS = table("conv_macs_nominal_vs_inbounds.csv")


@pytest.mark.parametrize("row", BOUNDS, ids=lambda row: row["model"])
def test_convolutions_cost_what_onednn_counts(row):
    layers = analyze(zoo.named(row["model"])).layers
    dense = {layer.name: layer.macs for layer in layers if isinstance(layer.op, ops.Linear)}
    inside, nominal = analyze(zoo.named(row["model"])).count("onednn"), analyze(zoo.named(row["model"])).count("macs")
    assert {name: inside.by_layer[name] for name in dense} == dense
    assert inside.total - sum(dense.values()) == int(row["conv_macs_in_bounds"])
    assert nominal.total - sum(dense.values()) == int(row["conv_macs_nominal"])


def one_layer(case):
    net = Architecture("one", case.inputs[0][1:])
    net.add("op", case.op, INPUT)
    return analyze(net)


def met_by_a_convolution(op, sizes):
    """Triples of output, tap and input position that meet inside the input, one after the other."""
    windows = op.windows(sizes)
    outputs = [range(w.placements(n)) for w, n in zip(windows, sizes, strict=True)]
    taps = [range(k) for k in op.kernel]
    places = ([w.tap(i, t) for w, i, t in zip(windows, o, k, strict=True)]
              for o in product(*outputs) for k in product(*taps))  # fmt: skip
    return sum(all(0 <= p < n for p, n in zip(place, sizes, strict=True)) for place in places)


def met_by_a_transpose(op, sizes, outputs):
    """The same: every input is spread to all taps, and those count that land inside the output."""
    settings = list(zip(op.stride, op.dilation, op.padding, outputs, strict=True))
    places = ([s * i + d * t - p for (s, d, (p, _), _), i, t in zip(settings, o, k, strict=True)]
              for o in product(*map(range, sizes)) for k in product(*map(range, op.kernel)))  # fmt: skip
    return sum(all(0 <= p < n for p, (*_, n) in zip(place, settings, strict=True)) for place in places)


@given(cases(ops.Conv))
def test_a_convolution_meets_its_input_as_often_as_positions_say(case):
    summary = one_layer(case)
    channels, *sizes = case.inputs[0][1:]
    each = channels * case.op.filters // case.op.groups
    assert summary.count("onednn").total == each * met_by_a_convolution(case.op, sizes)
    assert summary.count("onednn").total <= summary.macs


@given(cases(ops.ConvTranspose))
def test_a_transposed_convolution_meets_its_output_as_often_as_positions_say(case):
    summary = one_layer(case)
    channels, *sizes = case.inputs[0][1:]
    (layer,) = summary.layers
    each = channels * case.op.filters // case.op.groups
    assert summary.count("onednn").total == each * met_by_a_transpose(case.op, sizes, layer.output_shape[2:])


@given(cases(ops.ConvTranspose))
def test_a_transposed_convolution_costs_what_its_adjoint_costs(case):
    """Nominal and inside: the convolution from its output back to its input, where that has as many placements."""
    op, (_, channels, *sizes) = case.op, case.inputs[0]
    (up,) = one_layer(case).layers
    settings = {"stride": op.stride, "dilation": op.dilation, "padding": op.padding, "groups": op.groups}
    down = ops.Conv(channels, op.kernel, bias=False, **settings)
    windows = down.windows(up.output_shape[2:])
    if [w.placements(n) for w, n in zip(windows, up.output_shape[2:], strict=True)] == sizes:
        net = Architecture("down", up.output_shape[1:])
        net.add("conv", down)
        assert analyze(net).macs == up.macs
        assert analyze(net).count("onednn").total == one_layer(case).count("onednn").total


def test_without_padding_nothing_is_left_out():
    net = Architecture("bare", (3, 9, 9))
    net.add("conv", ops.Conv(2, 3, stride=2, dilation=2))
    assert analyze(net).count("onednn").total == analyze(net).macs == 2 * 27 * 9


def test_symbolic_sizes_are_refused_with_a_reason():
    size = sympy.Symbol("H", integer=True, positive=True)
    with pytest.raises(ShapeError) as caught:
        analyze(zoo.resnet50((3, size, size))).count("onednn")
    assert str(caught.value) == (
        "the count of taps inside the input needs sizes that are numbers.\n"
        "  input   (H, H)\n"
        "  fix     give the network an input of numbers, with with_input"
    )
