"""Mistakes of poolings over bins and over everything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np

from cnnmath.numeric import Kernel
from cnnmath.numeric.adaptive import max_switches
from cnnmath.numeric.kernels import KERNELS
from cnnmath.numeric.windows import Array
from cnnmath.ops import AdaptiveAveragePool, AdaptiveMaxPool, GlobalAveragePool
from cnnmath.ops.algebra import Shape
from cnnmath.verify.mistakes.mistake import Mistake, spoils, wrong_gradients, wrong_output

Bins = list[tuple[int, int]]
"""First position of each bin of an axis, and the one behind its last."""


def right_bins(n: int, outputs: int) -> Bins:
    """From floor(o H/O) to ceil((o + 1) H/O)."""
    return [(o * n // outputs, -(-(o + 1) * n // outputs)) for o in range(outputs)]


def floored_bins(n: int, outputs: int) -> Bins:
    """Bins that end at floor((o + 1) H/O), but hold one position at least."""
    return [(a, max((o + 1) * n // outputs, a + 1)) for o, (a, _) in enumerate(right_bins(n, outputs))]


def equal_bins(n: int, outputs: int) -> Bins:
    """Bins of floor(H/O) positions side by side, as a pooling has them; the right ones where that is none."""
    k = n // outputs
    return [(o * k, o * k + k) for o in range(outputs)] if k else right_bins(n, outputs)


def mean_over(bins: Any) -> Any:
    """The mean over other bins."""

    def forward(op: Any, x: Array) -> Array:
        y = x
        for n, outputs in zip(x.shape[2:], op.outputs, strict=True):  # axis 2 goes, its bins come last
            y = np.stack([y[:, :, a:e].sum(axis=2) / (e - a) for a, e in bins(n, outputs)], axis=-1)
        return y

    return forward


def each_index_once(op: Any, dy: Array, x: Array) -> Array:
    """Maxima over bins whose gradients are stored by index, the last of equal indices alone."""
    dx = np.zeros((*x.shape[:2], prod(x.shape[2:])), dy.dtype)
    places, values = (a.reshape(*x.shape[:2], -1) for a in (max_switches(op, x), dy))
    for at in range(values.shape[2]):
        np.put_along_axis(dx, places[:, :, at : at + 1], values[:, :, at : at + 1], 2)
    return dx.reshape(x.shape)


def _differ(bins: Any, op: Any, inputs: tuple[Shape, ...]) -> bool:
    axes: Sequence[tuple[int, int]] = list(zip(inputs[0][2:], op.outputs, strict=True))
    return any(bins(*axis) != right_bins(*axis) for axis in axes)


def _overlap(op: Any, inputs: tuple[Shape, ...]) -> bool:
    axes = (right_bins(*axis) for axis in zip(inputs[0][2:], op.outputs, strict=True))
    return any(nxt[0] < this[1] for axis in axes for this, nxt in pairwise(axis))


def _made() -> Iterator[Mistake]:
    for name, says, bins, corpus in (
        ("bins-floored", "bins ended at floor((o + 1) H/O)", floored_bins, ("B19",)),
        ("bins-of-equal-length", "bins had floor(H/O) positions side by side", equal_bins, ()),
    ):
        yield Mistake(
            name, AdaptiveAveragePool, says, spoils("y"), wrong_output(AdaptiveAveragePool, mean_over(bins)),
            lambda op, inputs, bins=bins: _differ(bins, op, inputs), corpus,
        )  # fmt: skip
    yield Mistake(
        "bins-indices-stored-once", AdaptiveMaxPool, "a maximum of several bins took the last one's gradient alone",
        spoils("x"), wrong_gradients(AdaptiveMaxPool, x=each_index_once), _overlap, ("B26",),
    )  # fmt: skip
    right = KERNELS[GlobalAveragePool]
    yield Mistake(
        "global-sum-for-mean", GlobalAveragePool, "nothing were divided by", spoils("y", "x"),
        Kernel(lambda op, x: right.forward(op, x) * prod(x.shape[2:]),
               lambda op, dy, x: right.backward(op, dy * prod(x.shape[2:]), x)),
        lambda _, inputs: prod(inputs[0][2:]) > 1,
    )  # fmt: skip
    yield Mistake(
        "global-dx-not-divided", GlobalAveragePool, "dx were not divided by the number of positions", spoils("x"),
        wrong_gradients(GlobalAveragePool, x=lambda op, dy, x: right.backward(op, dy * prod(x.shape[2:]), x)["x"]),
        lambda _, inputs: prod(inputs[0][2:]) > 1,
    )  # fmt: skip


MISTAKES = tuple(_made())
