"""The verbs over rounded numbers, and the outputs of an operator with the bounds of their errors."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, Self

from cnnmath.ops.algebra import Number, position
from cnnmath.readers.error_function import PI
from cnnmath.readers.exact import Tensor, _range, whole
from cnnmath.readers.rounding.format import Format
from cnnmath.readers.rounding.functions import (
    Parts,
    error_function,
    exponential,
    log_sum_exp,
    logarithm,
    powered,
    shares,
)
from cnnmath.readers.rounding.number import Postponed, Rounded, added, constant, either


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

    pi: ClassVar = PI

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
        return best if best.error == worst else best.within(worst)

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

    def erf(self, x: Number) -> Number:
        """Error function."""
        return error_function(self.of(x))

    def power(self, x: Number, exponent: Fraction | int) -> Number:
        """Rational power."""
        return powered(self.of(x), Fraction(exponent))

    def of(self, number: Number) -> Any:
        """A constant as a number of the format, exponentials as what they add up to."""
        if isinstance(number, Exponentials):
            return number.plain()
        return number if isinstance(number, Rounded) else constant(self.format, number)


@dataclass(frozen=True, slots=True, eq=False)
class Exponentials(Postponed):
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


def forward(
    element: Callable[..., Number], form: Format, at: Iterable[tuple[int, ...]], *operands: Any
) -> list[Rounded]:
    """Output numbers at these positions, with the bounds of their errors.

    Examples
    --------
    >>> from cnnmath.ops import Linear
    >>> from cnnmath.readers.rounding import FORMATS
    >>> x, w = (Given.of(FORMATS["float32"], Tensor((1, 2), values)) for values in ([3, 4], [5, 6]))
    >>> (y,) = forward(Linear(1, bias=False).element, FORMATS["float32"], [(0, 0)], x, w)
    >>> y.value, f"{y.error / (2.0**-24 * 39):.4f}"
    (39.0, '2.0000')
    """
    m = Rounding(form)
    return [m.of(element(m, o, *operands)) for o in at]
