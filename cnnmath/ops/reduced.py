"""Reduced operators: the same setting at the smallest sizes that still show all of it.

Kernel, stride, dilation, padding and groups are kept; channels and sizes shrink, unequal along every axis and never
exactly divided, so that no mistake hides behind a coincidence. Two operators with one reduced form have one setting.
"""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch

from cnnmath.ops.adaptive import AdaptiveAveragePool
from cnnmath.ops.algebra import Operator, Shape
from cnnmath.ops.combine import Add, Concat
from cnnmath.ops.conv import Conv
from cnnmath.ops.linear import Linear
from cnnmath.ops.norm import LocalResponseNorm
from cnnmath.ops.pool import Pool
from cnnmath.ops.spatial import Sliding
from cnnmath.window import Window


@singledispatch
def reduced(op: Operator, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:
    """The operator at its smallest telling width, and input shapes for it.

    Parameters
    ----------
    op
        The operator.
    rank
        Number of spatial axes, for an operator that takes any.

    Examples
    --------
    >>> reduced(Conv(64, 7, stride=2, padding=3, groups=2))[1]
    ((1, 6, 8, 10),)
    """
    return op, ((2, 3, *range(4, 4 + rank)),)


@reduced.register
def _(op: Conv, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:  # noqa: ARG001 - the kernel has a rank
    return replace(op, filters=2 * op.groups), ((1, 3 * op.groups, *_sizes(op)),)


@reduced.register
def _(op: Pool, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:  # noqa: ARG001
    return op, ((2, 3, *_sizes(op)),)


@reduced.register
def _(op: AdaptiveAveragePool, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:  # noqa: ARG001
    return op, ((2, 3, *(o + 2 + i for i, o in enumerate(op.outputs))),)


@reduced.register
def _(op: Linear, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:  # noqa: ARG001
    return replace(op, units=3), ((2, 5),)


@reduced.register
def _(op: LocalResponseNorm, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:
    return op, ((2, op.size + 2, *range(2, 2 + rank)),)


@reduced.register
def _(op: Add, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:
    return op, ((2, 3, *range(4, 4 + rank)),) * 2


@reduced.register
def _(op: Concat, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:
    return op, tuple((2, c, *range(4, 4 + rank)) for c in (3, 1, 2))


def _sizes(op: Sliding) -> Shape:
    """Unequal sizes just above the extents, where the stride leaves a rest."""
    sizes: list[int] = []
    for k, s, d in zip(op.kernel, op.stride, op.dilation, strict=True):
        n = Window(k, dilation=d).extent + 1
        while n in sizes or (s > 1 and (n - Window(k, dilation=d).extent) % s == 0):
            n += 1
        sizes.append(n)
    return tuple(sizes)
