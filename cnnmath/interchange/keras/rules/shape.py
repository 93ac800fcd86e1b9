"""Layers that move numbers, repeat them, add a border or cut one off."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any

from cnnmath.interchange.keras.build import Builder, Value
from cnnmath.interchange.keras.rules.settings import Settings, channels_ahead, pairs, per_axis
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops import Expand, LinearUpsample, Pad, Slice, Upsample


def flatten(b: Builder, c: Settings, x: Value) -> Value:
    """All numbers of a sample in one row, the channels fastest, whatever the format of the data."""
    rank = len(x.shape)
    if c.get("data_format") == "channels_first" and rank > 2:
        x = x.moved((0, *range(2, rank), 1))
    return b.reshape(x, (x.shape[0], prod(x.shape[1:])))


def reshape(b: Builder, c: Settings, x: Value) -> Value:
    """The numbers as Keras sees them, in row-major order in another shape."""
    target = list(c["target_shape"])
    if -1 in target:
        target[target.index(-1)] = prod(x.shape[1:]) // -prod(target)
    return b.reshape(x, (x.shape[0], *target))


def permute(b: Builder, c: Settings, x: Value) -> Value:
    """Axes in another order, the samples not counted."""
    return replace(x.moved((0, *c["dims"])), origin=b.path)


def repeat_vector(b: Builder, c: Settings, x: Value) -> Value:
    """A row, several times one below the other."""
    y = b.reshape(x, (x.shape[0], 1, x.shape[1]))
    return b.apply(Expand((c["n"], 1)), y, order=(0, 1, 2))


def zero_padding(b: Builder, c: Settings, x: Value) -> Value:
    """Zeros around."""
    return b.apply(Pad(pairs(c["padding"], len(x.shape) - 2)), x, order=channels_ahead(b, c, x))


def cropping(b: Builder, c: Settings, x: Value) -> Value:
    """What lies at the border left out."""
    cut = pairs(c["cropping"], len(x.shape) - 2)
    op = Slice((0, 0, *(before for before, _ in cut)), (None, None, *(-after or None for _, after in cut)))
    return b.apply(op, x, order=channels_ahead(b, c, x))


def up_sampling(b: Builder, c: Settings, x: Value) -> Value:
    """Larger by a whole factor: each number repeated, or linear between them."""
    how: Any = {"nearest": Upsample, "bilinear": LinearUpsample}.get(c.get("interpolation", "nearest"))
    if how is None:
        raise UnclaimedError(f"its interpolation is '{c['interpolation']}'")
    return b.apply(how(per_axis(c["size"], len(x.shape) - 2)), x, order=channels_ahead(b, c, x))


RULES = {
    "Flatten": flatten,
    "Reshape": reshape,
    "Permute": permute,
    "RepeatVector": repeat_vector,
    **{f"ZeroPadding{d}D": zero_padding for d in (1, 2, 3)},
    **{f"Cropping{d}D": cropping for d in (1, 2, 3)},
    **{f"UpSampling{d}D": up_sampling for d in (1, 2, 3)},
}
