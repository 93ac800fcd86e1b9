"""Mistakes of what moves numbers about: orders of axes, of channels and of numbers, gaps, and copies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import accumulate
from math import prod
from typing import Any

import numpy as np

from cnnmath.numeric import Kernel
from cnnmath.numeric.kernels import KERNELS
from cnnmath.numeric.windows import Array
from cnnmath.ops import (
    ChannelShuffle,
    Concat,
    DepthToSpace,
    Operator,
    Reshape,
    Select,
    Slice,
    SpaceToDepth,
    Tile,
    Transpose,
)
from cnnmath.ops.algebra import Shape
from cnnmath.verify.mistakes.mistake import Mistake, of_another, spoils, with_setting, wrong_gradients, wrong_output

CONCAT, SELECT, SHUFFLE, SLICE = (KERNELS[kind] for kind in (Concat, Select, ChannelShuffle, Slice))


def last_listed(op: Any, dy: Array, x: Array) -> Array:
    """The gradient of a place that is listed twice, written where it should be added."""
    dx = np.zeros(x.shape, dy.dtype)
    dx.swapaxes(0, op.axis)[list(op.places)] = dy.swapaxes(0, op.axis)
    return dx


def without_gaps(op: Any, dy: Array, x: Array) -> Array:
    """The gradient side by side, where a step should leave zeros between."""
    dx = np.zeros(x.shape, dy.dtype)
    places = []
    for axis, n in enumerate(x.shape):
        first, _, step = op.bounds(axis, n)
        places.append(first + np.sign(step) * np.arange(op.taken(axis, n)))
    dx[np.ix_(*places)] = dy
    return dx


def forwards(op: Any, x: Array) -> Array:
    """What is taken, in the order in which it stands, also where the step is negative."""
    backwards = tuple(axis for axis, step in enumerate(op.steps) if step < 0)
    return np.flip(SLICE.forward(op, x), backwards).copy()


def by_columns(a: Array, shape: Shape) -> Array:
    """The same numbers in column-major order."""
    return a.reshape(shape, order="F").copy()


def each_repeated(op: Any, x: Array) -> Array:
    """Every number repeated by itself, not the array."""
    for axis, r in enumerate(op.repeats):
        x = np.repeat(x, r, axis)
    return x


def down_the_columns(op: Any, x: Array) -> Array:
    """The places of a block counted along its last axis first."""
    turned = (0, 1, *range(x.ndim - 1, 1, -1))
    other = type(op)(op.block[::-1], op.order)
    return KERNELS[type(op)].forward(other, x.transpose(turned)).transpose(turned).copy()


def moves_otherwise(kernel: Kernel) -> Callable[[Operator, tuple[Shape, ...]], bool]:
    """Whether a kernel sends some number elsewhere than the right one, told by numbers of which all sums differ."""

    def shows(op: Operator, inputs: tuple[Shape, ...]) -> bool:
        starts = accumulate(map(prod, inputs), initial=0)
        right, xs = KERNELS[type(op)], [_telling(x, first) for x, first in zip(inputs, starts, strict=False)]
        dy = _telling(op.shape(*inputs))
        pairs = [(right.forward(op, *xs), kernel.forward(op, *xs))]
        gradients = kernel.backward(op, dy, *xs)
        pairs += [(dx, gradients[name]) for name, dx in right.backward(op, dy, *xs).items()]
        return any(a.shape != b.shape or bool((a != b).any()) for a, b in pairs)

    return shows


def _telling(shape: Shape, first: int = 0) -> Array:
    """Powers of two, as Python integers."""
    numbers = np.empty(prod(shape), object)
    numbers[:] = [1 << i for i in range(first, first + prod(shape))]
    return numbers.reshape(shape)


def _made(name: str, kind: type[Operator], says: str, results: tuple[str, ...], kernel: Kernel) -> Mistake:
    return Mistake(name, kind, says, spoils(*results), kernel, moves_otherwise(kernel))


def _of_choices() -> Iterator[Mistake]:
    ordered = lambda op, _: Select(tuple(sorted(op.places)), axis=op.axis)
    yield _made("channels-sorted", Select, "the channels came in their own order", ("y", "x"),
                of_another(Select, ordered))  # fmt: skip
    yield _made("channel-listed-twice-counts-once", Select, "a channel listed twice took the last place's gradient",
                ("x",), wrong_gradients(Select, x=last_listed))  # fmt: skip
    yield _made("inputs-reversed", Concat, "the inputs were joined in the opposite order", ("y",),
                wrong_output(Concat, lambda op, *xs: CONCAT.forward(op, *xs[::-1])))  # fmt: skip
    yield _made("slice-gradient-without-gaps", Slice, "the gradient were put side by side, without the zeros between",
                ("x",), wrong_gradients(Slice, x=without_gaps))  # fmt: skip
    yield _made("slice-always-forwards", Slice, "a negative step took the same numbers forwards", ("y",),
                wrong_output(Slice, forwards))  # fmt: skip
    yield _made("tile-repeats-each-number", Tile, "each number were repeated by itself, not the array", ("y",),
                wrong_output(Tile, each_repeated))  # fmt: skip
    yield _made("tile-gradient-of-the-first-copy", Tile, "it were the gradient of the first copy alone", ("x",),
                wrong_gradients(Tile, x=lambda op, dy, x: dy[tuple(map(slice, x.shape))].copy()))  # fmt: skip


def _of_orders() -> Iterator[Mistake]:
    inverse = lambda op, x: x.transpose(np.argsort(op.order)).reshape(op.shape(x.shape)).copy()
    same = lambda op, dy, x: dy.transpose(op.order).reshape(x.shape).copy()
    yield _made("transposed-by-the-inverse", Transpose, "axis i went to order[i], not order[i] to i", ("y",),
                wrong_output(Transpose, inverse))  # fmt: skip
    yield _made("transpose-gradient-of-the-same-order", Transpose, "the gradient went by the order, not by its inverse",
                ("x",), wrong_gradients(Transpose, x=same))  # fmt: skip
    yield _made("reshaped-by-columns", Reshape, "numbers were counted in column-major order", ("y", "x"),
                Kernel(lambda op, x: by_columns(x, op.shape(x.shape)),
                       lambda op, dy, x: {"x": by_columns(dy, x.shape)}))  # fmt: skip
    for kind, name in ((SpaceToDepth, "space-to-depth"), (DepthToSpace, "depth-to-space")):
        for order in ("DCR", "CRD"):
            yield _made(f"{name}-always-{order.lower()}", kind, f"the order were {order}", ("y", "x"),
                        of_another(kind, with_setting(order=order)))  # fmt: skip
        yield _made(f"{name}-down-the-columns", kind, "places in a block were counted down the columns", ("y",),
                    wrong_output(kind, down_the_columns))  # fmt: skip
    yield _made("shuffled-back", ChannelShuffle, "groups and channels of a group were exchanged", ("y",),
                wrong_output(ChannelShuffle, lambda op, x: SHUFFLE.backward(op, x, x)["x"]))  # fmt: skip
    yield _made("shuffle-gradient-shuffled-on", ChannelShuffle, "the gradient were shuffled again, not back", ("x",),
                wrong_gradients(ChannelShuffle, x=lambda op, dy, _: SHUFFLE.forward(op, dy)))  # fmt: skip


MISTAKES = (*_of_choices(), *_of_orders())
