r"""Rounding reader: floats that carry a bound of how far a computed number is from the exact one.

A `Rounded` is a term, or a sum of terms whose order nobody knows. It holds the value, the errors of the terms
themselves (``base``), how many terms there are and the sum of their absolute values (``mass``). However the terms are
added up, one by one, in blocks, in pairs, with fused multiply-adds or in higher precision, the result is within

.. math:: \text{base} + \gamma_{n-1}\, \text{mass}, \quad \gamma_n = \frac{n u}{1 - n u}

of the exact one ([1]_, sections 3.1 and 4.2). Sums of sums are flattened, and a factor of a sum belongs to each term,
so that a kernel may scale before or after it adds up, and start with the bias or end with it. A product of two sums is
not multiplied out: that is another algorithm, and may cancel.

Sums of exponentials stay what they are until they are needed (`Exponentials`): their quotients and logarithms are those
of stable kernels, which subtract the greatest exponent first ([2]_). That covers softmax, log-softmax, softplus, the
logistic function and tanh, with their derivatives.

Values are floats, evaluated in the sentence's structure themselves: they too are within the bound of the exact ones,
which is why ``|value| + error`` bounds the exact number and ``|value| + 2 error`` the computed one.

Assumed is that an operation rounds to nearest, that a quotient is one or a product with a reciprocal, that functions
(exp, log, power and root) are within `FUNCTION` ulps, and that a result, or an operand, below the format's ``smallest``
may be off by as much (`Format`). Where the format's largest number could be exceeded, nothing is said: the bound is
infinite.

References
----------
.. [1] N. J. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd edition, SIAM 2002, sections 2.1, 3.1, 3.3
   (running error analysis) and 4.2.
.. [2] P. Blanchard, D. Higham and N. Higham, "Accurately computing the log-sum-exp and softmax functions", IMA
   Journal of Numerical Analysis 2021.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Self, TypeAlias

from cnnmath.ops.algebra import Number, position
from cnnmath.readers.exact import Tensor, _range, whole
from cnnmath.readers.gradient import Leaf

FUNCTION = 4
"""Units in the last place within which a library's function is assumed to be of the exact one."""

Parts: TypeAlias = tuple[tuple[int, Any], ...]
"""Signs and exponents of exponentials."""

OUTWARD = 1 + 2.0**-40
"""Factor by which bounds are enlarged, for they are floats themselves."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format of floats.

    Attributes
    ----------
    name
        As NumPy or PyTorch calls it.
    unit
        Unit roundoff: largest relative error of a rounding.
    smallest
        What a number close to 0 may be off by: the smallest subnormal number, or, where subnormal numbers are often
        flushed to zero, the smallest normal one.
    largest
        Largest finite number.
    """

    name: str
    unit: float
    smallest: float
    largest: float

    def holds(self, number: float) -> bool:
        """Whether a number has no more digits than the format."""
        return (math.frexp(number)[0] / self.unit).is_integer() and abs(number) <= self.largest


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "float64": Format("float64", 2.0**-53, 2.0**-1022, 2.0**1023 * (2 - 2.0**-52)),
        "float32": Format("float32", 2.0**-24, 2.0**-126, 2.0**127 * (2 - 2.0**-23)),
        "float16": Format("float16", 2.0**-11, 2.0**-24, 65504.0),
        "bfloat16": Format("bfloat16", 2.0**-8, 2.0**-126, 2.0**127 * (2 - 2.0**-7)),
    }
)
"""Formats by name."""


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
        return number.plain() if isinstance(number, Exponentials) else constant(self.format, number)

    def less(self, other: Rounded) -> Rounded:
        """The difference, in one operation."""
        if other is self:
            return self.scaled(0)
        apart, carried = self.value - other.value, self.error + other.error
        return term(self.format, apart, carried, abs(apart) + 2 * carried, 1)

    def widened(self, error: float) -> Rounded:
        """The same number, off by as much more."""
        return total(self.format, self.value, self.base + error, self.count, self.mass + error)

    def settled(self) -> Rounded:
        """One term: what is added to it comes after it was rounded to the format once more."""
        return self if self.exact else term(self.format, self.value, self.error, self.most, 1)

    __radd__, __rmul__ = __add__, __mul__


def constant(form: Format, number: Fraction | float) -> Rounded:
    """A number that is given, rounded where the format does not hold it."""
    value = float(number)
    if value == number and form.holds(value):
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
    return total(first.format, first.value, *_joined(first, max(first.error, second.error) + apart))


def _joined(number: Rounded, error: float) -> tuple[float, int, float]:
    return error, 1, abs(number.value) + 2 * error


