"""Symbolic settings: shapes in N, C, H, W, names of indices, and an output's position as a formula sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    Flatten,
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
    Upsample,
)
from cnnmath.ops.adaptive import AdaptivePool
from cnnmath.ops.algebra import Shape, check_class
from cnnmath.ops.blocks import Blocks
from cnnmath.ops.border import BorderPad
from cnnmath.ops.broadcast import Elementwise
from cnnmath.ops.notation import describe
from cnnmath.ops.pool import Pool
from cnnmath.ops.recurrent import Cell
from cnnmath.ops.reduced import reduced
from cnnmath.ops.resize import Resize
from cnnmath.ops.upsample import Enlargement
from cnnmath.symbolic.moved import Moved, moved_at
from cnnmath.symbolic.reader import Symbolic, numbered
from cnnmath.symbolic.terms import Expr, index, size
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
    return op, ((size("N"), size("C"), *spatial(rank)),)


@symbolic.register
def _(op: Conv | ConvTranspose, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:  # noqa: ARG001 - the kernel has a rank
    c, f = (size("C"), size("F")) if op.groups == 1 else (size("C_g"), size("F_g"))
    op = replace(op, filters=f * op.groups)
    return op, ((size("N"), c * op.groups, *spatial(len(op.kernel))),)


@symbolic.register
def _(op: Pool, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:  # noqa: ARG001
    return op, ((size("N"), size("C"), *spatial(len(op.kernel))),)


@symbolic.register
def _(op: Maxout, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:
    return op, ((size("N"), size("C") * op.pieces, *spatial(rank)),)


@symbolic.register
def _(op: GroupNorm, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:
    c = size("C") if op.groups == 1 else size("C_g")
    return op, ((size("N"), c * op.groups, *spatial(rank)),)


@symbolic.register
def _(op: AdaptivePool, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:  # noqa: ARG001
    return op, ((size("N"), size("C"), *spatial(len(op.outputs))),)


@symbolic.register
def _(op: Enlargement, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:  # noqa: ARG001
    return op, ((size("N"), size("C"), *spatial(len(op.scale))),)


@symbolic.register
def _(op: Resize, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:  # noqa: ARG001
    return op, ((size("N"), size("C"), *spatial(op.rank)),)


@symbolic.register
def _(op: Pad | BorderPad, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:  # noqa: ARG001
    return op, ((size("N"), size("C"), *spatial(len(op.padding))),)


@symbolic.register
def _(op: MaxUnpool, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:  # noqa: ARG001
    sizes = tuple(size(letter) for letter in numbered("O", len(op.outputs)))
    return replace(op, outputs=sizes), ((size("N"), size("C"), *spatial(len(sizes))),)


@symbolic.register
def _(op: Linear | RadialBasis, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:  # noqa: ARG001
    return replace(op, units=size("F")), ((size("N"), size("C")),)


@symbolic.register
def _(op: LinearLast, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:
    return replace(op, units=size("F")), ((size("N"), size("C"), *spatial(rank)),)


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
    return op, ((size("N"), size("C_g") * op.groups, *spatial(rank)),)


@symbolic.register
def _(op: Reduce, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:
    sizes = (size("N"), size("C"), *spatial(rank))
    if op.how != "product":
        return op, (sizes,)
    _, (numbers,) = reduced(op, rank)  # a product is written out
    along = op.along(sizes)
    return op, (tuple(numbers[axis] if axis in along else n for axis, n in enumerate(sizes)),)


@symbolic.register
def _(op: Add, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:
    return op, ((size("N"), size("C"), *spatial(rank)),) * 2


@symbolic.register
def _(op: Elementwise, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:
    return op, ((size("N"), size("C"), *spatial(rank)), (size("N"), size("C"), *(1,) * rank))


@symbolic.register
def _(op: MatMul, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:
    batch = (size("N"), size("C"), size("D"), size("E"))[:rank]
    return op, ((*batch, size("I"), size("K")), (*batch, size("K"), size("J")))


@symbolic.register
def _(op: Expand, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:
    rank = max(rank, len(op.sizes) - 1)  # the batch is not repeated
    axes = (size("N"), size("C"), *spatial(rank))
    sizes = (*(1,) * (len(axes) - len(op.sizes)), *op.sizes)
    return op, (tuple(n if length == 1 else 1 for n, length in zip(axes, sizes, strict=True)),)


@symbolic.register
def _(op: Concat, rank: int = 2) -> tuple[Operator, tuple[Shape, ...]]:
    x = _sizes(max(2 + rank, op.axis + 1))
    return op, tuple((*x[: op.axis], size(f"{x[op.axis]}_{i}"), *x[op.axis + 1 :]) for i in (1, 2))


def _sizes(rank: int) -> Shape:
    """Symbols of the sizes of an array of so many axes, batch and channels first."""
    return (size("N"), size("C"), *spatial(max(rank - 2, 0)))[:rank]


def spatial(rank: int) -> tuple[sp.Symbol, ...]:
    """Symbols of spatial sizes: L; H, W; D, H, W."""
    names = {1: ["L"], 2: ["H", "W"], 3: ["D", "H", "W"]}.get(rank, numbered("L", rank))
    return tuple(size(name) for name in names)


def symbols_in(setting: Any) -> set[sp.Symbol]:
    """Symbols in an operator's setting."""
    if isinstance(setting, tuple):
        return set().union(*map(symbols_in, setting))
    return setting.free_symbols if isinstance(setting, sp.Basic) else set()


