"""Resizing, an axis at a time: each output gathers the few inputs around it, and gives its gradient back to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import ceil, floor

import numpy as np

from cnnmath.numeric.scalar import constant
from cnnmath.numeric.windows import Array
from cnnmath.ops import Resize
from cnnmath.sampling import Sampled, Sampling


@dataclass(frozen=True, slots=True)
class Taps:
    """Along one axis, what each output reads: positions and weights, a row a tap; where there are fewer, no weight."""

    at: Array
    weights: Array
    given: Array

    def each(self) -> Iterator[tuple[Array, Array, Array]]:
        """A tap at a time: where it reads, what that weighs, and for which outputs."""
        return zip(self.at, self.weights, self.given, strict=True)


def forward(op: Resize, x: Array) -> Array:
    """Along each axis in turn, the weighted sum of what lies around each output."""
    y = x  # (N, C, *spatial)
    for axis, taps in _along(op, x.shape):
        terms = [_weighed(y.take(i, axis), w, given, axis) for i, w, given in taps.each()]
        y = sum(terms[1:], terms[0])  # (N, C, O..., W...)
    if op.crop is not None:
        y = np.where(_inside(op, x.shape), y, constant(op.value, x))
    return y if y is not x else x.copy()


def backward(op: Resize, dy: Array, x: Array) -> dict[str, Array]:
    """The adjoint, in the opposite order: each output's gradient is divided among what it read."""
    dx = dy if op.crop is None else np.where(_inside(op, x.shape), dy, np.zeros((), dy.dtype))
    for axis, taps in reversed(list(_along(op, x.shape))):
        total = np.zeros((x.shape[axis], *np.delete(dx.shape, axis)), dx.dtype)  # (H, N, C, ...)
        for i, w, given in taps.each():
            np.add.at(total, i, np.moveaxis(_weighed(dx, w, given, axis), axis, 0))
        dx = np.moveaxis(total, 0, axis)
    return {"x": np.ascontiguousarray(dx) if dx is not dy else dy.copy()}


def row(axis: Sampled, o: int) -> dict[int, Fraction]:
    """Weights of the inputs that output ``o`` reads along an axis, by position; they add up to 1, or there are none.

    Examples
    --------
    >>> row(Sampled(3, 6, Sampling(), Fraction(2)), 1)
    {0: Fraction(3, 4), 1: Fraction(1, 4)}
    """
    by, last = axis.by, axis.n - 1
    if axis.outside(o):
        return {}
    u = Fraction(*axis.place(o))
    if by.mode == "nearest":
        return {min(max(_rounded(u, by.nearest), 0), last): Fraction(1)}
    narrow = min(Fraction(*axis.ratio), Fraction(1)) if by.antialias else Fraction(1)
    reach = by.support / narrow
    weights: dict[int, Fraction] = {}
    for i in range(floor(u - reach) + 1, ceil(u + reach)):
        at = min(max(i, 0), last)
        if at == i or not by.excluding:
            weights[at] = weights.get(at, Fraction(0)) + _weight(abs(u - i) * narrow, by)
    total = sum(weights.values())
    return {i: weight / total for i, weight in weights.items()}


def _weight(t: Fraction, by: Sampling) -> Fraction:
    """What lies at distance t weighs."""
    if by.mode == "linear":
        return 1 - t
    return ((by.a + 2) * t - (by.a + 3)) * t * t + 1 if t <= 1 else by.a * (((t - 5) * t + 8) * t - 4)


def _rounded(u: Fraction, how: str) -> int:
    """A place as a position."""
    half = Fraction(1, 2)
    return {
        "round_prefer_floor": ceil(u - half),
        "round_prefer_ceil": floor(u + half),
        "floor": floor(u),
        "ceil": ceil(u),
    }[how]


def _along(op: Resize, shape: tuple[int, ...]) -> Iterator[tuple[int, Taps]]:
    """The axes that change, and what their outputs read."""
    for i, axis in enumerate(op.sampled(shape[2:]), 2):
        if not axis.identity:
            yield i, _taps([row(axis, o) for o in range(axis.outputs)])


def _taps(rows: list[dict[int, Fraction]]) -> Taps:
    """Rows side by side; the shorter ones read their first input again, with no weight."""
    most = max(1, *map(len, rows))  # none has any where a box lies outside
    at, weights = np.zeros((most, len(rows)), np.intp), np.full((most, len(rows)), Fraction(0), object)
    for o, weighed in enumerate(rows):
        at[:, o] = next(iter(weighed), 0)
        at[: len(weighed), o], weights[: len(weighed), o] = list(weighed), list(weighed.values())
    return Taps(at, weights, np.arange(most)[:, None] < [len(weighed) for weighed in rows])


def _weighed(x: Array, weights: Array, given: Array, axis: int) -> Array:
    """Numbers times the weights along an axis; nothing where there is no tap, be the number infinite or not."""
    along = (-1, *(1,) * (x.ndim - 1 - axis))
    if (weights == 1).all():
        return x
    return np.where(given.reshape(along), x * weights.astype(x.dtype).reshape(along), np.zeros((), x.dtype))


def _inside(op: Resize, shape: tuple[int, ...]) -> Array:
    """Whether the place of each output lies between the first input and the last, along every axis: (O...)."""
    sampled = op.sampled(shape[2:])
    each = [[not axis.outside(o) for o in range(axis.outputs)] for axis in sampled]
    return reduce(np.logical_and.outer, map(np.array, each))
