"""Whole architectures: chains and branches of drawn operators, each of which fits what it reads."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from cnnmath import ops
from cnnmath.graph import INPUT, Architecture, shapes
from cnnmath.ops import Operator
from cnnmath.ops.algebra import Shape

Layers = Callable[[Shape], SearchStrategy[Operator]]
"""For the shape (N, C, \\*spatial) of a node's output, the operators that may read it."""


@st.composite
def architectures(
    draw: DrawFn, *, rank: int | None = None, most: int = 5, layers: Layers | None = None
) -> Architecture:
    """Small random networks: operators in chains and branches, which a sum or a concatenation merges.

    Parameters
    ----------
    rank
        Number of spatial axes; by default one or two.
    most
        Most operators.
    layers
        What may read a node, by the shape of its output; by default `fitting`.

    Notes
    -----
    Every network fits its input: an operator is drawn among those that fit the shape of the node that it reads, and
    branches merge where their shapes are equal. A failure shrinks to a network of one operator.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(architectures(), lambda net: True)
    Architecture 'drawn': input (1, 5), 1 operator, output 'node0'
    """
    axes = rank or draw(st.integers(1, 2))
    sizes = [draw(st.integers(5, 9)) for _ in range(axes)]
    net = Architecture("drawn", (draw(st.integers(1, 2)), *sizes))
    nodes, layers = [INPUT], layers or fitting
    for i in range(draw(st.integers(1, most))):
        read = nodes[-1 - draw(st.integers(0, len(nodes) - 1))]
        known = shapes(net)
        alike = [node for node in nodes if known[node] == known[read] and node != read]
        if alike and draw(st.booleans()):
            other, op = draw(st.sampled_from(alike)), draw(st.sampled_from([ops.Add(), ops.Concat()]))
            nodes.append(net.add(f"node{i}", op, *sorted((read, other), key=nodes.index)))
        else:
            nodes.append(net.add(f"node{i}", draw(layers(known[read])), read))
    return net


def fitting(x: Shape) -> SearchStrategy[Operator]:
    """Operators that read an input of this shape: windows of many kinds, paddings, bins, transposes, rectifiers.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(fitting((1, 3, 5)), lambda op: True)
    ReLU()
    """
    sizes = x[2:]
    each = [st.integers(1, 3) for _ in sizes]
    strides, kernels = st.tuples(*each), st.tuples(*(st.integers(1, min(3, n)) for n in sizes))
    dilations = st.tuples(*(st.integers(1, max(1, n - 1)) for n in sizes))
    sides = st.tuples(*(st.tuples(st.integers(0, 1), st.integers(0, 1)) for _ in sizes))
    pairs = tuple(min(2, n) for n in sizes)
    return st.one_of(
        st.just(ops.ReLU()),
        st.builds(lambda k, s, p: ops.Conv(2, k, stride=s, padding=p), kernels, strides, sides),
        st.builds(lambda d, p: ops.Conv(1, pairs, dilation=d, padding=p), dilations, sides),
        st.builds(lambda k, s: ops.AveragePool(k, stride=s, ceil=True), kernels, strides),
        st.builds(lambda k, s: ops.MaxPool(k, stride=s), kernels, strides),
        st.builds(ops.Pad, sides),
        st.builds(ops.AdaptiveAveragePool, strides),
        st.builds(lambda k, s: ops.ConvTranspose(1, k, stride=s), strides, strides),
        st.just(ops.Upsample((2,) * len(sizes))),
    )
