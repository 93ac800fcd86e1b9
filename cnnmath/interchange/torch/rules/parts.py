"""Parts of an array: stretches of an axis, and places that are listed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cnnmath.interchange.torch.build import Builder, Value, check_value
from cnnmath.interchange.torch.tensors import Known
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops import Select, Slice


def cut(b: Builder, x: Value, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Value:
    """A stretch of an axis, or every so many of it."""
    size = check_value(x).shape[dim]
    dim %= len(x.shape)
    first, last, _ = slice(start, end, step).indices(size)
    if (first, last, step) == (0, size, 1):
        return x
    stretch = x.layout.leading(dim) if step == 1 else None
    if stretch is not None and stretch.axis > 0:  # of a piece of an axis, whole stretches of that axis
        op = _slice(stretch.axis, first * stretch.stride, last * stretch.stride, 1, x.layout.source)
        return b.kept(op, x, layout=x.layout.shortened(dim, last - first))
    value, i, axis = b.alone(x, dim)
    op = _slice(axis, first, last, step, value.layout.source)
    return b.kept(op, value, layout=value.layout.resized(i, len(range(first, last, step))))


def _slice(axis: int, first: int, last: int, step: int, shape: tuple[int, ...]) -> Slice:
    """A slice along one axis of an array of this shape."""
    whole = (None,) * axis
    return Slice((*whole, first), (*whole, last if last < shape[axis] else None), (*(1 for _ in whole), step))


def one(b: Builder, x: Value, dim: int, index: int) -> Value:
    """What stands at one place of an axis, which goes."""
    i, size = dim % len(check_value(x).shape), check_value(x).shape[dim]
    found = cut(b, x, dim, index % size, index % size + 1)
    return b.looked(found, found.layout.reshaped((*found.shape[:i], *found.shape[i + 1 :])))


def split(b: Builder, x: Value, sizes: int | Sequence[int], dim: int = 0) -> tuple[Value, ...]:
    """Stretches of these lengths, or of one length as far as it goes."""
    size = check_value(x).shape[dim]
    lengths = [sizes] * -(-size // sizes) if isinstance(sizes, int) else list(sizes)
    ends = [min(sum(lengths[: i + 1]), size) for i in range(len(lengths))]
    return tuple(cut(b, x, dim, start, end) for start, end in zip([0, *ends[:-1]], ends, strict=True))


def chunk(b: Builder, x: Value, chunks: int, dim: int = 0) -> tuple[Value, ...]:
    """So many stretches of one length, the last of which may be shorter."""
    return split(b, x, -(-check_value(x).shape[dim] // chunks), dim)


def unbind(b: Builder, x: Value, dim: int = 0) -> tuple[Value, ...]:
    """What stands at each place of an axis."""
    return tuple(one(b, x, dim, i) for i in range(check_value(x).shape[dim]))


def index(b: Builder, x: Value, indices: Sequence[Any]) -> Value:
    """What stands at the places of a list, along one axis."""
    named = [i for i, at in enumerate(indices) if at is not None]
    if len(named) != 1:
        raise UnclaimedError("its indices are no list of numbers along one axis")
    return index_select(b, x, named[0], indices[named[0]])


def index_select(b: Builder, x: Value, dim: int, at: Any) -> Value:
    """The same, as a function of its own."""
    if (
        not isinstance(at, Known)
        or len(at.shape) != 1
        or at.tensor.is_floating_point()
        or "bool" in str(at.tensor.dtype)
    ):
        raise UnclaimedError("its indices are no list of numbers along one axis")
    value, i, axis = b.alone(x, dim)
    places = tuple(int(place) % value.shape[i] for place in at.tensor.tolist())
    return b.kept(Select(places, axis=axis), value, layout=value.layout.resized(i, len(places)))


RULES = {
    "slice": cut,
    "narrow": lambda b, x, dim, start, length: cut(b, x, dim, start, start + length),
    "select": one,
    "split": split,
    "split_with_sizes": split,
    "chunk": chunk,
    "unbind": unbind,
    "index": index,
    "index_select": index_select,
}
