"""A network while it is read: values are arrays of the network as Keras looks at them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

import numpy as np

from cnnmath.errors import CnnmathError, DataError
from cnnmath.graph import Architecture, Opaque
from cnnmath.graph.sources import Source
from cnnmath.interchange.layout import Layout
from cnnmath.interchange.moves import moves
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.numeric.windows import Array
from cnnmath.ops import Operator, Reshape

BATCH = 2**61 - 1
"""Number of samples while a network is read: a prime that no other size has as a factor."""

Order = tuple[int, ...]
"""Axes as Keras counts them, in the order of the array that is there."""


@dataclass(frozen=True, slots=True)
class Value:
    """A node's array as Keras looks at it, and the layer that looks at it in another way."""

    node: str
    layout: Layout
    origin: str = ""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape as Keras sees it."""
        return self.layout.shape

    def moved(self, order: Order) -> Value:
        """The same with its axes in another order."""
        return replace(self, layout=self.layout.permuted(order))

    def back(self, order: Order) -> Value:
        """What `moved` undoes."""
        return self.moved(tuple(order.index(i) for i in range(len(order))))

    def reshaped(self, shape: tuple[int, ...]) -> Value | None:
        """The same numbers in row-major order in another shape, where no array need be made for it."""
        layout = self.layout.reshaped(shape)
        return None if layout is None else replace(self, layout=layout)


@dataclass(slots=True)
class Builder:
    """What the rules add nodes to.

    Attributes
    ----------
    net
        The network so far.
    last
        Whether the model has its channels behind the positions. The network has them ahead.
    old
        Whether the configuration is one of Keras 2.
    shapes
        Shape of each node's array.
    arrays
        The network's arrays.
    notes
        What is to be said of it.
    fillings
        Arrays that the model does not have: their names, how many numbers they have, and the number that all are.
    left_out
        Layers that are no node.
    path
        Name of the layer that is read, with the models that it lies in.
    weights
        Arrays of that layer by the names that Keras gives them; None where numbers are not read.
    owners
        The first node of each layer's operators that have arrays.
    made
        Layouts that are carried out.
    """

    net: Architecture
    last: bool
    old: bool
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    arrays: dict[str, Array] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    fillings: list[tuple[str, int, float]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    path: str = ""
    weights: Mapping[str, Array] | None = None
    owners: dict[str, str] = field(default_factory=dict)
    made: dict[tuple[str, Layout], str] = field(default_factory=dict)

    def first(self, rank: int) -> Order:
        """The order in which channels come ahead of positions, of an array of so many axes in all."""
        return (0, rank - 1, *range(1, rank - 1)) if self.last and rank > 2 else tuple(range(rank))

    def best(self, *values: Value) -> Order:
        """The order in which most of these arrays of one rank are there; channels first, where that is all the same."""
        rank = len(values[0].shape)
        orders = (self.first(rank), tuple(range(rank)))
        return min(orders, key=lambda order: sum(not value.moved(order).layout.plain for value in values))

    def plain(self, value: Value) -> str:
        """The node whose array is there as the value looks."""
        key = (value.node, value.layout)
        if value.layout.plain:
            return value.node
        if key not in self.made:
            node, origin, steps = value.node, value.origin or self.path, moves(value.layout)
            for op in steps:
                alone = op is steps[-1] and origin == value.origin and origin not in self.net.nodes
                node = self._added(op, (node,), "" if alone else type(op).__name__.lower(), {}, origin)
            self.made[key] = node
        return self.made[key]

    def apply(self, op: Operator, *values: Value, order: Order, part: str = "", **arrays: Any) -> Value:
        """The output of an operator, which reads these values with their axes in this order.

        Parameters
        ----------
        part
            What the operator is in its layer, where the layer has several.
        arrays
            Its arrays by operand; None where numbers are not read.
        """
        node = self._added(op, tuple(self.plain(value.moved(order)) for value in values), part, arrays)
        return Value(node, Layout.of(self.shapes[node])).back(order)

    def each(self, op: Operator, *values: Value, part: str = "") -> Value:
        """The output of an operator that treats all numbers alike."""
        return self.apply(op, *values, order=self.best(*values), part=part)

    def source(self, op: Source, part: str, **arrays: Array | None) -> Value:
        """A node that reads nothing, whose array looks as it is."""
        node = self._added(op, (), part, arrays)
        return Value(node, Layout.of(self.shapes[node]))

    def reshape(self, x: Value, shape: tuple[int, ...]) -> Value:
        """The numbers as Keras sees them, in row-major order in another shape."""
        found = x.reshaped(shape) or Value(self.plain(x), Layout.of(x.shape)).reshaped(shape) or self._shaped(x, shape)
        return found if shape == x.shape else replace(found, origin=self.path)

    def _shaped(self, x: Value, shape: tuple[int, ...]) -> Value:
        """The same by an operator, where sizes do not divide each other."""
        node = self._added(Reshape(shape[1:]), (self.plain(x),), "", {})
        return Value(node, Layout.of(self.shapes[node]))

    def opaque(self, kind: str, values: tuple[Value, ...], shape: tuple[int, ...], reason: str) -> Value:
        """The output of a layer that there is no rule for, of this shape."""
        order = self.first(len(shape))
        op = Opaque(f"keras {kind}", tuple(shape[i] for i in order[1:]))
        node = self._added(op, tuple(value.node for value in values), "", {})
        count = sum(np.size(array) for array in (self.weights or {}).values())
        lost = f"; its {count:,} numbers are not counted" if count else ""
        self.notes.append(f"'{node}' is not known, {kind}: {reason}{lost}")
        return Value(node, Layout.of(self.shapes[node])).back(order)

    def weight(self, name: str, turned: Callable[[Array], Array] = lambda w: w) -> Array | None:
        """An array of the layer, turned into the package's form; None where numbers are not read.

        Raises
        ------
        DataError
            Where the layer has no such array.
        """
        if self.weights is None:
            return None
        if name not in self.weights:
            raise DataError(
                f"an array of the layer is missing, '{name}'.", here=f"it has {', '.join(self.weights) or 'none'}"
            ).at(f"layer '{self.path}'")
        return turned(self.weights[name])

    def filled(self, operand: str, size: int, number: float) -> Array:
        """An array that the layer does not have, all of one number."""
        if self.path not in self.owners:
            self.fillings.append((f"{self.path}.{operand}", size, number))
        return np.full(size, number, np.float32)

    def _added(
        self,
        op: Operator,
        reads: tuple[str, ...],
        part: str,
        arrays: Mapping[str, Array | None],
        path: str = "",
    ) -> str:
        """A new node, whose operator takes these shapes and arrays; further calls of a layer share them."""
        given = tuple(self.shapes[node] for node in reads) or ((BATCH,),)
        try:
            shape = op.shape(*given)
            trained, stored = op.parameters(*given), op.buffers(*given)
        except CnnmathError as error:
            raise UnclaimedError(error.fact.removesuffix(".")) from None
        base = f"{path or self.path}/{part}" if part else path or self.path
        name, again = base, 0
        while name in self.net.nodes:
            again += 1
            name = f"{base}_{again}"
        owner = self.owners.get(base) if trained or stored else None
        filled = {operand for operand in trained if any(f"{self.path}.{operand}" == f[0] for f in self.fillings)}
        self.net.add(name, op, *reads, shares=owner, stored=() if owner else sorted(filled))
        self.shapes[name] = shape
        if owner is None and (trained or stored):
            self.owners[base] = name
            self.arrays |= _checked(name, trained | stored, arrays)
        return name


def _checked(
    name: str, declared: Mapping[str, tuple[int, ...]], arrays: Mapping[str, Array | None]
) -> dict[str, Array]:
    """The arrays of a node by the names that they have in the network."""
    found = {operand: array for operand, array in arrays.items() if array is not None}
    for operand, array in found.items():
        if np.shape(array) != declared[operand]:
            raise DataError(
                f"'{operand}' has another shape than the layer declares.",
                input=f"{np.shape(array)}, {prod(np.shape(array)):,} numbers",
                rule=f"{declared[operand]}",
            ).at(f"layer '{name}'")
    return {f"{name}.{operand}": array for operand, array in found.items()}
