"""Rings with exact roots of unity: the integers modulo m, and the complex numbers whose parts are rational.

Their elements take Python's operators, also with integers and fractions, so that formulas can be evaluated on them.
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self, TypeAlias

import sympy as sp

Rational: TypeAlias = int | Fraction


class Element(ABC):
    """An element of a commutative ring: its sums, products and inverses make up all operators."""

    __slots__ = ()

    @abstractmethod
    def of(self, number: Rational) -> Self:
        """The element of the same ring that a number is."""

    @abstractmethod
    def plus(self, other: Self) -> Self:
        """Sum of two elements."""

    @abstractmethod
    def times(self, other: Self) -> Self:
        """Product of two elements."""

    @abstractmethod
    def inverse(self) -> Self:
        """The element whose product with this one is 1."""

    def element(self, other: Any) -> Self | None:
        """What an operator is given, as an element of the same ring; None where it is neither that nor a number."""
        if isinstance(other, type(self)):
            return other
        return self.of(other) if isinstance(other, (int, Fraction)) else None

    def __add__(self, other: Any) -> Self:
        element = self.element(other)
        return NotImplemented if element is None else self.plus(element)

    def __mul__(self, other: Any) -> Self:
        element = self.element(other)
        return NotImplemented if element is None else self.times(element)

    def __truediv__(self, other: Any) -> Self:
        element = self.element(other)
        return NotImplemented if element is None else self.times(element.inverse())

    def __rtruediv__(self, other: Any) -> Self:
        return self.inverse() * other

    def __neg__(self) -> Self:
        return self * -1

    def __sub__(self, other: Any) -> Self:
        return self + -other

    def __rsub__(self, other: Any) -> Self:
        return -self + other

    def __pow__(self, exponent: int) -> Self:
        factor = self if exponent >= 0 else self.inverse()
        return math.prod([factor] * abs(exponent), start=self.of(1))

    __radd__, __rmul__ = __add__, __mul__


@dataclass(frozen=True, slots=True, eq=False)
class Residue(Element):
    """An integer modulo m, between 0 and m - 1.

    Examples
    --------
    >>> root = Residue(3, 7)
    >>> [(root**k).value for k in range(7)]
    [1, 3, 2, 6, 4, 5, 1]
    >>> root / 2 * 2 == 3, root + 7 == root, root**-1 * root == 1
    (True, True, True)
    """

    value: int
    modulus: int

    def of(self, number: Rational) -> Self:
        """The residue of a number."""
        value = number.numerator * pow(number.denominator, -1, self.modulus)
        return type(self)(value % self.modulus, self.modulus)

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
        element = self.element(other)
        return element is not None and (self.value, self.modulus) == (element.value, element.modulus)

    def __hash__(self) -> int:
        return hash(self.value)

    def __str__(self) -> str:
        return f"{self.value} mod {self.modulus}"

    def _sympy_(self) -> sp.Integer:
        return sp.Integer(self.value)


@dataclass(frozen=True, slots=True, eq=False)
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

    real: Rational
    imaginary: Rational = 0

    def of(self, number: Rational) -> Self:
        """A number with no imaginary part."""
        return type(self)(number)

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
        element = self.element(other)
        return element is not None and (self.real, self.imaginary) == (element.real, element.imaginary)

    def __hash__(self) -> int:
        return hash((self.real, self.imaginary))

    def __str__(self) -> str:
        return f"{self.real}{'-' if self.imaginary < 0 else '+'}{abs(self.imaginary)}i"

    def _sympy_(self) -> sp.Expr:
        return sp.sympify(self.real) + sp.I * sp.sympify(self.imaginary)


def number(text: str) -> Fraction | Element:
    """The number that a text says, as elements and fractions write themselves.

    Examples
    --------
    >>> number("3 mod 7") == Residue(3, 7), number("1/2-1i") == Gaussian(Fraction(1, 2), -1), number("-2/3")
    (True, True, Fraction(-2, 3))
    """
    if residue := re.fullmatch(r"(\d+) mod (\d+)", text):
        return Residue(*map(int, residue.groups()))
    if gaussian := re.fullmatch(r"(-?[\d/]+)([-+][\d/]+)i", text):
        return Gaussian(*map(Fraction, gaussian.groups()))
    return Fraction(text)
