"""Simple things done to a right result, which need no library: factors, signs, shifts, and axes in another order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations
from math import isfinite
from typing import Any

import numpy as np

from cnnmath.numeric.windows import Array

DENOMINATOR = 1 << 12
"""Factors are told as fractions of no greater denominator, and else as decimals."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something done to a right result.

    Attributes
    ----------
    name
        In words joined by hyphens.
    says
        What completes "your dx behaves as if ...".
    apply
        What is done.
    """

    name: str
    says: str
    apply: Callable[[Array], Array]


def changes(right: Sequence[Array], given: Sequence[Array]) -> Iterator[Change]:
    """Changes that might lead from the right results to those given, the simplest first.

    Examples
    --------
    >>> right, given = np.array([0, 1, 2]), np.array([0, 3, 6])
    >>> next(change.says for change in changes([right], [given]) if (change.apply(right) == given).all())
    'it were multiplied by 3'
    """
    yield Change("all-zeros", "it were all zeros", lambda a: a * 0)
    yield Change("negated", "it were negated", lambda a: -a)
    yield from _multiplied(right, given)
    yield from _added_to(right, given)
    yield from _in_another_shape(right, given)
    for axis in range(right[0].ndim):
        yield Change(
            f"reversed-along-axis-{axis}", f"it were reversed along its axis {axis}", lambda a, at=axis: np.flip(a, at)
        )
    for axis in range(right[0].ndim):
        for step in (1, -1):
            yield Change(
                f"shifted-by-{step}-along-axis-{axis}",
                f"it were shifted by {step} along its axis {axis}",
                lambda a, at=axis, step=step: _shifted(a, step, at),
            )
            yield Change(
                f"rolled-by-{step}-along-axis-{axis}",
                f"it were rolled by {step} along its axis {axis}",
                lambda a, at=axis, step=step: np.roll(a, step, at),
            )
    yield from _permuted(right[0].ndim)


def _multiplied(right: Sequence[Array], given: Sequence[Array]) -> Iterator[Change]:
    """By the quotient of the first number that is not zero."""
    for r, g in zip(right, given, strict=True):
        if r.shape == np.shape(g) and (places := np.flatnonzero(r)).size:
            factor = _quotient(np.ravel(g)[places[0]], np.ravel(r)[places[0]])
            if factor is not None:
                yield Change("multiplied", f"it were multiplied by {_told(factor)}", lambda a, c=factor: _times(a, c))
            return


def _added_to(right: Sequence[Array], given: Sequence[Array]) -> Iterator[Change]:
    """By the difference of the first number."""
    for r, g in zip(right, given, strict=True):
        if r.shape == np.shape(g) and r.size:
            more = np.ravel(g)[0] - np.ravel(r)[0]
            if isfinite(more):
                yield Change("added-to", f"{_told(_exact(more))} were added to every number", lambda a, c=more: a + c)
            return


def _in_another_shape(right: Sequence[Array], given: Sequence[Array]) -> Iterator[Change]:
    """The same numbers in the same order."""
    shape = np.shape(given[0])
    if right[0].shape != shape and right[0].size == np.size(given[0]):
        yield Change("in-another-shape", f"it were right, but in the shape {shape}", lambda a: a.reshape(shape))


def _permuted(rank: int) -> Iterator[Change]:
    """Axes in another order, and the numbers of that in the old shape; two axes exchanged first of all."""
    orders = [order for order in permutations(range(rank)) if order != tuple(range(rank))]
    for order in sorted(orders, key=lambda order: sum(a != i for i, a in enumerate(order))):
        moved = [i for i, a in enumerate(order) if a != i]
        exchanged = f"its axes {moved[0]} and {moved[1]} were exchanged"
        says = exchanged if len(moved) == 2 else f"its axes came in the order {order}"
        name = "-".join(map(str, order))
        yield Change(f"axes-{name}", says, lambda a, order=order: a.transpose(order))
        yield Change(
            f"axes-{name}-in-the-old-shape",
            f"{says}, its shape kept",
            lambda a, order=order: a.transpose(order).reshape(a.shape),
        )


def _shifted(a: Array, step: int, axis: int) -> Array:
    """Moved along an axis, with zeros for what comes in."""
    out, ahead = np.zeros_like(a), (slice(None),) * axis
    to, source = (slice(1, None), slice(-1)) if step > 0 else (slice(-1), slice(1, None))
    out[(*ahead, to)] = a[(*ahead, source)]
    return out


def _quotient(a: Any, b: Any) -> Fraction | None:
    return _exact(a) / _exact(b) if isfinite(a) and a != b else None


def _exact(a: Any) -> Fraction:
    return Fraction(a) if isinstance(a, Fraction) else Fraction(float(a))


def _times(a: Array, factor: Fraction) -> Array:
    return a * (factor if a.dtype == object else float(factor))


def _told(factor: Fraction) -> str:
    near = factor.limit_denominator(DENOMINATOR)
    return str(near) if abs(near - factor) <= abs(factor) / 2**40 else f"{float(factor):.6g}"
