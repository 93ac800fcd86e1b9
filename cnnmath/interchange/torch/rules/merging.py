"""Branches that meet, and what passes on unchanged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cnnmath.interchange.torch.build import Builder, Value, check_value
from cnnmath.interchange.torch.refused import Refused
from cnnmath.interchange.torch.tensors import Known
from cnnmath.ops import Add, Concat, Dropout, Select


def add(b: Builder, x: Any, y: Any, *, alpha: float = 1) -> Value:
    """Sum of two arrays of one shape."""
    if alpha != 1:
        raise Refused(f"its second term is scaled by {alpha}")
    return b.each(Add(), x, y)


def cat(b: Builder, tensors: Sequence[Any], dim: int = 0) -> Value:
    """Arrays one behind the other, along the channels."""
    i = dim % len(b.expected)
    found = [b.channels(x, i)[0] for x in tensors]
    if len(found) == 1:
        return found[0]
    layout = found[0].layout.resized(i, b.expected[i])
    if any(value.layout.resized(i, b.expected[i]) != layout for value in found):
        if i != 1:
            raise Refused(f"it works along axis {i}")
        return b.apply(Concat(), *found)
    return b.kept(Concat(), *found, layout=layout)


def dropout(b: Builder, x: Value, p: float, train: bool) -> Value:
    """Dropout, which passes everything on at inference."""
    if not 0 <= p < 1 or train:
        raise Refused(f"it drops a share of {p}" if not train else "it drops at inference")
    return b.each(Dropout(p), x)


def select(b: Builder, x: Value, dim: int, channels: Sequence[int]) -> Value:
    """Some entries along an axis, in an order."""
    value, i = b.channels(x, dim)
    return b.kept(Select(tuple(channels)), value, layout=value.layout.resized(i, len(channels)))


def cut(b: Builder, x: Value, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Value:
    """A stretch of an axis, or every so many of it."""
    size = check_value(x).shape[dim]
    taken = range(size)[slice(start, None if end is None else min(end, size), step)]
    return x if len(taken) == size else select(b, x, dim, taken)


def split(b: Builder, x: Value, sizes: int | Sequence[int], dim: int = 0) -> tuple[Value, ...]:
    """Stretches of these lengths, or of one length as far as it goes."""
    size = check_value(x).shape[dim]
    lengths = [sizes] * -(-size // sizes) if isinstance(sizes, int) else list(sizes)
    ends = [min(sum(lengths[: i + 1]), size) for i in range(len(lengths))]
    starts = [0, *ends[:-1]]
    return tuple(cut(b, x, dim, start, end) for start, end in zip(starts, ends, strict=True))


def chunk(b: Builder, x: Value, chunks: int, dim: int = 0) -> tuple[Value, ...]:
    """So many stretches of one length, the last of which may be shorter."""
    return split(b, x, -(-check_value(x).shape[dim] // chunks), dim)


def index(b: Builder, x: Value, indices: Sequence[Any]) -> Value:
    """Entries that a list of numbers names, along one axis."""
    named = [i for i, at in enumerate(indices) if at is not None]
    if len(named) != 1 or not isinstance(indices[named[0]], Known) or len(indices[named[0]].shape) != 1:
        raise Refused("its indices are no list of numbers along one axis")
    return index_select(b, x, named[0], indices[named[0]])


def index_select(b: Builder, x: Value, dim: int, at: Any) -> Value:
    """The same, as a function of its own."""
    if not isinstance(at, Known) or at.tensor.dtype not in _integers():
        raise Refused("its indices are no numbers that are known")
    size = check_value(x).shape[dim]
    return select(b, x, dim, [int(i) % size for i in at.tensor.tolist()])


def _integers() -> tuple[Any, ...]:
    import torch

    return (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8)


RULES = {
    "add": add,
    "cat": cat,
    "concat": cat,
    "dropout": dropout,
    "feature_dropout": dropout,
    "slice": cut,
    "narrow": lambda b, x, dim, start, length: cut(b, x, dim, start, start + length),
    "split": split,
    "split_with_sizes": split,
    "chunk": chunk,
    "index": index,
    "index_select": index_select,
}
