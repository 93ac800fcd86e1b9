"""A small network of the same form, and numbers for a part of it: what its gradients are, operator by operator.

The outputs of all nodes are drawn, not computed: a gradient's equation holds whatever an operator reads. Gradients come
from the gradient reader, which goes back through one operator at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from math import lcm, prod
from random import Random
from typing import Any

from cnnmath.errors import CnnmathError, SettingError
from cnnmath.graph import Architecture, Opaque, shapes, smallest_input
from cnnmath.ops import BatchNorm, Conv, ConvTranspose, Operator, Select, operands
from cnnmath.ops.algebra import Algebra, Number, Operand, Shape, rational
from cnnmath.ops.pool import Pool
from cnnmath.readers import Tensor
from cnnmath.readers.gradient import Dual, backward, gradients
from cnnmath.subjects.network.naming import operand_names, output_name, parameter_name
from cnnmath.symbolic.instance import drawn, labelled
from cnnmath.symbolic.oracle import TOUCHED

MOST_GROUPS = 8
"""With more groups, a network keeps its own widths."""

PLACES = 10**80
"""What is irrational is kept to so small a part: the denominators of many operators do not pile up."""

MOST_NUMBERS = 50_000
"""Of a network that keeps its widths, up to so many numbers are drawn."""

WIDTHS = ("filters", "units")
"""Settings that say how many channels an operator puts out."""


def small(net: Architecture, operators: Collection[str]) -> Architecture:
    """The network with few channels, and with an input at which the windows of these operators fit.

    Where no smaller widths fit each other, it keeps its own.

    Raises
    ------
    SettingError
        Where that are too many.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> small(zoo.alexnet(), ["features.0"]).input_shape
    (2, 63, 64)
    """
    fitting = net if any(isinstance(op, Opaque) for _, op in net) else _fitting(_narrowed(net), operators)
    known = shapes(fitting)
    count = 0
    for node in operators:
        given = [known[read] for read in fitting.inputs(node)]
        count += sum(map(prod, [known[node], *operands(fitting.op(node), *given).values()]))
    if count > MOST_NUMBERS:
        raise SettingError(
            "the network is too wide for its formulas to be evaluated.",
            here=f"its operators read {count} numbers, groups and unknown operators keeping their sizes",
            rule=f"at most {MOST_NUMBERS}",
            fix="give it fewer channels: the formulas are the same",
        ).at(f"network '{net.name}'")
    return fitting


def _fitting(net: Architecture, operators: Collection[str]) -> Architecture:
    """The network with a small input, unequal along its axes if it takes that."""
    least = smallest_input(net)
    for more in (0, 1, 2, 4, 8, 16, 32, 64):
        for turn in range(len(least) - 1, -1, -1):
            sizes = [n + more + min(axis, turn) for axis, n in enumerate(least[1:])]
            taken = _taken(net, (least[0], *sizes))
            if taken is not None and all(_fits(taken, node) for node in operators):
                return taken
    return net.with_input(least)


def _narrowed(net: Architecture) -> Architecture:
    """The network with few channels, in numbers that groups divide, and as many as are selected from."""
    groups = lcm(*(op.groups for _, op in net if isinstance(op, (Conv, ConvTranspose))))
    chosen = max((max(op.places) + 1 for _, op in net if isinstance(op, Select) and op.axis == 1), default=0)
    if groups > MOST_GROUPS:
        return net
    widths = {net.input_shape[0], *(getattr(op, name) for _, op in net for name in WIDTHS if hasattr(op, name))}
    turns = 3 if groups == 1 else 2
    few = {n: n if n <= chosen else groups * (2 + i % turns) for i, n in enumerate(sorted(widths))}
    nodes = {name: node._replace(op=node.op and _with_widths(node.op, few)) for name, node in net.nodes.items()}
    narrow = Architecture.from_nodes(nodes, (few[net.input_shape[0]], *net.input_shape[1:]), net.name)
    return narrow if _taken(narrow, narrow.input_shape) else net


def _with_widths(op: Operator, few: dict[int, int]) -> Operator:
    own = {f.name: few[getattr(op, f.name)] for f in fields(op) if f.name in WIDTHS}
    return replace(op, **own) if own else op


def _taken(net: Architecture, shape: Shape) -> Architecture | None:
    """The network with this input, if it takes it."""
    try:
        other = net.with_input(shape)
        shapes(other)
    except CnnmathError:
        return None
    return other


def _fits(net: Architecture, node: str) -> bool:
    """Whether a window of the node lies in what it reads without the padding."""
    op, sizes = net.op(node), shapes(net)[net.inputs(node)[0]][2:]
    if not isinstance(op, (Conv, Pool)):
        return True
    return all(n >= window.extent for n, window in zip(sizes, op.windows(sizes), strict=True))


@dataclass(frozen=True, slots=True)
class Fixed:
    """An operand by which nothing is differentiated."""

    tensor: Tensor

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the operand."""
        return self.tensor.shape

    def __getitem__(self, at: Any) -> Dual:
        return Dual(self.tensor[at], {})


