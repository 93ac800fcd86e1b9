"""Patterns of nodes: what an idiom looks like in a file, and where it stands there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from cnnmath.interchange.onnx.graph import Graph, Node
from cnnmath.interchange.onnx.stored import Stored
from cnnmath.interchange.onnx.tensors import load

UNITS: Mapping[str, float] = {"float16": 2.0**-11, "bfloat16": 2.0**-8, "float32": 2.0**-24, "float64": 2.0**-53}
"""Unit roundoff of each type that a number of a file may have."""

COMMUTATIVE = ("Add", "Mul")
"""Operators whose inputs may stand in either order."""


@dataclass(frozen=True, slots=True)
class Is:
    """A node of a kind; of what it reads, as much as is said.

    Attributes
    ----------
    kind
        The operator, of ONNX's own.
    reads
        Patterns of its inputs, from the first.
    name
        What its output is called in this pattern, where it is asked for again.
    """

    kind: str
    reads: tuple[Pattern, ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Scaled:
    """A product with a number, or a quotient by its reciprocal."""

    of: Pattern
    factor: float


Pattern: TypeAlias = "Is | Scaled | str | float | int"
"""A node; a value by a name of the pattern's own, everywhere the same; or a number that is stored."""


def ends(pattern: Pattern) -> tuple[str, ...]:
    """Kinds of nodes with which a pattern may end; none for what is no node.

    Examples
    --------
    >>> ends(Is("Relu", ("x",))), ends(Scaled("x", 0.5))
    (('Relu',), ('Mul', 'Div'))
    """
    if isinstance(pattern, Scaled):
        return ("Mul", "Div")
    return (pattern.kind,) if isinstance(pattern, Is) else ()


@dataclass(frozen=True, slots=True)
class Match:
    """Where a pattern stands.

    Attributes
    ----------
    values
        Values of the file, by the pattern's names.
    parts
        Its nodes, the last one first.
    """

    values: Mapping[str, str]
    parts: tuple[Node, ...] = ()

    def part(self, name: str) -> Node:
        """The node whose output has a name of the pattern."""
        return next(part for part in self.parts if self.values[name] in part.outputs)


class Uses:
    """Who makes and who reads each value of a graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.makers = {output: node for node in graph.nodes for output in node.outputs if output}
        self.readers = Counter(name for node in graph.nodes for name in node.inputs)
        self.readers.update(value.name for value in graph.outputs)

    def matches(self, pattern: Pattern, node: Node) -> Iterator[Match]:
        """Ways in which a pattern ends with this node, and all that it computes before is read by nobody else."""
        return (match for match in self._made(pattern, node, Match({})) if self._closed(match))

    def stored(self, value: str) -> Stored | None:
        """The array that a value is, where the file has it as it stands."""
        maker = self.makers.get(value)
        if maker is None:
            return self.graph.initializers.get(value)
        found = maker.attributes.get("value") if maker.kind == "Constant" else None
        return found if isinstance(found, Stored) else None

    def is_number(self, value: str, number: float) -> bool:
        """Whether a value is one stored number, this one up to the rounding of its type."""
        found = self.stored(self._named(value))
        if found is None or found.shape not in ((), (1,)) or found.dtype not in UNITS:
            return False
        return abs(float(np.asarray(load(found)).item()) - number) <= 2 * UNITS[found.dtype] * abs(number)

    def _named(self, value: str) -> str:
        """What a value is another name for."""
        while (maker := self.makers.get(value)) is not None and maker.kind == "Identity" and maker.inputs:
            value = maker.inputs[0]
        return value

    def _closed(self, match: Match) -> bool:
        inner = match.parts[1:]
        reads = Counter(name for part in match.parts for name in part.inputs)
        return all(self.readers[output] == reads[output] for part in inner for output in part.outputs if output)

    def _found(self, pattern: Pattern, value: str, match: Match) -> Iterator[Match]:
        if isinstance(pattern, str):
            if match.values.get(pattern, value) == value:
                yield replace(match, values={**match.values, pattern: value})
        elif isinstance(pattern, Is | Scaled):
            if (node := self.makers.get(value)) is not None:
                yield from self._made(pattern, node, match)
        elif self.is_number(value, pattern):
            yield match

    def _made(self, pattern: Pattern, node: Node, match: Match) -> Iterator[Match]:
        if isinstance(pattern, Scaled):
            yield from self._made(Is("Mul", (pattern.of, pattern.factor)), node, match)
            yield from self._made(Is("Div", (pattern.of, 1 / pattern.factor)), node, match)
        elif isinstance(pattern, Is) and (node.kind, node.domain) == (pattern.kind, ""):
            if pattern.name:
                if match.values.get(pattern.name, node.outputs[0]) != node.outputs[0]:
                    return
                match = replace(match, values={**match.values, pattern.name: node.outputs[0]})
            parts = match.parts if node in match.parts else (*match.parts, node)
            orders = [pattern.reads, pattern.reads[::-1]] if node.kind in COMMUTATIVE else [pattern.reads]
            for reads in orders:
                if len(reads) <= len(node.inputs):
                    yield from self._read(reads, node.inputs, replace(match, parts=parts))

    def _read(self, patterns: Sequence[Pattern], values: Sequence[str], match: Match) -> Iterator[Match]:
        if not patterns:
            yield match
            return
        for found in self._found(patterns[0], values[0], match):
            yield from self._read(patterns[1:], values[1:], found)
