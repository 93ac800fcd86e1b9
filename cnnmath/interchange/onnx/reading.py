"""A network that grows while the nodes of a file are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from cnnmath.errors import GraphError, ShapeError
from cnnmath.graph import INPUT, Architecture, Constant, Opaque
from cnnmath.graph.notation import symbol
from cnnmath.graph.opaque import known_kind
from cnnmath.graph.propagate import output_shape
from cnnmath.interchange.onnx.graph import Graph, Node
from cnnmath.interchange.onnx.known import Known, Lazy, constant, numbers
from cnnmath.interchange.onnx.stored import Stored
from cnnmath.interchange.onnx.tensors import load
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops import Operator
from cnnmath.ops.algebra import Shape
from cnnmath.window import NAMED


@dataclass(slots=True)
class Reading:
    """What has been read so far.

    Attributes
    ----------
    graph
        The file's graph.
    network
        The network, which grows.
    batch
        First size of its input.
    arrays
        Arrays of its nodes, by node and operand.
    values
        Values of the file that are known, by name.
    notes
        What did not come over as it was.
    """

    graph: Graph
    network: Architecture
    batch: Any
    arrays: dict[str, Lazy] = field(default_factory=dict)
    values: dict[str, Known] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    owners: dict[tuple[Any, ...], str] = field(default_factory=dict)

    def fresh(self, name: str) -> str:
        """A name that no node has."""
        taken, number = name, 1
        while taken in self.network.nodes:
            taken, number = f"{name}_{number}", number + 1
        return taken

    def add(self, name: str, op: Operator, reads: tuple[Known, ...], own: Mapping[str, Known]) -> Known:
        """A node of the network, and what is known of its output."""
        nodes = tuple(self.node_of(value) for value in reads)
        shapes = tuple(value.sizes for value in reads) or ((self.batch,),)
        shape, name = output_shape(op, *shapes), self.fresh(name)
        arrays = {operand: _array(value) for operand, value in own.items()}
        _check_arrays(name, op, shapes, arrays)
        key = (op, *((operand, array.source) for operand, array in sorted(arrays.items())))
        owner = self.owners.get(key) if arrays and all(array.source for array in arrays.values()) else None
        self.network.add(name, op, *nodes, shares=owner)
        if owner is None:
            self.owners[key] = name
            self.arrays |= {f"{name}.{operand}": array for operand, array in arrays.items()}
        return Known(name, next((value.dtype for value in reads), ""), shape, node=name)

    def declared(self, name: str) -> tuple[str, Shape | None]:
        """Data type and shape that the file declares of a value, sizes left open being symbols."""
        found = self.graph.declared.get(name)
        if found is None or found.shape is None or any(size is None for size in found.shape):
            return (found.dtype or "" if found else ""), None
        return found.dtype or "", opened(found.shape)

    def node_of(self, value: Known) -> str:
        """Node that computes a value; an array of the file becomes a node of its own when it is first read."""
        if value.node:
            return value.node
        array = _array(value)
        name = self.fresh(value.name)
        self.network.add(name, Constant(array.shape, trained=array.trained))
        self.arrays[f"{name}.value"] = array
        self.values[value.name] = replace(value, node=name)
        return name


@dataclass(frozen=True, slots=True)
class Here:
    """A node of the file, as its rule sees it.

    Attributes
    ----------
    node
        The node.
    reading
        What has been read so far.
    """

    node: Node
    reading: Reading

    @property
    def opset(self) -> int:
        """Version of the operators' set that the node belongs to."""
        return self.reading.graph.opsets[self.node.domain]

    @property
    def inputs(self) -> tuple[Known | None, ...]:
        """What is known of what it reads; None for what is left out."""
        return tuple(self.value(name) if name else None for name in self.node.inputs)

    def input(self, i: int) -> Known:
        """What is known of one of its inputs.

        Raises
        ------
        GraphError
            Where it is left out.
        """
        found = self.optional(i)
        if found is None:
            raise GraphError(f"input {i} is missing.", here=f"{self.node.kind} reads {len(self.node.inputs)}").at(
                f"node '{self.node.name}'"
            )
        return found

    def optional(self, i: int) -> Known | None:
        """The same, or None."""
        name = self.node.inputs[i] if i < len(self.node.inputs) else ""
        return self.value(name) if name else None

    def value(self, name: str) -> Known:
        """What is known of a value of the file.

        Raises
        ------
        UnclaimedError
            Where nothing is.
        """
        try:
            return self.reading.values[name]
        except KeyError:
            raise UnclaimedError(f"the shape of '{name}' is not known") from None

    def attribute(self, name: str, default: Any = None) -> Any:
        """One of its attributes, or what it is where nothing is said."""
        return self.node.attributes.get(name, default)

    def axes(self, i: int) -> tuple[Any, ...] | None:
        """Axes, which are an attribute in old sets and an input in new ones; None where none are named."""
        given = self.optional(i)
        axes = self.attribute("axes") if given is None else numbers(given)
        return None if axes is None else tuple(axes)

    def number(self, value: Known) -> float | int | None:
        """The number that a value is, whatever its rank; None where it is an array of several, or not fixed."""
        if value.array is None or value.array.size != 1 or value.node:
            return None
        return np.asarray(value.array.make()).reshape(()).item()

    def tensor(self, name: str, default: Any = None) -> Known:
        """An attribute that is an array, as a value."""
        found = self.attribute(name, default)
        return stored_array(found) if isinstance(found, Stored) else constant(name, found)

    def add(
        self, op: Operator, *reads: Known, arrays: Mapping[str, Known | None] = MappingProxyType({}), suffix: str = ""
    ) -> Known:
        """A node of the network that reads these values and owns these arrays, and what is known of its output.

        Parameters
        ----------
        op
            Its operator.
        *reads
            What it reads, in order; an array of the file becomes a node.
        arrays
            Its parameters and buffers, by operand; None for what it does not have.
        suffix
            Tells the nodes of one rule apart: the last one has none.

        Raises
        ------
        ShapeError
            For sizes that do not fit, naming the node.
        """
        name = f"{self.node.name}/{suffix}" if suffix else self.node.name
        return self.reading.add(name, op, reads, {key: value for key, value in arrays.items() if value is not None})


