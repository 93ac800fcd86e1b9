"""Mistakes of padding as an operator, of upsampling and of unpooling."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from cnnmath.numeric import Kernel
from cnnmath.numeric.kernels import KERNELS
from cnnmath.numeric.windows import Array
from cnnmath.ops import EdgePad, LinearUpsample, MaxUnpool, Operator, Pad, ReflectPad, Upsample, WrapPad
from cnnmath.ops.algebra import Shape
from cnnmath.verify.mistakes.mistake import (
    Change,
    Mistake,
    Shows,
    of_another,
    settled,
    spoils,
    with_setting,
    wrong_gradients,
    wrong_output,
)
from cnnmath.verify.mistakes.settings import AXES, swapped

UNPOOL = KERNELS[MaxUnpool]


def swapped_on(axis: int) -> Change:
    """Before and after exchanged on one axis of several."""

    def change(op: Any, _: Shape) -> Any:
        if axis >= len(op.padding) or len(op.padding) == 1:
            return op
        return replace(op, padding=(*op.padding[:axis], op.padding[axis][::-1], *op.padding[axis + 1 :]))

    return change


def symmetric(op: Any, x: Array) -> Array:
    """A mirror behind the border, as NumPy's mode of this name."""
    return np.pad(x, [(0, 0), (0, 0), *op.padding], mode="symmetric")


def middle_alone(op: Any, dy: Array, x: Array) -> Array:
    """The gradient without what the border was copied from."""
    return dy[:, :, *(slice(p, p + n) for (p, _), n in zip(op.padding, x.shape[2:], strict=True))].copy()


def last_written(op: Any, x: Array, switches: Array) -> Array:
    """Unpooling that keeps one of the numbers that meet, as PyTorch's."""
    y = np.zeros((*x.shape[:2], prod(op.outputs)), x.dtype)
    np.put_along_axis(y, switches.astype(int).reshape(*x.shape[:2], -1), x.reshape(*x.shape[:2], -1), 2)
    return y.reshape(op.shape(x.shape))


def down_the_columns(op: Any, switches: Array) -> Array:
    """Switches read in column-major order."""
    rows, columns = prod(op.outputs[:-1]), op.outputs[-1]
    places = switches.astype(int)
    return places % rows * columns + places // rows


def _other(change: Change) -> Shows:
    """Another setting that fits, and is not the same."""
    return lambda op, inputs: settled(change, op, inputs) != op


def _moves(change: Change) -> Shows:
    """Other padding shows unless it is of one number's copies alone, or a circle turns by its whole length."""

    def shows(op: Any, inputs: tuple[Shape, ...]) -> bool:
        pairs = zip(op.padding, settled(change, op, inputs).padding, inputs[0][2:], strict=True)
        if isinstance(op, WrapPad):
            return any((a[0] - b[0]) % n for a, b, n in pairs)
        return any(a != b and (n > 1 or not isinstance(op, EdgePad)) for a, b, n in pairs)

    return shows


def _of_padding() -> Iterator[Mistake]:
    kinds: tuple[tuple[type[Operator], str], ...] = (
        *((Pad, "pad"), (ReflectPad, "reflection"), (EdgePad, "edge"), (WrapPad, "wrap")),
    )
    for kind, prefix in kinds:
        for a in AXES:
            change, says = swapped_on(a), f"before and after were swapped on axis {a}"
            yield Mistake(f"{prefix}-sides-swapped-on-axis-{a}", kind, says, spoils("y", "x"),
                          of_another(kind, change), _moves(change))  # fmt: skip
        yield Mistake(f"{prefix}-sides-swapped", kind, "before and after were swapped on every axis", spoils("y", "x"),
                      of_another(kind, swapped), _moves(swapped))  # fmt: skip
    zero = with_setting(value=0)
    yield Mistake("pad-of-zero", Pad, "the constant were 0", spoils("y"), of_another(Pad, zero),
                  lambda op, inputs: op.value != 0 and op.shape(*inputs) != inputs[0])  # fmt: skip
    channels = lambda op, _: replace(op, channels=op.channels[::-1])
    yield Mistake("pad-channels-swapped", Pad, "channels before and after were swapped", spoils("y", "x"),
                  of_another(Pad, channels), _other(channels))  # fmt: skip
    yield Mistake("reflection-shows-the-border-twice", ReflectPad, "the border were mirrored too", spoils("y"),
                  wrong_output(ReflectPad, symmetric), _padded)  # fmt: skip
    for kind, prefix in kinds[1:]:
        yield Mistake(f"{prefix}-gradient-of-the-middle-alone", kind, "the border gave no gradient back", spoils("x"),
                      wrong_gradients(kind, x=middle_alone), _padded)  # fmt: skip


