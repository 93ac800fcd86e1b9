"""What ONNX says of its operators: how much a node reads and makes, and the types of its attributes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from cnnmath.errors import GraphError, clip
from cnnmath.interchange.onnx.attributes import Unread
from cnnmath.interchange.onnx.graph import Node
from cnnmath.interchange.onnx.library import onnx
from cnnmath.interchange.onnx.stored import Stored

MANY = 1 << 30
"""At least so many stand for any number."""


@dataclass(frozen=True, slots=True)
class Schema:
    """An operator of one version: bounds of its inputs and outputs, which inputs it needs, its attributes.

    Attributes
    ----------
    inputs, outputs
        Least and most.
    needed
        Names of the inputs that cannot be left out, by place.
    attributes
        Type of each, and whether it must be there.
    """

    inputs: tuple[int, int]
    outputs: tuple[int, int]
    needed: Mapping[int, str]
    attributes: Mapping[str, tuple[str, bool]]


def checked(nodes: Iterable[Node], version: int) -> list[Node]:
    """Nodes as their operators have them: without attributes that are passed over, as every runtime does.

    Parameters
    ----------
    nodes
        Nodes with names.
    version
        Of ONNX's own operators; those of other domains, and those that are not known, are passed over.

    Raises
    ------
    GraphError
        For inputs or outputs that are too many, too few or left out, and for attributes that are missing or of another
        type.

    Examples
    --------
    >>> checked([Node("stem", "Conv", "", ("x",), ("y",))], 20)
    Traceback (most recent call last):
    ...
    cnnmath.errors.GraphError: node 'stem': it has 1 inputs.
      rule    Conv has 2 to 3 inputs
      fix     write the model again
    """
    known: dict[str, Schema | None] = {}
    found: list[Node] = []
    for node in nodes:
        if not node.domain and node.kind not in known:
            known[node.kind] = _schema(node.kind, version)
        schema = None if node.domain else known[node.kind]
        if schema is not None:
            try:
                _check_values(node, schema)
                _check_attributes(node, schema)
            except GraphError as error:
                raise error.at(f"node '{clip(node.name)}'") from None
            own = {name: value for name, value in node.attributes.items() if name in schema.attributes}
            node = replace(node, attributes=own)
        found.append(node)
    return found


def _schema(kind: str, version: int) -> Schema | None:
    """Of an operator in this version, or in the newest where this one has it not yet; None where there is none."""
    definitions = onnx().defs
    newest = definitions.onnx_opset_version()
    if not definitions.has(kind, newest, ""):
        return None
    known = definitions.has(kind, min(version, newest), "")
    found = definitions.get_schema(kind, min(version, newest) if known else newest, "")
    if found.deprecated:
        return None
    single = definitions.OpSchema.FormalParameterOption.Single
    return Schema(
        (found.min_input, found.max_input),
        (found.min_output, found.max_output),
        {i: entry.name for i, entry in enumerate(found.inputs) if entry.option == single},
        {name: (entry.type.name, entry.required) for name, entry in found.attributes.items()},
    )


def _check_values(node: Node, schema: Schema) -> None:
    for what, names, (least, most) in (
        ("inputs", node.inputs, schema.inputs),
        ("outputs", node.outputs, schema.outputs),
    ):
        if not least <= len(names) <= most:
            bounds = f"{least}" if least == most else f"{least} or more" if most >= MANY else f"{least} to {most}"
            raise _wrong(f"it has {len(names)} {what}.", rule=f"{clip(node.kind)} has {bounds} {what}")
    for i, name in schema.needed.items():
        if i < len(node.inputs) and not node.inputs[i]:
            raise _wrong(f"its input '{name}' is left out.", rule=f"{clip(node.kind)} needs it")


def _check_attributes(node: Node, schema: Schema) -> None:
    for name, (kind, required) in schema.attributes.items():
        if name not in node.attributes:
            if required:
                raise _wrong(f"its attribute '{name}' is missing.", rule=f"{clip(node.kind)} needs it")
        elif kind in FITS and not FITS[kind](node.attributes[name]):
            raise _wrong(
                f"its attribute '{name}' has another type.",
                rule=f"{clip(node.kind)} takes {kind}",
                here=clip(f"{name} {node.attributes[name]!r}"),
            )


def _wrong(fact: str, **lines: str) -> GraphError:
    return GraphError(fact, **lines, fix="write the model again")


def _all(*kinds: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, tuple) and all(isinstance(entry, kinds) for entry in value)


FITS: Mapping[str, Callable[[Any], bool]] = MappingProxyType(
    {
        "FLOAT": lambda value: isinstance(value, float),
        "INT": lambda value: isinstance(value, int),
        "STRING": lambda value: isinstance(value, str),
        "TENSOR": lambda value: isinstance(value, Stored),
        "GRAPH": lambda value: isinstance(value, Unread),
        "FLOATS": _all(float),
        "INTS": _all(int),
        "STRINGS": _all(str),
        "TENSORS": _all(Stored),
    }
)
"""Whether the value of an attribute is of a type."""
