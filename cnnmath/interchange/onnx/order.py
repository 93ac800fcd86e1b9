"""The order of nodes: every value is defined once, and before it is used."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from cnnmath.errors import GraphError, clip, unknown
from cnnmath.interchange.onnx.graph import Node

SHOWN = 8
"""Nodes of a cycle that a message names."""

MANY = 1000
"""Above so many values, a message does not look for near names."""


class Fresh:
    """Gives names that are not taken.

    Examples
    --------
    >>> fresh = Fresh(["relu"])
    >>> fresh("relu"), fresh("relu"), fresh("conv")
    ('relu_2', 'relu_3', 'conv')
    """

    def __init__(self, taken: Iterable[str]) -> None:
        self.taken = set(taken)
        self.last: Counter[str] = Counter()

    def __call__(self, name: str) -> str:
        """The name, or the name with the next number that is free."""
        own = name
        while own in self.taken:
            self.last[name] = max(self.last[name], 1) + 1
            own = f"{name}_{self.last[name]}"
        self.taken.add(own)
        return own


def named(nodes: Iterable[Node]) -> list[Node]:
    """Nodes that all have a name of their own.

    Notes
    -----
    A node without a name gets that of its first output, or of its operator. Of nodes that have the same name, which
    ONNX allows, the second gets ``_2`` behind it, and so on.

    Examples
    --------
    >>> relu = Node("", "Relu", "", ("x",), ("y",))
    >>> [node.name for node in named([relu, Node("y", "Relu", "", ("y",), ("z",))])]
    ['y_2', 'y']
    """
    nodes = list(nodes)
    first: dict[str, Node] = {}
    for node in nodes:
        if node.name:
            first.setdefault(node.name, node)
    fresh = Fresh(first)
    found = []
    for node in nodes:
        if first.get(node.name) is node:
            found.append(node)
        else:
            found.append(replace(node, name=fresh(node.name or next(filter(None, node.outputs), node.kind))))
    return found


def ordered(nodes: Sequence[Node], given: Collection[str]) -> tuple[Node, ...]:
    """Nodes in topological order: the order in which they are, if it is one, or else the nearest to it.

    Parameters
    ----------
    nodes
        Nodes with names.
    given
        Values that no node makes: inputs and initializers.

    Raises
    ------
    GraphError, UnknownNameError
        For a value that two nodes make or none does, and for a cycle, which is named.

    Examples
    --------
    >>> a, b = Node("a", "Relu", "", ("x",), ("y",)), Node("b", "Relu", "", ("y",), ("z",))
    >>> [node.name for node in ordered([b, a], {"x"})]
    ['a', 'b']
    """
    makers = _makers(nodes, given)
    waits, readers = _edges(nodes, makers, given)
    ready = [i for i, count in enumerate(waits) if not count]
    found = []
    while ready:
        i = heapq.heappop(ready)
        found.append(nodes[i])
        for reader in readers[i]:
            waits[reader] -= 1
            if not waits[reader]:
                heapq.heappush(ready, reader)
    if len(found) < len(nodes):
        raise _cycle(nodes, makers, [i for i, count in enumerate(waits) if count])
    return tuple(found)


def _makers(nodes: Sequence[Node], given: Collection[str]) -> dict[str, int]:
    """The node that makes each value."""
    makers: dict[str, int] = {}
    for i, node in enumerate(nodes):
        for value in filter(None, node.outputs):
            if value in makers or value in given:
                other = f"node '{clip(nodes[makers[value]].name)}'" if value in makers else "an input or an initializer"
                raise GraphError(
                    f"the value '{clip(value)}' is defined twice.",
                    rule="every value has one origin",
                    here=f"by {other}, and here",
                    fix="give every value its own name",
                ).at(f"node '{clip(node.name)}'")
            makers[value] = i
    return makers


def _edges(
    nodes: Sequence[Node], makers: Mapping[str, int], given: Collection[str]
) -> tuple[list[int], dict[int, list[int]]]:
    """How many nodes each waits for, and which wait for it."""
    waits, readers = [0] * len(nodes), defaultdict(list)
    for i, node in enumerate(nodes):
        for value in dict.fromkeys(filter(None, node.inputs)):
            if value in makers:
                waits[i] += 1
                readers[makers[value]].append(i)
            elif value not in given:
                raise missing(value, [*makers, *given]).at(f"node '{clip(node.name)}'")
    return waits, readers


def missing(value: str, known: Collection[str]) -> GraphError:
    """Build the error for a value that nothing defines."""
    near = {}
    if len(known) <= MANY:
        near = {k: v for k, v in unknown("value", clip(value), map(clip, known)).lines.items() if k == "near"}
    return GraphError(
        f"nothing defines the value '{clip(value)}'.",
        rule="a value is an input, an initializer, or an output of a node",
        **near,
        fix="add the initializer or the node that is missing",
    )


def _cycle(nodes: Sequence[Node], makers: Mapping[str, int], left: Sequence[int]) -> GraphError:
    """Build the error for nodes that wait for each other: from one of them back until one comes again."""
    waiting, i, path = set(left), left[0], dict[int, None]()
    while i not in path:
        path[i] = None
        i = next(makers[v] for v in nodes[i].inputs if v in makers and makers[v] in waiting)
    walked = list(path)
    names = [clip(nodes[k].name) for k in reversed(walked[walked.index(i) :])]
    shown = names if len(names) <= SHOWN else [*names[:SHOWN], f"({len(names) - SHOWN:,} more)"]
    return GraphError(
        "the nodes form a cycle.",
        rule="no node reads what is made of its own output",
        here=" -> ".join([*shown, names[0]]),
        fix="break the cycle",
    )
