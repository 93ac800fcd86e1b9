"""Rounded numbers with their partial derivatives, and the gradients of an operator with the bounds of their errors."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from cnnmath.ops.algebra import Number, position
from cnnmath.readers.exact import _range
from cnnmath.readers.gradient import Leaf
from cnnmath.readers.rounding.format import Format
from cnnmath.readers.rounding.functions import (
    FUNCTION,
    Parts,
    bell,
    error_function,
    exponential,
    log_sum_exp,
    logarithm,
    powered,
    shares,
)
from cnnmath.readers.rounding.number import Rounded, added, constant, either
from cnnmath.readers.rounding.reader import Exponentials, Given, Rounding, index


@dataclass(frozen=True, slots=True, eq=False)
class Slope:
    """A rounded number and its partial derivatives, rounded too, by leaf."""

    value: Rounded
    partials: dict[Leaf, Rounded]

    def chain(self, value: Rounded, slope: Number) -> Slope:
        """Result of a function of this number alone, with this derivative."""
        return Slope(value, {leaf: partial * slope for leaf, partial in self.partials.items()})

    def of(self, number: Number) -> Slope:
        """A number without derivatives."""
        return number if isinstance(number, Slope) else _sloped(self.value.of(number))

    def __add__(self, other: Number) -> Slope:
        other = self.of(other)
        return Slope(self.value + other.value, _merge(self.partials, other.partials))

    def __mul__(self, other: Number) -> Slope:
        other = self.of(other)
        left, right = self.chain(self.value, other.value), other.chain(other.value, self.value)
        return Slope(self.value * other.value, _merge(left.partials, right.partials))

    def __truediv__(self, other: Number) -> Slope:
        if not isinstance(other, (Slope, Exponentials)):
            return Slope(self.value / other, {leaf: partial / other for leaf, partial in self.partials.items()})
        other = self.of(other)
        return self * other.chain(1 / other.value, -1 / (other.value * other.value))

    def __neg__(self) -> Slope:
        return self.chain(-self.value, -1)

    def __sub__(self, other: Number) -> Slope:
        return self + -self.of(other)

    def __rsub__(self, other: Number) -> Slope:
        return self.of(other) - self

    def __rtruediv__(self, other: Number) -> Slope:
        return self.of(other) / self

    def __gt__(self, other: Number) -> bool | None:
        return self.value > self.of(other).value

    __radd__, __rmul__ = __add__, __mul__


@dataclass(frozen=True, slots=True)
class Remembered:
    """An operand with derivatives: its numbers are leaves where it has a name, else constants."""

    name: str
    given: Given

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the operand."""
        return self.given.shape

    def __getitem__(self, at: Any) -> Slope:
        at = tuple(map(index, position(at)))
        number = self.given[at]
        return Slope(number, {(self.name, at): Rounded(number.format, 1.0, 0.0, 1, 1.0, 0.0)} if self.name else {})


