"""What a formula computes with once it is a Python function: exact numbers where it can, symbols where it must.

Every function takes exact numbers (integers, fractions, or any ring's elements with Python's operators) and, in the
written-out form, SymPy expressions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import reduce
from typing import Any

import sympy as sp

from cnnmath.readers.exact import Exact
from cnnmath.symbolic.terms import Attains, Bracket, Maximum
from cnnmath.symbolic.terms import Logistic as _Logistic

__all__ = [
    "Fraction", "attains", "bracket", "cases", "equal", "every", "exp", "floor", "given", "greatest", "largest", "log",
    "logistic", "matrix_product", "multiplied", "negation", "power", "quotient", "sign", "smallest", "tanh", "times",
    "total", "unequal",
]  # fmt: skip


def symbolic(*values: Any) -> bool:
    """Whether one of them is a SymPy expression."""
    return any(isinstance(value, sp.Basic) for value in values)


def total(values: Sequence[Any]) -> Any:
    """Sum."""
    return sp.Add(*values) if symbolic(*values) else sum(values)


def multiplied(values: Sequence[Any]) -> Any:
    """Product; 1 where there is nothing to multiply."""
    return sp.Mul(*values) if symbolic(*values) else math.prod(values)


def greatest(values: Sequence[Any]) -> Any:
    """Maximum."""
    return largest(*values)


def largest(*values: Any) -> Any:
    """Maximum of several numbers."""
    return sp.Max(*values) if symbolic(*values) else max(values)


def smallest(*values: Any) -> Any:
    """Minimum of several numbers."""
    return sp.Min(*values) if symbolic(*values) else min(values)


def times(value: Any, other: Callable[[], Any]) -> Any:
    """Product whose second factor is not asked for where the first is zero."""
    return 0 if value == 0 else value * other()


def quotient(above: Any, below: Any) -> Any:
    """Exact quotient: an integer where it is one, else a fraction; of other numbers, their own."""
    if not isinstance(above, (int, Fraction)) or not isinstance(below, (int, Fraction)):
        return above / below
    whole, rest = divmod(above, below)
    return Fraction(above) / below if rest else whole


def power(base: Any, exponent: Any) -> Any:
    """Power: a root is exact where it is rational, else within a relative 10^-50."""
    if symbolic(base, exponent):
        return base ** sp.sympify(exponent)
    if isinstance(exponent, int):
        return base**exponent if exponent >= 0 else quotient(1, base**-exponent)
    return Exact().power(Fraction(base), exponent)


def sign(x: Any) -> Any:
    """Sign: -1, 0 or 1."""
    return sp.sign(x) if symbolic(x) else (x > 0) - (x < 0)


def exp(x: Any) -> Any:
    """Exponential."""
    return sp.exp(x) if symbolic(x) else Exact().exp(Fraction(x))


def log(x: Any) -> Any:
    """Natural logarithm."""
    return sp.log(x) if symbolic(x) else Exact().log(Fraction(x))


def tanh(x: Any) -> Any:
    """Hyperbolic tangent."""
    return sp.tanh(x) if symbolic(x) else 1 - 2 / (Exact().exp(2 * Fraction(x)) + 1)


def logistic(x: Any) -> Any:
    """Logistic function 1/(1 + exp(-x))."""
    return _Logistic(x) if symbolic(x) else 1 / (1 + Exact().exp(-Fraction(x)))


def floor(x: Any) -> Any:
    """Greatest integer that is not above."""
    return math.floor(x)


def equal(a: Any, b: Any) -> Any:
    """Whether two numbers are equal: an equation where they are symbols."""
    return sp.Eq(a, b) if symbolic(a, b) else a == b


def unequal(a: Any, b: Any) -> Any:
    """Whether two numbers differ."""
    return sp.Ne(a, b) if symbolic(a, b) else a != b


def negation(condition: Any) -> Any:
    """The opposite of a condition."""
    return sp.Not(condition) if symbolic(condition) else not condition


def every(*conditions: Callable[[], Any]) -> Any:
    """Whether all conditions hold, the first that fails deciding; those that letters leave open, as a list."""
    left: list[Any] = []
    for condition in conditions:
        held = condition()
        held = [held] if symbolic(held) else held
        if isinstance(held, list):
            left += [c for c in held if c is not sp.true]
        elif not held:
            return False
    return left or True


def given(held: Any, body: Callable[[], Any]) -> Any:
    """The term where the conditions hold, else nothing; a bracket stays where letters leave them open."""
    return body() * Bracket(*held) if isinstance(held, list) else body() if held else 0


def bracket(held: Any) -> Any:
    """Iverson bracket: 1 or 0, or itself where letters leave it open."""
    return Bracket(*held) if isinstance(held, list) else int(held)


def cases(*rows: tuple[Callable[[], Any], Callable[[], Any]]) -> Any:
    """Value of the first case that applies."""
    for condition, value in rows:
        held = condition()
        if isinstance(held, sp.Basic) and held not in (sp.true, sp.false):
            return sp.Piecewise(*((v(), c()) for c, v in rows))
        if held:
            return value()
    raise ValueError("no case applies")


def attains(values: Sequence[tuple[Any, tuple[int, ...]]], tap: tuple, at: tuple, maximum: Maximum) -> Any:
    """Whether a tap is the first at which the greatest of the values is attained."""
    if any(isinstance(value, sp.Basic) for value, _ in values):
        return Attains(maximum, [sp.Integer(t) for t in tap], [sp.Integer(int(a)) for a in at])
    return max(values, key=lambda pair: pair[0])[1] == tap


def matrix_product(*matrices: Iterable[Iterable[Any]]) -> tuple[tuple[Any, ...], ...]:
    """Product of matrices, each a tuple of rows."""
    return reduce(_product, (tuple(map(tuple, m)) for m in matrices))


def _product(a: tuple[tuple[Any, ...], ...], b: tuple[tuple[Any, ...], ...]) -> tuple[tuple[Any, ...], ...]:
    columns = list(zip(*b, strict=True))
    return tuple(tuple(total([x * y for x, y in zip(row, c, strict=True)]) for c in columns) for row in a)