def stored_array(array: Stored, *, trained: bool = False) -> Known:
    """An array of the file, as a value."""
    lazy = Lazy(array.shape, array.dtype, lambda: load(array), array.name if trained else "", trained)
    return Known(array.name, array.dtype, array.shape, array=lazy)


def opened(sizes: Sequence[int | str | None]) -> Shape:
    """Sizes as the package has them: those left open are symbols, by their names or by the axis."""
    return tuple(size if isinstance(size, int) else symbol(_letter(size, axis)) for axis, size in enumerate(sizes))


def _letter(name: str | None, axis: int) -> str:
    known = name is not None and name.isidentifier() and name not in NAMED
    return str(name) if known else ("N", "C", "H", "W", "D")[axis] if axis < 5 else f"n{axis}"


def unclaimed(reading: Reading, node: Node, reason: str) -> None:
    """Read a node that the package has no mathematics for: its outputs have the shapes that are declared."""
    reads = [reading.values[name] for name in node.inputs if name in reading.values]
    nodes = [value.node for value in reads if value.node] or [INPUT]
    kind = node.kind if known_kind(node.kind) is None else f"onnx {node.kind}"
    reading.notes.append(f"'{node.name}' is not known here: {node.kind}, {reason}")
    for i, output in enumerate(filter(None, node.outputs)):
        dtype, shape = reading.declared(output)
        if shape is None:
            continue
        name = reading.fresh(node.name if i == 0 else f"{node.name}/{i}")
        reading.network.add(name, Opaque(kind, shape[1:]), *dict.fromkeys(nodes))
        reading.values[output] = Known(output, dtype, (reading.batch, *shape[1:]), node=name)


def _array(value: Known) -> Lazy:
    if value.array is None:
        raise UnclaimedError(f"'{value.name}' is computed while the model runs, where an array is expected")
    return value.array


def _check_arrays(name: str, op: Operator, shapes: tuple[Shape, ...], arrays: Mapping[str, Lazy]) -> None:
    declared = op.parameters(*shapes) | op.buffers(*shapes)
    for operand, shape in declared.items():
        if operand not in arrays or arrays[operand].shape != shape:
            given = arrays[operand].shape if operand in arrays else "nothing"
            raise ShapeError(
                f"{operand} has another shape than the operator declares.",
                input=f"{operand} {given}",
                rule=f"{operand} {shape} for x {shapes[0]}",
                fix="export the model again",
            ).at(f"node '{name}'")
