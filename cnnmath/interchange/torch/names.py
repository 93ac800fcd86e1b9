"""Names of nodes: the path of the module that is called, and the name of the function where that is not all."""

from __future__ import annotations

from collections.abc import Mapping

from cnnmath.graph import INPUT
from cnnmath.interchange.torch.build import Node, Origin


def names(nodes: Mapping[int, Node], calling: frozenset[str]) -> dict[int, str]:
    """A name for each node: ``layer1.0.conv1``, or ``layer1.0.relu`` for a function that a block calls by itself.

    Parameters
    ----------
    nodes
        The nodes by number.
    calling
        Calls of modules in which other modules are called.
    """
    lines: dict[str, set[str]] = {}
    for node in nodes.values():
        lines.setdefault(node.origin.call, set()).add(node.origin.line)
    found: dict[int, str] = {}
    taken = {INPUT}
    first: dict[str, str] = {}
    for number, node in nodes.items():
        origin = node.origin
        alone = origin.path and origin.call not in calling and len(lines[origin.call]) == 1
        base = origin.path if alone else _joined(origin)
        if origin.line in first:  # further nodes of one call
            base = f"{first[origin.line]}.{type(node.op).__name__.lower()}"
        name = _free(base, taken)
        first.setdefault(origin.line, name)
        found[number] = name
        taken.add(name)
    return found


def _joined(origin: Origin) -> str:
    function = origin.function.strip("_") or "call"
    return f"{origin.path}.{function}" if origin.path else function


def _free(base: str, taken: set[str]) -> str:
    name, again = base, 0
    while name in taken:
        again += 1
        name = f"{base}_{again}"
    return name
