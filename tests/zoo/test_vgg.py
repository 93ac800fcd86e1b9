"""VGG from its own formulas: a second route to every total."""

from math import prod

import pytest
import sympy

from cnnmath import ops, zoo
from cnnmath.graph import analyze, propagate
from cnnmath.window import Window, compose
from tests.zoo.sums import macs

PLANS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
every_depth = pytest.mark.parametrize("depth", PLANS)


def convolutions(depth, width=64, size=224):
    """Input channels, filters and size of each convolution."""
    channels = 3
    for filters, count in zip((width, 2 * width, 4 * width, 8 * width, 8 * width), PLANS[depth], strict=True):
        for _ in range(count):
            yield channels, filters, size
            channels = filters
        size //= 2


@every_depth
@pytest.mark.parametrize("batch_norm", [False, True])
def test_vgg_costs_what_table_1_says(depth, batch_norm):
    summary = analyze(zoo.vgg(depth, batch_norm=batch_norm))
    convs = list(convolutions(depth))
    dense = [(512 * 49, 4096), (4096, 4096), (4096, 1000)]
    weights = sum(9 * c * f + f for c, f, _ in convs) + sum(c * f + f for c, f in dense)
    assert summary.parameters == weights + (sum(2 * f for _, f, _ in convs) if batch_norm else 0)
    assert macs(summary.layers, ops.Conv) == sum(9 * c * f * n * n for c, f, n in convs)
    assert macs(summary.layers, ops.Linear) == sum(c * f for c, f in dense)


@every_depth
def test_its_depth_is_its_number_of_layers_with_weights(depth):
    assert sum(isinstance(op, ops.Conv | ops.Linear) for _, op in zoo.vgg(depth)) == depth


@every_depth
def test_its_field_is_that_of_its_chain(depth):
    chain = [w for count in PLANS[depth] for w in [Window(3, before=1, after=1)] * count + [Window(2, 2)]]
    summary = analyze(zoo.vgg(depth))
    assert set(summary.field) == {compose(chain)}
    last = next(layer for layer in reversed(summary.layers) if layer.field)
    assert last.output_shape[2:] == (7, 7)
    assert prod(w.placements(224) for w in summary.field) == 49


@every_depth
def test_a_symbolic_width_gives_the_totals_of_every_width(depth):
    w = sympy.Symbol("w", integer=True, positive=True)
    formula = analyze(zoo.vgg(depth, width=w, batch_norm=True))
    for width in (8, 64, 100):
        number = analyze(zoo.vgg(depth, width=width, batch_norm=True))
        assert (formula.parameters.subs(w, width), formula.macs.subs(w, width)) == (number.parameters, number.macs)


def test_layers_of_equal_width_hold_the_identical_number():
    width = sympy.Symbol("w", integer=True, positive=True)
    filters = [layer.op.filters for layer in propagate(zoo.vgg(19, width=width)) if isinstance(layer.op, ops.Conv)]
    assert len(set(map(id, filters))) == 4