def _of_upsampling() -> Iterator[Mistake]:
    def made(name: str, says: str, results: tuple[str, ...], kernel: Kernel, shows: Shows) -> Mistake:
        return Mistake(f"upsample-{name}", Upsample, says, spoils(*results), kernel, shows)

    first = lambda op, _: replace(op, scale=(op.scale[0],) * len(op.scale))
    reversed_ = lambda op, _: replace(op, scale=op.scale[::-1])
    tiled: Callable[..., Array] = lambda op, x: np.tile(x, op.scale)
    enlarged = lambda op, _: prod(op.scale) > 1
    yield made("scale-of-the-first-axis", "the scale of the first axis were used for all axes", ("y", "x"),
               of_another(Upsample, first), _other(first))  # fmt: skip
    yield made("scales-reversed", "the scales came in the opposite order", ("y", "x"),
               of_another(Upsample, reversed_), _other(reversed_))  # fmt: skip
    yield made(
        "tiled",
        "the input were tiled, not each number repeated",
        ("y",),
        wrong_output(Upsample, tiled),
        lambda op, inputs: any(s > 1 and n > 1 for s, n in zip(op.scale, inputs[0][2:], strict=True)),
    )
    yield made("gradient-averaged", "the gradient of a block were averaged, not summed", ("x",),
               wrong_gradients(Upsample, x=lambda op, *a: KERNELS[Upsample].backward(op, *a)["x"] / prod(op.scale)),
               enlarged)  # fmt: skip
    yield made("gradient-of-the-first", "it were that of a block's first number", ("x",),
               wrong_gradients(Upsample, x=lambda op, dy, _: dy[:, :, *(slice(0, None, s) for s in op.scale)].copy()),
               enlarged)  # fmt: skip
    for name, says, aligned in (
        ("corners-always-aligned", "corners were aligned", True),
        ("corners-never-aligned", "corners were not aligned", False),
    ):
        change = with_setting(align_corners=aligned)
        yield Mistake(f"linear-{name}", LinearUpsample, says, spoils("y", "x"), of_another(LinearUpsample, change),
                      lambda op, inputs, aligned=aligned: op.align_corners != aligned and any(
                          s > 1 and n > 1 for s, n in zip(op.scale, inputs[0][2:], strict=True)))  # fmt: skip


def _of_unpooling() -> Iterator[Mistake]:
    yield Mistake(
        "unpooled-last-written", MaxUnpool, "of numbers that meet the last were kept, not their sum", spoils("y"),
        wrong_output(MaxUnpool, last_written), lambda _, inputs: prod(inputs[0][2:]) > 1,
    )  # fmt: skip
    yield Mistake(
        "unpooled-down-the-columns", MaxUnpool, "switches were counted down the columns", spoils("y", "x"),
        Kernel(lambda op, x, z: UNPOOL.forward(op, x, down_the_columns(op, z)),
               lambda op, dy, x, z: UNPOOL.backward(op, dy, x, down_the_columns(op, z))),
        lambda op, _: op.outputs[-1] > 1 < prod(op.outputs[:-1]),
    )  # fmt: skip


def _padded(op: Any, inputs: tuple[Shape, ...]) -> bool:
    return op.shape(*inputs) != inputs[0]


MISTAKES = (*_of_padding(), *_of_upsampling(), *_of_unpooling())
