"""The terms of a sum or a maximum: one at a time, or many at a time along an axis of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from cnnmath.numeric.windows import Array
from cnnmath.verify.grid.number import Number, Reading, Scope

BLOCK = 1 << 16
"""At most so many numbers are computed at a time where single terms are small."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a sum or a maximum runs over, in row-major order, and the scope in which it stands.

    Extents may differ from output to output: then all run to the largest, under a condition.
    """

    reading: Reading
    scope: Scope
    body: Callable[..., Any]
    extents: Sequence[Any]
    where: Callable[..., Iterable[Any]] | None

    @property
    def sizes(self) -> tuple[int, ...]:
        """The largest extents."""
        return tuple(int(np.max(extent)) for extent in self.extents)

    def __len__(self) -> int:
        return prod(self.sizes)

    def read(self, first: int, last: int, tape: list[Number] | None = None) -> tuple[Any, Any] | None:
        """The conditions of some terms and the terms themselves; None where the conditions hold nowhere.

        A single term has the axes of the scope; several have one more, before these.
        """
        axes = self.scope.axes + (last - first > 1)
        with self.reading.within(Scope(axes, self.scope.mask, tape)):
            at = self._indices(first, last, axes)
            mask = self._conditions(at)
            both = self.scope.mask & mask
            if not np.any(both):
                return None
            with self.reading.within(replace(self.reading.scope, mask=both)):
                return mask, self.body(*at)

    def _indices(self, first: int, last: int, axes: int) -> list[Any]:
        if last - first == 1:
            return [int(i) for i in np.unravel_index(first, self.sizes)]
        found = np.unravel_index(np.arange(first, last), self.sizes)
        return [i.reshape(-1, *(1,) * (axes - 1)) for i in found]

    def _conditions(self, at: list[Any]) -> Any:
        mask: Any = True
        for i, extent in zip(at, self.extents, strict=True):
            if np.ndim(extent):
                mask = mask & (i < extent)
        for condition in () if self.where is None else self.where(*at):
            mask = mask & condition
        return mask


def value_of(term: Any) -> Array:
    """A term's numbers, be they numbers of operands or of the sentence itself."""
    return term.value if isinstance(term, Number) else np.atleast_1d(np.asarray(term))


def kept(mask: Any, values: Array) -> Array:
    """Values where a condition holds, else 0."""
    return values if mask is True else np.where(mask, values, 0)


def added(values: Array, count: int, axes: int) -> Array:
    """So many terms, along an axis before the others, added up."""
    if count == 1:
        return values
    values = values.reshape((1,) * (axes + 1 - values.ndim) + values.shape)
    return np.broadcast_to(values, (count, *values.shape[1:])).sum(axis=0)
