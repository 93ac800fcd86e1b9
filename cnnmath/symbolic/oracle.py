"""What the exact readers say of an operator on small settings: the other side of every equation of its derivation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from fractions import Fraction
from functools import cache, lru_cache
from math import prod
from random import Random
from typing import Any

import sympy as sp

from cnnmath.errors import CnnmathError, SettingError
from cnnmath.ops import BatchNorm, Conv, ConvTranspose, GroupNorm, InstanceNorm, LayerNorm, Operator, Reduce, operands
from cnnmath.ops.algebra import Shape
from cnnmath.ops.pool import Pool
from cnnmath.ops.reduced import reduced
from cnnmath.readers import Tensor, exact, gradient
from cnnmath.symbolic.binding import bind, symbols_in
from cnnmath.symbolic.instance import Array, Instance, Lazy, Place, drawn, labelled, plain
from cnnmath.symbolic.marking import named
from cnnmath.symbolic.terms import Expr

POSITIVE = ("var", "weights")
"""Operands of which no number is negative or 0: a square root is taken of them, or a mean divides by their sum."""

TOUCHED = 24
"""At most so many outputs of an instance have a gradient from above; it is zero at the others."""

NUMBERS = {"K": (3, 2, 2), "s": (2, 3, 1), "d": (1, 2, 3), "p": (0, 1, 2), "Q": (2, 3, 4), "G": (2, 3, 1)}
"""Numbers that stand in for symbolic kernels, strides, dilations, paddings, pieces and groups, exchanged by axis."""


@lru_cache(maxsize=64)
def instances(
    op: Operator, inputs: tuple[Shape, ...], definitions: tuple[tuple[sp.Symbol, Expr], ...]
) -> tuple[Instance, ...]:
    """Small instances: two full ones, one channel at every telling size for three windows, and a tiny one.

    Where the window is no symbol, it is the only one. The tiny instance has a batch of one: a worked example shows it.

    Parameters
    ----------
    op, inputs
        The operator and the shapes of its inputs, with symbols.
    definitions
        What the names of sizes stand for.
    """
    symbols = sorted({s for f in fields(op) for s in symbols_in(getattr(op, f.name)) if str(s)[0] in NUMBERS}, key=str)
    found: dict[tuple[Operator, tuple[Shape, ...]], Instance] = {}

    def add(small: Operator, shapes: tuple[Shape, ...], *, nonzero: bool = False) -> None:
        meant = bind(op, inputs, dict(definitions), small, shapes)
        found.setdefault((small, shapes), Instance(meant, oracle(small, shapes, nonzero=nonzero)))

    turns = range(3 if symbols else 1)
    windows = [
        {s: NUMBERS[str(s)[0]][(turn + int(str(s).partition("_")[2] or 0)) % 3] for s in symbols} for turn in turns
    ]
    tellings = [_telling(_bound(op, window), inputs) for window in windows]
    for telling in tellings:
        _check_effort(*telling[0])
    full = [tellings[0][0], tellings[1 if symbols else 0][1]]
    for small, shapes in full if _effort(*full[0]) <= FEW else ():
        add(small, shapes)
    narrow = [pair for telling in tellings for pair in telling]
    for small, shapes in narrow:
        add(*_narrow(small, shapes, batch=2))
    add(*_narrow(*min(narrow, key=lambda pair: _effort(*pair)), batch=1), nonzero=True)
    return tuple(found.values())


FEW, MOST = 20_000, 400_000
"""Taps read in one channel: above the first, instances have one channel only; above the second, there are none."""


def _effort(op: Operator, shapes: tuple[Shape, ...]) -> int:
    """About how many taps all outputs of a channel read."""
    return prod(getattr(op, "kernel", ())) * prod(op.shape(*shapes)[2:])


def _check_effort(op: Operator, shapes: tuple[Shape, ...]) -> None:
    if _effort(op, shapes) > MOST:
        raise SettingError(
            "the window is too large to check a derivation with.",
            here=f"{prod(op.kernel):,} taps, {_effort(op, shapes):,} of them read even at the smallest telling size",
            rule=f"at most {MOST:,}",
            fix="leave the kernel a symbol: what is derived then holds for every window",
        )


def _telling(op: Operator, inputs: tuple[Shape, ...]) -> list[tuple[Operator, tuple[Shape, ...]]]:
    """Both telling sizes; of a sliding window, also those up to a whole period further, for every rest there is."""
    both = [reduced(op, len(inputs[0]) - 2, exact=exact) for exact in (False, True)]
    telling = [(small, tuple(shapes[: len(inputs)])) for small, shapes in both]
    small, (first, *_) = telling[-1]
    if isinstance(small, (Conv, Pool)) and not isinstance(small.padding, str):
        n, c, *sizes = first
        strides = [w.stride for w in small.windows(tuple(sizes))]
        for more in range(1, min(max(strides, default=1), LONGEST)):
            longer = [size + more % stride for size, stride in zip(sizes, strides, strict=True)]
            telling.append((small, ((n, c, *longer),)))
    return telling


LONGEST = 4
"""At most so many lengths of a period are tried."""


def _narrow(op: Operator, shapes: tuple[Shape, ...], batch: int) -> tuple[Operator, tuple[Shape, ...]]:
    """The same at a small batch, and with one channel a group where that is free."""
    if isinstance(op, (Conv, ConvTranspose)):
        ((_, _, *sizes),) = shapes
        return replace(op, filters=op.groups), ((batch, op.groups, *sizes),)
    whole = isinstance(op, (BatchNorm, LayerNorm)) and op.windows(()) is None
    if whole or isinstance(op, (Pool, InstanceNorm)):
        return op, tuple((batch, 1, *sizes) for _, _, *sizes in shapes)
    if isinstance(op, GroupNorm):
        return op, tuple((batch, op.groups, *sizes) for _, _, *sizes in shapes)
    if isinstance(op, Reduce) and op.how == "product":
        return op, shapes
    small = tuple((batch, *rest) for _, *rest in shapes)
    return op, small if _takes(op, small) else shapes


def _takes(op: Operator, shapes: tuple[Shape, ...]) -> bool:
    """Whether an operator takes a batch so small; one that reaches along the batch may not."""
    try:
        op.shape(*shapes)
    except CnnmathError:
        return False
    return True


def oracle(op: Operator, shapes: Sequence[Shape], *, nonzero: bool = False) -> dict[str, Array]:
    """Small integers for an operator's operands and for ``dL/dy``, and all that the exact readers say follows.

    Where none shall be zero, each that is becomes 2.

    The arrays are the operands, ``y``, ``dL/dy``, and for each operand x ``dL/dx`` and ``dy/dx``. What the readers say
    is read when it is asked for.
    """
    draw = Random(0)
    levels = op.levels(*shapes)
    tensors = {
        name: labelled(shape, draw, levels[name])
        if name in levels
        else drawn(shape, draw, low=1 if name in (*POSITIVE, *op.positive) else -3)
        for name, shape in operands(op, *shapes).items()
    }
    output = op.shape(*shapes)
    dy = drawn(output, draw)
    for i in draw.sample(range(len(dy.values)), max(0, len(dy.values) - TOUCHED)):
        dy.values[i] *= 0
    if nonzero or len(dy.values) == 1:
        for tensor in (*(t for name, t in tensors.items() if name not in levels and nonzero), dy):
            tensor.values[:] = [value or Fraction(2) for value in tensor.values]
    return {**tensors, "dL/dy": dy, **told(op, output, tensors, dy)}


def told(op: Operator, output: Shape, tensors: dict[str, Tensor], dy: Tensor) -> dict[str, Array]:
    """What the readers say of an operator on given numbers: the output, its Jacobians, and the gradients."""
    rows = cache(lambda above: gradient.partials(op, above, tensors))
    gradients = cache(lambda: gradient.backward(op, dy, tensors))

    def jacobian(name: str) -> Lazy:
        return Lazy(
            (*output, *tensors[name].shape),
            lambda at: plain(rows(at[: len(output)]).get((name, at[len(output) :]), 0)),
        )

    def total(name: str) -> Lazy:
        return Lazy(tensors[name].shape, lambda at: gradients()[name][at])

    def value(at: Place) -> Any:
        return exact.evaluate(op, at, *tensors.values())

    return {
        "y": Lazy(tuple(output), value),
        **{f"dy/d{name}": jacobian(name) for name in tensors},
        **{f"dL/d{name}": total(name) for name in tensors},
        **named(op, output, tensors, dy),
    }


def _bound(op: Operator, values: Mapping[sp.Symbol, int]) -> Operator:
    """The operator with numbers for the symbols of its window."""

    def number(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(map(number, value))
        return values.get(value, value) if isinstance(value, sp.Symbol) else value

    return replace(op, **{f.name: number(getattr(op, f.name)) for f in fields(op)})
