"""Reductions: each keeps its axes with size 1, until the end.

Sums of float32 run in float64, as those of normalisations do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from cnnmath.numeric.scalar import exp, log, log1p, power
from cnnmath.numeric.statistics import summed
from cnnmath.numeric.windows import Array
from cnnmath.ops import Reduce

Axes: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """How numbers are reduced: ``forward(x, axes)``, and ``backward(dy, x, axes)``, all axes kept."""

    forward: Callable[[Array, Axes], Array]
    backward: Callable[[Array, Array, Axes], Array]


def forward(op: Reduce, x: Array) -> Array:
    """What is made of the numbers along the axes."""
    return RULES[op.how].forward(x, op.along(x.shape)).reshape(op.output(x.shape))


def backward(op: Reduce, dy: Array, x: Array) -> dict[str, Array]:
    """The gradient of each output, handed back to the numbers that it is made of."""
    axes = op.along(x.shape)
    kept = dy.reshape(tuple(1 if axis in axes else n for axis, n in enumerate(x.shape)))
    return {"x": RULES[op.how].backward(kept, x, axes)}


def _spread(dy: Array, x: Array) -> Array:
    return np.broadcast_to(dy, x.shape).copy()


def _count(x: Array, axes: Axes) -> int:
    return prod(x.shape[axis] for axis in axes)


def _first(dy: Array, x: Array, axes: Axes) -> Array:
    """The gradient goes to the first of the largest numbers, or to the first NaN."""
    rows = _rows(x, axes)
    won = np.expand_dims(rows.argmax(axis=-1), -1)
    dx = np.zeros(rows.shape, dy.dtype)
    np.put_along_axis(dx, won, dy.reshape(won.shape), axis=-1)
    return _back(dx, x, axes)


def _others(dy: Array, x: Array, axes: Axes) -> Array:
    """The gradient times the product of all other numbers: of those before, and of those behind."""
    rows = _rows(x, axes)
    ones = np.ones((*rows.shape[:-1], 1), x.dtype)
    before = np.multiply.accumulate(np.concatenate([ones, rows[..., :-1]], axis=-1), axis=-1)
    behind = np.multiply.accumulate(np.concatenate([ones, rows[..., :0:-1]], axis=-1), axis=-1)[..., ::-1]
    return dy * _back(before * behind, x, axes)


def _length(x: Array, axes: Axes) -> Array:
    """The root of the sum of squares, of numbers divided by a power of 2 near the largest: none overflows."""
    if x.dtype.kind != "f":
        return power(summed(x * x, axes), Fraction(1, 2))
    form = np.finfo(x.dtype)
    _, exponent = np.frexp(np.abs(x).max(axis=axes, keepdims=True, initial=0))
    scale = np.ldexp(np.ones((), x.dtype), np.clip(exponent, form.minexp, form.maxexp - 1))
    part = x / scale
    return scale * np.sqrt(summed(part * part, axes))


def _direction(dy: Array, x: Array, axes: Axes) -> Array:
    """``dy x/y``; 0 where y is 0."""
    y = _length(x, axes)
    return np.where(y == 0, 0 * dy, dy) * (x / np.where(y == 0, 1, y))


def _log_sum_exp(x: Array, axes: Axes) -> Array:
    """The largest number, and the logarithm of 1 and the others' exponentials less it; an infinite one stands alone."""
    rows = _rows(x, axes)
    most, others = _exponentials(rows)
    return _kept(np.where(_finite(most), most + log1p(others.sum(axis=-1, keepdims=True)), most), x, axes)


def _shares(dy: Array, x: Array, axes: Axes) -> Array:
    """The gradient times each number's share of the sum of exponentials."""
    rows = _rows(x, axes)
    above = exp(rows - rows.max(axis=-1, keepdims=True))
    return dy * _back(above / above.sum(axis=-1, keepdims=True), x, axes)


def _exponentials(rows: Array) -> tuple[Array, Array]:
    """The largest number of each row, and the exponentials of what all others are above it, with 0 in its place."""
    first = np.expand_dims(rows.argmax(axis=-1), -1)
    most = np.take_along_axis(rows, first, axis=-1)
    others = exp(np.minimum(rows - np.where(_finite(most), most, 0), 0))
    np.put_along_axis(others, first, 0, axis=-1)
    return most, others


def _finite(a: Array) -> Array:
    return np.isfinite(a) if a.dtype.kind == "f" else np.ones(a.shape, bool)


def _rows(x: Array, axes: Axes) -> Array:
    """The input with its axes moved to the end, as one, in row-major order."""
    apart = [axis for axis in range(x.ndim) if axis not in axes]
    return x.transpose(*apart, *axes).reshape(*(x.shape[axis] for axis in apart), _count(x, axes))


def _back(rows: Array, x: Array, axes: Axes) -> Array:
    """The inverse of `_rows`."""
    order = [*(axis for axis in range(x.ndim) if axis not in axes), *axes]
    return rows.reshape([x.shape[axis] for axis in order]).transpose(np.argsort(order))


def _kept(y: Array, x: Array, axes: Axes) -> Array:
    return y.reshape([1 if axis in axes else n for axis, n in enumerate(x.shape)])


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "sum": Rule(summed, lambda dy, x, _: _spread(dy, x)),
        "mean": Rule(
            lambda x, axes: summed(x, axes, _count(x, axes)), lambda dy, x, axes: _spread(dy / _count(x, axes), x)
        ),
        "max": Rule(lambda x, axes: x.max(axis=axes, keepdims=True), _first),
        "min": Rule(lambda x, axes: x.min(axis=axes, keepdims=True), lambda dy, x, axes: _first(dy, -x, axes)),
        "product": Rule(lambda x, axes: x.prod(axis=axes, keepdims=True, dtype=x.dtype), _others),
        "l1": Rule(lambda x, axes: summed(np.abs(x), axes), lambda dy, x, _: dy * np.sign(x)),
        "l2": Rule(_length, _direction),
        "sum_square": Rule(lambda x, axes: summed(x * x, axes), lambda dy, x, _: dy * (2 * x)),
        "log_sum": Rule(lambda x, axes: log(summed(x, axes)), lambda dy, x, axes: _spread(dy / summed(x, axes), x)),
        "log_sum_exp": Rule(_log_sum_exp, _shares),
    }
)
"""The kernels, by the word for what is made of the numbers."""