class Sloping(Rounding):
    """The verbs over rounded numbers with rounded derivatives."""

    def joined(self, terms: list[Number]) -> Number:
        """Values and partials, each one sum."""
        value = added(self.format, (t.value if isinstance(t, Slope) else t for t in terms))
        partials = [t.partials for t in terms if isinstance(t, Slope)]
        if not partials:
            return value
        return Slope(Rounding.of(self, value), self.gathered(partials))

    def gathered(self, partials: Iterable[dict[Leaf, Rounded]]) -> dict[Leaf, Rounded]:
        """Sums of partials by leaf."""
        lists: dict[Leaf, list[Rounded]] = {}
        for some in partials:
            for leaf, partial in some.items():
                lists.setdefault(leaf, []).append(partial)
        return {
            k: many[0] if len(many) == 1 else constant(self.format, 0) + added(self.format, many)
            for k, many in lists.items()
        }

    def max(
        self, body: Callable[..., Number], *extents: int, where: Callable[..., Iterable[Any]] | None = None
    ) -> Number:
        """First of the largest; where the computed one may be another, either's partials."""
        numbers = [self.of(body(*at)) for at in _range(extents, where)]
        best = max(numbers, key=lambda number: number.value.value)
        for number in numbers:
            if number is not best and not (number.value.exact and best.value.exact) and (best > number) is None:
                best = self.both(best, number)
        return best

    def when(self, condition: bool | None, then: Callable[[], Number], otherwise: Callable[[], Number]) -> Number:
        """One branch, or either where the condition may flip, derivatives included."""
        if condition is None:
            return self.both(self.of(then()), self.of(otherwise()))
        return then() if condition else otherwise()

    def both(self, first: Slope, second: Slope) -> Slope:
        """One of two numbers."""
        zero = constant(self.format, 0)
        leaves = first.partials | second.partials
        partials = {k: either(first.partials.get(k, zero), second.partials.get(k, zero)) for k in leaves}
        return Slope(either(first.value, second.value), partials)

    def raised(self, exponent: Any) -> Number:
        """Its own derivative, which a kernel may know as expm1 and 1."""
        y = exponential(exponent.value)
        return exponent.chain(y, y.widened(2 * FUNCTION * self.format.unit))

    def log(self, x: Number) -> Number:
        """Derivative 1/x."""
        if isinstance(x, Exponentials):
            return Rounding.log(self, x)
        x = self.of(x)
        return x.chain(logarithm(x.value), 1 / x.value)

    def log_sum_exp(self, exponents: list[Any]) -> Number:
        """Derivatives: the shares, ``exp(x - y)``."""
        y = log_sum_exp([x.value for x in exponents])
        own = [exponential(x.value.less(y)) for x in exponents]
        if len(own) == 2:
            own = [share.widened(2 * FUNCTION * self.format.unit) for share in own]
        return Slope(y, self.gathered(x.chain(y, p).partials for x, p in zip(exponents, own, strict=True)))

    def share(self, parts: Parts, others: Parts) -> Number:
        """Derivatives: each exponent's share, less the quotient times each other exponent's."""
        below = tuple((sign, x.value) for sign, x in others)
        above = shares(tuple((sign, x.value) for sign, x in parts), [x for _, x in below])
        y = constant(self.format, 0) + added(self.format, above)
        own = shares(below, [x for _, x in below])
        up = [x.chain(y, p).partials for (_, x), p in zip(parts, above, strict=True)]
        down = [x.chain(y, -y * p).partials for (_, x), p in zip(others, own, strict=True)]
        return Slope(y, self.gathered(up + down))

    def erf(self, x: Number) -> Number:
        """Derivative 2/sqrt(pi)*exp(-x^2)."""
        x = self.of(x)
        return x.chain(error_function(x.value), bell(x.value))

    def power(self, x: Number, exponent: Fraction | int) -> Number:
        """Derivative e*x^e/x."""
        x, exponent = self.of(x), Fraction(exponent)
        y = powered(x.value, exponent)
        return x.chain(y, exponent * y / x.value)

    def of(self, number: Number) -> Any:
        """A number with derivatives, of which a constant has none."""
        return number if isinstance(number, Slope) else _sloped(Rounding.of(self, number))


def backward(
    element: Callable[..., Number], form: Format, dy: Given, wrt: str, operands: dict[str, Any]
) -> dict[tuple[int, ...], Rounded]:
    """Gradient of ``sum(dy * y)`` by one operand, by position, with the bounds of its errors; 0 where none is given."""
    m, terms = Sloping(form), {}
    read = {k: Remembered(k * (k == wrt), a) if isinstance(a, Given) else a for k, a in operands.items()}
    for o in dy.tensor.positions():
        above = dy[o]
        for (_, at), partial in m.of(element(m, o, *read.values())).partials.items():
            terms.setdefault(at, []).append(above * partial)
    return {at: constant(form, 0) + added(form, many) for at, many in terms.items()}


def _sloped(number: Any) -> Slope:
    return number if isinstance(number, Slope) else Slope(number, {})


def _merge(a: dict[Leaf, Rounded], b: dict[Leaf, Rounded]) -> dict[Leaf, Rounded]:
    merged = dict(a)
    for leaf, partial in b.items():
        merged[leaf] = merged[leaf] + partial if leaf in merged else partial
    return merged
