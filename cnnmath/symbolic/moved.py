"""Positions in an output of numbers that were moved about, written in parts, so that its sentence has no remainders."""

from __future__ import annotations

from typing import TypeAlias

from cnnmath.ops import ChannelShuffle, SpaceToDepth, Tile
from cnnmath.ops.algebra import Shape
from cnnmath.ops.blocks import Blocks
from cnnmath.ops.rearrange import numbered as row_major
from cnnmath.symbolic.reader import Symbolic, numbered
from cnnmath.symbolic.terms import Expr

Moved: TypeAlias = Tile | Blocks | ChannelShuffle
"""Operators of which an index of the output is made of several."""


def moved_at(op: Moved, x: Shape, output: Shape, reader: Symbolic) -> tuple[tuple[Expr, ...], list[Expr]]:
    """Position of an output, and the parts that it is made of.

    A copy's index is ``n*k + i`` for copy k, a channel of blocks ``C*k + c`` or ``B*c + k`` for place k, a position in
    a block ``b*o + k``, and a channel that was dealt out ``G*c + g``.
    """
    if isinstance(op, Tile):
        return _copies(op, x, reader)
    batch = reader.bind("n", output[0])
    if isinstance(op, ChannelShuffle):
        c, g = reader.bind("c", x[1] // op.groups), reader.bind("g", op.groups)
        rest = [reader.bind(*pair) for pair in zip(numbered("o", len(x) - 2), x[2:], strict=True)]
        return (batch, op.groups * c + g, *rest), [batch, c, g, *rest]
    axes, deep = len(op.block), isinstance(op, SpaceToDepth)
    channels = x[1] if deep else output[1]
    c = reader.bind("c", channels)
    outer = [reader.bind(*pair) for pair in zip(numbered("o", axes), output[2:] if deep else x[2:], strict=True)]
    inner = [reader.bind(*pair) for pair in zip(numbered("k", axes), op.block, strict=True)]
    parts = [batch, c, *outer, *inner]
    if deep:
        return (batch, op.joined(row_major(inner, op.block), c, channels), *outer), parts
    return (batch, c, *(b * o + k for b, o, k in zip(op.block, outer, inner, strict=True))), parts


def _copies(op: Tile, x: Shape, reader: Symbolic) -> tuple[tuple[Expr, ...], list[Expr]]:
    names = ["n", "c", *numbered("o", len(x) - 2)]
    own = [reader.bind(*pair) for pair in zip(names, x, strict=False)]
    copies = [reader.bind("k", r) for r in op.repeats]
    return tuple(n * k + i for n, k, i in zip(x, copies, own, strict=True)), [*own, *copies]
