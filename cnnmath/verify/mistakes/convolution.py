"""Mistakes of a convolution's output, and of its settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from cnnmath.numeric.kernels import KERNELS
from cnnmath.numeric.windows import Array
from cnnmath.ops import Conv
from cnnmath.ops.algebra import Shape
from cnnmath.verify.mistakes.mistake import Mistake, Shows, of_another, spoils, wrong_output
from cnnmath.verify.mistakes.reading import backward_rereads, rearranged, rereads, sees
from cnnmath.verify.mistakes.settings import AXES, window_mistakes

RIGHT = KERNELS[Conv]
BLOCK, CHUNK = 8, 4
"""Channels and samples that a kernel takes at a time."""


def flipped(_: Any, w: Array) -> Array:
    """The kernel turned round."""
    return np.flip(w, tuple(range(2, w.ndim)))


def flipped_on(axis: int) -> Callable[[Any, Array], Array]:
    """The kernel turned round on one axis of several."""
    return lambda _, w: np.flip(w, 2 + axis) if w.ndim > 3 and axis < w.ndim - 2 else w


def axes_exchanged(_: Any, w: Array) -> Array:
    """First and last spatial axis of the filters exchanged, in the shape that they have."""
    return w.swapaxes(2, w.ndim - 1).reshape(w.shape)


def filters_exchanged(_: Any, w: Array) -> Array:
    """Filters and channels exchanged, in the shape that they have."""
    return w.swapaxes(0, 1).reshape(w.shape)


def channels_last(_: Any, w: Array) -> Array:
    """The filters' numbers as they would lie with the channels behind the kernel."""
    return np.moveaxis(w.reshape(len(w), *w.shape[2:], w.shape[1]), -1, 1)


def filters_reversed(_: Any, w: Array) -> Array:
    """The last filter first."""
    return w[::-1]


def channels_reversed(_: Any, w: Array) -> Array:
    """BGR where RGB is meant."""
    return w[:, ::-1]


def one_group(op: Any, x: Array, w: Array, *b: Array) -> Array:
    """Every filter reads the channels of the first group."""
    return RIGHT.forward(replace(op, groups=1), x[:, : w.shape[1]], w, *b)


def interleaved_channels(op: Any, x: Array, w: Array, *b: Array) -> Array:
    """Group g reads the channels g, g + G, g + 2G, ..."""
    return RIGHT.forward(op, x[:, _interleaved(x.shape[1], op.groups)], w, *b)


def interleaved_filters(op: Any, x: Array, w: Array, *b: Array) -> Array:
    """Filter f belongs to the group f mod G."""
    order = np.argsort(_interleaved(op.filters, op.groups))
    return RIGHT.forward(replace(op, bias=False), x, w[np.argsort(order)], *())[:, order] + _column(b, x)


