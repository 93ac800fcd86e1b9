"""First maxima: which tap of each window holds its maximum, the one writing that gradients and switches share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod
from typing import Any, TypeAlias

import numpy as np

from cnnmath.numeric.windows import Array

Tap: TypeAlias = tuple[tuple[Any, ...], tuple[Any, ...], Any]
"""Spatial indices of outputs and of what they read through one tap, and which of them have it."""


def first_maxima(x: Array, y: Array, taps: Iterable[Tap]) -> Iterator[Tap]:
    """For each tap the outputs, what they read, and where that is the first, in row-major order, to be their maximum.

    Of windows that hold NaN it is the first NaN.

    Parameters
    ----------
    x, y
        The input and the maxima of its windows.
    taps
        All taps, in row-major order.
    """
    pending = np.ones(y.shape, bool)  # (N, C, O...)
    for outputs, inputs, there in taps:
        here, seen = (slice(None), slice(None), *outputs), x[:, :, *inputs]
        won = pending[here] & there & ((seen == y[here]) | (seen != seen))
        yield outputs, inputs, won
        pending[here] &= ~won


def positions(x: Array, y: Array, taps: Iterable[Tap]) -> Array:
    """Where the first maximum of each window is, counted in row-major order over the spatial axes of the input."""
    places = np.arange(prod(x.shape[2:])).reshape(x.shape[2:])  # (*spatial)
    switches = np.zeros(y.shape, np.int64)  # (N, C, O...)
    for outputs, inputs, won in first_maxima(x, y, taps):
        switches[:, :, *outputs] = np.where(won, places[inputs], switches[:, :, *outputs])
    return switches
