"""Mistakes of a transposed convolution."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from cnnmath.numeric.kernels import KERNELS
from cnnmath.numeric.windows import Array
from cnnmath.ops import ConvTranspose
from cnnmath.ops.algebra import Shape
from cnnmath.verify.mistakes.convolution import axes_exchanged, filters_exchanged, flipped
from cnnmath.verify.mistakes.mistake import (
    Change,
    Mistake,
    of_another,
    resized,
    spoils,
    with_setting,
    wrong_gradients,
    wrong_output,
)
from cnnmath.verify.mistakes.reading import backward_rereads, reading, rearranged, rereads, sees
from cnnmath.verify.mistakes.settings import AXES, EXCHANGED, ends_exchanged, first_of, first_padding, one_on, swapped

RIGHT, ALL = KERNELS[ConvTranspose], ("y", "x", "w")


def extra_before(op: Any, _: Shape) -> Any:
    """Output padding at the front: as much less is cut off there, and as much more at the end."""
    moved = [(p - min(p, e), q + min(p, e)) for (p, q), e in zip(op.padding, op.output_padding, strict=True)]
    return replace(op, padding=tuple(moved))


def moved_by_the_extra(op: Any, x: Array, w: Array, *b: Array) -> Array:
    """The whole output later by its output padding: what is in front is empty."""
    y = RIGHT.forward(replace(op, bias=False), x, w)
    late = np.zeros_like(y)
    room = [min(e, n) for e, n in zip(op.output_padding, y.shape[2:], strict=True)]
    late[:, :, *(slice(e, None) for e in room)] = y[
        :, :, *(slice(n - e) for e, n in zip(room, y.shape[2:], strict=True))
    ]
    return late + (b[0].reshape(-1, *(1,) * (x.ndim - 2)) if b else 0)


def undilated(op: Any, x: Array, w: Array, *b: Array) -> Array:
    """A transposed convolution without its dilation, in the corner of the right shape."""
    if max(op.dilation) == 1:
        return RIGHT.forward(op, x, w, *b)
    bare = replace(op, dilation=1, padding=0, output_padding=0)
    return resized(RIGHT.forward(bare, x, w, *b), op.shape(x.shape))


def first_group(op: Any, x: Array, w: Array, *b: Array) -> Array:
    """Every group takes the filters of the first."""
    width = len(w) // op.groups
    return RIGHT.forward(op, x, np.concatenate([w[:width]] * op.groups), *b)


def _of_settings() -> Iterator[Mistake]:
    def made(name: str, says: str, change: Change) -> Mistake:
        kernel = of_another(ConvTranspose, change, ALL)
        return Mistake(f"transpose-{name}", ConvTranspose, says, spoils(*ALL), kernel, rereads(change))

    for a in AXES:
        yield made(f"cut-swapped-on-axis-{a}", f"what is cut off were swapped on axis {a}", _swapped_on(a))
    yield made("cut-swapped", "what is cut off before and after were swapped on every axis", swapped)
    yield made("nothing-cut-off", "nothing were cut off the output", with_setting(padding=0))
    yield made("cut-of-the-first-axis", "the padding of the first axis were used for all axes", first_padding)
    yield made("stride-of-the-first-axis", "the stride of the first axis were used for all axes", first_of("stride"))
    for a in AXES:
        yield made(f"dilation-ignored-on-axis-{a}", f"the dilation of axis {a} were 1", one_on("dilation", a))
    yield made("dilation-ignored-everywhere", "the dilation were 1", with_setting(dilation=1))
    for setting, says in EXCHANGED:
        yield made(f"{setting}-of-axes-exchanged", says, ends_exchanged(setting))
    yield made("output-padding-dropped", "there were no output padding", with_setting(output_padding=0))


def _of_output() -> Iterator[Mistake]:
    def made(name: str, says: str, change: Callable[[Any, Array], Array]) -> Mistake:
        kernel = wrong_output(ConvTranspose, lambda op, x, w, *b: RIGHT.forward(op, x, change(op, w), *b))
        return Mistake(f"transpose-{name}", ConvTranspose, says, spoils("y"), kernel, rearranged(change))

    yield made("with-a-flipped-kernel", "the kernel were flipped", flipped)
    yield made("with-kernel-axes-exchanged", "the first and the last axis of the kernel were exchanged", axes_exchanged)
    yield made("with-filters-and-channels-exchanged", "filters and channels of w were exchanged", filters_exchanged)
    yield Mistake(
        "transpose-dilation-ignored-in-the-corner", ConvTranspose,
        "the output were computed without dilation, and put into the corner of its shape", spoils("y"),
        wrong_output(ConvTranspose, undilated), _undilated_shows, ("B18",),
    )  # fmt: skip
    yield Mistake(
        "transpose-output-padding-before", ConvTranspose, "the output padding lay before the output", spoils("y"),
        wrong_output(ConvTranspose, moved_by_the_extra),
        lambda op, inputs: any(op.output_padding) and sees(op, inputs[0]),
    )  # fmt: skip
    yield Mistake(
        "transpose-output-padding-cut-before", ConvTranspose, "the output padding were given to the front of the cut",
        spoils(*ALL), of_another(ConvTranspose, extra_before, ALL), rereads(extra_before),
    )  # fmt: skip
    yield Mistake(
        "transpose-filters-of-the-first-group", ConvTranspose, "every group took the filters of the first", spoils("y"),
        wrong_output(ConvTranspose, first_group),
        lambda op, inputs: op.groups > 1 and sees(op, inputs[0]),
    )  # fmt: skip
    yield Mistake(
        "transpose-bias-left-out", ConvTranspose, "there were no bias", spoils("y"),
        wrong_output(ConvTranspose, lambda op, x, w, *_: RIGHT.forward(op, x, w)),
        lambda op, _: op.bias,
    )  # fmt: skip


def _of_gradients() -> Iterator[Mistake]:
    def flipped_dx(op: Any, dy: Array, x: Array, w: Array, *b: Array) -> Array:
        return RIGHT.backward(op, dy, x, flipped(op, w), *b)["x"]

    def flipped_dw(op: Any, *arrays: Array) -> Array:
        return flipped(op, RIGHT.backward(op, *arrays)["w"])

    yield Mistake("transpose-dx-of-the-flipped-kernel", ConvTranspose, "dx were computed with the kernel flipped",
                  spoils("x"), wrong_gradients(ConvTranspose, x=flipped_dx), rearranged(flipped))  # fmt: skip
    yield Mistake("transpose-dw-flipped", ConvTranspose, "dw were flipped", spoils("w"),
                  wrong_gradients(ConvTranspose, w=flipped_dw), rearranged(flipped))  # fmt: skip
    unstrided = with_setting(stride=1)
    yield Mistake("transpose-dx-without-stride", ConvTranspose, "dx were read with stride 1", spoils("x"),
                  of_another(ConvTranspose, unstrided, ("x",)), backward_rereads(unstrided))  # fmt: skip


def _swapped_on(axis: int) -> Change:
    def change(op: Any, _: Shape) -> Any:
        if axis >= len(op.kernel) or len(op.kernel) == 1:
            return op
        return replace(op, padding=(*op.padding[:axis], op.padding[axis][::-1], *op.padding[axis + 1 :]))

    return change


def _undilated_shows(op: Any, inputs: tuple[Shape, ...]) -> bool:
    if max(op.dilation) == 1:
        return False
    bare, outputs = replace(op, dilation=1, padding=0, output_padding=0), op.shape(*inputs)[2:]
    beyond = any(o > m for o, m in zip(outputs, bare.shape(*inputs)[2:], strict=True))
    return (op.bias and beyond) or reading(bare, inputs, outputs) != reading(op, inputs, outputs)


MISTAKES = (*_of_settings(), *_of_output(), *_of_gradients())
