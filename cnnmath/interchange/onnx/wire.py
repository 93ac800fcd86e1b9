"""The wire format of protobuf: a model is copied without its large arrays, of which only the places are kept."""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from cnnmath.errors import DataError
from cnnmath.interchange.onnx.library import onnx

SMALL = 1024
"""Bytes of an array up to which it is copied."""

DEEPEST = 64
"""Messages inside each other."""

MOST_FIELDS = 1 << 21
"""Fields of a model, where an array is one."""

MOST_BYTES = 1 << 26
"""Bytes of a model without its arrays."""

VARINT, FIXED64, DELIMITED, FIXED32 = 0, 1, 2, 5
WIRES = MappingProxyType({VARINT: "a varint", FIXED64: "8 bytes", DELIMITED: "a length and bytes", FIXED32: "4 bytes"})

LONGEST_VARINT = 10
"""Bytes of the longest: 64 bits, 7 in each byte."""

NUMERIC = ("raw_data", "float_data", "int32_data", "int64_data", "double_data", "uint64_data")
"""Fields of a tensor that hold its numbers."""

UNREAD = frozenset({"doc_string", "metadata_props", "training_info", "quantization_annotation", "configuration"})
UNREAD |= {"device_configurations", "denotation", "string_data"}
"""Fields of all messages that say nothing of the mathematics: they are left out."""

HOLLOW = frozenset({"g", "graphs", "sparse_tensor", "sparse_tensors"})
"""Fields of an attribute of which it is kept that they are there, and nothing of what is in them."""

INTEGERS, DOUBLE, FLOAT, TEXT, BYTES, MESSAGE = {3, 4, 5, 8, 13, 14}, 1, 2, 9, 12, 11
"""Types of fields, as protobuf's descriptors number them."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Where an array stands that was not copied: so many bytes of a field, from this byte on."""

    field: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Field:
    """What the descriptors say of a field."""

    name: str
    type: int
    wire: int
    repeated: bool
    message: Any


@cache
def fields(message: Any) -> dict[int, Field]:
    """The fields of a message that are read, by number."""
    found = {}
    for field in message.fields:
        if field.name not in UNREAD:
            wire = {DOUBLE: FIXED64, FLOAT: FIXED32}.get(field.type, VARINT if field.type in INTEGERS else DELIMITED)
            found[field.number] = Field(field.name, field.type, wire, field.is_repeated, field.message_type)
    return found


def parse(data: bytes | mmap.mmap) -> tuple[Any, tuple[Cut, ...]]:
    """A model without its large arrays, and where these are.

    Parameters
    ----------
    data
        What a file of a model holds. Of its large arrays no byte is read.

    Returns
    -------
    tuple
        The ``ModelProto``. A tensor whose array was left out has a ``segment``, a field of which ONNX makes no use; its
        ``begin`` counts the places, which come second.

    Raises
    ------
    DataError
        For bytes that are no message of this kind; the message names the byte and the rule.

    Notes
    -----
    *Cost*: a step for each field, about a microsecond; memory as for the model without its arrays, whatever the file
    declares, since a length is compared with what is left before anything is copied.

    References
    ----------
    Protocol Buffers Documentation, "Encoding".

    Examples
    --------
    >>> import numpy as np
    >>> from onnx import helper, numpy_helper
    >>> w = numpy_helper.from_array(np.zeros((100, 100)), "w")
    >>> model, places = parse(helper.make_model(helper.make_graph([], "g", [], [], [w])).SerializeToString())
    >>> places[0].field, places[0].length, len(model.SerializeToString()) < 100
    ('raw_data', 80000, True)
    """
    model = onnx().ModelProto()
    from google.protobuf.message import DecodeError

    scan = _Scan(data)
    lean = scan.message(model.DESCRIPTOR, 0, len(data), 0)
    try:
        model.ParseFromString(lean)
    except DecodeError as error:
        raise DataError("the model cannot be decoded.", here=str(error), fix="write the file again") from None
    return model, tuple(scan.cuts)