class Numbers:
    """Numbers for the arrays of a small network that its gradients speak of, drawn when they are first asked for.

    Parameters
    ----------
    net
        The network.
    batch
        How many samples there are.
    given
        Nodes by whose outputs the gradient is drawn; by others it is what the operators that read them pass back.
    seed
        What the numbers are drawn with.

    Attributes
    ----------
    shapes
        Shape of every node's output.
    arrays
        Numbers by the name of the array.
    """

    def __init__(self, net: Architecture, batch: int, given: Collection[str], seed: int) -> None:
        self.net, self.given, self.draw = net, given, Random(seed)
        self.shapes = {node: (batch, *shape[1:]) if shape else () for node, shape in shapes(net).items()}
        self.arrays: dict[str, Tensor] = {}
        self.passed: dict[str, dict[str, Tensor]] = {}

    def operands(self, node: str) -> dict[str, Tensor]:
        """What the sentence of a node reads, by the names that it uses."""
        op, reads = self.net.op(node), self.net.inputs(node)
        given = [self.shapes[read] for read in reads]
        declared, levels = operands(op, *given), op.levels(*given)
        arrays = dict(zip(operand_names(self.net, node), map(output_name, reads), strict=True))
        names = {name: arrays.get(name) or parameter_name(self.net, node, name) for name in declared}
        return {name: self._drawn(names[name], shape, op, levels.get(name)) for name, shape in declared.items()}

    def by_output(self, node: str) -> Tensor:
        """Gradient by the output of a node."""
        name = f"dL/d{output_name(node)}"
        if name not in self.arrays:
            self.arrays[name] = self._sparse(self.shapes[node]) if node in self.given else self._collected(node)
        return self.arrays[name]

    def by_parameters(self, nodes: Sequence[str], names: Collection[str]) -> None:
        """Gradients by parameters that these nodes use."""
        parts = [self._parameters(node, names) for node in nodes]
        for name in names:
            self.arrays[f"dL/d{parameter_name(self.net, nodes[0], name)}"] = _total([part[name] for part in parts])

    def _parameters(self, node: str, names: Collection[str]) -> dict[str, Tensor]:
        """What one node gives to its parameters: the derivative of the sum of its outputs, each times its gradient."""
        op, dy, read = self.net.op(node), self.by_output(node), self.operands(node)

        def loss(m: Algebra, **own: Operand) -> Number:
            operands = {**{name: Fixed(tensor) for name, tensor in read.items()}, **own}.values()
            return m.sum(lambda *at: dy[at] * op.element(m, at, *operands), *dy.shape, where=lambda *at: [dy[at] != 0])

        return gradients(loss, {name: read[name] for name in names})

    def _collected(self, node: str) -> Tensor:
        readers = readers_of(self.net, node)
        return _total([self._backward(reader)[operand_names(self.net, reader)[at]] for reader, at in readers])

    def _backward(self, node: str) -> dict[str, Tensor]:
        if node not in self.passed:
            passed = backward(self.net.op(node), self.by_output(node), self.operands(node))
            self.passed[node] = {name: Tensor(t.shape, [*map(_kept, t.values)]) for name, t in passed.items()}
        return self.passed[node]

    def _drawn(self, name: str, shape: Shape, op: Operator, levels: Sequence[int] | None) -> Tensor:
        """Small integers, or some of the levels; a variance such that the root is rational, and positive weights."""
        if name not in self.arrays:
            tensor = drawn(shape, self.draw) if levels is None else labelled(shape, self.draw, levels)
            if name.startswith("weights("):
                tensor = Tensor(tensor.shape, [abs(v) + 1 for v in tensor.values])
            if isinstance(op, BatchNorm) and name.startswith("var("):
                tensor = Tensor(tensor.shape, [(abs(v) + 1) ** 2 - rational(op.epsilon) for v in tensor.values])
            self.arrays[name] = tensor
        return self.arrays[name]

    def _sparse(self, shape: Shape) -> Tensor:
        """Small integers at a few positions, zero at all others; a single one is not zero."""
        tensor = drawn(shape, self.draw, *((1,) if not shape else ()))
        for at in self.draw.sample(range(prod(shape)), max(0, prod(shape) - TOUCHED)):
            tensor.values[at] *= 0
        return tensor


def readers_of(net: Architecture, node: str) -> list[tuple[str, int]]:
    """Nodes that read a node, each with the position of this among its inputs.

    Examples
    --------
    >>> from cnnmath.graph import INPUT
    >>> from cnnmath.ops import Add
    >>> net = Architecture("twice", (1, 4, 4))
    >>> double = net.add("double", Add(), INPUT, INPUT)
    >>> readers_of(net, INPUT)
    [('double', 0), ('double', 1)]
    """
    return [(name, at) for name, reader in net.nodes.items() for at, read in enumerate(reader.inputs) if read == node]


def _kept(number: Fraction) -> Fraction:
    return number if number.denominator < PLACES else Fraction(round(number * PLACES), PLACES)


def _total(tensors: Sequence[Tensor]) -> Tensor:
    return Tensor(tensors[0].shape, [sum(numbers) for numbers in zip(*(t.values for t in tensors), strict=True)])
