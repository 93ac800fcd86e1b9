"""Symbolic settings: operators with letters for their windows and widths, and shapes in N, C, H, W."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import singledispatch
from typing import Any

import sympy as sp

from cnnmath.errors import SettingError
from cnnmath.ops import (
    Add,
    ChannelShuffle,
    Concat,
    Conv,
    ConvTranspose,
    DepthToSpace,
    Expand,
    GroupNorm,
    Linear,
    LinearLast,
    MatMul,
    Maxout,
    MaxUnpool,
    Operator,
    Pad,
    RadialBasis,
    Reduce,
    Reshape,
    Slice,
    Tile,
    Transpose,
)
from cnnmath.ops.adaptive import AdaptivePool
from cnnmath.ops.algebra import Shape, check_class
from cnnmath.ops.blocks import Blocks
from cnnmath.ops.border import BorderPad
from cnnmath.ops.broadcast import Elementwise
from cnnmath.ops.pool import Pool
from cnnmath.ops.recurrent import Cell
from cnnmath.ops.reduced import reduced
from cnnmath.ops.resize import Resize
from cnnmath.ops.upsample import Enlargement
from cnnmath.symbolic.reader import numbered
from cnnmath.symbolic.terms import index, size
from cnnmath.window import check_at_least

GENERAL = {"kernel": "K", "stride": "s", "dilation": "d"}
"""Letters of a window's settings."""


def general(kind: type[Operator], rank: int = 2, **settings: Any) -> Operator:
    """The operator with a window of which nothing is fixed: kernel K, stride s, dilation d, padding p on every axis.

    What has no window has a letter too: a maxout Q pieces, a group normalisation G groups. Other settings, such as
    ``groups`` or ``ceil``, may be given.

    Examples
    --------
    >>> general(Conv, 1).kernel
    (K,)
    """
    check_class(kind)
    if kind not in (Maxout, GroupNorm) and "kernel" not in {field.name for field in fields(kind)}:
        fix = f"give an instance where it is asked for, such as cnnmath.ops.{kind.__name__}(...)"
        raise SettingError("it has no window that could be left open.", here=kind.__name__, fix=fix)
    check_at_least("rank", rank, 1)
    window: dict[str, Any] = {
        field: tuple(size(letter) for letter in numbered(name, rank)) for field, name in GENERAL.items()
    }
    padding = tuple((index(letter), index(letter)) for letter in numbered("p", rank))
    if kind is Maxout:
        return kind(**{"pieces": size("Q"), **settings})
    if kind is GroupNorm:
        return kind(**{"groups": size("G"), **settings})
    own = {"filters": size("F") * settings.get("groups", 1)} if kind in (Conv, ConvTranspose) else {}
    return kind(**own, **window, padding=padding, **settings)