class _Scan:
    """One pass over the bytes, with what it has found."""

    def __init__(self, data: bytes | mmap.mmap) -> None:
        self.data = data
        self.cuts: list[Cut] = []
        self.fields = 0
        self.bytes = 0

    def message(self, kind: Any, start: int, end: int, depth: int) -> bytes:
        """The copy of the message between two bytes."""
        if depth > DEEPEST:
            raise _broken("messages are nested too deep.", start, kind, f"at most {DEEPEST} inside each other")
        known, copied, seen, i = fields(kind), [], set(), start
        while i < end:
            at = i
            number, wire, body, i = self.field(at, end, kind)
            if (field := known.get(number)) is None:
                continue
            self.check(field, wire, at, kind)
            array = field.name in NUMERIC and wire == DELIMITED and body < i
            if array or (field.message is not None and not field.repeated):
                what = "array" if array else field.name
                if what in seen:
                    raise _broken(f"a second {what} in one message.", at, kind, "what is not repeated comes once")
                seen.add(what)
            if array and i - body > SMALL:
                copied.append(_marker(len(self.cuts)))
                self.cuts.append(Cut(field.name, body, i - body))
            elif field.message is not None:
                inner = b"" if field.name in HOLLOW else self.message(field.message, body, i, depth + 1)
                copied += encoded(number << 3 | DELIMITED), encoded(len(inner)), inner
            else:
                if wire == DELIMITED != field.wire:
                    self.count(i - body, at, kind)
                copied.append(self.copy(at, body, i, field, kind))
        return b"".join(copied)

    def field(self, at: int, end: int, kind: Any) -> tuple[int, int, int, int]:
        """The field that begins at a byte: its number and wire type, where what it holds begins and ends."""
        self.count(1, at, kind)
        tag, body = self.varint(at, end, kind)
        number, wire = tag >> 3, tag & 7
        if wire not in WIRES or not 0 < number < 1 << 29:
            rule = f"a field begins with 8 times its number, plus {', '.join(map(str, WIRES))} for what it holds"
            raise _broken(f"a field begins with {tag}.", at, kind, rule)
        if wire == VARINT:
            return number, wire, body, self.varint(body, end, kind)[1]
        length = {FIXED64: 8, FIXED32: 4}.get(wire, 0)
        if wire == DELIMITED:
            length, body = self.varint(body, end, kind)
        if length > end - body:
            raise _broken(
                "a field does not end inside its message.",
                at,
                kind,
                f"{length:,} bytes <= the {end - body:,} that are left",
            )
        return number, wire, body, body + length

    def count(self, fields: int, at: int, kind: Any) -> None:
        """Raise where there are more fields than can be meant, each number of a list being one."""
        self.fields += fields
        if self.fields > MOST_FIELDS:
            raise _broken("the model has too many fields.", at, kind, f"at most {MOST_FIELDS:,}, an array being one")

    def varint(self, at: int, end: int, kind: Any) -> tuple[int, int]:
        """The integer that begins at a byte, and where it ends."""
        if at < end and self.data[at] < 0x80:  # most are of one byte
            return self.data[at], at + 1
        value = 0
        for i in range(at, min(end, at + LONGEST_VARINT)):
            byte = self.data[i]
            value |= (byte & 0x7F) << 7 * (i - at)
            if byte < 0x80 and value < 1 << 64:
                return value, i + 1
        if end - at < LONGEST_VARINT:
            raise _broken("an integer does not end inside its message.", at, kind, "its last byte is below 128")
        raise _broken("an integer is too long.", at, kind, f"64 bits, in at most {LONGEST_VARINT} bytes")

    def check(self, field: Field, wire: int, at: int, kind: Any) -> None:
        """Raise where a field is written in a way in which it is not."""
        packed = wire == DELIMITED and field.repeated and field.wire != DELIMITED
        if wire != field.wire and not packed:
            raise _broken(
                f"the field '{field.name}' holds {WIRES[wire]}.",
                at,
                kind,
                f"the field '{field.name}' holds {WIRES[field.wire]}",
            )
        if field.name == "segment":
            raise _broken("a tensor comes in segments.", at, kind, "one field holds all its numbers")

    def copy(self, at: int, body: int, end: int, field: Field, kind: Any) -> bytes:
        """The bytes of a field, what it holds being text where it should be."""
        self.bytes += end - at
        if self.bytes > MOST_BYTES:
            raise _broken("the model is too large.", at, kind, f"at most {MOST_BYTES:,} bytes without its arrays")
        if field.type == TEXT:
            try:
                str(self.data[body:end], "utf-8")
            except UnicodeDecodeError as error:
                raise _broken(
                    f"the field '{field.name}' is no text.", body + error.start, kind, "text is in UTF-8"
                ) from None
        return self.data[at:end]


def _marker(count: int) -> bytes:
    """The segment that stands for the array of this number."""
    inner = b"\x08" + encoded(count)
    return b"\x1a" + encoded(len(inner)) + inner


def encoded(value: int) -> bytes:
    """An integer as a varint.

    Examples
    --------
    >>> encoded(300).hex()
    'ac02'
    """
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*found, value))


def _broken(fact: str, at: int, kind: Any, rule: str) -> DataError:
    return DataError(fact, rule=rule, here=f"byte {at:,}, in a {kind.name}", fix="fetch or write the file again")