def exponential(x: Rounded) -> Rounded:
    """``exp``: it stretches the error by at most its value at the upper end."""
    try:
        high = math.exp(x.value + 2 * x.error)
    except OverflowError:
        return unknown(x.format)
    return term(x.format, math.exp(x.value), high * math.expm1(x.error), high, 2 * FUNCTION)


def logarithm(x: Rounded) -> Rounded:
    """``log``: it stretches the error by at most one over the lower end."""
    low = x.value - 2 * x.error
    if not low > 0:
        return unknown(x.format)
    most = max(abs(math.log(low)), abs(math.log(x.most)))
    return term(x.format, math.log(x.value), x.error / low, most, 2 * FUNCTION)


def powered(x: Rounded, exponent: Fraction) -> Rounded:
    """``x**exponent``, a root or ``exp(exponent*log(x))`` whose exponent is rounded: the slope at the steeper end."""
    p, low, high = float(exponent), x.value - 2 * x.error, x.most
    if not low > 0:
        if not (p > 0 and high < math.inf):
            return unknown(x.format)
        most = high**p
        return term(x.format, max(x.value, 0.0) ** p, most, most, 2 * FUNCTION)
    ends = low**p, high**p
    slope = abs(p) * max(ends[0] / low, ends[1] / high)
    turned = abs(p) * max(abs(math.log(low)), abs(math.log(high))) if exponent != Fraction(1, 2) else 0.0
    roundings = 2 * FUNCTION * (1 + turned) + 2 * turned
    return term(x.format, x.value**p, slope * x.error, max(ends), roundings)


@dataclass(frozen=True, slots=True)
class Given:
    """An operand whose numbers are given, and exact where the format holds them."""

    format: Format
    tensor: Tensor

    @classmethod
    def of(cls, form: Format, tensor: Tensor) -> Self:
        """Numbers of an exact tensor, in a format."""
        return cls(form, Tensor(tensor.shape, [constant(form, number) for number in tensor.values]))

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the operand."""
        return self.tensor.shape

    def __getitem__(self, at: Any) -> Rounded:
        return self.tensor[tuple(map(index, position(at)))]


def index(i: Any) -> int:
    """An index, which may be a number of an operand."""
    return i if isinstance(i, int) else whole(i)


class Rounding:
    """The verbs over rounded numbers; what is named is computed once."""

    def __init__(self, form: Format) -> None:
        self.format = form
        self.named: dict[Hashable, Number] = {}

    def sum(
        self, body: Callable[..., Number], *extents: int, where: Callable[..., Iterable[Any]] | None = None
    ) -> Number:
        """One sum of all terms' terms; of constants the exact sum."""
        return self.added([body(*at) for at in _range(extents, where)])

    def added(self, terms: list[Number]) -> Number:
        """The same of numbers that are there; a sum of exponentials stays one."""
        if terms and all(isinstance(number, Exponentials) for number in terms):
            return Exponentials(self, tuple(part for number in terms for part in number.parts))
        return self.joined([number.plain() if isinstance(number, Exponentials) else number for number in terms])

    def joined(self, terms: list[Number]) -> Number:
        """One sum of all terms' terms."""
        return added(self.format, terms)

    def max(
        self, body: Callable[..., Number], *extents: int, where: Callable[..., Iterable[Any]] | None = None
    ) -> Number:
        """Off by no more than the worst of the numbers."""
        numbers = [self.of(body(*at)) for at in _range(extents, where)]
        worst = max(number.error for number in numbers)
        best = max(numbers, key=lambda number: number.value)
        return best if best.error == worst else total(self.format, best.value, *_joined(best, worst))

    def when(self, condition: bool | None, then: Callable[[], Number], otherwise: Callable[[], Number]) -> Number:
        """One branch, or either where the condition may flip."""
        if condition is None:
            return either(self.of(then()), self.of(otherwise()))
        return then() if condition else otherwise()

    def let(self, name: str, over: Sequence[int], value: Callable[[], Number]) -> Number:
        """Computed once."""
        key = (name, *over)
        if key not in self.named:
            self.named[key] = value()
        return self.named[key]

    def exp(self, x: Number) -> Exponentials:
        """Exponential."""
        return Exponentials(self, ((1, self.of(x)),))

    def log(self, x: Number) -> Number:
        """Natural logarithm; that of a sum of exponentials as kernels take it."""
        if isinstance(x, Exponentials):
            return self.log_sum_exp([exponent for _, exponent in x.parts])
        return logarithm(self.of(x))

    def raised(self, exponent: Rounded) -> Number:
        """One exponential by itself."""
        return exponential(exponent)

    def log_sum_exp(self, exponents: list[Any]) -> Number:
        """Logarithm of the sum of exponentials."""
        return log_sum_exp(exponents)

    def share(self, parts: Parts, others: Parts) -> Number:
        """A sum of exponentials over another."""
        return self.of(self.joined(shares(parts, [exponent for _, exponent in others])))

    def power(self, x: Number, exponent: Fraction | int) -> Number:
        """Rational power."""
        return powered(self.of(x), Fraction(exponent))

    def of(self, number: Number) -> Any:
        """A constant as a number of the format, exponentials as what they add up to."""
        if isinstance(number, Exponentials):
            return number.plain()
        return number if isinstance(number, Rounded) else constant(self.format, number)


