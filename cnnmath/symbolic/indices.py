"""The indices of formulas: the parts of an output's position, so that no remainder is left, and those of gradients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import sympy as sp

from cnnmath.ops import (
    ChannelShuffle,
    Conv,
    ConvTranspose,
    Flatten,
    GroupNorm,
    LinearLast,
    Operator,
    Reduce,
    SpaceToDepth,
    Tile,
    Upsample,
)
from cnnmath.ops.algebra import Shape
from cnnmath.ops.blocks import Blocks
from cnnmath.ops.recurrent import Cell
from cnnmath.ops.row_major import row_major
from cnnmath.symbolic.reader import Symbolic, numbered
from cnnmath.symbolic.terms import Expr

Position: TypeAlias = tuple[tuple[Expr, ...], list[Expr]]
"""An expression for each axis, and the parts that they are made of."""


def output_at(
    op: Operator, output: Shape, declared: Mapping[str, Shape], reader: Symbolic
) -> tuple[tuple[Expr, ...], list[sp.Symbol]]:
    """Position of an output, and the indices it is made of.

    Channels of a grouped convolution are written ``F/G*g + f``, those of a group normalisation ``C/G*g + c``, positions
    in a flattened row ``(c*H + o)*W + ...``: a quotient or remainder of such an index is one of its parts. So are
    positions in an upsampled input, ``s*o + k``, and those of numbers that were moved about: a copy's index is
    ``n*k + i`` for copy k, a channel of blocks ``C*k + c`` or ``B*c + k`` for place k, a position in a block
    ``b*o + k``, and a channel that was dealt out ``G*c + g``.
    """
    at, parts = _position(op, output, declared, reader)
    return at, [part for part in parts if isinstance(part, sp.Symbol)]


def _position(op: Operator, output: Shape, declared: Mapping[str, Shape], reader: Symbolic) -> Position:
    if isinstance(op, Flatten):
        return _row(declared["x"], reader)
    if isinstance(op, Tile):
        return _copies(op, declared["x"], reader)
    if isinstance(op, ChannelShuffle):
        return _dealt(op, declared["x"], reader)
    if isinstance(op, Blocks):
        return _blocks(op, declared["x"], output, reader)
    if isinstance(op, Reduce) and not op.keep:
        (x,) = declared.values()
        names = [name for axis, name in enumerate(_names(x)) if axis not in op.along(x)]
    elif len(op.indices) < 2:  # a loss has no channels
        names = [*op.indices, *numbered("o", len(output) - len(op.indices))]
    else:
        return _groups(op, output, reader)
    at = reader.bind_each(names, output)
    return tuple(at), at


def _row(x: Shape, reader: Symbolic) -> Position:
    batch, *parts = reader.bind_each(_names(x), x)
    row: Expr = sp.S.Zero
    for part, extent in zip(parts, x[1:], strict=True):
        row = sp.expand(row * extent + part)
    return (batch, row), [batch, *parts]


def _copies(op: Tile, x: Shape, reader: Symbolic) -> Position:
    own = reader.bind_each(_names(x)[: len(x)], x)
    copies = [reader.bind("k", r) for r in op.repeats]
    return tuple(n * k + i for n, k, i in zip(x, copies, own, strict=True)), [*own, *copies]


def _dealt(op: ChannelShuffle, x: Shape, reader: Symbolic) -> Position:
    batch = reader.bind("n", x[0])
    c, g = reader.bind("c", x[1] // op.groups), reader.bind("g", op.groups)
    rest = reader.bind_each(numbered("o", len(x) - 2), x[2:])
    return (batch, op.groups * c + g, *rest), [batch, c, g, *rest]


def _blocks(op: Blocks, x: Shape, output: Shape, reader: Symbolic) -> Position:
    axes, deep = len(op.block), isinstance(op, SpaceToDepth)
    channels = x[1] if deep else output[1]
    batch, c = reader.bind("n", output[0]), reader.bind("c", channels)
    outer = reader.bind_each(numbered("o", axes), output[2:] if deep else x[2:])
    inner = reader.bind_each(numbered("k", axes), op.block)
    parts = [batch, c, *outer, *inner]
    if deep:
        return (batch, op.joined(row_major(inner, op.block), c, channels), *outer), parts
    return (batch, c, *(b * o + k for b, o, k in zip(op.block, outer, inner, strict=True))), parts


def _groups(op: Operator, output: Shape, reader: Symbolic) -> Position:
    """Channels in groups, those of a cell by states; positions in blocks where the input is enlarged."""
    n, c = op.indices
    if isinstance(op, Cell):
        groups = len(op.reads[1:])
    else:
        groups = op.groups if isinstance(op, (Conv, ConvTranspose, GroupNorm)) else 1
    batch, group = reader.bind(n, output[0]), reader.bind("g", groups)
    channel = reader.bind(c, output[1] // groups)
    scale = op.scale if isinstance(op, Upsample) else (1,) * (len(output) - 2)
    blocks = [extent // s for extent, s in zip(output[2:], scale, strict=True)]
    outer = reader.bind_each(numbered("o", len(blocks)), blocks)
    inner = reader.bind_each(numbered("k", len(blocks)), scale)
    rest = [s * o + k for s, o, k in zip(scale, outer, inner, strict=True)]
    at = (batch, group * (output[1] // groups) + channel, *rest)
    return at, [batch, group, channel, *outer, *inner]


def _names(x: Shape) -> list[str]:
    """Names of the indices of an input; there are always those of a sample and of a channel."""
    return ["n", "c", *numbered("o", len(x) - 2)]


def gradient_indices(op: Operator, wrt: str, axes: int) -> list[str]:
    """Names of the indices of an operand with so many axes."""
    if isinstance(op, LinearLast) and wrt in ("w", "b"):
        return ["f", "k"][:axes]
    if axes == 1:
        return [op.indices[1]]
    if wrt == "u":
        return ["f", "q"]
    if wrt in ("gamma", "beta"):
        return ["c", *numbered("j", axes - 1)]
    if wrt == "w":
        return [*(["c", "f"] if isinstance(op, ConvTranspose) else ["f", "c"]), *numbered("k", axes - 2)]
    return ["n", "c", *numbered("j", axes - 2)]
