"""Mistakes of a convolution's gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from cnnmath.numeric.kernels import KERNELS
from cnnmath.numeric.windows import Array, Slices, tap_slices
from cnnmath.ops import Conv
from cnnmath.ops.algebra import Shape
from cnnmath.verify.mistakes.convolution import BLOCK, axes_exchanged, filters_exchanged, flipped
from cnnmath.verify.mistakes.mistake import Mistake, Shows, spoils, wrong_gradients
from cnnmath.verify.mistakes.reading import meetings, rearranged, rests, sees, shared

Gradient = Callable[..., Array]


def dx_of(op: Any, dy: Array, x: Array, w: Array, *_: Array) -> Array:
    """The right gradient of the input."""
    return KERNELS[Conv].backward(replace(op, bias=False), dy, x, w)["x"]


def dw_of(op: Any, dy: Array, x: Array, w: Array, *_: Array) -> Array:
    """The right gradient of the filters."""
    return KERNELS[Conv].backward(replace(op, bias=False), dy, x, w)["w"]


def read_part(op: Any, dy: Array, x: Array, w: Array, *_: Array) -> Array:
    """Gradient of the input without what the stride leaves unread."""
    ends = [max(n - r, 0) for n, r in zip(x.shape[2:], rests(op, x.shape), strict=True)]
    return dx_of(op, dy, x, w)[:, :, *map(slice, ends)]


def uncut(op: Any, dy: Array, x: Array, w: Array, *_: Array) -> Array:
    """Gradient of the input with the padding around it."""
    around = [(0, 0), (0, 0), *((a.before, a.after) for a in op.windows(x.shape[2:]))]
    return dx_of(replace(op, padding=0), dy, np.pad(x, around), w)


def read_part_at_the_end(op: Any, dy: Array, x: Array, w: Array, *_: Array) -> Array:
    """The same, filled up to the shape of the input on the wrong side."""
    part = read_part(op, dy, x, w)
    whole = np.zeros(x.shape, part.dtype)
    whole[:, :, *(slice(n - m, n) for n, m in zip(x.shape[2:], part.shape[2:], strict=True))] = part
    return whole


def scattered(op: Any, dy: Array, x: Array, w: Array, store: Callable[[Array, Slices, Array], None]) -> Array:
    """The input's gradient a tap at a time, stored by ``store(dx, where, what)``."""
    dx = np.zeros(x.shape, np.result_type(dy, w))
    for k, outputs, inputs in tap_slices(op.windows(x.shape[2:]), x.shape[2:]):
        filters, some = np.zeros_like(w), np.zeros_like(dy)
        filters[:, :, *k] = w[:, :, *k]
        some[:, :, *outputs] = dy[:, :, *outputs]
        store(dx, (slice(None), slice(None), *inputs), dx_of(op, some, x, filters)[:, :, *inputs])
    return dx


def overwrite(dx: Array, where: Slices, what: Array) -> None:
    """Stored where it should be added."""
    dx[where] = what


def packed(dx: Array, where: Slices, what: Array) -> None:
    """Added side by side, as if the stride were 1."""
    batch, channels, *inputs = where
    near = tuple(slice(s.start, s.start + n) for s, n in zip(inputs, what.shape[2:], strict=True))
    dx[batch, channels, *near] += what


def losing_pairs(op: Any, dy: Array, x: Array, w: Array, *_: Array) -> Array:
    """With dilation: of two taps that add to one input at the same time, the second stores over the first."""
    if max(op.dilation) == 1:
        return dx_of(op, dy, x, w)
    before, turns = np.zeros(x.shape, np.result_type(dy, w)), iter(range(x.size * w.size + 1))

    def race(dx: Array, where: Slices, what: Array) -> None:
        if next(turns) % 2 == 0:
            before[...] = dx
        dx[where] = before[where] + what

    return scattered(op, dy, x, w, race)


def quarter_turned(op: Any, w: Array) -> Array:
    """Filters that come out turned by a quarter where they should be by a half, if the kernel is not square."""
    if w.ndim < 4 or len(set(op.kernel)) == 1:
        return w
    return flipped(op, np.rot90(w, 1, (2, w.ndim - 1)).reshape(w.shape))


def flipped_unless_two_axes(op: Any, w: Array) -> Array:
    """Filters turned round by a formula for two axes."""
    return w if w.ndim == 4 else flipped(op, w)


