"""Changes of a model: of its bytes, and of its messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from onnx import ModelProto

INTEGERS = (
    0,
    1,
    -1,
    2,
    3,
    7,
    64,
    65,
    127,
    128,
    255,
    1000,
    1 << 31,
    1 << 32,
    1 << 40,
    1 << 62,
    (1 << 63) - 1,
    -(1 << 63),
)
FLOATS = (0.0, -1.0, 0.5, 1e-40, 1e38, float("inf"), float("nan"))
WORDS = (
    "",
    "x",
    "y",
    "../w.bin",
    "/etc/passwd",
    "a\nb",
    "Conv",
    "Constant",
    "N",
    "9" * 30,
    "-1",
    "ä" * 300,
    "ai.onnx",
    "\x00",
)
BYTES = (b"", b"\xff", b"\x00" * 8, b"SAME_UPPER", b"NOTSET", b"a" * 2000)


def changed(draw: Random, models: Sequence[ModelProto]) -> bytes:
    """A model, changed once to a few times, as the bytes of a file."""
    proto = ModelProto()
    proto.CopyFrom(draw.choice(models))
    for _ in range(draw.choice((0, 1, 1, 1, 2, 2, 3, 5, 8))):
        _change_message(draw, proto, models)
    data = proto.SerializeToString()
    for _ in range(draw.choice((0, 0, 0, 1, 1, 2, 4))):
        data = draw.choice(OF_BYTES)(draw, data, models)
    return data


def messages(message: Any) -> Iterator[Any]:
    """A message and all that are in it."""
    stack = [message]
    while stack:
        message = stack.pop()
        yield message
        for field, content in message.ListFields():
            if field.message_type is not None:
                stack += list(content) if field.is_repeated else [content]


def _change_message(draw: Random, proto: ModelProto, models: Sequence[ModelProto]) -> None:
    """Change one field, which is there or not, of one message."""
    message = draw.choice(list(messages(proto)))
    there = [field for field, _ in message.ListFields()]
    field = draw.choice(there) if there and draw.random() < 0.8 else draw.choice(message.DESCRIPTOR.fields)
    content = getattr(message, field.name)
    if field.is_repeated:
        _change_list(draw, content, field, proto, models)
    elif draw.random() < 0.15:
        message.ClearField(field.name)
    elif field.message_type is None:
        setattr(message, field.name, _scalar(draw, field, content, proto))
    else:
        content.SetInParent()
        if (other := _other(draw, field, proto, models)) is not None:
            content.CopyFrom(other)


def _change_list(draw: Random, content: Any, field: Any, proto: ModelProto, models: Sequence[ModelProto]) -> None:
    """Drop, repeat, exchange, replace or add entries."""
    size = len(content)
    i, j = (draw.randrange(size), draw.randrange(size)) if size else (0, 0)
    kind = draw.randrange(5) if size else 4
    if kind == 0:
        del content[i]
    elif kind == 1:
        del content[min(i, j) : max(i, j)]
    elif kind == 2:
        entries = list(content)
        entries[i], entries[j] = entries[j], entries[i]
        entries = [_copy(entry) for entry in entries]
        del content[:]
        content.extend(entries)
    elif field.message_type is None:
        entry = _scalar(draw, field, content[i] if size else None, proto)
        if kind == 3:
            content[i] = entry
        else:
            content.extend([entry] * draw.choice((1, 1, 1, 3, 70)))
    elif kind == 3 or draw.random() < 0.5:
        if size:
            content.extend([_copy(content[i])] * draw.choice((1, 1, 2, 40)))
    elif (other := _other(draw, field, proto, models)) is not None:
        content.extend([_copy(other)])


def _copy(entry: Any) -> Any:
    """An entry that stays when its list is emptied."""
    if not hasattr(entry, "CopyFrom"):
        return entry
    found = type(entry)()
    found.CopyFrom(entry)
    return found


def _other(draw: Random, field: Any, proto: ModelProto, models: Sequence[ModelProto]) -> Any:
    """A message of the same kind, of this model or another, which does not make it too large."""
    source = proto if draw.random() < 0.5 else draw.choice(models)
    kinds = [m for m in messages(source) if m.DESCRIPTOR is field.message_type and m.ByteSize() < 5000]
    return _copy(draw.choice(kinds)) if kinds else None


def _scalar(draw: Random, field: Any, old: Any, proto: ModelProto) -> Any:
    """Another value for a field."""
    if field.enum_type is not None:
        return draw.choice(field.enum_type.values).number
    if field.type == field.TYPE_STRING:
        names = [name for n in proto.graph.node[:50] for name in (*n.input, *n.output, n.op_type, n.domain)]
        names = [name for name in names if isinstance(name, str)]
        return draw.choice(names) if names and draw.random() < 0.7 else draw.choice(WORDS)
    if field.type == field.TYPE_BYTES:
        return draw.choice((*BYTES, (old or b"")[: draw.randrange(1, 20)], (old or b"") * 2))
    if field.type in (field.TYPE_FLOAT, field.TYPE_DOUBLE):
        return draw.choice(FLOATS)
    number = draw.choice(INTEGERS)
    if isinstance(old, int) and draw.random() < 0.4:
        number = old + draw.choice((-1, 1))
    bits = 32 if field.type == field.TYPE_INT32 else 64
    if field.type == field.TYPE_UINT64:
        return number % (1 << 64)
    return (number + (1 << bits - 1)) % (1 << bits) - (1 << bits - 1)


def _flip(draw: Random, data: bytes, _: Any) -> bytes:
    i = draw.randrange(len(data) or 1)
    return data[:i] + bytes([data[i] ^ 1 << draw.randrange(8)]) + data[i + 1 :] if data else data


def _cut(draw: Random, data: bytes, _: Any) -> bytes:
    return data[: draw.randrange(len(data) + 1)]


def _drop(draw: Random, data: bytes, _: Any) -> bytes:
    i = draw.randrange(len(data) + 1)
    return data[:i] + data[i + draw.choice((1, 2, 5, 30)) :]


def _repeat(draw: Random, data: bytes, _: Any) -> bytes:
    i = draw.randrange(len(data) + 1)
    return data[: i + draw.choice((1, 3, 20, 100))] + data[i:]


def _splice(draw: Random, data: bytes, models: Sequence[ModelProto]) -> bytes:
    other = draw.choice(models).SerializeToString()
    return data[: draw.randrange(len(data) + 1)] + other[draw.randrange(len(other) + 1) :]


def _number(draw: Random, data: bytes, _: Any) -> bytes:
    """Put an integer, as varints are written, in the place of a byte."""
    number, found = draw.choice(INTEGERS) % (1 << 64), bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    i = draw.randrange(len(data) + 1)
    return data[:i] + bytes((*found, number)) + data[i + 1 :]


OF_BYTES = (_flip, _flip, _cut, _drop, _repeat, _splice, _number, _number)
"""Changes of bytes, those that lead further more than once."""