@dataclass(frozen=True, slots=True, eq=False)
class Exponentials:
    """A sum of exponentials and negated ones that nobody has computed yet.

    Attributes
    ----------
    reader
        Whose verbs compute it.
    parts
        A sign and an exponent for each.
    """

    reader: Rounding
    parts: Parts

    def plain(self) -> Number:
        """The number itself."""
        reader = self.reader
        return reader.of(reader.joined([reader.raised(exponent) * sign for sign, exponent in self.parts]))

    def __add__(self, other: Number) -> Number:
        if isinstance(other, Exponentials):
            return Exponentials(self.reader, self.parts + other.parts)
        if other in (1, -1):
            return Exponentials(self.reader, (*self.parts, (other, self.reader.of(0))))
        return self.plain() + other

    def __neg__(self) -> Exponentials:
        return Exponentials(self.reader, tuple((-sign, exponent) for sign, exponent in self.parts))

    def __sub__(self, other: Number) -> Number:
        return self + -other

    def __rsub__(self, other: Number) -> Number:
        return -self + other

    def __mul__(self, other: Number) -> Number:
        return self.plain() * other

    def __truediv__(self, other: Number) -> Number:
        if isinstance(other, Exponentials) and all(sign == 1 for sign, _ in other.parts):
            return self.reader.share(self.parts, other.parts)
        return self.plain() / other

    def __rtruediv__(self, other: Number) -> Number:
        if other == 1:
            return Exponentials(self.reader, ((1, self.reader.of(0)),)) / self
        return other / self.plain()

    __radd__, __rmul__ = __add__, __mul__


def log_sum_exp(exponents: list[Rounded]) -> Rounded:
    """Greatest exponent and the logarithm of the sum of the shifted exponentials, or the logarithm of the sum itself.

    The first adds the error of a sum, the second that of a logarithm: all are among `FUNCTION` ulps of both parts.
    """
    top = max(exponents, key=lambda exponent: exponent.value)
    log = logarithm(top.of(added(top.format, [exponential(exponent.less(top)) for exponent in exponents])))
    return term(top.format, top.value + log.value, top.error + log.error, top.most + log.most, 2 * FUNCTION)


def shares(parts: Parts, others: list[Rounded]) -> list[Rounded]:
    """What each exponential makes of the sum of others, with its sign.

    Of one of two, a kernel may know no more than that both add up to 1: ``1 - y``, ``(1 + tanh(x/2))/2``, or a rational
    function that is near the logistic one; they are off by units of 1.
    """
    top = max(others, key=lambda exponent: exponent.value)
    whole = added(top.format, [exponential(exponent.less(top)) for exponent in others])
    found = [exponential(exponent.less(top)) / whole for _, exponent in parts]
    if len(others) == 2:
        found = [share.widened(2 * FUNCTION * top.format.unit) for share in found]
    return [share.scaled(sign) for (sign, _), share in zip(parts, found, strict=True)]


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

    def power(self, x: Number, exponent: Fraction | int) -> Number:
        """Derivative e*x^e/x."""
        x, exponent = self.of(x), Fraction(exponent)
        y = powered(x.value, exponent)
        return x.chain(y, exponent * y / x.value)

    def of(self, number: Number) -> Any:
        """A number with derivatives, of which a constant has none."""
        return number if isinstance(number, Slope) else _sloped(Rounding.of(self, number))


def forward(
    element: Callable[..., Number], form: Format, at: Iterable[tuple[int, ...]], *operands: Any
) -> list[Rounded]:
    """Output numbers at these positions, with the bounds of their errors.

    Examples
    --------
    >>> from cnnmath.ops import Linear
    >>> x, w = (Given.of(FORMATS["float32"], Tensor((1, 2), values)) for values in ([3, 4], [5, 6]))
    >>> (y,) = forward(Linear(1, bias=False).element, FORMATS["float32"], [(0, 0)], x, w)
    >>> y.value, f"{y.error / (2.0**-24 * 39):.4f}"
    (39.0, '2.0000')
    """
    m = Rounding(form)
    return [m.of(element(m, o, *operands)) for o in at]


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