def bind(
    op: Operator,
    inputs: Sequence[Shape],
    definitions: Mapping[sp.Symbol, Expr],
    concrete: Operator,
    shapes: Sequence[Shape],
) -> dict[sp.Symbol, int]:
    """What the symbols of an operator and its input shapes stand for in a concrete one of the same form."""
    values: dict[sp.Symbol, int] = {}

    def agree(form: Any, number: Any) -> None:
        if form != number:
            raise SettingError(
                "the operator has another setting than the derivation.",
                here=f"{describe(concrete)} against {describe(op)}",
                fix="derive the operator that is written out",
            )

    def match(form: Any, number: Any) -> None:
        if isinstance(form, tuple):
            for a, b in zip(form, number, strict=True):
                match(a, b)
        elif isinstance(form, sp.Basic) and not isinstance(number, str):
            times, symbol = (form.xreplace(values) if form.is_Mul else form).as_coeff_Mul()  # a width, or a multiple
            agree(values.setdefault(symbol, int(number) // int(times)) * int(times), number)
        elif form is not None and not isinstance(form, str):
            agree(form, number)

    for f in fields(op):
        match(getattr(op, f.name), getattr(concrete, f.name))
    match(tuple(inputs), tuple(shapes))
    for name, meaning in definitions.items():
        values[name] = int(meaning.xreplace(values))
    return values


def named_padding(op: Operator, *inputs: Shape) -> tuple[Operator, dict[sp.Symbol, Expr]]:
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


def output_sizes(op: Operator, *inputs: Shape) -> tuple[Shape, dict[sp.Symbol, Expr]]:
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


def output_at(
    op: Operator, output: Shape, declared: dict[str, Shape], reader: Symbolic
) -> tuple[tuple[Expr, ...], list[sp.Symbol]]:
    """Position of an output, and the indices it is made of.

    Channels of a grouped convolution are written ``F/G*g + f``, those of a group normalisation ``C/G*g + c``, positions
    in a flattened row ``(c*H + o)*W + ...``: a quotient or remainder of such an index is one of its parts. So are
    positions in an upsampled input, ``s*o + k``.
    """
    if isinstance(op, Flatten):
        names = ["n", "c", *numbered("o", len(declared["x"]) - 2)]
        batch, *parts = [reader.bind(*pair) for pair in zip(names, declared["x"], strict=True)]
        row: Expr = sp.S.Zero
        for part, extent in zip(parts, declared["x"][1:], strict=True):
            row = sp.expand(row * extent + part)
        return (batch, row), _symbols(batch, *parts)
    if isinstance(op, Moved):
        at, moved = moved_at(op, declared["x"], output, reader)
        return at, _symbols(*moved)
    if isinstance(op, Reduce) and not op.keep:
        (x,) = declared.values()
        names = ["n", "c", *numbered("o", len(x) - 2)]
        left = [name for axis, name in enumerate(names) if axis not in op.along(x)]
        at = tuple(reader.bind(*pair) for pair in zip(left, output, strict=True))
        return at, _symbols(*at)
    if len(op.indices) < 2:  # a loss has no channels
        names = [*op.indices, *numbered("o", len(output) - len(op.indices))]
        at = tuple(reader.bind(*pair) for pair in zip(names, output, strict=True))
        return at, _symbols(*at)
    n, c = op.indices
    if isinstance(op, Cell):
        groups = len(op.reads[1:])
    else:
        groups = op.groups if isinstance(op, (Conv, ConvTranspose, GroupNorm)) else 1
    batch, group = reader.bind(n, output[0]), reader.bind("g", groups)
    channel = reader.bind(c, output[1] // groups)
    scale = op.scale if isinstance(op, Upsample) else (1,) * (len(output) - 2)
    blocks = [extent // s for extent, s in zip(output[2:], scale, strict=True)]
    outer = [reader.bind(*pair) for pair in zip(numbered("o", len(blocks)), blocks, strict=True)]
    inner = [reader.bind(*pair) for pair in zip(numbered("k", len(blocks)), scale, strict=True)]
    rest = [s * o + k for s, o, k in zip(scale, outer, inner, strict=True)]
    at = (batch, group * (output[1] // groups) + channel, *rest)
    return at, _symbols(batch, group, channel, *outer, *inner)


def _symbols(*parts: Expr) -> list[sp.Symbol]:
    return [part for part in parts if isinstance(part, sp.Symbol)]


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
