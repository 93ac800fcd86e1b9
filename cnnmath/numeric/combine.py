"""Merging branches, choosing among channels, and passing on unchanged."""

from __future__ import annotations

from functools import reduce
from itertools import accumulate

import numpy as np

from cnnmath.numeric.windows import Array
from cnnmath.ops import Add, Concat, Dropout, Select


def add_forward(op: Add, *xs: Array) -> Array:
    """Sum of the inputs."""
    return reduce(np.add, xs)


def add_backward(op: Add, dy: Array, *xs: Array) -> dict[str, Array]:
    """Every input receives the whole gradient."""
    return {f"x{i}": dy.copy() for i in range(1, len(xs) + 1)}


def concat_forward(op: Concat, *xs: Array) -> Array:
    """Channels one behind the other."""
    return np.concatenate(xs, axis=1)


def concat_backward(op: Concat, dy: Array, *xs: Array) -> dict[str, Array]:
    """Every input receives its own stretch of channels."""
    ends = list(accumulate(x.shape[1] for x in xs))
    return {f"x{i}": dx.copy() for i, dx in enumerate(np.split(dy, ends[:-1], axis=1), 1)}


def select_forward(op: Select, x: Array) -> Array:
    """The listed channels."""
    return x[:, list(op.channels)]  # (N, len(channels), *spatial)


def select_backward(op: Select, dy: Array, x: Array) -> dict[str, Array]:
    """Every channel receives the gradients of all places that list it."""
    dx = np.zeros(x.shape, dy.dtype)  # (N, C, *spatial)
    for c, q in enumerate(op.channels):
        dx[:, q] += dy[:, c]
    return {"x": dx}


def dropout_forward(op: Dropout, x: Array) -> Array:
    """Identity."""
    return x.copy()


def dropout_backward(op: Dropout, dy: Array, x: Array) -> dict[str, Array]:
    """Identity."""
    return {"x": dy.copy()}
