"""What exporters write as several nodes and the package has one operator for.

An idiom is a pattern of nodes, found in the graph before anything is read, and a function that reads these nodes as
one, or says that they are something else: then each is read by its own rule. What a pattern computes on the way must be
read by nobody else, and be no output.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from cnnmath.interchange.onnx.graph import Graph, Node
from cnnmath.interchange.onnx.idioms import dense, gates, moves, norm, padding
from cnnmath.interchange.onnx.idioms.idiom import Idiom
from cnnmath.interchange.onnx.idioms.pattern import Uses, ends
from cnnmath.interchange.onnx.known import Known
from cnnmath.interchange.onnx.reading import Here

IDIOMS: tuple[Idiom, ...] = (*gates.IDIOMS, *norm.IDIOMS, *moves.IDIOMS, *dense.IDIOMS, *padding.IDIOMS)
"""Every idiom that is known; of two that end with the same node, the first."""

__all__ = ["IDIOMS", "Found", "Idiom", "idioms"]


@dataclass(frozen=True, slots=True)
class Found:
    """An idiom of a graph.

    Attributes
    ----------
    parts
        Its nodes, in the order of the graph.
    read
        How they are read as one, given the last of them.
    """

    parts: tuple[Node, ...]
    read: Callable[[Here], Known | None]


Step: TypeAlias = "tuple[Node, Found | None]"


def idioms(graph: Graph) -> Iterator[Step]:
    """The nodes in order, idioms in the place of their last node, and their other nodes left out."""
    ending: dict[str, list[Idiom]] = {}
    for idiom in IDIOMS:
        for kind in ends(idiom.pattern):
            ending.setdefault(kind, []).append(idiom)
    uses, places = Uses(graph), {node.name: i for i, node in enumerate(graph.nodes)}
    found: dict[str, Found] = {}
    taken: set[str] = set()
    for node in reversed(graph.nodes):  # what ends last is widest
        if node.name not in taken and (match := _first(ending.get(node.kind, ()), uses, node, places, taken)):
            found[node.name] = match
            taken |= {part.name for part in match.parts}
    return ((node, found.get(node.name)) for node in graph.nodes if node.name in found or node.name not in taken)


def _first(known: Iterable[Idiom], uses: Uses, node: Node, places: dict[str, int], taken: set[str]) -> Found | None:
    """The first of these idioms that ends with a node, of nodes that are not taken."""
    for idiom in known:
        for match in uses.matches(idiom.pattern, node):
            if not any(part.name in taken for part in match.parts):
                parts = tuple(sorted(match.parts, key=lambda part: places[part.name]))
                return Found(parts, lambda here, idiom=idiom, match=match: idiom.read(here, match))
    return None
