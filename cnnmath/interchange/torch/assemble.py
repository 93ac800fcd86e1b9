"""From nodes to a network: what no output needs is left out, names are given, and equal tensors are shared."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from cnnmath.errors import GraphError
from cnnmath.graph import INPUT, Architecture
from cnnmath.interchange.model import Model
from cnnmath.interchange.torch.build import Builder, Node, Value
from cnnmath.interchange.torch.names import names
from cnnmath.interchange.torch.notes import Owned, notes
from cnnmath.interchange.torch.read import Reading
from cnnmath.interchange.torch.refused import Refused
from cnnmath.interchange.torch.tensors import array


def assembled(name: str, reading: Reading, outputs: Iterable[Any], sizes: Mapping[str, int]) -> Model:
    """The network that computes these outputs, with its arrays and what is to be said of it.

    Parameters
    ----------
    name
        What it is called.
    reading
        Its nodes.
    outputs
        The values that the module returns.
    sizes
        How many numbers each parameter of the module has.
    """
    build = reading.build
    wanted = [_output(build, value) for value in outputs]
    nodes = _needed(build, wanted)
    called = {0: INPUT, **names(nodes, frozenset(reading.calling))}
    net = Architecture(name, build.input_shape[1:])
    owned: list[Owned] = []
    owners: dict[Hashable, str] = {}
    for number, node in nodes.items():
        key = (node.op, *((operand, known.key) for operand, known in node.arrays.items()))
        owner = owners.get(key) if node.arrays else None
        net.add(called[number], node.op, *(called[read] for read in node.reads), shares=owner)
        if node.arrays and owner is None:
            owners[key] = called[number]
            trained = node.op.parameters(*(map(build.shape, node.reads) if node.reads else [build.input_shape[:1]]))
            owned += [Owned(f"{called[number]}.{o}", known, o in trained) for o, known in node.arrays.items()]
    said = notes({called[number]: node for number, node in nodes.items()}, owned, sizes)
    arrays = {each.name: array(each.known.tensor) for each in owned}
    return Model(net, arrays, tuple(called[number] for number in wanted), tuple(said))


def _output(build: Builder, value: Any) -> int:
    """Number of the node whose array an output is."""
    if not isinstance(value, Value):
        raise GraphError("an output does not depend on the input.", fix="return what is computed from it alone")
    try:
        return build.plain(value).node
    except Refused as refused:
        raise GraphError(
            f"an output cannot be written as the package's: {refused}.",
            here=f"it is made by '{value.origin.function}'"
            + (f" in '{value.origin.path}'" if value.origin.path else ""),
            rule="an output is (N, C, *spatial)",
            fix="return it with the samples along the first axis",
        ) from None


def _needed(build: Builder, wanted: Iterable[int]) -> dict[int, Node]:
    """Nodes that these depend on, in order."""
    needed, waiting = set[int](), list(wanted)
    while waiting:
        number = waiting.pop()
        node = build.nodes[number]
        if node is not None and number not in needed:
            needed.add(number)
            waiting.extend(node.reads)
    return {number: node for number, node in enumerate(build.nodes) if node is not None and number in needed}
