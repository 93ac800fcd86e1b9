"""Functions that move no number: they look at an array in another way."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from cnnmath.interchange.torch.build import Builder, Value, check_value
from cnnmath.interchange.torch.refused import Refused
from cnnmath.interchange.torch.tensors import Known


def same(b: Builder, x: Value, *rest: Any) -> Value:
    """The array as it is."""
    return check_value(x)


def reshape(b: Builder, x: Any, *rest: Any) -> Any:
    """The numbers in row-major order in the shape that is expected."""
    if isinstance(x, Known):
        return expand(b, x)
    if check_value(x).shape == b.expected:
        return x
    return b.looked(x, x.layout.reshaped(b.expected) or b.plain(x).layout.reshaped(b.expected))


def expand(b: Builder, x: Any, *rest: Any) -> Any:
    """The array as it is; what is known may be repeated for every sample, and is not written out."""
    if isinstance(x, Known) and x.shape[-2:] == b.expected[-2:] and prod(x.shape[:-2]) == 1:
        return x.view("repeated", lambda t: t.reshape(*(1,) * (len(b.expected) - 2), *t.shape[-2:]))
    if check_value(x).shape != b.expected:
        raise Refused(f"it repeats numbers, from {x.shape[1:]} to {b.expected[1:]}")
    return x


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


def channel_shuffle(b: Builder, x: Value, groups: int) -> Value:
    """The first channels of all groups, then the second ones, and so on."""
    n, c, *sizes = check_value(x).shape
    apart = x.layout.reshaped((n, groups, c // groups, *sizes))
    return b.looked(x, apart and apart.permuted([0, 2, 1, *range(3, 3 + len(sizes))]).reshaped((n, c, *sizes)))


def pixel_shuffle(b: Builder, x: Value, factor: int) -> Value:
    """Blocks of channels become blocks of positions."""
    n, c, h, w = check_value(x).shape
    apart = x.layout.reshaped((n, c // factor**2, factor, factor, h, w))
    return b.looked(x, apart and apart.permuted([0, 1, 4, 2, 5, 3]).reshaped(b.expected))


def pixel_unshuffle(b: Builder, x: Value, factor: int) -> Value:
    """Blocks of positions become blocks of channels."""
    n, c, h, w = check_value(x).shape
    apart = x.layout.reshaped((n, c, h // factor, factor, w // factor, factor))
    return b.looked(x, apart and apart.permuted([0, 1, 3, 5, 2, 4]).reshaped(b.expected))


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
    "channel_shuffle": channel_shuffle,
    "pixel_shuffle": pixel_shuffle,
    "pixel_unshuffle": pixel_unshuffle,
}
