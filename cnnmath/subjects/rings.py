"""Rings with exact roots of unity: the integers modulo m, and the complex numbers whose parts are rational.

Their elements take Python's operators, also with integers, so that every formula can be evaluated on them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self


class Element(ABC):
    """An element of a commutative ring: its sums, products and inverses make up all operators."""

    __slots__ = ()

    @abstractmethod
    def of(self, number: Any) -> Self:
        """An element of the same ring: what is one already, or that of an integer."""

    @abstractmethod
    def plus(self, other: Self) -> Self:
        """Sum of two elements."""

    @abstractmethod
    def times(self, other: Self) -> Self:
        """Product of two elements."""

    @abstractmethod
    def inverse(self) -> Self:
        """The element whose product with this one is 1."""

    def __add__(self, other: Any) -> Self:
        return self.plus(self.of(other))

    __radd__ = __add__

    def __mul__(self, other: Any) -> Self:
        return self.times(self.of(other))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Self:
        return self.times(self.of(other).inverse())

    def __rtruediv__(self, other: Any) -> Self:
        return self.of(other) / self

    def __pow__(self, exponent: int) -> Self:
        factor, power = (self if exponent >= 0 else self.inverse()), self.of(1)
        for _ in range(abs(exponent)):
            power = power.times(factor)
        return power


@dataclass(frozen=True, slots=True)
class Residue(Element):
    """An integer modulo m, between 0 and m - 1.

    Examples
    --------
    >>> root = Residue(3, 7)
    >>> [str(root**k) for k in range(7)]
    ['1', '3', '2', '6', '4', '5', '1']
    >>> root / 2 * 2 == 3, root + 7 == root, root**-1 * root == 1
    (True, True, True)
    """

    value: int
    modulus: int

    def of(self, number: Any) -> Self:
        """The residue of an integer."""
        return number if isinstance(number, Residue) else type(self)(int(number) % self.modulus, self.modulus)

    def plus(self, other: Self) -> Self:
        """Sum, modulo m."""
        return self.of(self.value + other.value)

    def times(self, other: Self) -> Self:
        """Product, modulo m."""
        return self.of(self.value * other.value)

    def inverse(self) -> Self:
        """Inverse, where the value and m have no common divisor."""
        return self.of(pow(self.value, -1, self.modulus))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (int, Residue)) and self.value == self.of(other).value

    def __hash__(self) -> int:
        return hash(self.value)

    def __str__(self) -> str:
        return str(self.value)


@dataclass(frozen=True, slots=True)
class Gaussian(Element):
    """A complex number whose parts are rational: Gauss's numbers, and their quotients.

    Examples
    --------
    >>> root = Gaussian(0, -1)
    >>> [str(root**k) for k in range(5)]
    ['1+0i', '0-1i', '-1+0i', '0+1i', '1+0i']
    >>> str((root + 1) / 2), root**2 == -1, root**-1 * root == 1
    ('1/2-1/2i', True, True)
    """

    real: Fraction | int
    imaginary: Fraction | int = 0

    def of(self, number: Any) -> Self:
        """A rational number, with no imaginary part."""
        return number if isinstance(number, Gaussian) else type(self)(number)

    def plus(self, other: Self) -> Self:
        """Sum, part by part."""
        return type(self)(self.real + other.real, self.imaginary + other.imaginary)

    def times(self, other: Self) -> Self:
        """Product: the square of the imaginary unit is -1."""
        a, b, c, d = self.real, self.imaginary, other.real, other.imaginary
        return type(self)(a * c - b * d, a * d + b * c)

    def inverse(self) -> Self:
        """The conjugate, over the square of the absolute value."""
        norm = Fraction(self.real**2 + self.imaginary**2)
        return type(self)(self.real / norm, -self.imaginary / norm)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (int, Fraction, Gaussian)):
            return False
        number = self.of(other)
        return (self.real, self.imaginary) == (number.real, number.imaginary)

    def __hash__(self) -> int:
        return hash((self.real, self.imaginary))

    def __str__(self) -> str:
        return f"{self.real}{'-' if self.imaginary < 0 else '+'}{abs(self.imaginary)}i"
