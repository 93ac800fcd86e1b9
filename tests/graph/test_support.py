"""Path counts against the window polynomial, against recursion over reads, and against the sentences themselves."""

from functools import cache
from itertools import product
from math import comb, prod

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnmath import numeric, ops, zoo
from cnnmath.errors import GraphError, ShapeError, UnknownNameError
from cnnmath.graph import INPUT, Architecture, Opaque, analyze, parse, shapes
from cnnmath.graph.support import spans, support
from cnnmath.ops.algebra import operands
from cnnmath.window import paths
from tests.graph.drawn import graphs
from tests.graph.nets import chain, padded_toy, residual


def counted(net, node, o, *, padding):
    """Paths from one output to every input position, one tap after the other."""
    known = shapes(net)

    @cache
    def below(node, o):
        inside = 0 <= o < known[node][2]
        if node == INPUT:
            return {o: 1} if inside or padding else {}
        if not (inside or padding):
            return {}
        total = {}
        for read in net.inputs(node):
            (axis,) = net.op(node).axes(known[read][2:])
            for j in axis.reads(o):
                for at, count in below(read, j).items():
                    total[at] = total.get(at, 0) + count
        return total

    return below(node, o)


def nonzero(found):
    return {found.start[0] + i: count for i, count in enumerate(found.counts.tolist()) if count}


@given(graphs(), st.booleans())
def test_paths_of_any_graph_are_those_of_recursion(net, padding):
    (n,) = shapes(net)[net.last][2:]
    for o in range(n):
        assert nonzero(support(net, net.last, (o,), padding=padding)) == counted(net, net.last, o, padding=padding)


@given(graphs())
def test_spans_are_the_hulls_of_the_same_paths_and_a_support_is_tight(net):
    (n,) = shapes(net)[net.last][2:]
    every = [counted(net, net.last, o, padding=False) for o in range(n)]
    assert spans(net, net.last) == [(min(seen), max(seen)) if seen else None for seen in every]
    for o, seen in enumerate(every):
        found = support(net, net.last, (o,))
        assert found.paths == sum(seen.values())
        if seen:
            assert found.hull == ((min(seen), max(seen)),)
            assert found.holes == max(seen) - min(seen) + 1 - len(seen)


def gradient_of_one_output(net, node, at):
    """Gradient by the network's input of the sum of an output's channels, all weights 1: exact, by the kernels."""
    rng = range(1, prod(net.input_shape) + 1)
    values = {INPUT: np.array(list(rng), object).reshape(1, *net.input_shape)}
    known, weights = shapes(net), {}
    for name, op in net:
        reads = net.inputs(name)
        given = operands(op, *(known[r] for r in reads))
        weights[name] = {k: np.ones(v, object) for k, v in list(given.items())[len(reads) :]}
        values[name] = numeric.forward(op, *(values[r] for r in reads), **weights[name])
    up = {name: np.zeros(shape, object) for name, shape in known.items()}
    up[node][(slice(None), slice(None), *at)] = 1
    for name in reversed(net.order()):
        reads = net.inputs(name)
        back = numeric.backward(net.op(name), up[name], *(values[r] for r in reads), **weights[name])
        for i, read in enumerate(reads):
            up[read] = up[read] + back["x" if len(reads) == 1 else f"x{i + 1}"]
    return up[INPUT].sum(axis=(0, 1))


