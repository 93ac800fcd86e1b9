"""What is to be said of a network that was read: what is not known, and what its parameters are in the module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod

from cnnmath.graph import Opaque
from cnnmath.graph.text import plural
from cnnmath.interchange.torch.build import Node
from cnnmath.interchange.torch.tensors import Known


@dataclass(frozen=True, slots=True)
class Owned:
    """An array of the network: its name and its tensor."""

    name: str
    known: Known


def notes(nodes: Mapping[str, Node], owned: list[Owned], sizes: Mapping[str, int]) -> Iterator[str]:
    """Notes, a sentence each.

    Parameters
    ----------
    nodes
        Nodes by name.
    owned
        Arrays of the network.
    sizes
        How many numbers each parameter of the module has.
    """
    for name, node in nodes.items():
        if isinstance(node.op, Opaque):
            lost = plural(sum(sizes[parameter] for parameter in node.unknown), "number")
            yield f"'{name}' is not known, {node.note}" + (f"; its {lost} are not counted" if node.unknown else "")
    for array in owned:
        yield from _of(array)
    yield from _twice(owned, sizes)
    used = {name for array in owned for name in array.known.names}
    used |= {name for node in nodes.values() for name in node.unknown}
    unused = [name for name in sizes if name not in used]
    if unused:
        count = plural(sum(sizes[name] for name in unused), "number")
        are = "is" if len(unused) == 1 else "are"
        yield f"{plural(len(unused), 'parameter')} of the module {are} not used, {count}: {', '.join(unused)}"


def _of(array: Owned) -> Iterator[str]:
    """What is to be said of one array."""
    known, size = array.known, plural(prod(array.known.shape), "number")
    if known.filled:
        yield f"'{array.name}' is not in the module, and its {size}, all {known.filled}, are no parameters"
    elif not known.in_memory:
        yield f"'{array.name}' is computed from {', '.join(sorted(known.names)) or 'what the module stores'}"


def _twice(owned: list[Owned], sizes: Mapping[str, int]) -> Iterator[str]:
    """Parameters that several operators have a part in which cannot be shared."""
    users: dict[str, list[Owned]] = {}
    for array in owned:
        for name in array.known.names if array.known.in_memory else ():
            users.setdefault(name, []).append(array)
    for name, arrays in users.items():
        counted = sum(prod(array.known.shape) for array in arrays)
        if counted > sizes[name]:
            called = " and ".join(f"'{array.name}'" for array in arrays)
            yield f"{called} are one tensor, '{name}': {plural(counted - sizes[name], 'number')} are counted again"
