"""The letters of an operator: its sizes, indices and windows as symbols, and the instances that go with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Self

import sympy as sp

from cnnmath.ops import Conv, ConvTranspose, Operator, Pad, Tile, operands
from cnnmath.ops.algebra import Shape
from cnnmath.ops.blocks import Blocks
from cnnmath.ops.border import BorderPad
from cnnmath.ops.notation import describe
from cnnmath.ops.upsample import Enlargement
from cnnmath.symbolic.instance import Array, Instance
from cnnmath.symbolic.oracle import instances
from cnnmath.symbolic.reader import numbered
from cnnmath.symbolic.remark import Remark, remark
from cnnmath.symbolic.setting import symbolic
from cnnmath.symbolic.terms import Expr, Range, index, size
from cnnmath.window import Window


@dataclass(frozen=True, slots=True)
class Letters:
    """What an operator's formulas are written with.

    Attributes
    ----------
    op
        The operator with symbols for its widths, as it was given otherwise.
    padded
        The same, with numbers or letters for padding that has a name.
    inputs
        Symbolic shapes of the inputs.
    shapes
        Symbolic shapes of the operands and of the output y, by name.
    definitions
        What the names of sizes stand for.

    Examples
    --------
    >>> from cnnmath.ops import Conv
    >>> conv = Letters.of(Conv(1, (3,), stride=2))
    >>> conv.shapes["y"], conv.definitions, conv.axes("o", conv.outputs)
    ((N, F, O), {O: floor(L/2 - 3/2) + 1}, ((o, O),))
    """

    op: Operator
    padded: Operator
    inputs: tuple[Shape, ...]
    shapes: Mapping[str, Shape]
    definitions: Mapping[sp.Symbol, Expr]

    @classmethod
    @lru_cache(maxsize=256)  # every target of an operator asks for its letters again
    def of(cls, op: Operator, rank: int = 2) -> Self:
        """Letters of an operator, whose window may be symbols; the rank is for one that takes any."""
        op, shapes = symbolic(op, rank)
        declared = operands(op, *shapes)
        padded, padding = _named_padding(op, *shapes)
        output, outputs = _named_outputs(op, *shapes)
        return cls(op, padded, shapes, {**declared, "y": output}, padding | outputs)

    @property
    def setting(self) -> str:
        """The operator, its symbols as text formulas write them: K1, not K_1."""
        return re.sub(r"\b([A-Za-z])_(\w)\b", r"\1\2", describe(self.op))

    @property
    def assumptions(self) -> tuple[Remark, ...]:
        """Shapes of the arrays, and what the names of sizes stand for."""
        pairs = (part for name, shape in self.shapes.items() for part in (sp.Symbol(name), sp.Tuple(*shape)))
        listed = remark(", ".join("{} {}" for _ in self.shapes), *pairs)
        return (listed, *(remark("{}", sp.Eq(*pair, evaluate=False)) for pair in self.definitions.items()))

    @property
    def groups(self) -> int:
        """Groups of a convolution; 1 of anything else."""
        return self.op.groups if isinstance(self.op, (Conv, ConvTranspose)) else 1

    @property
    def operands(self) -> dict[str, Shape]:
        """Symbolic shapes of what the operator reads."""
        return {name: shape for name, shape in self.shapes.items() if name != "y"}

    @property
    def sizes(self) -> Shape:
        """Spatial sizes of the input."""
        return tuple(self.inputs[0][2:])

    @property
    def outputs(self) -> Shape:
        """Spatial sizes of the output."""
        return tuple(self.shapes["y"][2:])

    @property
    def windows(self) -> tuple[Window, ...]:
        """One window an axis."""
        return tuple(self.padded.windows(self.sizes) or ())

    def axes(self, name: str, extents: Sequence[Expr]) -> tuple[Range, ...]:
        """An index an axis, each with its extent: ``o``, or ``o_1`` and ``o_2``."""
        letters = map(index, numbered(name, len(extents)))
        return tuple(zip(letters, extents, strict=True))

    def instances(self, more: Callable[[Instance], Mapping[str, Array]] | None = None) -> tuple[Instance, ...]:
        """Small instances with what the exact readers say of them, and with arrays that are made from an instance."""
        own = instances(self.op, self.inputs, tuple(self.definitions.items()))
        return own if more is None else tuple(replace(i, arrays={**i.arrays, **more(i)}) for i in own)


def _named_padding(op: Operator, *inputs: Shape) -> tuple[Operator, dict[sp.Symbol, Expr]]:
    """The operator with names p before and q after for padding that depends on the size, and what they stand for."""
    if not str(getattr(op, "padding", "")).startswith("same"):
        return op, {}
    windows = op.windows(inputs[0][2:]) or ()
    if all(isinstance(n, (int, sp.Integer)) for w in windows for n in (w.before, w.after)):
        return replace(op, padding=tuple((int(w.before), int(w.after)) for w in windows)), {}
    pairs = [
        (index(p), index(q)) for p, q in zip(numbered("p", len(windows)), numbered("q", len(windows)), strict=True)
    ]
    meanings = {p: w.before for (p, _), w in zip(pairs, windows, strict=True)}
    meanings |= {q: w.after for (_, q), w in zip(pairs, windows, strict=True)}
    return replace(op, padding=tuple(pairs)), meanings


def _named_outputs(op: Operator, *inputs: Shape) -> tuple[Shape, dict[sp.Symbol, Expr]]:
    """Shape of the output, its long spatial sizes under names of their own, and what these names stand for.

    Those of a padded or upsampled input are short enough.
    """
    output = op.shape(*inputs)
    first, sizes = output[: len(op.indices)], list(output[len(op.indices) :])
    names, definitions = numbered("O", len(sizes)), {}
    for i, (name, extent) in enumerate(zip(names, sizes, strict=True)):
        if (
            isinstance(extent, sp.Basic)
            and not extent.is_Atom
            and not isinstance(op, (Pad, BorderPad, Enlargement, Blocks, Tile))
        ):
            sizes[i] = size(name)
            definitions[sizes[i]] = extent
    return (*first, *sizes), definitions
