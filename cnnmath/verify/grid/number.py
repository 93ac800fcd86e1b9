"""Numbers of a sentence, each for all outputs at once, and the way on which a gradient comes back to them.

References
----------
.. [1] A. Griewank and A. Walther, "Evaluating Derivatives", SIAM 2008, section 3.2 (the reverse mode).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from cnnmath.numeric.windows import Array
from cnnmath.verify.grid.domain import constant, gathered, quotient


@dataclass(frozen=True, slots=True)
class Scope:
    """Where in a sentence a number is read.

    Attributes
    ----------
    axes
        How many axes its indices may have: those of the output, and before them one for each sum around it that takes
        many terms at a time.
    mask
        Under which conditions: what is computed where they do not hold is of no consequence, but must not fail.
    tape
        What is computed there, in order, as far as a gradient will come back to it; None where none will.
    """

    axes: int
    mask: Any = True
    tape: list[Number] | None = None


@dataclass(slots=True)
class Reading:
    """One reading of a sentence: the domain of its numbers, and the scope in which it is at the moment."""

    dtype: np.dtype[Any]
    scope: Scope

    @contextmanager
    def within(self, scope: Scope) -> Iterator[None]:
        """Read what is inside in another scope."""
        self.scope, around = scope, self.scope
        try:
            yield
        finally:
            self.scope = around

    def guarded(self, values: Array, harmless: int) -> Array:
        """Values where they are of consequence, and elsewhere one with which nothing fails."""
        mask = self.scope.mask
        return values if mask is True else np.where(mask, values, harmless)

    def lifted(self, value: Any) -> Number:
        """A number as it is; a constant or an index as a number on which no gradient depends."""
        return value if isinstance(value, Number) else Number(self, constant(value, self.dtype))

    def leaf(self, value: Array, back: Back | None) -> Number:
        """A number that knows by itself what to do with its gradient, or that has none."""
        number = Number(self, value, back)
        if back is not None and self.scope.tape is not None:
            self.scope.tape.append(number)
        return number

    def made(self, value: Array, *uses: tuple[Number, Callable[[Array], Array]]) -> Number:
        """A number computed from others: each with the function that makes its gradient of the result's."""
        traced = [use for use in uses if use[0].traced]

        def back(g: Array) -> None:
            for number, pull in traced:
                number.receive(pull(g))

        return self.leaf(value, back if traced else None)


class Number:
    """A number for each output: its axes broadcast against the output's.

    Parameters
    ----------
    reading
        That it belongs to.
    value
        An array of at least one axis.
    back
        Sends the gradient by this number on to what it was computed from; None where nothing asks for it.
    """

    __slots__ = ("back", "grad", "reading", "value")
    __array_ufunc__ = None  # an array of indices leaves arithmetic with a number to the number

    def __init__(self, reading: Reading, value: Array, back: Back | None = None) -> None:
        self.reading, self.value, self.back = reading, value, back
        self.grad: Array | None = None

    @property
    def traced(self) -> bool:
        """Whether a gradient by it is asked for."""
        return self.back is not None

    def receive(self, g: Array) -> None:
        """Add to its gradient."""
        g = gathered(g, self.value.shape)
        self.grad = g if self.grad is None else self.grad + g

    def __add__(self, other: Any) -> Number:
        other = self.reading.lifted(other)
        return self.reading.made(self.value + other.value, (self, _same), (other, _same))

    def __sub__(self, other: Any) -> Number:
        other = self.reading.lifted(other)
        return self.reading.made(self.value - other.value, (self, _same), (other, np.negative))

    def __mul__(self, other: Any) -> Number:
        other = self.reading.lifted(other)
        a, b = self.value, other.value
        return self.reading.made(a * b, (self, lambda g: g * b), (other, lambda g: g * a))

    def __truediv__(self, other: Any) -> Number:
        other = self.reading.lifted(other)
        b = self.reading.guarded(other.value, 1)
        y = quotient(self.value, b)
        return self.reading.made(y, (self, lambda g: quotient(g, b)), (other, lambda g: -quotient(g * y, b)))

    def __neg__(self) -> Number:
        return self.reading.made(-self.value, (self, np.negative))

    def __rsub__(self, other: Any) -> Number:
        return self.reading.lifted(other) - self

    def __rtruediv__(self, other: Any) -> Number:
        return self.reading.lifted(other) / self

    def __gt__(self, other: Any) -> Array:
        return self.value > self.reading.lifted(other).value

    __radd__, __rmul__ = __add__, __mul__


Back: TypeAlias = Callable[[Array], None]


def unwind(tape: list[Number]) -> None:
    """Send all gradients back, from the last number to the first; each is dropped once it is sent."""
    while tape:
        number = tape.pop()
        g, number.grad = number.grad, None
        if g is not None and number.back is not None:
            number.back(g)


def _same(g: Array) -> Array:
    return g