@singledispatch
def symbolic(op: Operator, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:
    """The operator with symbols for its widths, and input shapes in N, C, H, W.

    Parameters
    ----------
    op
        The operator; its window settings stay as they are.
    rank
        Number of spatial axes, for an operator that takes any.
    """
    return op, (_input(rank),)


@symbolic.register
def _(op: Conv | ConvTranspose, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:  # noqa: ARG001 - the kernel has a rank
    c, f = (size("C"), size("F")) if op.groups == 1 else (size("C_g"), size("F_g"))
    op = replace(op, filters=f * op.groups)
    return op, (_input(len(op.kernel), c * op.groups),)


@symbolic.register
def _(op: Pool, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:  # noqa: ARG001
    return op, (_input(len(op.kernel)),)


@symbolic.register
def _(op: Maxout, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:
    return op, (_input(rank, size("C") * op.pieces),)


@symbolic.register
def _(op: GroupNorm, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:
    c = size("C") if op.groups == 1 else size("C_g")
    return op, (_input(rank, c * op.groups),)


@symbolic.register
def _(op: AdaptivePool, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:  # noqa: ARG001
    return op, (_input(len(op.outputs)),)


@symbolic.register
def _(op: Enlargement, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:  # noqa: ARG001
    return op, (_input(len(op.scale)),)


@symbolic.register
def _(op: Resize, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:  # noqa: ARG001
    return op, (_input(op.rank),)


@symbolic.register
def _(op: Pad | BorderPad, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:  # noqa: ARG001
    return op, (_input(len(op.padding)),)


@symbolic.register
def _(op: MaxUnpool, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:  # noqa: ARG001
    sizes = tuple(size(letter) for letter in numbered("O", len(op.outputs)))
    return replace(op, outputs=sizes), (_input(len(sizes)),)


@symbolic.register
def _(op: Linear | RadialBasis, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:  # noqa: ARG001
    return replace(op, units=size("F")), ((size("N"), size("C")),)


@symbolic.register
def _(op: LinearLast, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:
    return replace(op, units=size("F")), (_input(rank),)


@symbolic.register
def _(op: Cell, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:  # noqa: ARG001
    state = (size("N"), size("F"))
    return replace(op, units=size("F")), ((size("N"), size("C")), *(state for _ in op.reads[1:]))


@symbolic.register
def _(op: Transpose | Tile, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:  # noqa: ARG001
    return op, (_sizes(len(op.order if isinstance(op, Transpose) else op.repeats)),)


@symbolic.register
def _(op: Slice, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:
    return op, (_sizes(max(2 + rank, len(op.starts))),)


@symbolic.register
def _(op: Reshape, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:  # noqa: ARG001
    """All that does not stay is one row: the numbers of any other shape stand in it one behind the other."""
    known = sp.prod([n for n in op.sizes if n != -1])
    return op, ((*_sizes(op.start), known * size("R") if -1 in op.sizes else known),)


@symbolic.register
def _(op: Blocks, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:  # noqa: ARG001
    deep, sizes = isinstance(op, DepthToSpace), spatial(len(op.block))
    c = size("C") * sp.prod(op.block) if deep else size("C")
    return op, ((size("N"), c, *(n if deep else b * n for n, b in zip(sizes, op.block, strict=True))),)


@symbolic.register
def _(op: ChannelShuffle, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:
    return op, (_input(rank, size("C_g") * op.groups),)


@symbolic.register
def _(op: Reduce, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:
    sizes = _input(rank)
    if op.how != "product":
        return op, (sizes,)
    _, (numbers,) = reduced(op, rank)  # a product is written out
    along = op.along(sizes)
    return op, (tuple(numbers[axis] if axis in along else n for axis, n in enumerate(sizes)),)


@symbolic.register
def _(op: Add, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:
    return op, (_input(rank),) * 2


@symbolic.register
def _(op: Elementwise, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:
    return op, (_input(rank), (size("N"), size("C"), *(1,) * rank))


@symbolic.register
def _(op: MatMul, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:
    batch = (size("N"), size("C"), size("D"), size("E"))[:rank]
    return op, ((*batch, size("I"), size("K")), (*batch, size("K"), size("J")))


@symbolic.register
def _(op: Expand, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:
    rank = max(rank, len(op.sizes) - 1)  # the batch is not repeated
    axes = _input(rank)
    sizes = (*(1,) * (len(axes) - len(op.sizes)), *op.sizes)
    return op, (tuple(n if length == 1 else 1 for n, length in zip(axes, sizes, strict=True)),)


@symbolic.register
def _(op: Concat, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:
    x = _sizes(max(2 + rank, op.axis + 1))
    return op, tuple((*x[: op.axis], size(f"{x[op.axis]}_{i}"), *x[op.axis + 1 :]) for i in (1, 2))


def _input(rank: int, channels: Any = None) -> Shape:
    """Symbols of the sizes of an input: N samples of C channels, or of others, along so many spatial axes."""
    return (size("N"), size("C") if channels is None else channels, *spatial(rank))


def _sizes(axes: int) -> Shape:
    """Symbols of the sizes of an array of so many axes, batch and channels first."""
    return _input(max(axes - 2, 0))[:axes]


def spatial(rank: int) -> tuple[sp.Symbol, ...]:
    """Symbols of spatial sizes: L; H, W; D, H, W."""
    names = {1: ["L"], 2: ["H", "W"], 3: ["D", "H", "W"]}.get(rank, numbered("L", rank))
    return tuple(size(name) for name in names)
