"""Reduced operators: the same setting at the smallest sizes that still show all of it.

Kernel, stride, dilation, padding and groups are kept; channels and sizes shrink, unequal along every axis. A window has
two telling sizes: at one, the stride leaves as much as it can; at the other, the last window ends with the padding, so
that all of it is read. Two operators with one reduced form have one setting.
"""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch
from itertools import chain, count
from math import prod

from cnnmath.errors import SettingError
from cnnmath.ops.adaptive import AdaptivePool
from cnnmath.ops.algebra import Operator, Shape
from cnnmath.ops.arithmetic import Add
from cnnmath.ops.blocks import Blocks, ChannelShuffle, DepthToSpace
from cnnmath.ops.border import BorderPad
from cnnmath.ops.broadcast import Elementwise
from cnnmath.ops.combine import Concat, Select
from cnnmath.ops.conv import Conv
from cnnmath.ops.crop import Slice
from cnnmath.ops.expand import Expand
from cnnmath.ops.group_norm import GroupNorm, InstanceNorm, LayerNorm
from cnnmath.ops.linear import Linear, LinearLast, RadialBasis
from cnnmath.ops.maxout import Maxout
from cnnmath.ops.norm import BatchNorm, LocalResponseNorm
from cnnmath.ops.pad import Pad
from cnnmath.ops.pool import Pool
from cnnmath.ops.product import MatMul
from cnnmath.ops.rearrange import Reshape, Tile, Transpose
from cnnmath.ops.recurrent import Cell
from cnnmath.ops.reduction import Reduce
from cnnmath.ops.resize import Resize
from cnnmath.ops.rms_norm import RMSNorm
from cnnmath.ops.spatial import windows_of
from cnnmath.ops.transposed import ConvTranspose
from cnnmath.ops.unpool import MaxUnpool
from cnnmath.ops.upsample import Enlargement, LinearUpsample
from cnnmath.window import Window

MANY = 8
"""Above so many groups, each has one input channel, so that a depthwise convolution stays small."""


@singledispatch
def reduced(op: Operator, rank: int = 2, *, exact: bool = False) -> tuple[Operator, tuple[Shape, ...]]:
    """The operator at its smallest telling width, and input shapes for it.

    Parameters
    ----------
    op
        The operator.
    rank
        Number of spatial axes, for an operator that takes any.
    exact
        Whether the last window ends with the padding, or the stride leaves as much as it can.

    Examples
    --------
    >>> reduced(Conv(64, 7, stride=2, padding=3, groups=2))[1]
    ((2, 6, 10, 12),)
    """
    return op, ((2, 3, *range(4, 4 + rank)),)


@reduced.register
def _(op: Conv, rank: int = 2, *, exact: bool = False) -> tuple[Operator, tuple[Shape, ...]]:
    width = 3 if op.groups <= MANY else 1
    return replace(op, filters=2 * op.groups), ((2, width * op.groups, *_sizes(op, exact=exact)),)


@reduced.register
def _(op: ConvTranspose, rank: int = 2, *, exact: bool = False) -> tuple[Operator, tuple[Shape, ...]]:
    width = 3 if op.groups <= MANY else 1
    sizes: list[int] = []
    for axis in op.axes(()):
        sizes.append(next(n for n in count(3) if n not in sizes and axis.placements(n) >= 1))
    return replace(op, filters=2 * op.groups), ((2, width * op.groups, *sizes),)


@reduced.register
def _(op: Enlargement, rank: int = 2, *, exact: bool = False) -> tuple[Operator, tuple[Shape, ...]]:
    least = 3 if isinstance(op, LinearUpsample) else 2  # of two inputs, both are neighbours everywhere
    return op, ((2, 3, *range(least, least + len(op.scale))),)


@reduced.register
def _(op: Resize, rank: int = 2, *, exact: bool = False) -> tuple[Operator, tuple[Shape, ...]]:
    if op.scale is None:
        return replace(op, outputs=tuple(range(4, 4 + op.rank))), ((2, 3, *range(6, 6 + op.rank)),)
    sizes: list[int] = []
    for scale in op.scale:
        sizes.append(next(n for n in count(3) if n not in sizes and scale * n >= 1))
    return replace(op, outputs=None), ((2, 3, *sizes),)


