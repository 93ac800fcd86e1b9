"""Numbers of a ring: polynomials that can be added and multiplied, and nothing else.

Every unknown is a power of one variable, so far from all others that no two products of different unknowns meet:
Kronecker's substitution. A polynomial in many unknowns is then one in a single variable, of which the coefficients that
are not zero are kept; the exponent of a product is a sum. With it goes a bound of the degree in each operand, so that
it is known, and not assumed, that no two products have met. Whoever compares such numbers, rounds them or asks for
their size is told that this is no polynomial.

References
----------
.. [1] L. Kronecker, "Grundzüge einer arithmetischen Theorie der algebraischen Größen", Journal für die reine und
   angewandte Mathematik 92, 1882, section 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from numbers import Rational
from typing import Any, NoReturn

import numpy as np


class NotPolynomialError(ArithmeticError):
    """Something was done to a number that no polynomial allows."""


@dataclass(frozen=True, slots=True, eq=False)
class Polynomial:
    """A polynomial with exact coefficients.

    Attributes
    ----------
    terms
        Coefficients that are not zero, by exponent.
    degree
        A bound of the degree in each operand.

    Examples
    --------
    >>> x = unknowns({"x": (2,), "w": (2,)})
    >>> (x["x"][0] * x["w"][1] - 3).terms
    {7: 1, 0: -3}
    """

    terms: dict[int, Any]
    degree: tuple[int, ...]

    def __add__(self, other: Any) -> Any:
        other = self._of(other)
        if other is NotImplemented:
            return NotImplemented
        terms = dict(self.terms)
        for exponent, coefficient in other.terms.items():
            total = terms.get(exponent, 0) + coefficient
            if total:
                terms[exponent] = total
            else:
                del terms[exponent]
        return Polynomial(terms, self._joined(other, max))

    def __mul__(self, other: Any) -> Any:
        other = self._of(other)
        if other is NotImplemented:
            return NotImplemented
        terms: dict[int, Any] = {}
        for e, a in self.terms.items():
            for f, b in other.terms.items():
                terms[e + f] = terms.get(e + f, 0) + a * b
        return Polynomial({e: c for e, c in terms.items() if c}, self._joined(other, lambda a, b: a + b))

    def __neg__(self) -> Polynomial:
        return Polynomial({exponent: -coefficient for exponent, coefficient in self.terms.items()}, self.degree)

    def __pos__(self) -> Polynomial:
        return self

    def __sub__(self, other: Any) -> Any:
        other = self._of(other)
        return NotImplemented if other is NotImplemented else self + -other

    def __rsub__(self, other: Any) -> Any:
        other = self._of(other)
        return NotImplemented if other is NotImplemented else other + -self

    def __truediv__(self, other: Any) -> Any:
        other = self._of(other)
        if other is NotImplemented:
            return NotImplemented
        if set(other.terms) != {0}:
            raise NotPolynomialError("it divides by a number that depends on its operands, or by zero")
        return self * (1 / Fraction(other.terms[0]))

    def __pow__(self, exponent: Any) -> Any:
        if not isinstance(exponent, (int, np.integer)) or exponent < 0:
            raise NotPolynomialError(f"it takes the power {exponent}")
        result = self._of(1)
        for _ in range(int(exponent)):
            result = result * self
        return result

    def _refuse(self, *_: Any) -> NoReturn:
        raise NotPolynomialError("it compares or rounds its numbers, or asks for their size")

    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = _refuse  # type: ignore[assignment]
    __bool__ = __abs__ = __floordiv__ = __mod__ = __rtruediv__ = __round__ = _refuse
    __float__ = __int__ = __index__ = __complex__ = _refuse
    __radd__, __rmul__ = __add__, __mul__
    __hash__ = None  # type: ignore[assignment]

    def same(self, other: Any) -> bool:
        """Whether it is the same polynomial, which the sign == may not ask."""
        return self.terms == self._of(other).terms

    def _joined(self, other: Polynomial, how: Any) -> tuple[int, ...]:
        return tuple(map(how, self.degree, other.degree))

    def _of(self, number: Any) -> Any:
        """A constant as a polynomial; a float only if it is whole."""
        if isinstance(number, Polynomial):
            return number
        if isinstance(number, np.generic):
            number = number.item()
        if isinstance(number, float):
            if number != number or number in (float("inf"), float("-inf")) or number != int(number):
                raise NotPolynomialError(f"it takes in {number:.3g}, a float that stands for no exact number")
            number = int(number)
        if isinstance(number, Rational):
            return Polynomial({0: number} if number else {}, (0,) * len(self.degree))
        return NotImplemented


def unknowns(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any]:
    """An unknown for every number of every operand, in object arrays.

    The first operand of n numbers has the exponents 1 to n, the next one multiples of n + 1, and so on: a mixed radix,
    in which every product of at most one number of each operand has an exponent of its own.
    """
    arrays, step = {}, 1
    for i, (name, shape) in enumerate(shapes.items()):
        degree = tuple(int(i == j) for j in range(len(shapes)))
        array = np.empty(prod(shape), object)
        for j in range(array.size):
            array[j] = Polynomial({step * (j + 1): 1}, degree)
        arrays[name] = array.reshape(shape)
        step *= array.size + 1
    return arrays