@settings(max_examples=15)
@given(graphs())
def test_a_support_is_where_the_gradient_of_positive_weights_is_not_zero(net):
    (n,) = shapes(net)[net.last][2:]
    for o in {0, n // 2, n - 1}:
        gradient = gradient_of_one_output(net, net.last, (o,))
        assert set(nonzero(support(net, net.last, (o,)))) == set(np.flatnonzero(gradient != 0).tolist())


def test_of_a_residual_block_in_two_dimensions_too():
    net = residual((1, 12, 12))
    for at in ((0, 0), (3, 2), (5, 5)):
        found, gradient = support(net, "add", at), gradient_of_one_output(net, "add", at)
        (a, b), (c, d) = found.hull
        inside = np.zeros((12, 12), bool)
        inside[a : b + 1, c : d + 1] = found.counts != 0
        assert (inside == (gradient != 0)).all()


def test_a_chain_has_the_coefficients_of_its_polynomials_outer_product():
    convs = [ops.Conv(1, (2, 3), dilation=(2, 1)), ops.Conv(1, 3, stride=(1, 2)), ops.MaxPool((2, 2))]
    net = chain(*convs, shape=(1, 20, 25))
    found = support(net, "maxpool2", (0, 0))
    windows = [op.windows((20, 25)) for op in convs]
    rows, columns = (paths(axis) for axis in zip(*windows, strict=True))
    assert found.counts.tolist() == [[a * b for b in columns] for a in rows]
    assert found.paths == 6 * 9 * 4


@given(st.lists(st.tuples(*[st.integers(1, 3)] * 3), min_size=1, max_size=4))
def test_a_chain_of_one_axis_has_the_coefficients_of_its_polynomial(layers):
    convs = [ops.Conv(1, (k,), stride=s, dilation=d) for k, s, d in layers]
    net = chain(*convs, shape=(1, 400))
    assert support(net, net.last, (0,)).counts.tolist() == paths([op.windows((400,))[0] for op in convs])


def test_branches_that_meet_add_their_paths():
    net = Architecture("two", (1, 9))
    a = net.add("a", ops.Conv(1, (3,), padding=1), INPUT)
    net.add("add", ops.Add(), a, INPUT)
    assert support(net, "add", (4,)).counts.tolist() == [1, 2, 1]


def test_borders_clip_unless_padding_counts():
    net = chain(ops.Conv(1, (3,), padding=1), ops.Conv(1, (3,), padding=1), shape=(1, 5))
    assert (support(net, "conv1", (0,)).hull, support(net, "conv1", (0,)).counts.tolist()) == (((0, 2),), [2, 2, 1])
    whole = support(net, "conv1", (0,), padding=True)
    assert (whole.hull, whole.counts.tolist()) == (((-2, 2),), [1, 2, 3, 2, 1])


def test_a_hole_at_the_border_is_outside_of_the_hull():
    found = support(chain(ops.Conv(1, (3,), dilation=2, padding=1), shape=(1, 6)), "conv0", (0,))
    assert (found.hull, found.counts.tolist(), found.holes) == (((1, 3),), [1, 0, 1], 1)
    assert repr(found) == "support 1..3: 1 hole, 2 paths"


def test_what_sees_padding_alone_has_no_path():
    net = chain(ops.Conv(1, (1,), padding=1), shape=(1, 6))
    found = support(net, "conv0", (0,))
    assert (found.paths, found.counts.size, found.share().size) == (0, 0, 0)
    assert spans(net, "conv0") == [None, *((o, o) for o in range(6)), None]


def test_the_unaligned_graph_sees_as_many_samples_as_its_article_says():
    net = padded_toy("unaligned_3", (1, 8, 8))
    assert [b - a + 1 for a, b in spans(net, "add", padding=True)][1:3] == [6, 5]
    assert spans(net, "add") == [(0, 4), (0, 5), (2, 6), (3, 7)]


def test_bins_overlap_where_they_do_not_divide_the_input():
    net = chain(ops.Conv(1, (3,)), ops.AdaptiveAveragePool((3,)), shape=(1, 9))
    assert spans(net, "adaptiveaveragepool1") == [(0, 4), (2, 6), (4, 8)]
    assert spans(chain(ops.GlobalAveragePool()), "globalaveragepool0", 1) == [(0, 15)]


def test_counts_grow_beyond_64_bits_exactly():
    n = 90
    net = chain(*[ops.Conv(1, (2,))] * n, shape=(1, n + 1))
    found = support(net, net.last)
    assert found.counts.tolist() == [comb(n, i) for i in range(n + 1)]
    assert found.paths == 2**n > 2**64
    assert found.share().sum() == pytest.approx(1)


def test_the_middle_is_asked_where_no_position_is_named():
    net = residual()
    assert support(net, "add").hull == support(net, "add", (4, 4)).hull
    assert support(net, INPUT, (3, 2)).hull == ((3, 3), (2, 2))


def test_holes_of_a_dilated_chain_are_counted():
    net = chain(ops.Conv(1, 3, dilation=2), shape=(1, 9, 9))
    assert support(net, "conv0").holes == 25 - 9
    assert all(a is not None for a in spans(zoo.lenet5(), "pool2"))


MISTAKES = {
    "a node that is not there": (lambda net: support(net, "ad"), UnknownNameError, "there is no node 'ad'.\n  near "),
    "a node without spatial axes": (
        lambda net: support(net, net.add("flat", ops.Flatten())),
        GraphError,
        "node 'flat': this node has no spatial axes.\n  here    its shape is (1, 512)",
    ),
    "a position outside": (
        lambda net: support(net, "add", (8, 0)),
        ShapeError,
        "node 'add': there is no such position.\n  here    position (8, 0)\n  rule    positions of 'add' lie in 8x8",
    ),
    "one number for two axes": (
        lambda net: support(net, "add", 3),
        ShapeError,
        "node 'add': there is no such position.\n  here    position (3,)\n",
    ),
    "a fraction": (
        lambda net: support(net, "add", (1.0, 1)),
        ShapeError,
        "node 'add': there is no such position.\n  here    position (1.0, 1)\n",
    ),
    "an axis that is not there": (
        lambda net: spans(net, "add", -1),
        ShapeError,
        "node 'add': there is no such axis.\n  here    axis -1\n  rule    spatial axes of 'add' are 0 to 1",
    ),
    "symbolic sizes": (
        lambda net: support(net.with_input((8, *[sympy.Symbol("H", integer=True, positive=True)] * 2)), "add"),
        ShapeError,
        "the support needs sizes that are numbers.\n  input   (8, H, H)\n",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_answered(mistake):
    ask, kind, message = MISTAKES[mistake]
    with pytest.raises(kind) as caught:
        ask(residual())
    assert str(caught.value).startswith(message)


def test_every_position_of_two_axes_is_the_product_of_its_axes_in_a_chain():
    net = chain(ops.Conv(1, 3, padding=1, stride=2), ops.ConvTranspose(1, 2, stride=2), shape=(1, 5, 5))
    along = spans(net, net.last)
    for at in product(range(6), repeat=2):
        assert support(net, net.last, at).hull == tuple(along[i] for i in at)


def test_an_output_that_sees_nothing_ends_the_way_down():
    net = parse("conv(1, (1,), stride=2) > conv(1, (1,), padding=1)", (1, 9))
    assert repr(support(net, "conv2", (0,))) == "sees nothing of the input"
    assert spans(net, "conv2") == [None, (0, 0), (2, 2), (4, 4), (6, 6), (8, 8), None]


def test_what_an_unknown_operator_reads_is_not_made_up():
    net = Architecture("net", (1, 8))
    net.add("conv", ops.Conv(1, (3,)))
    net.add("mixer", Opaque("mixer", (1, 6)))
    net.add("last", ops.Conv(1, (3,)))
    with pytest.raises(GraphError, match=r"^node 'mixer': what 'mixer' reads is not known\."):
        support(net, "last")
    assert support(net, "conv").paths == 3
    summary = analyze(net)
    assert (summary.field, summary.last_map.name, summary.uncounted) == (None, "last", ("mixer",))
    assert "note             what 'mixer' sees is not known" in repr(summary)
