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
    if any(isinstance(x, Known) for x in tensors):
        raise UnclaimedError("an array of the module would have to be repeated for every sample")
    found = [b.alone(x, dim) for x in tensors]
    if len(found) == 1:
        return found[0][0]
    (_, i, axis), whole = found[0], b.expected[dim]
    layout = found[0][0].layout.resized(i, whole)
    if any(value.layout.resized(i, whole) != layout for value, *_ in found):
        return b.apply(Concat(axis=i), *tensors)
    return b.kept(Concat(axis=axis), *(value for value, *_ in found), layout=layout)


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
