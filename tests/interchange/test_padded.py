"""Padding that an operator can do itself becomes its own: outputs are the same numbers, and counts stay."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from cnnmath import numeric, ops
from cnnmath.graph import INPUT, Architecture, analyze
from cnnmath.interchange.model import Model
from cnnmath.interchange.padded import absorbed, with_padding

PAIR = st.tuples(st.integers(0, 2), st.integers(0, 2))
WINDOWS = st.fixed_dictionaries(
    {
        "stride": st.integers(1, 3),
        "dilation": st.integers(1, 2),
        "padding": st.one_of(st.just("valid"), st.tuples(PAIR)),
    }
)


def counted(x, *chain):
    """Multiplications and the receptive field of operators in a chain."""
    net = Architecture("chain", x.shape[1:])
    for i, op in enumerate(chain):
        net.add(f"op{i}", op)
    found = analyze(net)
    return found.macs, found.field


@given(WINDOWS, st.integers(1, 3), PAIR, st.integers(6, 9))
def test_a_convolution_with_more_padding_gives_the_same_numbers_and_counts(window, kernel, pair, n):
    op, pad = ops.Conv(1, (kernel,), bias=False, **window), ops.Pad((pair,))
    x, w = np.arange(2 * n).reshape(1, 2, n), np.arange(2 * kernel).reshape(1, 2, kernel)
    wider = with_padding(op, pad)
    assert (numeric.forward(op, numeric.forward(pad, x), w=w) == numeric.forward(wider, x, w=w)).all()
    assert counted(x, pad, op) == counted(x, wider)


@given(WINDOWS, st.booleans(), st.integers(1, 3), PAIR, st.integers(6, 9))
@settings(suppress_health_check=[HealthCheck.filter_too_much])  # a window that covers padding alone is not folded
def test_a_mean_whose_own_padding_counts_gives_the_same_numbers(window, padding_counts, kernel, pair, n):
    op, pad = ops.AveragePool((kernel,), count_padding=padding_counts, **window), ops.Pad((pair,))
    wider = with_padding(op, pad)
    assume(wider is not None)
    x = np.arange(2.0 * n).reshape(1, 2, n)
    assert (numeric.forward(op, numeric.forward(pad, x)) == numeric.forward(wider, x)).all()


@pytest.mark.parametrize(
    ("op", "pad"),
    [
        (ops.Conv(1, 3, padding="same"), ops.Pad(1)),
        (ops.Conv(1, 3), ops.Pad(1, value=0.5)),
        (ops.Conv(1, 3), ops.Pad(1, channels=1)),
        (ops.ConvTranspose(1, 3), ops.Pad(1)),
        (ops.MaxPool(3), ops.Pad(1)),
        (ops.AveragePool(3, ceil=True), ops.Pad(1)),
        (ops.AveragePool(3, padding=1, count_padding=False), ops.Pad(1)),
        (ops.AveragePool(3), ops.Pad(3)),
        (ops.AveragePool(3, dilation=2), ops.Pad(1)),
    ],
    ids=str,
)
def test_another_padding_is_left(op, pad):
    assert with_padding(op, pad) is None


def network(*nodes):
    net = Architecture("net", (2, 6, 6))
    for name, op, *reads in nodes:
        net.add(name, op, *reads, shares=name[0] if name == "a2" else None)
    return net


def absorbs(net, outputs=()):
    return absorbed(Model(net, {}, outputs={name: name for name in outputs})).network


PAD, CONV, MEAN = ops.Pad(1), ops.Conv(2, 3), ops.AveragePool(3, padding=1)
PADDED = replace(CONV, padding=1)


def test_a_padding_goes_where_all_its_readers_pad_as_much():
    net = network(("p", PAD, INPUT), ("a", CONV, "p"), ("b", MEAN, "p"), ("c", ops.ReLU(), "b"))
    wide = ops.AveragePool(3, padding=2)
    assert absorbs(net) == network(("a", PADDED, INPUT), ("b", wide, INPUT), ("c", ops.ReLU(), "b"))


@pytest.mark.parametrize(
    ("net", "outputs"),
    [
        (network(("p", PAD, INPUT), ("a", CONV, "p")), ("p", "a")),
        (network(("p", PAD, INPUT)), ()),
        (network(("p", PAD, INPUT), ("a", CONV, "p"), ("b", ops.ReLU(), "p")), ()),
        (network(("p", PAD, INPUT), ("a", CONV, "p"), ("a2", CONV, INPUT)), ()),
        (network(("p", PAD, INPUT), ("a", CONV, INPUT), ("a2", CONV, "p")), ()),
    ],
)
def test_a_padding_stays_that_another_node_or_an_output_needs_or_ahead_of_shared_parameters(net, outputs):
    assert absorbs(net, outputs) is net
