"""From nodes to a network: what no output needs is left out, names are given, and equal tensors are shared."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

from cnnmath.errors import GraphError
from cnnmath.graph import INPUT, Architecture
from cnnmath.interchange.model import Model
from cnnmath.interchange.padded import absorbed
from cnnmath.interchange.torch.build import Builder, Node, Value
from cnnmath.interchange.torch.names import names
from cnnmath.interchange.torch.notes import Owned, notes
from cnnmath.interchange.torch.read import Program
from cnnmath.interchange.torch.tensors import Known, array
from cnnmath.interchange.unclaimed import UnclaimedError


def assembled(name: str, program: Program) -> Model:
    """The network of a program, with its arrays and what is to be said of it."""
    build = program.build
    wanted = {key: _output(build, value) for key, value in program.outputs.items() if not isinstance(value, Known)}
    stored = {key: array(value.tensor) for key, value in program.outputs.items() if isinstance(value, Known)}
    nodes = _needed(build, [*wanted.values(), *program.inputs.values()])
    called = {0: INPUT, **names(nodes, program.calling)}
    net = Architecture(name, build.input_shape[1:])
    owned: list[Owned] = []
    owners: dict[Hashable, str] = {}
    for number, node in nodes.items():
        key = (node.op, *((operand, known.key) for operand, known in node.arrays.items()))
        owner = owners.get(key) if node.arrays else None
        reads = [called[read] for read in node.reads]
        net.add(called[number], node.op, *reads, shares=owner, stored=() if owner else _stored(build, node))
        if node.arrays and owner is None:
            owners[key] = called[number]
            owned += [Owned(f"{called[number]}.{operand}", known) for operand, known in node.arrays.items()]
    model = Model(
        net,
        {each.name: array(each.known.tensor) for each in owned},
        inputs={key: called[number] for key, number in program.inputs.items()},
        outputs={key: called[number] for key, number in wanted.items()},
        stored=stored,
        notes=tuple(notes({called[number]: node for number, node in nodes.items()}, owned, program.sizes)),
    )
    return absorbed(model)


def _stored(build: Builder, node: Node) -> list[str]:
    """Parameters of an operator that no parameter of the module has a part in: there they are buffers, or missing."""
    own = node.op.parameters(*build.shapes(node.reads)) if node.arrays else ()
    return [operand for operand in own if not node.arrays[operand].names]


def _output(build: Builder, value: Any) -> int:
    """Number of the node whose array an output is."""
    if not isinstance(value, Value):
        raise GraphError("an output is no tensor.", here=f"{value!r}", fix="return tensors alone")
    try:
        return build.plain(value).node
    except UnclaimedError as refused:
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
