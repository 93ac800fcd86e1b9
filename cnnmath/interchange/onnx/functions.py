"""Functions of a model: a node that calls one is replaced by the nodes of its body."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from cnnmath.errors import CnnmathError, GraphError, clip
from cnnmath.interchange.onnx.attributes import Reference, attributes, text
from cnnmath.interchange.onnx.graph import Node
from cnnmath.interchange.onnx.nodes import domain, key, node
from cnnmath.interchange.onnx.order import Fresh
from cnnmath.interchange.onnx.stored import Origin

DOMAIN = "cnnmath"
"""Of functions that the package writes."""

SETTING = "setting"
"""Attribute of such a function: the operator, as one would call it."""

DEEPEST = 32
"""Calls inside each other."""

MOST_WORDS = 1 << 18
"""Nodes, inputs, outputs and attributes that functions may become."""

MOST_LETTERS = 1 << 26
"""Letters of the names that these get."""

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Function:
    """A function of a model: names of what it takes and gives, defaults of its attributes, its nodes, their words."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    defaults: Mapping[str, Any]
    nodes: tuple[Node, ...]
    words: int
    opsets: Mapping[str, int]


def inlined(
    nodes: Iterable[Node],
    entries: Iterable[Any],
    opsets: Mapping[str, int],
    taken: Iterable[str],
    origin: Origin,
    kept: Callable[[Key], bool] = lambda _: False,
) -> tuple[list[Node], list[str], dict[Key, Function]]:
    """Nodes without calls of functions, what a user should know of it, and functions that are still called.

    Parameters
    ----------
    nodes, opsets
        Of the graph.
    entries
        Every ``FunctionProto`` of the model.
    taken
        Values that no node makes.
    origin
        Where the model was read.
    kept
        Whether calls of a function stay, by its domain and name.

    Raises
    ------
    GraphError
        For a function that calls itself, a call with too many inputs or outputs, and functions that unfold to too many
        nodes.

    Notes
    -----
    A function for other versions of operators than the model's stays a call, of an operator that is not known.
    """
    nodes, table = list(nodes), _table(entries)
    called = {name: record(table.pop(name), origin) for name in list(table) if kept(name)}
    if not table:
        return nodes, [], called
    fresh = Fresh(chain(taken, *(node.inputs for node in nodes), *(node.outputs for node in nodes)))
    known, notes, found = dict[Key, Function](), dict[str, None](), list[Node]()
    stack: list[tuple[Node, tuple[Key, ...]]] = [(node, ()) for node in reversed(nodes)]
    words = letters = 0
    while stack:
        call, path = stack.pop()
        name = (call.domain, call.kind)
        if name not in table:
            found.append(call)
            continue
        if name not in known:
            known[name] = record(table[name], origin)
        if other := _other_version(known[name].opsets, opsets):
            notes[f"the function '{clip(call.kind)}' is left as an unknown operator: {other}"] = None
            found.append(call)
            continue
        _check_path(name, path)
        words += known[name].words
        letters += known[name].words * len(_prefix(call))
        if words > MOST_WORDS or letters > MOST_LETTERS:
            raise GraphError(
                "the model's functions unfold to too much.",
                rule=f"at most {MOST_WORDS:,} nodes, inputs, outputs and attributes",
                fix="write the model without functions",
            )
        stack += [(inner, (*path, name)) for inner in reversed(_body(call, known[name], fresh))]
    return found, list(notes), called


def _table(entries: Iterable[Any]) -> dict[Key, Any]:
    found: dict[Key, Any] = {}
    for entry in entries:
        name = (domain(entry.domain), key(text(entry.name, "the name of a function"), entry.overload))
        if name in found:
            raise GraphError(f"the function '{clip(name[1])}' is given twice.", fix="give every function its own name")
        found[name] = entry
    return found


def record(entry: Any, origin: Origin) -> Function:
    """The record of a ``FunctionProto``."""
    try:
        nodes = tuple(node(inner, i, origin) for i, inner in enumerate(entry.node))
        return Function(
            tuple(text(value, "an input") for value in entry.input),
            tuple(text(value, "an output") for value in entry.output),
            attributes(entry.attribute_proto, origin),
            nodes,
            1 + sum(1 + len(inner.inputs) + len(inner.outputs) + len(inner.attributes) for inner in nodes),
            {domain(opset.domain): opset.version for opset in entry.opset_import},
        )
    except CnnmathError as error:
        where = f"function '{clip(str(entry.name))}'"
        error.where = f"{where}: {error.where}" if error.where else where
        raise


def _other_version(own: Mapping[str, int], opsets: Mapping[str, int]) -> str:
    """Say where a function and the model have operators of unequal versions."""
    for name, version in own.items():
        if opsets.get(name, version) != version:
            return f"it is for version {version} of the operators of '{clip(name) or 'ai.onnx'}', not {opsets[name]}"
    return ""


def _check_path(name: Key, path: tuple[Key, ...]) -> None:
    if name in path:
        cycle = [*path[path.index(name) :], name]
        raise GraphError(
            "a function calls itself.",
            here=" -> ".join(clip(kind) for _, kind in cycle),
            fix="write the model again, without recursion",
        )
    if len(path) >= DEEPEST:
        raise GraphError("functions call each other too deep.", rule=f"at most {DEEPEST} calls inside each other")


def _prefix(call: Node) -> str:
    """What names of a call's body begin with."""
    return call.name or next(filter(None, call.outputs), call.kind)


def _body(call: Node, function: Function, fresh: Fresh) -> list[Node]:
    """The nodes of a function's body with the values and attributes of a call."""
    where = _prefix(call)
    for what, formal, actual in (
        ("inputs", function.inputs, call.inputs),
        ("outputs", function.outputs, call.outputs),
    ):
        if len(actual) > len(formal):
            raise GraphError(
                f"the call has more {what} than the function '{clip(call.kind)}'.",
                rule=f"at most {len(formal)} {what}",
                here=f"{len(actual)} {what}",
            ).at(f"node '{clip(where)}'")
    names = dict.fromkeys(function.inputs, "") | dict(zip(function.inputs, call.inputs, strict=False))
    names[""] = ""
    copies = []
    for formal, actual in zip(function.outputs, call.outputs, strict=False):
        if formal not in names and actual:
            names[formal] = actual
        elif actual:
            copies.append((formal, actual))

    def value(name: str) -> str:
        if name not in names:
            names[name] = fresh(f"{where}/{name}")
        return names[name]

    body = []
    for inner in function.nodes:
        given = {name: _given(entry, call, function) for name, entry in inner.attributes.items()}
        body.append(
            replace(
                inner,
                name=f"{where}/{inner.name}" if inner.name else "",
                inputs=tuple(map(value, inner.inputs)),
                outputs=tuple(map(value, inner.outputs)),
                attributes={name: entry for name, entry in given.items() if entry is not None},
            )
        )
    return body + [Node("", "Identity", "", (value(formal),), (actual,)) for formal, actual in copies]


def _given(entry: Any, call: Node, function: Function) -> Any:
    """The value of a body's attribute; None for one that refers to what neither the call nor the function gives."""
    if isinstance(entry, Reference):
        return call.attributes.get(entry.name, function.defaults.get(entry.name))
    return entry
