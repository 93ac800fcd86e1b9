"""Joining branches, choosing among channels or positions, and passing on unchanged."""

from __future__ import annotations

from itertools import accumulate

import numpy as np

from cnnmath.errors import SettingError
from cnnmath.numeric.scalar import constant, like
from cnnmath.numeric.windows import Array
from cnnmath.ops import Concat, Dropout, Select
from cnnmath.ops.algebra import Shape, rational


def concat_forward(op: Concat, *xs: Array) -> Array:
    """One behind the other along the axis."""
    return np.concatenate(xs, axis=op.axis)


def concat_backward(op: Concat, dy: Array, *xs: Array) -> dict[str, Array]:
    """Every input receives its own stretch of the axis."""
    ends = list(accumulate(x.shape[op.axis] for x in xs))
    return {f"x{i}": dx.copy() for i, dx in enumerate(np.split(dy, ends[:-1], axis=op.axis), 1)}


def select_forward(op: Select, x: Array) -> Array:
    """The listed places of the axis."""
    return x.take(list(op.places), op.axis)


def select_backward(op: Select, dy: Array, x: Array) -> dict[str, Array]:
    """Every place receives the gradients of all that list it."""
    dx = np.zeros(x.shape, dy.dtype)
    to, given = dx.swapaxes(0, op.axis), dy.swapaxes(0, op.axis)  # views, the axis first
    for c, q in enumerate(op.places):
        to[q] += given[c]
    return {"x": dx}


def dropout_forward(op: Dropout, x: Array, mask: Array | None = None) -> Array:
    """Identity, or what the mask keeps over the probability of being kept."""
    return x.copy() if mask is None else x * like(mask, x) / constant(1 - rational(op.rate), x)


def dropout_backward(op: Dropout, dy: Array, x: Array, mask: Array | None = None) -> dict[str, Array]:
    """The same of the gradient: a mask is its own adjoint."""
    return {"x": dropout_forward(op, dy, mask)}


def dropout_mask(op: Dropout, shape: Shape, rng: np.random.Generator) -> Array:
    """Draw a mask for a dropout in training: each number is 0 with the probability ``op.rate``, and else 1.

    Parameters
    ----------
    op
        The dropout.
    shape
        Shape of its input.
    rng
        Where chance comes from; with a seed, the mask is the same each time.

    Examples
    --------
    >>> dropout_mask(Dropout(0.5), (2, 4), np.random.default_rng(0))
    array([[1, 0, 0, 0],
           [1, 1, 1, 1]])
    """
    if not isinstance(rng, np.random.Generator):
        raise SettingError(
            "chance comes from a generator of NumPy's.", here=f"rng {rng!r}", fix="give numpy.random.default_rng(0)"
        )
    return (rng.random(shape) >= float(op.rate)).astype(np.int64)
