"""Magnitude reader: numbers are bounds of absolute values, to know beforehand how large integers become.

One output is read once, with indices that have no value, as for the cost. A sum is its body's bound times its extents,
a maximum its body's bound, and a case the larger of both branches; a derivative has a bound of its own for every
operand. That is coarse, and it costs next to nothing. A sentence that divides, or that takes exponentials, logarithms,
error functions or roots, leaves the integers: it is not *whole*.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any, ClassVar

from cnnmath.ops.algebra import Number, Operator, Shape, operands_of
from cnnmath.readers.cost import Index
from cnnmath.readers.error_function import PI
from cnnmath.window import Size

UNKNOWN = 1 << 4096
"""The bound of what has none: a sum whose extent depends on the position, an index that is used as a number."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large the numbers of an operator become, for whole operands.

    Attributes
    ----------
    whole
        Whether the sentence stays among the integers.
    value
        A bound of every output, and of every number on the way to it.
    slopes
        By operand, a bound of the sum of one output's absolute derivatives by its numbers.
    """

    whole: bool
    value: int
    slopes: dict[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class Magnitude:
    """A bound of a number, and bounds of its derivatives by operand."""

    reader: Magnitudes
    value: int
    slopes: dict[str, int]

    def __add__(self, other: Number) -> Magnitude:
        other = self.reader.of(other)
        return self.reader.number(self.value + other.value, _sum(self.slopes, 1, other.slopes, 1))

    def __mul__(self, other: Number) -> Magnitude:
        other = self.reader.of(other)
        return self.reader.number(self.value * other.value, _sum(self.slopes, other.value, other.slopes, self.value))

    def __truediv__(self, other: Number) -> Magnitude:
        return self.reader.broken()

    def __gt__(self, other: Number) -> Magnitude:
        return self

    def __neg__(self) -> Magnitude:
        return self

    __radd__ = __sub__ = __rsub__ = __add__
    __rmul__, __rtruediv__ = __mul__, __truediv__


@dataclass(frozen=True, slots=True)
class Bounded:
    """An operand of which only the shape and a bound of its numbers are known."""

    shape: Shape
    number: Magnitude

    def __getitem__(self, at: Any) -> Magnitude:
        return self.number


class Magnitudes:
    """The verbs over bounds."""

    pi: ClassVar = PI

    def __init__(self) -> None:
        self.largest = 0
        self.whole = True

    def sum(
        self, body: Callable[..., Number], *extents: Size, where: Callable[..., Iterable[Any]] | None = None
    ) -> Number:
        """As many times the body's bound as the range is long."""
        term = body(*map(Index, extents))
        if not isinstance(term, Magnitude):
            return Index()
        return term * (UNKNOWN if any(isinstance(extent, Index) for extent in extents) else prod(extents))

    def max(
        self, body: Callable[..., Number], *extents: Size, where: Callable[..., Iterable[Any]] | None = None
    ) -> Number:
        """The body's bound."""
        return body(*map(Index, extents))

    def when(self, condition: Any, then: Callable[[], Number], otherwise: Callable[[], Number]) -> Number:
        """The larger of both branches."""
        first, second = then(), otherwise()
        if not any(isinstance(v, Magnitude) for v in (condition, first, second)):
            return Index()
        first, second = self.of(first), self.of(second)
        slopes = {k: max(s, second.slopes.get(k, 0)) for k, s in (second.slopes | first.slopes).items()}
        return self.number(max(first.value, second.value), slopes)

    def let(self, name: str, over: Sequence[Any], value: Callable[[], Number]) -> Number:
        """The bound of the value."""
        return value()

    def exp(self, x: Number) -> Number:
        """No integer."""
        return self.broken()

    def log(self, x: Number) -> Number:
        """No integer."""
        return self.broken()

    def erf(self, x: Number) -> Number:
        """No integer."""
        return self.broken()

    def power(self, x: Number, exponent: Fraction | int) -> Number:
        """No integer, in general."""
        return self.broken()

    def number(self, value: int, slopes: dict[str, int]) -> Magnitude:
        """A number with these bounds, remembered if it is the largest."""
        self.largest = max(self.largest, value)
        return Magnitude(self, value, slopes)

    def of(self, number: Number) -> Magnitude:
        """A constant's own magnitude, unless it is no integer; an index has no bound."""
        if isinstance(number, Magnitude):
            return number
        if not isinstance(number, (int, Fraction)):
            return self.number(UNKNOWN, {})
        return self.number(abs(number.numerator), {}) if number.denominator == 1 else self.broken()

    def broken(self) -> Magnitude:
        """A number that is no integer."""
        self.whole = False
        return Magnitude(self, UNKNOWN, {})


def bounds(op: Operator, most: dict[str, int], *inputs: Shape) -> Bounds:
    """Bounds for operands whose numbers are whole, and at most so large.

    Parameters
    ----------
    op
        The operator.
    most
        The largest absolute value of each operand, by name.
    *inputs
        Shapes of the inputs.

    Examples
    --------
    >>> from cnnmath.ops import Conv, Sigmoid
    >>> bounds(Conv(8, 3), {"x": 255, "w": 100, "b": 50}, (1, 3, 32, 32))
    Bounds(whole=True, value=688550, slopes={'w': 6885, 'x': 2700, 'b': 1})
    >>> bounds(Sigmoid(), {"x": 255}, (1, 3)).whole
    False
    """
    reader = Magnitudes()
    shapes = operands_of(op, *inputs)
    read = [Bounded(shape, reader.number(most[name], {name: 1})) for name, shape in shapes.items()]
    result = reader.of(op.element(reader, tuple(map(Index, op.shape(*inputs))), *read))
    return Bounds(reader.whole, reader.largest, result.slopes)


def _sum(a: dict[str, int], times: int, b: dict[str, int], others: int) -> dict[str, int]:
    """Slopes of a linear combination."""
    return {name: a.get(name, 0) * times + b.get(name, 0) * others for name in a | b}
