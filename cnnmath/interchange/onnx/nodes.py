"""Nodes and values of a model as plain records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cnnmath.errors import CnnmathError, DataError, GraphError, clip
from cnnmath.interchange.onnx.attributes import attributes, text
from cnnmath.interchange.onnx.formats import FORMATS
from cnnmath.interchange.onnx.graph import Dims, Node, Value
from cnnmath.interchange.onnx.stored import MOST_AXES, Origin


def node(entry: Any, i: int, origin: Origin) -> Node:
    """The record of a ``NodeProto``, the number i of its list.

    Raises
    ------
    GraphError, DataError
        For a node without an operator or without outputs, and for attributes that are none.
    """
    where = f"node {i}"
    try:
        name, kind = text(entry.name, "its name"), text(entry.op_type, "its operator")
        where = f"node '{clip(name)}'" if name else f"node {i}, {clip(kind)}" if kind else where
        if not kind:
            raise GraphError("it has no operator.", fix="write the model again")
        inputs = tuple(text(value, "an input") for value in entry.input)
        outputs = tuple(text(value, "an output") for value in entry.output)
        if not any(outputs):
            raise GraphError("it has no output.", fix="drop the node: nothing can read it")
        return Node(
            name, key(kind, entry.overload), domain(entry.domain), inputs, outputs, attributes(entry.attribute, origin)
        )
    except CnnmathError as error:
        error.where = f"{where}: {error.where}" if error.where else where
        raise


def key(kind: str, overload: Any) -> str:
    """An operator, and which of the functions of this name it is, if there are several."""
    return f"{kind}:{text(overload, 'its overload')}" if overload else kind


def domain(name: Any) -> str:
    """A domain by its shorter name: ``ai.onnx`` is ``""``.

    Examples
    --------
    >>> domain("ai.onnx"), domain("ai.onnx.ml")
    ('', 'ai.onnx.ml')
    """
    return "" if name == "ai.onnx" else text(name, "the domain")


def values(entries: Iterable[Any], what: str) -> dict[str, Value]:
    """The records of a list of ``ValueInfoProto`` by name.

    Raises
    ------
    GraphError, DataError
        For names that are missing or given twice, and for types that are none.
    """
    found: dict[str, Value] = {}
    for entry in entries:
        name = text(entry.name, f"the name of an {what}")
        if not name or name in found:
            fact = f"the {what} '{clip(name)}' is given twice." if name else f"an {what} has no name."
            raise GraphError(fact, fix=f"give every {what} its own name")
        try:
            found[name] = _value(name, entry.type)
        except CnnmathError as error:
            raise error.at(f"{what} '{clip(name)}'") from None
    return found


def _value(name: str, kind: Any) -> Value:
    which = kind.WhichOneof("value")
    if which != "tensor_type":
        return Value(name, which and f"a {which.removesuffix('_type').replace('_', ' ')}")
    number = kind.tensor_type.elem_type
    if number and number not in FORMATS:
        raise DataError("its data type is not known.", rule=f"a number from 1 to {max(FORMATS)}", here=str(number))
    dtype = FORMATS[number].name if number else None
    return Value(name, dtype, _dims(kind.tensor_type.shape.dim) if kind.tensor_type.HasField("shape") else None)


def _dims(entries: Any) -> Dims:
    if len(entries) > MOST_AXES:
        raise DataError("it has too many axes.", rule=f"at most {MOST_AXES}", here=f"{len(entries):,} axes")
    return tuple(_dim(entry) for entry in entries)


def _dim(entry: Any) -> int | str | None:
    """A size; exporters write -1 or an empty name for one that is not known."""
    if entry.WhichOneof("value") == "dim_value":
        return entry.dim_value if entry.dim_value >= 0 else None
    return text(entry.dim_param, "the name of a size") or None