def exchanged_in_groups(op: Any, w: Array) -> Array:
    """Filters and channels of each group exchanged."""
    parts = w.reshape(op.groups, op.filters // op.groups, *w.shape[1:])
    return parts.swapaxes(1, 2).reshape(w.shape) if op.groups > 1 else w


def axes_exchanged_unless_square(op: Any, w: Array) -> Array:
    """Spatial axes exchanged, where the kernel has unequal ones."""
    return axes_exchanged(op, w) if len(set(op.kernel)) > 1 else w


def whole_channels(op: Any, dy: Array, x: Array, w: Array, *_: Array) -> Array:
    """The filters' gradient as without groups, and of it as many channels as a group has."""
    wide = np.zeros((len(w), x.shape[1], *w.shape[2:]), w.dtype)
    return dw_of(replace(op, groups=1), dy, x, wide)[:, : w.shape[1]]


def blocks_of_eight(op: Any, dy: Array, x: Array, w: Array, *_: Array) -> Array:
    """Channels of a depthwise convolution in blocks of 8: all blocks behind the first take its results."""
    dw = dw_of(op, dy, x, w)
    return dw[np.arange(len(dw)) % BLOCK] if op.groups == x.shape[1] == len(dw) else dw


def counted_from_the_end(op: Any, dy: Array, x: Array, w: Array, *_: Array) -> Array:
    """A depthwise filter's gradient from a slice that begins by the rest too late."""
    late = [-r for r in rests(op, x.shape)] if op.groups == x.shape[1] else [0] * (x.ndim - 2)
    return dw_of(op, dy, np.roll(x, late, tuple(range(2, x.ndim))), w)


def accumulated_flipped(op: Any, dy: Array, x: Array, w: Array, *_: Array) -> Array:
    """Added up over the batch: the first sample as it is, all others flipped."""
    first = dw_of(op, dy[:1], x[:1], w)
    return first + flipped(op, dw_of(op, dy[1:], x[1:], w)) if len(x) > 1 else first


def _of_dx() -> Iterator[Mistake]:
    def made(name: str, says: str, change: Gradient, shows: Shows, *corpus: str) -> Mistake:
        return Mistake(name, Conv, says, spoils("x"), wrong_gradients(Conv, x=change), shows, corpus)

    def of_filters(name: str, says: str, change: Callable[[Any, Array], Array], *corpus: str) -> Mistake:
        wrong = lambda op, dy, x, w, *_: dx_of(op, dy, x, change(op, w))
        return made(name, says, wrong, rearranged(change), *corpus)

    yield of_filters("dx-of-the-flipped-kernel", "dx were computed with the kernel not turned round", flipped)
    yield of_filters("dx-turned-by-a-quarter", "the kernel were turned by a quarter, not a half", quarter_turned, "B05")
    yield of_filters("dx-turned-on-two-axes-alone", "dx were right on two axes alone", flipped_unless_two_axes, "B10")
    yield of_filters("dx-with-filters-and-channels-exchanged", "w were transposed wrongly", filters_exchanged)
    yield of_filters(
        "dx-transposed-in-groups", "filters and channels of each group were exchanged", exchanged_in_groups, "B16"
    )
    yield made("dx-shifted-by-the-rest", "what the stride leaves unread lay ahead of the input, not behind it",
               read_part_at_the_end, _with_a_rest, "B01")  # fmt: skip
    yield made("dx-without-the-rest", "the input ended where the last window does", read_part,
               lambda op, inputs: any(rests(op, inputs[0])), "B02")  # fmt: skip
    yield made("dx-with-its-padding", "dx were not cut to the input, but kept the padding around it", uncut,
               lambda op, inputs: any(w.before or w.after for w in op.windows(inputs[0][2:])))  # fmt: skip
    yield made("stride-missing-in-dx", "dy were spread with stride 1", _dx_stored_by(packed), _packing_shows, "B12")
    yield made("dx-overlaps-overwritten", "what several windows give to an input were stored, not added",
               _dx_stored_by(overwrite), lambda op, inputs: shared(meetings(op, inputs[0])), "B28")  # fmt: skip
    yield made("dx-additions-lost", "of two taps that add to an input at once, one were lost", losing_pairs,
               _losing_shows, "B27")  # fmt: skip


def _of_dw() -> Iterator[Mistake]:
    def made(name: str, says: str, change: Gradient, shows: Shows, *corpus: str) -> Mistake:
        return Mistake(name, Conv, says, spoils("w"), wrong_gradients(Conv, w=change), shows, corpus)

    yield made("dw-of-the-first-sample", "dw were that of the first sample alone",
               lambda op, dy, x, w, *_: dw_of(op, dy[:1], x[:1], w), _several_samples)  # fmt: skip
    yield made("dw-averaged-over-the-batch", "dw were averaged over the batch, not summed",
               lambda op, dy, x, w, *_: dw_of(op, dy, x, w) / len(x), _several_samples)  # fmt: skip
    yield made("dw-flipped", "dw were flipped", lambda op, *a: flipped(op, dw_of(op, *a)), rearranged(flipped))
    yield made("dw-axes-exchanged", "the first and the last axis of dw were exchanged",
               lambda op, *a: axes_exchanged_unless_square(op, dw_of(op, *a)),
               rearranged(axes_exchanged_unless_square), "B06")  # fmt: skip
    yield made("dw-flipped-behind-the-first-sample", "dw were flipped for all samples but the first",
               accumulated_flipped, rearranged(flipped, lambda _, x: x[0] > 1), "B17")  # fmt: skip
    yield made("dw-of-the-first-group", "dw were that of the channels of the first group", whole_channels,
               lambda op, inputs: op.groups > 1 and sees(op, inputs[0]), "B13")  # fmt: skip
    yield made("dw-of-the-first-eight-channels", "every block of 8 channels had the dw of the first block",
               blocks_of_eight, lambda op, inputs: _depthwise(op, inputs[0], BLOCK) and sees(op, inputs[0]),
               "B14")  # fmt: skip
    yield made("dw-counted-from-the-end", "the windows of x began by the unread rest too late", counted_from_the_end,
               lambda op, inputs: op.groups == inputs[0][1] and _late(op, inputs[0]), "B15")  # fmt: skip


def _of_db() -> Iterator[Mistake]:
    def made(name: str, says: str, change: Gradient, shows: Shows) -> Mistake:
        return Mistake(name, Conv, says, spoils("b"), wrong_gradients(Conv, b=change), shows)

    yield made("db-summed-over-the-batch-alone", "db were summed over the batch, but not over the positions",
               lambda _, dy, *__: dy.sum(axis=0), lambda op, _: op.bias)  # fmt: skip
    yield made("db-of-the-first-sample", "db were that of the first sample alone",
               lambda _, dy, *__: dy[0].sum(axis=_spatial(dy, 1)),
               lambda op, inputs: op.bias and inputs[0][0] > 1)  # fmt: skip
    yield made("db-averaged-over-the-batch", "db were averaged over the batch, not summed",
               lambda _, dy, *__: dy.sum(axis=(0, *_spatial(dy, 2))) / len(dy),
               lambda op, inputs: op.bias and inputs[0][0] > 1)  # fmt: skip
    yield made("db-averaged-over-positions", "db were averaged over the positions, not summed",
               lambda _, dy, *__: dy.sum(axis=(0, *_spatial(dy, 2))) / dy[0, 0].size,
               lambda op, inputs: op.bias and any(o > 1 for o in op.shape(*inputs)[2:]))  # fmt: skip


def _dx_stored_by(store: Callable[[Array, Slices, Array], None]) -> Gradient:
    return lambda op, dy, x, w, *_: scattered(op, dy, x, w, store)


def _spatial(dy: Array, first: int) -> tuple[int, ...]:
    return tuple(range(first, dy.ndim - 2 + first))


def _several_samples(op: Any, inputs: tuple[Shape, ...]) -> bool:
    return inputs[0][0] > 1 and sees(op, inputs[0])


def _with_a_rest(op: Any, inputs: tuple[Shape, ...]) -> bool:
    return any(rests(op, inputs[0])) and sees(op, inputs[0])


def _depthwise(op: Any, x: Shape, least: int) -> bool:
    return op.groups == x[1] == op.filters > least


def _late(op: Any, x: Shape) -> bool:
    return any(r % n for r, n in zip(rests(op, x), x[2:], strict=True)) and sees(op, x)


def _packing_shows(op: Any, inputs: tuple[Shape, ...]) -> bool:
    """Some tap meets two inputs, which stride 1 would bring together."""
    axes = zip(op.stride, meetings(op, inputs[0]), strict=True)
    return any(s > 1 and len({k for _, k, _ in axis}) < len(axis) for s, axis in axes)


def _losing_shows(op: Any, inputs: tuple[Shape, ...]) -> bool:
    """Of two taps in a row, the first has given to an input that the second gives to."""
    if max(op.dilation) == 1:
        return False
    marks = []
    for _, _, where in tap_slices(op.windows(inputs[0][2:]), inputs[0][2:]):
        mark = np.zeros(inputs[0][2:], bool)
        mark[where] = True
        marks.append(mark)
    return any((a & b).any() for a, b in zip(marks[::2], marks[1::2], strict=False))


MISTAKES = (*_of_dx(), *_of_dw(), *_of_db())
