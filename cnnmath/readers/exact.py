"""Exact reader: numbers are fractions, and a sentence is the value of an operator, with no rounding.

Exponentials, logarithms, error functions and roots that are irrational are fractions within a relative 10^-50 of the
truth: far closer than any float, so that they too can judge a kernel, against a bound.
"""

from __future__ import annotations

import decimal
import inspect
import operator
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from itertools import product
from math import isqrt, lcm, prod
from typing import Any, ClassVar, Self

from cnnmath.errors import DataError, check_kind, clip
from cnnmath.ops.algebra import Number, Operator, check_operator
from cnnmath.ops.checks import check_shape
from cnnmath.readers.error_function import PI, error_function

DIGITS = 60
"""Decimal digits carried through an irrational function; ten of them guard the other fifty."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A dense array of exact numbers, in row-major order.

    Examples
    --------
    >>> Tensor((2, 2), [1, 2, 3, 4])[1, 0]
    3
    """

    shape: tuple[int, ...]
    values: list[Any]

    @classmethod
    def of(cls, array: Any) -> Self:
        """Take over a NumPy array, each number as the fraction that it is."""
        return cls(tuple(array.shape), [fraction(v) for v in array.ravel().tolist()])

    def positions(self) -> Iterable[tuple[int, ...]]:
        """All positions, the last axis fastest."""
        return product(*map(range, self.shape))

    def __getitem__(self, at: Any) -> Any:
        index = 0
        for i, size in zip(at if isinstance(at, tuple) else (at,), self.shape, strict=True):
            if not 0 <= i < size:
                raise IndexError(f"position {at} lies outside shape {self.shape}")
            index = index * size + i
        return self.values[index if isinstance(index, int) else whole(index)]


def fraction(number: Any) -> Fraction:
    """A number as the fraction that it is."""
    return number if type(number) is Fraction else Fraction(number)