@reduced.register
def _(op: Pool, rank: int = 2, *, exact: bool = False) -> tuple[Operator, tuple[Shape, ...]]:
    return op, ((2, 3, *_sizes(op, exact=exact)),)


@reduced.register
def _(op: AdaptivePool, rank: int = 2, *, exact: bool = False) -> tuple[Operator, tuple[Shape, ...]]:
    return op, ((2, 3, *(o + 2 + i for i, o in enumerate(op.outputs))),)


@reduced.register
def _(op: Pad, rank: int = 2, *, exact: bool = False) -> tuple[Operator, tuple[Shape, ...]]:
    return op, ((2, 3, *range(4, 4 + len(op.padding))),)


@reduced.register
def _(op: BorderPad, rank: int = 2, *, exact: bool = False) -> tuple[Operator, tuple[Shape, ...]]:
    sizes: list[int] = []
    for before, after in op.padding:
        sizes.append(next(n for n in count(max(before, after) + 2 - exact) if n not in sizes and n > 1))
    return op, ((2, 3, *sizes),)


@reduced.register
def _(op: MaxUnpool, rank: int = 2, *, exact: bool = False) -> tuple[Operator, tuple[Shape, ...]]:
    rank = len(op.outputs)
    return replace(op, outputs=tuple(range(3, 3 + rank))), ((2, 3, *range(2, 2 + rank)),)


@reduced.register
def _(op: Select, rank: int = 2, *, exact: bool = False) -> tuple[Operator, tuple[Shape, ...]]:
    sizes = [2, 3, *range(2, 2 + max(rank, op.axis - 1))]
    sizes[op.axis] = max(op.places) + 2
    return op, (tuple(sizes),)


@reduced.register
def _(op: Slice, rank: int = 2, *, exact: bool = False) -> tuple[Operator, tuple[Shape, ...]]:
    sizes: list[int] = []
    for axis in range(max(len(op.starts), 2 + rank)):
        sizes.append(_cut(op, axis, sizes))
    return op, (tuple(sizes),)


def _cut(op: Slice, axis: int, others: list[int]) -> int:
    """A length of which something is taken: above 1 and unlike the others where such a one fits.

    What fits beyond all places that are named fits at every length from there on, so that the search ends.
    """
    named = sum(abs(ends[axis] or 0) for ends in (op.starts, op.ends) if axis < len(ends))
    lengths = range(1, named + len(others) + 4)
    fitting = (n for n in lengths if op.inside(axis, n) and op.taken(axis, n) > 0)
    if (least := next(fitting, None)) is None:
        raise SettingError(
            "it takes nothing, however long the axis is.", input=f"{op}, axis {axis}", fix="let it end behind its start"
        )
    return next((n for n in chain([least], fitting) if n > 1 and n not in others), least)


@reduced.register
def _(op: Transpose | Tile, rank: int = 2, *, exact: bool = False) -> tuple[Operator, tuple[Shape, ...]]:
    return op, (tuple(range(2, 2 + len(op.order if isinstance(op, Transpose) else op.repeats))),)


@reduced.register
def _(op: Reshape, rank: int = 2, *, exact: bool = False) -> tuple[Operator, tuple[Shape, ...]]:
    numbers = prod(2 if n == -1 else n for n in op.sizes)
    return op, ((*range(2, 2 + op.start), numbers),)


@reduced.register
def _(op: Blocks, rank: int = 2, *, exact: bool = False) -> tuple[Operator, tuple[Shape, ...]]:
    rank, deep = len(op.block), isinstance(op, DepthToSpace)
    sizes = (n * (1 if deep else b) for n, b in zip(range(2, 2 + rank), op.block, strict=True))
    return op, ((2, 3 * prod(op.block) if deep else 3, *sizes),)


@reduced.register
def _(op: ChannelShuffle, rank: int = 2, *, exact: bool = False) -> tuple[Operator, tuple[Shape, ...]]:
    return op, ((2, 3 * op.groups, *range(2, 2 + rank)),)


@reduced.register
def _(op: Linear | RadialBasis, rank: int = 2, *, exact: bool = False) -> tuple[Operator, tuple[Shape, ...]]:
    return replace(op, units=3), ((2, 5),)


@reduced.register
def _(op: LinearLast, rank: int = 2, *, exact: bool = False) -> tuple[Operator, tuple[Shape, ...]]:
    return replace(op, units=3), ((2, 3, *range(4, 4 + rank)),)


