"""Arrays one behind the other, and what passes on unchanged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cnnmath.interchange.torch.build import Builder, Value
from cnnmath.interchange.torch.tensors import Known
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops import Concat, Dropout


def cat(b: Builder, tensors: Sequence[Any], dim: int = 0) -> Value:
    """Arrays one behind the other along an axis."""
    tensors = [_of_every_sample(b, x) if isinstance(x, Known) else x for x in tensors]
    found = [b.alone(x, dim) for x in tensors]
    if len(found) == 1:
        return found[0][0]
    (_, i, axis), whole = found[0], b.expected[dim]
    layout = found[0][0].layout.resized(i, whole)
    if any(value.layout.resized(i, whole) != layout for value, *_ in found):
        return b.apply(Concat(axis=i), *tensors)
    return b.kept(Concat(axis=axis), *(value for value, *_ in found), layout=layout)


def _of_every_sample(b: Builder, x: Known) -> Value:
    """An array of the module of which every sample has one, such as a class token."""
    if len(x.shape) != len(b.expected) or not (x.shape[0] == 1 or x.tensor.stride(0) == 0):
        raise UnclaimedError("an array of the module is no sample")
    return b.repeated(x if x.shape[0] == 1 else x.view("first", lambda t: t[:1]))


def stack(b: Builder, tensors: Sequence[Any], dim: int = 0) -> Value:
    """Arrays along a new axis."""
    i = dim % len(b.expected)
    shape = (*b.expected[:i], 1, *b.expected[i + 1 :])
    return cat(b, [b.looked(x, x.layout.reshaped(shape)) for x in tensors], i)


def dropout(b: Builder, x: Value, p: float, train: bool) -> Value:
    """Dropout, which passes everything on at inference."""
    if train or not 0 <= p < 1:
        raise UnclaimedError("it drops at inference" if train else f"it drops a share of {p}")
    return b.each(Dropout(p), x)


RULES = {"cat": cat, "concat": cat, "stack": stack, "dropout": dropout, "feature_dropout": dropout}