def _interleaved(count: int, groups: int) -> Array:
    return np.arange(count).reshape(count // groups, groups).T.ravel()


def _column(b: tuple[Array, ...], x: Array) -> Any:
    return b[0].reshape(-1, *(1,) * (x.ndim - 2)) if b else 0


def blocks_alone(op: Any, x: Array, w: Array, *b: Array) -> Array:
    """Channels in blocks of eight: of more than one block, what is left over is forgotten."""
    whole = w.copy()
    if w.shape[1] > BLOCK:
        whole[:, w.shape[1] - w.shape[1] % BLOCK :] = 0
    return RIGHT.forward(op, x, whole, *b)


def chunks_alone(op: Any, x: Array, w: Array, *b: Array) -> Array:
    """A batch in chunks of four samples: of more than one chunk, what is left over is forgotten."""
    y = RIGHT.forward(op, x, w, *b)
    if len(x) > CHUNK:
        y[len(x) - len(x) % CHUNK :] = 0
    return y


def bias_by_channel(op: Any, x: Array, w: Array, *b: Array) -> Array:
    """The bias inside the loop over the channels."""
    return RIGHT.forward(op, x, w, *(a * w.shape[1] for a in b))


def _of_settings() -> Iterator[Mistake]:
    yield from window_mistakes(Conv, "", ("y", "x", "w"))
    one, change = "the dilation were 1 in {}", lambda op, _: replace(op, dilation=1)
    for result, where in (("y", "the output alone"), ("x", "dx alone"), ("w", "dw alone")):
        name = f"dilation-ignored-in-{'' if result == 'y' else 'd'}{result}-alone"
        shows = rereads(change) if result == "y" else backward_rereads(change)
        yield Mistake(name, Conv, one.format(where), spoils(result), of_another(Conv, change, (result,)), shows)


def _of_filters() -> Iterator[Mistake]:
    def made(name: str, says: str, change: Callable[[Any, Array], Array], *corpus: str) -> Mistake:
        kernel = wrong_output(Conv, lambda op, x, w, *b: RIGHT.forward(op, x, change(op, w), *b))
        return Mistake(name, Conv, says, spoils("y"), kernel, rearranged(change), corpus)

    for a in AXES:
        yield made(f"flipped-kernel-on-axis-{a}", f"the kernel were flipped on axis {a}", flipped_on(a))
    yield made("flipped-kernel", "the kernel were flipped", flipped, "B30")
    yield made("kernel-axes-exchanged", "the first and the last axis of the kernel were exchanged", axes_exchanged)
    yield made("filters-and-channels-exchanged", "filters and channels of w were exchanged", filters_exchanged)
    yield made("filters-with-channels-last", "w were laid out with its channels behind the kernel", channels_last)
    yield made("filters-reversed", "the filters came in the opposite order", filters_reversed)
    yield made("channels-reversed", "the channels came in the opposite order, as BGR for RGB", channels_reversed)


def _of_output() -> Iterator[Mistake]:
    def made(name: str, says: str, forward: Callable[..., Array], shows: Shows, *corpus: str) -> Mistake:
        return Mistake(name, Conv, says, spoils("y"), wrong_output(Conv, forward), shows, corpus)

    yield made("groups-ignored", "every filter read the channels of the first group", one_group, _grouped)
    yield made(
        "channels-of-groups-interleaved", "group g read the channels g, g + G, g + 2G and so on", interleaved_channels,
        lambda op, inputs: _mixed(op, inputs[0][1], op.groups) and sees(op, inputs[0]),
    )  # fmt: skip
    yield made(
        "filters-of-groups-interleaved", "filter f belonged to the group f mod G", interleaved_filters,
        lambda op, inputs: _mixed(op, op.filters, op.groups) and sees(op, inputs[0]),
    )  # fmt: skip
    yield made(
        "channels-beyond-blocks-of-eight-forgotten", "the channels behind the last whole block of 8 were left out",
        blocks_alone, lambda op, inputs: _left_over(inputs[0][1] // op.groups, BLOCK) and sees(op, inputs[0]),
    )  # fmt: skip
    yield made(
        "samples-beyond-chunks-forgotten", "the samples behind the last whole chunk of 4 were left out", chunks_alone,
        lambda op, inputs: _left_over(inputs[0][0], CHUNK) and (op.bias or sees(op, inputs[0])), "B29",
    )  # fmt: skip
    yield made(
        "bias-left-out", "there were no bias", lambda op, x, w, *_: RIGHT.forward(op, x, w),
        lambda op, _: op.bias,
    )  # fmt: skip
    yield made(
        "bias-once-a-channel", "the bias were added once for every channel of the input", bias_by_channel,
        lambda op, inputs: op.bias and inputs[0][1] > op.groups,
    )  # fmt: skip


def _grouped(op: Any, inputs: tuple[Shape, ...]) -> bool:
    return op.groups > 1 and sees(op, inputs[0])


def _mixed(op: Any, count: int, groups: int) -> bool:
    return 1 < groups < count


def _left_over(count: int, block: int) -> bool:
    return count > block and count % block > 0


MISTAKES = (*_of_settings(), *_of_filters(), *_of_output())