def total(terms: Iterable[Any]) -> Fraction:
    """Exact sum: added up over a common denominator, and brought to lowest terms once, at the end.

    Examples
    --------
    >>> total([1, 0.5, Fraction(1, 3)])
    Fraction(11, 6)
    """
    above, below = 0, 1
    for term in terms:
        numerator, denominator = term.as_integer_ratio()
        if denominator == below:
            above += numerator
        else:
            common = lcm(below, denominator)
            above = above * (common // below) + numerator * (common // denominator)
            below = common
    return Fraction(above, below)


def whole(number: Any) -> int:
    """An index that is a number of an operand, such as a label, as the integer that it is."""
    if isinstance(number, Fraction):
        if number.denominator != 1:
            raise TypeError(f"{number} is no index")
        return number.numerator
    return operator.index(number)


class Exact:
    """The verbs over fractions."""

    pi: ClassVar = PI

    def sum(
        self, body: Callable[..., Number], *extents: int, where: Callable[..., Iterable[Any]] | None = None
    ) -> Number:
        """Add up; nothing is an exact zero."""
        return total(body(*at) for at in _range(extents, where))

    def max(
        self, body: Callable[..., Number], *extents: int, where: Callable[..., Iterable[Any]] | None = None
    ) -> Number:
        """Python's max: the first of equal ones."""
        return max(body(*at) for at in _range(extents, where))

    def when(self, condition: bool, then: Callable[[], Number], otherwise: Callable[[], Number]) -> Number:
        """One branch only."""
        return then() if condition else otherwise()

    def let(self, name: str, over: Sequence[int], value: Callable[[], Number]) -> Number:
        """Compute it again: clarity is this reader's only aim."""
        return value()

    def exp(self, x: Number) -> Number:
        """Exponential, within a relative 10^-50."""
        return _decimal(x, decimal.Decimal.exp) if x else Fraction(1)

    def log(self, x: Number) -> Number:
        """Natural logarithm, within a relative 10^-50."""
        if x <= 0:
            raise DataError("there is no logarithm of it.", rule="x > 0", here=f"x = {x}")
        return _decimal(x, decimal.Decimal.ln) if x != 1 else Fraction(0)

    def erf(self, x: Number) -> Number:
        """Error function, within a relative 10^-50, as is what is missing to 1."""
        return _erf(Fraction(x))

    def power(self, x: Number, exponent: Fraction | int) -> Number:
        """Rational power: exact where the root is rational, else within a relative 10^-50."""
        base, exponent = Fraction(x), Fraction(exponent)
        if (base < 0 and exponent.denominator > 1) or (base == 0 and exponent < 0):
            raise DataError("there is no such power of it.", here=f"x^({exponent}) at x = {base}")
        root = _rational_root(base, exponent.denominator)
        return self.exp(exponent * self.log(base)) if root is None else root**exponent.numerator


def evaluate(op: Operator, at: tuple[int, ...], *operands: Tensor) -> Fraction:
    """One output number of an operator, exactly.

    Examples
    --------
    >>> from cnnmath.ops import Conv
    >>> x, w = Tensor((1, 1, 3), [1, 2, 3]), Tensor((1, 1, 2), [10, 1])
    >>> evaluate(Conv(1, (2,), bias=False), (0, 0, 1), x, w)
    Fraction(23, 1)
    """
    check_operands(op, operands)
    check_kind(at, tuple, "position", "give one index an axis of the output, as in (0, 0, 1)")
    return fraction(op.element(Exact(), at, *operands))


def forward(op: Operator, shape: tuple[int, ...], *operands: Tensor) -> Tensor:
    """Every output number, for an output of this shape."""
    check_operands(op, operands)
    check_shape(shape)
    return Tensor(shape, [fraction(op.element(Exact(), at, *operands)) for at in product(*map(range, shape))])


def check_operands(op: Operator, operands: Collection[Any]) -> None:
    """Raise where something is no operator, or these are not as many tensors as its sentence reads.

    Examples
    --------
    >>> from cnnmath.ops import Conv
    >>> check_operands(Conv(1, 3), [Tensor((1, 1, 3), [1, 2, 3])])
    Traceback (most recent call last):
    cnnmath.errors.DataError: conv: the operands are not those of its definition.
      here    missing a required argument: 'w'
      fix     give one tensor for each input, then one for each parameter
    """
    check_operator(op)
    name = type(op).__name__.lower()
    for operand in operands:
        if not hasattr(operand, "shape"):
            fix = "give a Tensor: Tensor.of(array), or Tensor(shape, numbers)"
            raise DataError("an operand is no tensor.", here=clip(repr(operand)), fix=fix).at(name)
    try:
        _sentence(type(op)).bind(op, None, None, *operands)
    except TypeError as error:
        fix = "give one tensor for each input, then one for each parameter"
        raise DataError("the operands are not those of its definition.", here=str(error), fix=fix).at(name) from None


@cache
def _sentence(kind: type[Operator]) -> inspect.Signature:
    return inspect.signature(kind.element)


def _range(extents: Sequence[int], where: Callable[..., Iterable[Any]] | None) -> Iterable[tuple[int, ...]]:
    everywhere = product(*map(range, extents))
    return everywhere if where is None else (at for at in everywhere if all(where(*at)))


@lru_cache(
    maxsize=4096
)  # sixty digits take their time, and a gate or a softmax asks for the same number at every output
def _decimal(x: Fraction, function: Callable[[decimal.Decimal], decimal.Decimal]) -> Fraction:
    with decimal.localcontext(prec=DIGITS, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN):
        return Fraction(function(decimal.Decimal(Fraction(x).numerator) / Fraction(x).denominator))


@lru_cache(maxsize=4096)
def _erf(x: Fraction) -> Fraction:
    return error_function(x, DIGITS)


def _rational_root(x: Fraction, degree: int) -> Fraction | None:
    """The root of this degree where it is rational, else None."""
    x = Fraction(x)
    roots = Fraction(_integer_root(x.numerator, degree), _integer_root(x.denominator, degree))
    return roots if roots**degree == x else None


def _integer_root(n: int, degree: int) -> int:
    """Greatest integer whose power is at most n, by bisection from a power of two above it."""
    if degree == 1:
        return n
    if degree == 2:
        return isqrt(n)
    low, high = 0, prod([2] * (n.bit_length() // degree + 1))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**degree <= n else (low, middle - 1)
    return low
