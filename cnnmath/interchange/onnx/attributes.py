"""Attributes of nodes as plain values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from cnnmath.errors import DataError, GraphError, clip
from cnnmath.interchange.onnx.stored import Origin, stored


@dataclass(frozen=True, slots=True)
class Unread:
    """What an attribute holds that the package makes nothing of: a subgraph, a sparse tensor, a type."""

    what: str


@dataclass(frozen=True, slots=True)
class Reference:
    """Of a node in a function: the attribute of the call that it takes."""

    name: str


def attributes(entries: Iterable[Any], origin: Origin) -> dict[str, Any]:
    """Attributes by name: int, float, str, bytes that are no text, `Stored`, tuples of these, and what is `Unread`.

    Raises
    ------
    GraphError, DataError
        For a name that is missing or given twice, and for what an attribute's type does not allow.

    Notes
    -----
    *Conventions*: ONNX stores floats in 32 bits. The value is the shortest decimal that these bits stand for, which is
    what was written in the exporter: 0.1 and not 0.10000000149011612.

    Examples
    --------
    >>> from onnx import helper
    >>> attributes(helper.make_node("LRN", ["x"], ["y"], alpha=0.1, size=5).attribute, Origin())
    {'alpha': 0.1, 'size': 5}
    """
    found: dict[str, Any] = {}
    for entry in entries:
        name = text(entry.name, "an attribute's name")
        if not name or name in found:
            fact = f"the attribute '{clip(name)}' is given twice." if name else "an attribute has no name."
            raise GraphError(fact, fix="give every attribute its own name")
        found[name] = _value(entry, name, origin)
    return found


def text(value: Any, what: str) -> str:
    """A text, which protobuf gives as bytes where it is none.

    Raises
    ------
    DataError
        For bytes that are no UTF-8.
    """
    if isinstance(value, bytes):
        raise DataError(
            f"{what} is no text.", rule="text is in UTF-8", here=clip(repr(value)), fix="write the model again"
        )
    return value


def _value(entry: Any, name: str, origin: Origin) -> Any:
    if entry.ref_attr_name:
        return Reference(text(entry.ref_attr_name, f"the attribute that '{clip(name)}' refers to"))
    given = [field.name for field, _ in entry.ListFields() if field.name in FIELDS.values()]
    kind = entry.type or next((number for number, field in FIELDS.items() if field in given), 0)
    if kind not in FIELDS:
        rule = f"a number from 1 to {max(FIELDS)}"
        raise DataError(f"the type of the attribute '{clip(name)}' is not known.", rule=rule, here=str(kind))
    own = FIELDS[kind]
    if (given and own not in given) or (kind == TENSOR and not given):
        raise DataError(
            f"the attribute '{clip(name)}' holds something else than its type says.",
            rule=f"a value in the field '{own}'",
            here=f"{' and '.join(given) or 'nothing'}",
            fix="write the model again",
        )
    if own in READ:
        return READ[own](entry)
    if kind == TENSOR:
        return stored(entry.t, name, origin)
    if own == "tensors":
        return tuple(stored(tensor, f"{name}[{i}]", origin) for i, tensor in enumerate(entry.tensors))
    return Unread(UNREAD[own])


def _decimal(value: float) -> float:
    return float(str(np.float32(value)))


def _word(value: bytes) -> str | bytes:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value


TENSOR = 4
FIELDS: Mapping[int, str] = MappingProxyType(
    {
        1: "f",
        2: "i",
        3: "s",
        TENSOR: "t",
        5: "g",
        6: "floats",
        7: "ints",
        8: "strings",
        9: "tensors",
        10: "graphs",
        11: "sparse_tensor",
        12: "sparse_tensors",
        13: "tp",
        14: "type_protos",
    }
)
"""The field that holds the value of an attribute, by its type."""

READ: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "f": lambda entry: _decimal(entry.f),
        "i": lambda entry: entry.i,
        "s": lambda entry: _word(entry.s),
        "floats": lambda entry: tuple(map(_decimal, entry.floats)),
        "ints": lambda entry: tuple(entry.ints),
        "strings": lambda entry: tuple(map(_word, entry.strings)),
    }
)
"""How it is read where it holds numbers or words; a missing one is protobuf's default."""

UNREAD: Mapping[str, str] = MappingProxyType(
    {
        "g": "a subgraph",
        "graphs": "subgraphs",
        "sparse_tensor": "a sparse tensor",
        "sparse_tensors": "sparse tensors",
        "tp": "a type",
        "type_protos": "types",
    }
)
"""What is in the others."""
