"""The terms of a sum or a maximum: one at a time, or many at a time along an axis of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from cnnmath.numeric.windows import Array
from cnnmath.verify.grid.number import Number, Reading, Scope, unwind

BLOCK = 1 << 16
"""At most so many numbers are computed at a time where single terms are small."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some terms, read at once.

    Attributes
    ----------
    first, last
        They are the terms ``first`` to ``last - 1``. Several have an axis of their own before all others.
    mask
        The conditions under which they count.
    term
        The terms, as one number.
    """

    first: int
    last: int
    mask: Any
    term: Number

    @property
    def size(self) -> int:
        """How many numbers that are."""
        return prod(np.broadcast_shapes(np.shape(self.mask), self.term.value.shape))

    def kept(self, values: Array) -> Array:
        """Values where the terms count, else 0."""
        return values if self.mask is True else np.where(self.mask, values, 0)

    def total(self, axes: int) -> Array:
        """The terms added up, to a number of so many axes."""
        values, count = self.kept(self.term.value), self.last - self.first
        if count == 1:
            return values
        values = values.reshape((1,) * (axes + 1 - values.ndim) + values.shape)
        return np.broadcast_to(values, (count, *values.shape[1:])).sum(axis=0)

    def send(self, g: Array) -> None:
        """Send the gradient of their sum to each term."""
        count = self.last - self.first
        self.term.receive(np.broadcast_to(self.kept(g), g.shape if count == 1 else (count, *g.shape)))


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
        return tuple(int(e.max()) if isinstance(e, np.ndarray) else e for e in self.extents)

    def blocks(self) -> Iterator[Block]:
        """All terms: the first that counts by itself, then as many at a time as its size allows."""
        last, step, count = 0, 1, prod(self.sizes)
        while last < count:
            first, last = last, min(last + step, count)
            block = self.read(first, last)
            if block is not None:
                yield block
                step = max(step, BLOCK // block.size)

    def each(self) -> Iterator[Block]:
        """All terms, one at a time."""
        found = (self.read(t, t + 1) for t in range(prod(self.sizes)))
        return (block for block in found if block is not None)

    def read(self, first: int, last: int, tape: list[Number] | None = None) -> Block | None:
        """Some terms; None where they count for no output."""
        axes = self.scope.axes + (last - first > 1)
        with self.reading.within(Scope(axes, self.scope.mask, tape)):
            at = self._indices(first, last, axes)
            mask = self._conditions(at)
            both = self.scope.mask & mask
            if not np.any(both):
                return None
            with self.reading.within(Scope(axes, both, tape)):
                return Block(first, last, mask, self.reading.lifted(self.body(*at)))

    def again(self, first: int, last: int, send: Callable[[Block], None]) -> None:
        """Read some terms again, to send a gradient back through them, and drop them."""
        tape: list[Number] = []
        block = self.read(first, last, tape)
        if block is not None and block.term.traced:
            send(block)
            unwind(tape)

    def _indices(self, first: int, last: int, axes: int) -> list[Any]:
        if last - first == 1:
            return [int(i) for i in np.unravel_index(first, self.sizes)]
        found = np.unravel_index(np.arange(first, last), self.sizes)
        return [i.reshape(-1, *(1,) * (axes - 1)) for i in found]

    def _conditions(self, at: list[Any]) -> Any:
        mask: Any = True
        for i, extent in zip(at, self.extents, strict=True):
            if isinstance(extent, np.ndarray):
                mask = mask & (i < extent)
        for condition in () if self.where is None else self.where(*at):
            mask = mask & condition
        return mask
