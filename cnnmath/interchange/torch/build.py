"""A network while it is read: nodes without names yet, and values that are nodes as PyTorch looks at them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cnnmath.errors import CnnmathError
from cnnmath.graph import Opaque
from cnnmath.graph.sources import Constant, Source
from cnnmath.interchange.layout import Layout
from cnnmath.interchange.moves import moves
from cnnmath.interchange.torch.tensors import Known
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops import Operator, Transpose

BATCH = 2**61 - 1
"""Number of samples while a network is read: a prime that no other size has as a factor."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where in a module's code a node comes from.

    Attributes
    ----------
    path
        Name of the module that was called, empty for the whole.
    call
        The call of that module, which may be one of several.
    function
        Name of the function that was called in it.
    line
        The call of that function.
    """

    path: str = ""
    call: str = ""
    function: str = ""
    line: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """An operator, the numbers of the nodes that it reads, and the arrays that it owns.

    Where its mathematics is not known, there are a note that says why, and the names of the parameters that it reads.
    """

    op: Operator
    reads: tuple[int, ...]
    shape: tuple[int, ...]
    arrays: Mapping[str, Known]
    origin: Origin
    note: str = ""
    unknown: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Value:
    """A node's array as the module looks at it, and the call that last looked at it in another way."""

    node: int
    layout: Layout
    origin: Origin

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape as the module sees it."""
        return self.layout.shape


@dataclass(slots=True)
class Builder:
    """What the rules add nodes to. Node 0 is the input.

    Attributes
    ----------
    nodes
        All nodes so far.
    origin
        Where in the module's code the call stands that is handed to a rule.
    expected
        Shape of what that call yields.
    input_shape
        Shape of the input.
    made
        Layouts that are carried out.
    constants
        Arrays that are nodes, by what makes them the same.
    """

    nodes: list[Node | None] = field(default_factory=lambda: [None])
    origin: Origin = field(default_factory=Origin)
    expected: tuple[int, ...] = ()
    input_shape: tuple[int, ...] = ()
    made: dict[tuple[int, Layout], Value] = field(default_factory=dict)
    constants: dict[Hashable, Value] = field(default_factory=dict)

    def shape(self, node: int) -> tuple[int, ...]:
        """Shape of a node's array."""
        found = self.nodes[node]
        return found.shape if found else self.input_shape

    def shapes(self, nodes: Sequence[int]) -> tuple[tuple[int, ...], ...]:
        """Shapes that an operator is told: those of what it reads, and that of the batch where it reads nothing."""
        return tuple(map(self.shape, nodes)) or (self.input_shape[:1],)

    def looked(self, value: Value, layout: Layout | None) -> Value:
        """A value in another layout; where there is none, in that of an array that is made first."""
        if layout is None:
            raise UnclaimedError("its sizes do not divide each other")
        return replace(value, layout=layout, origin=self.origin)

    def plain(self, value: Value) -> Value:
        """The value as an array that is there as it looks."""
        if value.layout.source != self.shape(value.node):
            raise ValueError(f"{value.layout} is no layout of an array of shape {self.shape(value.node)}")
        if value.layout.plain:
            return value
        key = (value.node, value.layout)
        if key not in self.made:
            found = Value(value.node, Layout.of(value.layout.source), value.origin)
            for op in moves(value.layout):
                found = self._added(op, (found.node,), {}, value.origin)
            self.made[key] = found
        return self.made[key]

    def apply(self, op: Operator, *values: Any, **arrays: Known | None) -> Value:
        """The output of an operator, which reads these values as they look."""
        reads = tuple(self.plain(check_value(value)).node for value in values)
        owned = {name: known for name, known in arrays.items() if known is not None}
        return self._added(op, reads, owned, self.origin)

    def each(self, op: Operator, *values: Any) -> Value:
        """The output of an operator that treats all numbers alike.

        Arrays whose axes are merely in another order, and all in the same, stay as they are.
        """
        layouts = {check_value(value).layout for value in values}
        layout = next(iter(layouts))
        reshaped = any(layout.axis(i) is None for i in range(len(layout.groups)))
        if len(layouts) > 1 or (reshaped and self.first(layout)):
            return self.apply(op, *values)
        return self.kept(op, *values, layout=layout)

    def first(self, layout: Layout) -> bool:
        """Whether the samples are the first axis."""
        return layout.groups[:1] == Layout.of(layout.source).groups[:1]

    def alone(self, value: Any, dim: int) -> tuple[Value, int, int]:
        """The value with an axis of it as one of the array that is there; that axis from the first, in both."""
        i = dim % len(check_value(value).shape)
        if value.layout.axis(i) is None and self.first(value.layout):
            value = self.plain(value)
        elif value.layout.axis(i) is None:
            ahead, look = value.layout.apart()
            value = replace(self.plain(replace(value, layout=ahead)), layout=look)
        axis = value.layout.axis(i)
        if not axis:
            raise UnclaimedError("it mixes the samples of a batch")
        return value, i, axis

    def channels(self, value: Any, dim: int) -> tuple[Value, int]:
        """The value with an axis of it as the channels of the array that is there, and that axis from the first."""
        value, i, axis = self.alone(value, dim)
        if axis != 1:
            order = (0, axis, *(a for a in range(1, len(value.layout.source)) if a != axis))
            found = self._added(Transpose(order), (value.node,), {}, value.origin)
            value = replace(value, node=found.node, layout=value.layout.moved(order))
        return value, i

    def apart(self, value: Value) -> Value:
        """The value with the samples along an axis of their own, where they stand first in one with others."""
        batch, (first, *others) = self.input_shape[0], value.shape
        if first == batch or first % batch:
            return value
        return self.looked(value, value.layout.reshaped((batch, first // batch, *others)))

    def constant(self, known: Known) -> Value:
        """A node that is an array of the module, one for all samples; it is called as the module calls the array."""
        if known.key not in self.constants:
            origin = Origin(function=known.label or "constant", line=f"constant {known.key}")
            op = Constant(known.shape, trained=bool(known.names))
            self.constants[known.key] = self._added(op, (), {"value": known}, origin)
        return self.constants[known.key]

    def repeated(self, known: Known) -> Value:
        """The same, where every sample has it."""
        key = ("repeated", known.key)
        if key not in self.constants:
            origin = Origin(function=known.label or "constant", line=f"constant {known.key}")
            op = Constant(known.shape, trained=bool(known.names), repeated=True)
            self.constants[key] = self._added(op, (), {"value": known}, origin)
        return self.constants[key]

    def source(self, op: Source, **arrays: Known) -> Value:
        """A node that reads nothing."""
        return self._added(op, (), arrays, self.origin)

    def kept(self, op: Operator, *values: Value, layout: Layout, **arrays: Known | None) -> Value:
        """The output of an operator on the arrays that are there, which then looks like this."""
        owned = {name: known for name, known in arrays.items() if known is not None}
        found = self._added(op, tuple(value.node for value in values), owned, self.origin)
        if found.layout.source != layout.source:
            raise UnclaimedError(f"it changes the shape to {found.layout.source}")
        return replace(found, layout=layout)

    def opaque(
        self, kind: str, values: Sequence[Value], shape: tuple[int, ...], reason: str, names: frozenset[str]
    ) -> Value:
        """The output of an operator that there is no rule for, of this shape, which reads these parameters."""
        batch = next((i for i, size in enumerate(shape) if size % BATCH == 0), None)
        sizes = [size // BATCH if i == batch else size for i, size in enumerate(shape)]
        if batch is None or sizes[batch] == 1:  # where samples are mixed, no axis is the batch
            del sizes[batch or 0 : (batch or 0) + 1]
        op = Opaque(kind, tuple(sizes) or (1,))
        found = self._added(op, tuple(value.node for value in values), {}, self.origin)
        self.nodes[found.node] = replace(check_node(self.nodes[found.node]), note=f"{kind}: {reason}", unknown=names)
        if batch is None:
            return found
        order = [*range(1, batch + 1), 0, *range(batch + 1, len(found.shape))]
        return replace(found, layout=found.layout.permuted(order).reshaped(shape) or found.layout)

    def _added(self, op: Operator, reads: tuple[int, ...], arrays: Mapping[str, Known], origin: Origin) -> Value:
        """A new node, whose operator takes these shapes and arrays."""
        given = self.shapes(reads)
        try:
            shape = op.shape(*given)
            declared = op.parameters(*given) | op.buffers(*given)
        except CnnmathError as error:
            raise UnclaimedError(error.fact.removesuffix(".")) from None
        for name, known in arrays.items():
            if known.shape != declared.get(name):
                raise UnclaimedError(f"{name} has the shape {known.shape}, not {declared.get(name)}")
        self.nodes.append(Node(op, reads, shape, arrays, origin))
        return Value(len(self.nodes) - 1, Layout.of(shape), origin)


def check_node(node: Node | None) -> Node:
    """The node, which is not the input."""
    if node is None:
        raise ValueError("the input has no operator")
    return node


def check_value(value: Any) -> Value:
    """The value, where it depends on the input and is one tensor."""
    if not isinstance(value, Value):
        raise UnclaimedError("an operand does not depend on the input")
    return value
