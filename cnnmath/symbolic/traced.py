"""Numbers that remember the formula they came from: conditions are decided by the number, and the letters stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp


@dataclass(frozen=True, slots=True, eq=False)
class Traced:
    """A number beside its formula.

    Examples
    --------
    >>> x, w = Traced(2, sp.Symbol("x")), Traced(3, sp.Symbol("w"))
    >>> x * w + 1, w > x
    (7 = w*x + 1, True)
    """

    value: Any
    formula: Any

    def __add__(self, other: Any) -> Traced:
        return Traced(self.value + _value(other), self.formula + formula(other))

    def __mul__(self, other: Any) -> Traced:
        return Traced(self.value * _value(other), self.formula * formula(other))

    def __sub__(self, other: Any) -> Traced:
        return Traced(self.value - _value(other), self.formula - formula(other))

    def __rsub__(self, other: Any) -> Traced:
        return Traced(_value(other) - self.value, formula(other) - self.formula)

    def __truediv__(self, other: Any) -> Traced:
        return Traced(self.value / _value(other), self.formula / formula(other))

    def __rtruediv__(self, other: Any) -> Traced:
        return Traced(_value(other) / self.value, formula(other) / self.formula)

    def __pow__(self, exponent: Any) -> Traced:
        return Traced(self.value**exponent, self.formula ** sp.sympify(exponent))

    def __abs__(self) -> Traced:
        return Traced(abs(self.value), abs(self.formula))

    def __eq__(self, other: object) -> bool:
        return bool(self.value == _value(other))

    def __lt__(self, other: Any) -> bool:
        return bool(self.value < _value(other))

    def __le__(self, other: Any) -> bool:
        return bool(self.value <= _value(other))

    def __gt__(self, other: Any) -> bool:
        return bool(self.value > _value(other))

    def __ge__(self, other: Any) -> bool:
        return bool(self.value >= _value(other))

    def __repr__(self) -> str:
        return f"{self.value} = {self.formula}"

    __radd__, __rmul__, __hash__ = __add__, __mul__, None  # type: ignore[assignment]  # equal by value, so not hashable


def _value(number: Any) -> Any:
    return number.value if isinstance(number, Traced) else number


def formula(number: Any) -> Any:
    """Formula of a number; one that remembers none is its own."""
    return number.formula if isinstance(number, Traced) else sp.sympify(number)
