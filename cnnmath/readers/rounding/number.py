"""Numbers with a bound of their error: sums in an unknown order, and the arithmetic of running error analysis."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from cnnmath.ops.algebra import Number
from cnnmath.readers.rounding.format import Format

OUTWARD = 1 + 2.0**-40
"""Factor by which bounds are enlarged, for they are floats themselves."""


@dataclass(frozen=True, slots=True, eq=False)
class Rounded:
    """A number that a kernel computes, and how far it may be from the exact one.

    Attributes
    ----------
    format
        In which it is computed.
    value
        The number, nearly.
    base
        Errors of its terms.
    count
        How many terms are added up to it.
    mass
        Bound of the sum of their computed absolute values.
    error
        Bound of its error.
    """

    format: Format
    value: float
    base: float
    count: int
    mass: float
    error: float

    @property
    def most(self) -> float:
        """Bound of the absolute value, exact or computed."""
        return abs(self.value) + 2 * self.error

    @property
    def exact(self) -> bool:
        """Whether it is computed without error."""
        return self.error == 0

    def __add__(self, other: Number) -> Rounded:
        other = self.of(other)
        if other.value == 0 and other.exact:
            return self
        if self.value == 0 and self.exact:
            return other
        count = self.count + other.count
        return total(self.format, self.value + other.value, self.base + other.base, count, self.mass + other.mass)

    def __mul__(self, other: Number) -> Rounded:
        other = self.of(other)
        if other.exact and other.value in (0, 1, -1):
            return self.scaled(other.value)
        if self.exact and self.value in (0, 1, -1):
            return other.scaled(self.value)
        if self.count == 1:
            return other.times(self)
        if other.count == 1:
            return self.times(other)
        a, b = self, other
        carried = abs(a.value) * b.error + abs(b.value) * a.error + 3 * a.error * b.error
        return term(self.format, a.value * b.value, carried, a.most * b.most, 1)

    def times(self, factor: Rounded) -> Rounded:
        """The product with a single number, of the sum or of each term; its error is the same in all of them."""
        base = factor.mass * self.base + self.most * factor.error
        value, mass = self.value * factor.value, self.mass * factor.mass
        return total(self.format, value, *rounded(self.format, base, mass, 1, self.count))

    def __truediv__(self, other: Number) -> Rounded:
        other = self.of(other)
        if other.exact and other.value in (1, -1):
            return self.scaled(other.value)
        if self.exact and self.value == 0 and abs(other.value) > 2 * other.error:
            return self
        least = abs(other.value) - 2 * other.error
        if not least > 0:
            return unknown(self.format)
        mass = self.mass / least
        base = (self.base + self.most / least * other.error) / least
        base += self.format.smallest * self.mass  # of the reciprocal
        return total(self.format, self.value / other.value, *rounded(self.format, base, mass, 2, self.count))

    def scaled(self, sign: float) -> Rounded:
        """Times 0, 1 or -1, which rounds nothing."""
        if sign == 1:
            return self
        if sign == 0 and self.error < math.inf:
            return Rounded(self.format, 0.0, 0.0, 1, 0.0, 0.0)
        return Rounded(self.format, -self.value, self.base, self.count, self.mass, self.error)

    def __neg__(self) -> Rounded:
        return self.scaled(-1)

    def __sub__(self, other: Number) -> Rounded:
        return self + -self.of(other)

    def __rsub__(self, other: Number) -> Rounded:
        return self.of(other) - self

    def __rtruediv__(self, other: Number) -> Rounded:
        return self.of(other) / self

    def __abs__(self) -> Rounded:
        return -self if self.value < 0 else self

    def __gt__(self, other: Number) -> bool | None:
        """Whether it is greater; None where the computed one may not be on the side where the exact one is."""
        apart = self.value - self.of(other).value
        sure = abs(apart) >= 2 * (self.error + self.of(other).error)  # never of an unknown one
        return apart > 0 if sure else None

    def of(self, number: Number) -> Rounded:
        """A constant as a number of this format, exponentials as what they add up to."""
        if isinstance(number, Rounded):
            return number
        return number.plain() if isinstance(number, Postponed) else constant(self.format, number)

    def less(self, other: Rounded) -> Rounded:
        """The difference, in one operation."""
        if other is self:
            return self.scaled(0)
        apart, carried = self.value - other.value, self.error + other.error
        return term(self.format, apart, carried, abs(apart) + 2 * carried, 1)

    def widened(self, error: float) -> Rounded:
        """The same number, off by as much more."""
        return total(self.format, self.value, self.base + error, self.count, self.mass + error)

    def within(self, error: float) -> Rounded:
        """One term of the same value, off by at most as much."""
        return total(self.format, self.value, error, 1, abs(self.value) + 2 * error)

    def settled(self) -> Rounded:
        """One term: what is added to it comes after it was rounded to the format once more."""
        return self if self.exact else term(self.format, self.value, self.error, self.most, 1)

    __radd__, __rmul__ = __add__, __mul__


class Postponed:
    """A number that nobody has computed yet."""

    __slots__ = ()

    def plain(self) -> Number:
        """The number itself."""
        raise NotImplementedError


def constant(form: Format, number: Fraction | float) -> Rounded:
    """A number that is given, rounded where the format does not hold it."""
    value = float(number)
    if value.as_integer_ratio() == number.as_integer_ratio() and form.holds(value):
        error = abs(value) if 0 < abs(value) < form.smallest else 0.0
        return Rounded(form, value, error, 1, abs(value), error)
    return term(form, value, 0.0, abs(value), 1)


def total(form: Format, value: float, base: float, count: int, mass: float) -> Rounded:
    """A sum of so many terms, in any order."""
    steps = (count - 1) * form.unit
    if not (mass <= form.largest and steps < 1):
        return unknown(form)
    if count == 1:
        return Rounded(form, value, base, 1, mass, base)
    error = (base + steps / (1 - steps) * mass + (count - 1) * form.smallest) * OUTWARD
    return Rounded(form, value, base, count, mass, error)


def rounded(form: Format, base: float, mass: float, roundings: int, count: int) -> tuple[float, int, float]:
    """Errors, number and absolute values of terms, after each was rounded so many times."""
    steps = roundings * form.unit / (1 - roundings * form.unit)
    base = (base + steps * (mass + base) + roundings * count * form.smallest) * OUTWARD
    return base, count, (mass + base) * OUTWARD


def term(form: Format, value: float, carried: float, most: float, roundings: float) -> Rounded:
    """A single number that is at most so large: the errors that it inherits, and so many roundings of its own."""
    error = (carried + roundings * form.unit * (1 + form.unit) * most + roundings * form.smallest) * OUTWARD
    return total(form, value, error, 1, abs(value) + 2 * error)


def unknown(form: Format) -> Rounded:
    """A number of which nothing is known."""
    return Rounded(form, math.nan, math.inf, 1, math.inf, math.inf)


def either(first: Rounded, second: Rounded) -> Rounded:
    """One of two numbers, and nobody knows which; the first where nothing is rounded."""
    apart = abs(first.value - second.value)
    return first.within(max(first.error, second.error) + apart)


def added(form: Format, terms: Iterable[Number]) -> Number:
    """Sum of numbers in any order."""
    fixed, value, base, count, mass = Fraction(0), 0.0, 0.0, 0, 0.0
    for number in terms:
        if not isinstance(number, Rounded):
            fixed += number
        elif number.value != 0 or number.error != 0:
            value, base, mass = value + number.value, base + number.base, mass + number.mass
            count += number.count
    if count == 0:
        return fixed
    if count == 1 and fixed == 0:
        return total(form, value, base, count, mass)
    return total(form, value, base, count, mass) + fixed