@reduced.register
def _(op: Cell, rank: int = 2, *, exact: bool = False) -> tuple[Operator, tuple[Shape, ...]]:
    return replace(op, units=3), ((2, 5), *((2, 3),) * len(op.reads[1:]))


@reduced.register
def _(op: LocalResponseNorm, rank: int = 2, *, exact: bool = False) -> tuple[Operator, tuple[Shape, ...]]:
    return op, ((2, op.size + 2, *range(2, 2 + rank)),)


@reduced.register
def _(
    op: BatchNorm | InstanceNorm | LayerNorm | RMSNorm, rank: int = 2, *, exact: bool = False
) -> tuple[Operator, tuple[Shape, ...]]:
    least = 4 if isinstance(op, BatchNorm) and not op.training else 2
    return op, ((2, 3, *range(least, least + rank)),)


@reduced.register
def _(op: GroupNorm, rank: int = 2, *, exact: bool = False) -> tuple[Operator, tuple[Shape, ...]]:
    return op, ((2, (2 if op.groups <= MANY else 1) * op.groups, *range(2, 2 + rank)),)


@reduced.register
def _(op: Maxout, rank: int = 2, *, exact: bool = False) -> tuple[Operator, tuple[Shape, ...]]:
    return op, ((2, 3 * op.pieces, *range(2, 2 + rank)),)


@reduced.register
def _(op: Reduce, rank: int = 2, *, exact: bool = False) -> tuple[Operator, tuple[Shape, ...]]:
    return op, ((2, 3, *range(2, 2 + rank)),)


@reduced.register
def _(op: Add, rank: int = 2, *, exact: bool = False) -> tuple[Operator, tuple[Shape, ...]]:
    return op, ((2, 3, *range(4, 4 + rank)),) * 2


@reduced.register
def _(op: Elementwise, rank: int = 2, *, exact: bool = False) -> tuple[Operator, tuple[Shape, ...]]:
    return op, ((2, 3, *range(4, 4 + rank)), (2, 3, *(1,) * rank))


@reduced.register
def _(op: MatMul, rank: int = 2, *, exact: bool = False) -> tuple[Operator, tuple[Shape, ...]]:
    batch = tuple(range(2, 2 + rank))
    return op, ((*batch, 3, 4), (*batch, 4, 2))


@reduced.register
def _(op: Expand, rank: int = 2, *, exact: bool = False) -> tuple[Operator, tuple[Shape, ...]]:
    rank = max(rank + 2, len(op.sizes) + 1)
    sizes = (*(1,) * (rank - len(op.sizes)), *op.sizes)
    return op, (tuple(n if size == 1 else 1 for n, size in zip(range(2, 2 + rank), sizes, strict=True)),)


@reduced.register
def _(op: Concat, rank: int = 2, *, exact: bool = False) -> tuple[Operator, tuple[Shape, ...]]:
    sizes = (2, 3, *range(4, 4 + max(rank, op.axis - 1)))
    return op, tuple((*sizes[: op.axis], c, *sizes[op.axis + 1 :]) for c in (3, 2, 1))


def _sizes(op: Conv | Pool, *, exact: bool) -> Shape:
    """Unequal sizes above the extents, with the rest that is asked for, at which every window sees input if it can."""
    sizes: list[int] = []
    for axis, (k, s, d) in enumerate(zip(op.kernel, op.stride, op.dilation, strict=True)):
        least = Window(k, dilation=d).extent + s + 1
        fitting = [n for n in range(least, least + 3 * s + 9) if n not in sizes]
        seeing = [n for n in fitting if not _blind(op, axis, n)] or fitting
        sizes.append(next((n for n in seeing if _rest(op, axis, n) == (0 if exact else s - 1)), seeing[0]))
    return tuple(sizes)


def _rest(op: Conv | Pool, axis: int, n: int) -> int:
    """Length of padded input after the last window."""
    if isinstance(op.padding, str) and op.padding != "valid":
        return -n % op.stride[axis]
    window = windows_of(op, (n,) * len(op.kernel))[axis]
    return (n + window.before + window.after - window.extent) % window.stride


def _blind(op: Conv | Pool, axis: int, n: int) -> bool:
    return isinstance(op, Pool) and op.windows((n,) * len(op.kernel))[axis].blind(n) is not None
