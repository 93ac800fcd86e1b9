"""Brute force over sizes, networks to ask, and an operator that lengthens its input."""

from dataclasses import dataclass

from hypothesis import strategies as st

from cnnmath import ops
from cnnmath.axis import Transposed
from cnnmath.errors import ShapeError
from cnnmath.graph import INPUT, Architecture
from cnnmath.ops import Operator
from cnnmath.window import Window


@dataclass(frozen=True, slots=True)
class Longer(Operator):
    """Nearest-neighbour upsampling, as far as shapes go."""

    scale: int

    def output(self, x):
        return (*x[:2], *(n * self.scale for n in x[2:]))

    def windows(self, sizes):  # noqa: ARG002 - every operator's method has this signature
        return None

    def axes(self, sizes):
        return (Transposed(Window(self.scale, stride=self.scale)),) * len(sizes)

    def element(self, m, at, x):
        raise NotImplementedError("only its shapes are asked for")


def walk(net, shape):
    """Shape of every node, by the operators' own rules; None where one refuses."""
    known = {INPUT: (1, *shape)}
    for name, op in net:
        try:
            known[name] = op.shape(*(known[read] for read in net.inputs(name)))
        except ShapeError:
            return None
    return known


def rests(net, known):
    """What each window leaves over of each axis."""
    left = {}
    for name, op in net:
        sizes = known[net.inputs(name)[0]][2:]
        windows = op.windows(sizes) or ()
        left[name] = [
            (n + w.before + w.after - w.extent) % w.stride for n, w in zip(sizes, windows, strict=bool(windows))
        ] or [0] * len(sizes)
    return left


def taken(net, last):
    """Sizes, the same along every axis, that the network takes."""
    channels, *spatial = net.input_shape
    found = {n: walk(net, (channels, *(n for _ in spatial))) for n in range(1, last + 1)}
    return {n: known for n, known in found.items() if known}


def whole(net, sizes):
    """Those of the sizes that are taken of which nothing is left over."""
    return {n for n, known in sizes.items() if not any(map(any, rests(net, known).values()))}


@st.composite
def operators(draw):
    """Operators of one axis, windows of every kind among them."""
    k, s, d = draw(st.integers(1, 4)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    padding = draw(st.one_of(st.sampled_from(["same", "same_lower"]), st.tuples(st.integers(0, 3), st.integers(0, 3))))
    settings = {"stride": s, "dilation": d, "padding": padding if isinstance(padding, str) else (padding,)}
    pool = draw(st.sampled_from([ops.MaxPool, ops.AveragePool]))
    return draw(
        st.sampled_from(
            [
                ops.Conv(1, (k,), **settings),
                pool((k,), **settings, ceil=not isinstance(padding, str) and draw(st.booleans())),
                ops.ReLU(),
                Longer(s),
                ops.Conv(1, (k,), stride=s),
                ops.AdaptiveAveragePool((k,)),
                ops.GlobalAveragePool(),
            ]
        )
    )


@st.composite
def chains(draw, start=INPUT, net=None, name="chain", most=4):
    """A chain of such operators behind a node; returns the network and its last node."""
    net = Architecture("drawn", (1, 9)) if net is None else net
    node = start
    for i, op in enumerate(draw(st.lists(operators(), min_size=0 if start == INPUT else 1, max_size=most))):
        node = net.add(f"{name}{i}", op, node)
    return net, node


@st.composite
def diamonds(draw):
    """A chain that forks into two, which meet, and goes on."""
    net, fork = draw(chains(most=2))
    _, a = draw(chains(fork, net, "a", 2))
    _, b = draw(chains(fork, net, "b", 2)) if draw(st.booleans()) else (net, fork)
    merged = net.add("add", draw(st.sampled_from([ops.Add(), ops.Concat()])), a, b)
    return draw(chains(merged, net, "end", 1))[0] if draw(st.booleans()) else net


def unet(levels=4, shape=(1, 64, 64)):
    """Halvings and doublings whose maps are added across: it takes multiples of 2^levels."""
    net = Architecture("unet", shape)
    node, across = INPUT, []
    for i in range(levels):
        across.append(net.add(f"down{i}", ops.Conv(1, 3, padding=1), node))
        node = net.add(f"pool{i}", ops.MaxPool(2))
    for i in reversed(range(levels)):
        node = net.add(f"up{i}", Longer(2), node)
        node = net.add(f"add{i}", ops.Add(), across[i], node)
    return net
