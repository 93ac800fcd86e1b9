"""The verbs over arrays of numbers, and operands of which many numbers are gathered at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import Any, ClassVar

import numpy as np

from cnnmath.numeric.windows import Array
from cnnmath.ops.algebra import position
from cnnmath.readers.error_function import PI
from cnnmath.verify.grid.domain import bell, constant, error_function, exponential, indices, logarithm, power, quotient
from cnnmath.verify.grid.number import Number, Reading
from cnnmath.verify.grid.terms import Terms


class Gathered:
    """An operand: an index array for each axis gathers numbers, and their gradient is scattered back."""

    __slots__ = ("gradient", "numbers", "reading", "shape", "traced")

    def __init__(self, reading: Reading, array: Array, *, traced: bool) -> None:
        self.reading, self.shape, self.numbers, self.traced = reading, array.shape, array.ravel(), traced
        self.gradient = np.zeros_like(self.numbers)

    def __getitem__(self, at: Any) -> Number:
        place = self._place(position(at))
        return self.reading.leaf(self.numbers[place], partial(self._scatter, place) if self.traced else None)

    def _place(self, at: tuple[Any, ...]) -> Array:
        """Positions in row-major order. Only where it is of no consequence may they lie outside."""
        place, outside = np.zeros(1, np.intp), np.False_
        for number, size in zip(at, self.shape, strict=True):
            i = indices(number.value) if isinstance(number, Number) else np.asarray(number)
            if i.min() < 0 or i.max() >= size:
                outside = outside | (i < 0) | (i >= size)
                i = i.clip(0, size - 1)
            place = place * size + i
        if np.any(outside & self.reading.scope.mask):
            raise IndexError(f"a position lies outside shape {self.shape}")
        return place

    def _scatter(self, place: Array, g: Array) -> None:
        self.gradient = self.gradient.astype(np.result_type(self.gradient, g), copy=False)
        np.add.at(self.gradient, place, g)


@dataclass(frozen=True, slots=True)
class Grid:
    """The verbs, for all outputs at once."""

    pi: ClassVar = PI

    reading: Reading

    def sum(self, body: Callable[..., Any], *extents: Any, where: Callable[..., Iterable[Any]] | None = None) -> Number:
        """Add up, and forget the terms: a gradient that comes back reads them again, one block after the other."""
        terms = Terms(self.reading, self.reading.scope, body, extents, where)
        total, traced = self.reading.lifted(0).value, []
        for block in terms.blocks():
            total = total + block.total(terms.scope.axes)
            traced += [(block.first, block.last)] if block.term.traced else []

        def back(g: Array) -> None:
            for first, last in traced:
                terms.again(first, last, lambda block: block.send(g))

        return self.reading.leaf(total, back if traced else None)

    def max(self, body: Callable[..., Any], *extents: Any, where: Callable[..., Iterable[Any]] | None = None) -> Number:
        """The first of the largest, which alone has a gradient."""
        terms = Terms(self.reading, self.reading.scope, body, extents, where)
        best, won, traced = None, np.full(1, -1), False
        for block in terms.each():
            values = block.term.value
            best = values if best is None else best
            wins = block.mask & ((won < 0) | (values > best))
            best, won = np.where(wins, values, best), np.where(wins, block.first, won)
            traced = traced or block.term.traced
        if best is None or np.any((won < 0) & terms.scope.mask):
            raise ValueError("a maximum of nothing")

        def back(g: Array) -> None:
            for t in np.unique(won[won >= 0]).tolist():
                terms.again(t, t + 1, lambda block, t=t: block.term.receive(np.where(won == t, g, 0)))

        return self.reading.leaf(best, back if traced else None)

    def when(self, condition: Any, then: Callable[[], Any], otherwise: Callable[[], Any]) -> Any:
        """Both branches, each of consequence where it holds; one only where that is everywhere."""
        scope, condition = self.reading.scope, np.asarray(condition)
        held, failed = scope.mask & condition, scope.mask & ~condition
        if not np.any(failed):
            return then()
        if not np.any(held):
            return otherwise()
        with self.reading.within(replace(scope, mask=held)):
            a = self.reading.lifted(then())
        with self.reading.within(replace(scope, mask=failed)):
            b = self.reading.lifted(otherwise())
        return self.reading.made(
            np.where(condition, a.value, b.value),
            (a, lambda g: np.where(condition, g, 0)),
            (b, lambda g: np.where(condition, 0, g)),
        )

    def let(self, name: str, over: Sequence[Any], value: Callable[[], Any]) -> Any:  # noqa: ARG002 - as the verb has it
        """Its value has the axes of the indices alone on which it depends, so that outputs share it anyway."""
        return value()

    def exp(self, x: Any) -> Number:
        """Its own derivative."""
        x = self.reading.lifted(x)
        y = exponential(self.reading.guarded(x.value, 0))
        return self.reading.made(y, (x, lambda g: g * y))

    def log(self, x: Any) -> Number:
        """Derivative 1/x."""
        x = self.reading.lifted(x)
        value = self.reading.guarded(x.value, 1)
        return self.reading.made(logarithm(value), (x, lambda g: quotient(g, value)))

    def erf(self, x: Any) -> Number:
        """Derivative 2/sqrt(pi)*exp(-x^2)."""
        x = self.reading.lifted(x)
        value = self.reading.guarded(x.value, 0)
        return self.reading.made(error_function(value), (x, lambda g: g * bell(value)))

    def power(self, x: Any, exponent: Fraction | int) -> Number:
        """Derivative e*x^(e-1), written e*x^e/x so that an exact root stays exact."""
        x, e = self.reading.lifted(x), Fraction(exponent)
        value = self.reading.guarded(x.value, 1)
        y = power(value, e)
        return self.reading.made(y, (x, lambda g: quotient(g * constant(e, y.dtype) * y, value)))
