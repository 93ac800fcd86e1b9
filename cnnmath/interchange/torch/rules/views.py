"""Functions that move no number: they look at an array in another way."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from cnnmath.interchange.torch.build import Builder, Value, check_value
from cnnmath.interchange.torch.tensors import Known
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops import Expand, Reshape


def same(b: Builder, x: Value, *rest: Any) -> Value:
    """The array as it is."""
    return check_value(x)


def reshape(b: Builder, x: Any, *rest: Any) -> Any:
    """The numbers in row-major order in the shape that is expected."""
    if isinstance(x, Known):
        return expand(b, x)
    if check_value(x).shape == b.expected:
        return x
    x = x if x.layout.reshaped(b.expected) else b.plain(x)
    layout = x.layout.reshaped(b.expected)
    return b.looked(x, layout) if layout else b.apply(Reshape(b.expected[1:]), x)


def expand(b: Builder, x: Any, *rest: Any) -> Any:
    """The array as it is; what is known may be repeated for every sample, and is not written out."""
    if isinstance(x, Known) and x.shape[-2:] == b.expected[-2:] and prod(x.shape[:-2]) == 1:
        return x.view("repeated", lambda t: t.reshape(*(1,) * (len(b.expected) - 2), *t.shape[-2:]))
    if check_value(x).shape == b.expected:
        return x
    if len(x.shape) != len(b.expected):
        raise UnclaimedError("it has new axes, along which numbers are repeated")
    return b.apply(Expand(b.expected[1:]), x)


def permute(b: Builder, x: Value, order: Sequence[int]) -> Value:
    """Axes in another order."""
    rank = len(check_value(x).shape)
    return b.looked(x, x.layout.permuted([i % rank for i in order]))


def transpose(b: Builder, x: Value, i: int = 0, j: int = 1) -> Value:
    """Two axes change places."""
    order = list(range(len(check_value(x).shape)))
    order[i], order[j] = order[j], order[i]
    return permute(b, x, order)


def movedim(b: Builder, x: Value, source: int | Sequence[int], target: int | Sequence[int]) -> Value:
    """Axes move to other places, the others keep their order."""
    rank = len(check_value(x).shape)
    pairs = zip(_list(target), _list(source), strict=True)
    moved = {to % rank: axis % rank for to, axis in pairs}
    others = iter(i for i in range(rank) if i not in moved.values())
    return permute(b, x, [moved[i] if i in moved else next(others) for i in range(rank)])


def _list(value: int | Sequence[int]) -> list[int]:
    return [value] if isinstance(value, int) else list(value)


RULES = {
    **dict.fromkeys(("alias", "clone", "contiguous", "detach", "to", "_to_copy", "lift_fresh_copy", "type_as"), same),
    **dict.fromkeys(("view", "reshape", "_unsafe_view", "flatten", "unflatten", "squeeze", "unsqueeze"), reshape),
    "expand": expand,
    "permute": permute,
    "transpose": transpose,
    "t": transpose,
    "swapaxes": transpose,
    "movedim": movedim,
}
