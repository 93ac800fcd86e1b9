"""Narrowed operators: the same setting with the fewest groups and the smallest sizes that still stand for its own.

Where `reduced` shrinks what an operator reads, this shrinks the numbers in its setting that only count: groups that
all do the same, sizes of a shape, places that are far inside. So the operators of a network are few settings, each of
which is verified in little time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import singledispatch
from numbers import Integral
from typing import Any

from cnnmath.ops.algebra import Operator, Shape
from cnnmath.ops.combine import Select
from cnnmath.ops.conv import Conv
from cnnmath.ops.crop import Slice
from cnnmath.ops.expand import Expand
from cnnmath.ops.group_norm import GroupNorm
from cnnmath.ops.rearrange import Reshape, Tile
from cnnmath.ops.transposed import ConvTranspose

GROUPS = 4
"""So many groups stand for more: unequal to the channels and to the filters of a group at a reduced width."""

SEVERAL = 3
"""So many numbers that are taken stand for more, and so far from an end stands for further."""


@singledispatch
def narrowed(op: Operator, *inputs: Shape) -> Operator:  # noqa: ARG001
    """The operator with the smallest counts that stand for its own.

    Parameters
    ----------
    op
        The operator.
    *inputs
        Shapes of its inputs.

    Examples
    --------
    >>> narrowed(Reshape((1, 197, 12, 64), start=0), (197, 768))
    Reshape(sizes=(1, 2, 3, 4), start=0)
    >>> narrowed(Conv(960, 3, groups=960), (1, 960, 7, 7)).groups
    4
    >>> narrowed(Slice((0, 58), (None, None)), (1, 116, 28, 28))
    Slice(starts=(0, 3), ends=(None, None), steps=(1, 1))
    """
    return op


@narrowed.register
def _(op: Conv | ConvTranspose, *inputs: Shape) -> Operator:  # noqa: ARG001
    groups = min(op.groups, GROUPS)
    return replace(op, groups=groups, filters=groups * (op.filters // op.groups))


@narrowed.register
def _(op: GroupNorm, *inputs: Shape) -> Operator:  # noqa: ARG001
    return replace(op, groups=min(op.groups, GROUPS))


@narrowed.register
def _(op: Reshape | Expand, *inputs: Shape) -> Operator:  # noqa: ARG001
    return replace(op, sizes=_unequal(op.sizes))


@narrowed.register
def _(op: Tile, *inputs: Shape) -> Operator:  # noqa: ARG001
    return replace(op, repeats=_unequal(op.repeats))


@narrowed.register
def _(op: Select, *inputs: Shape) -> Operator:  # noqa: ARG001
    """The first places, in the order and with the repeats and gaps that they have."""
    first = op.places[: SEVERAL + 1]
    near, last = {}, -1
    for place in sorted(set(first)):
        near[place] = max(near.values(), default=-1) + min(place - last, 2)
        last = place
    return replace(op, places=tuple(near[place] for place in first))


@narrowed.register
def _(op: Slice, *inputs: Shape) -> Operator:
    settings = zip(op.starts, op.ends, op.steps, inputs[0], strict=False)
    cuts = [
        _nearer(*setting, op.taken(axis, setting[-1]), op.bounds(axis, setting[-1]))
        for axis, setting in enumerate(settings)
    ]
    return Slice(*(tuple(setting) for setting in zip(*cuts, strict=True)))


def _nearer(
    start: Any, end: int | None, step: int, n: Any, taken: Any, bounds: tuple[Any, Any, int]
) -> tuple[int, int | None, int]:
    """A cut forwards of few numbers near the ends that it is counted from; what goes backwards or is empty stays."""
    if step < 0 or not isinstance(n, Integral) or taken < 1:
        return start, end, step
    first, stop, _ = bounds
    length = (min(taken, SEVERAL) - 1) * step + 1 + (stop - first - 1) % step
    if start >= 0:
        start = min(start, SEVERAL)
        return start, end if end is None else start + length if end >= 0 else max(end, -SEVERAL), step
    if end is None or end < 0:
        end = end if end is None else max(end, -SEVERAL)
        return (end or 0) - length, end, step
    return start, end, step


def _unequal(sizes: Sequence[Any]) -> tuple[Any, ...]:
    """Sizes above 1 as 2, 3, 4 ...; 1, 0 and what is left open stay."""
    larger = iter(range(2, 2 + len(sizes)))
    return tuple(n if n in (-1, 0, 1) else next(larger) for n in sizes)
