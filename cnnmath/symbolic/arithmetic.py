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

from cnnmath.readers.error_function import PI
from cnnmath.readers.exact import Exact
from cnnmath.symbolic.terms import Attains, Bracket, Maximum
from cnnmath.symbolic.terms import Logistic as _Logistic
from cnnmath.symbolic.traced import Traced, formula

__all__ = [
    "NOTHING", "PI", "Fraction", "attains", "bracket", "cases", "conjunction", "disjunction", "entrywise_product",
    "equal", "erf", "every", "exp", "floor", "given", "greatest", "largest", "log", "logistic", "matrix_of",
    "matrix_product", "multiplied", "negation", "power", "quotient", "sign", "smallest", "tanh", "times", "total",
    "transposed", "unequal",
]  # fmt: skip

NOTHING = -sp.oo
"""What stands in a maximum for a tap whose conditions fail."""


def symbolic(*values: Any) -> bool:
    """Whether one of them is a SymPy expression."""
    return any(isinstance(value, sp.Basic) for value in values)


def total(values: Sequence[Any]) -> Any:
    """Sum; numbers that remember their formula leave out the terms that are zero."""
    if any(isinstance(value, Traced) for value in values):
        values = [value for value in values if value != 0] or [Traced(0, sp.S.Zero)]
    return sp.Add(*values) if symbolic(*values) else sum(values)


def multiplied(values: Sequence[Any]) -> Any:
    """Product; 1 where there is nothing to multiply."""
    return sp.Mul(*values) if symbolic(*values) else math.prod(values)


def greatest(values: Sequence[Any]) -> Any:
    """Maximum of those that count."""
    return largest(*(value for value in values if value is not NOTHING))


def largest(*values: Any) -> Any:
    """Maximum of several numbers."""
    return _chosen(max, sp.Max, values)


def smallest(*values: Any) -> Any:
    """Minimum of several numbers."""
    return _chosen(min, sp.Min, values)


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
    return _applied(base, lambda x: Exact().power(x, exponent), lambda x: x ** sp.Rational(exponent))


def sign(x: Any) -> Any:
    """Sign: -1, 0 or 1."""
    return sp.sign(x) if symbolic(x) else (x > 0) - (x < 0)


def exp(x: Any) -> Any:
    """Exponential."""
    return _applied(x, Exact().exp, sp.exp)


def log(x: Any) -> Any:
    """Natural logarithm."""
    return _applied(x, Exact().log, sp.log)


def erf(x: Any) -> Any:
    """Error function."""
    return _applied(x, Exact().erf, sp.erf)


def tanh(x: Any) -> Any:
    """Hyperbolic tangent."""
    return _applied(x, lambda number: 1 - 2 / (Exact().exp(2 * number) + 1), sp.tanh)


def logistic(x: Any) -> Any:
    """Logistic function 1/(1 + exp(-x))."""
    return _applied(x, lambda number: 1 / (1 + Exact().exp(-number)), _Logistic)


def _applied(x: Any, exact: Callable[[Fraction], Fraction], letters: Callable[[Any], Any]) -> Any:
    """A function of a number, of letters, or of a number that remembers its formula."""
    if isinstance(x, Traced):
        return Traced(exact(Fraction(x.value)), letters(x.formula))
    return letters(x) if symbolic(x) else exact(Fraction(x))


def _chosen(exact: Callable[..., Any], letters: Callable[..., Any], values: Sequence[Any]) -> Any:
    """One of several numbers, as their formula says it where they remember one."""
    if symbolic(*values):
        return letters(*values)
    best = exact(values)
    return Traced(best.value, letters(*map(formula, values))) if isinstance(best, Traced) else best


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
        if held in (False, sp.false):
            return False
        if symbolic(held) and held is not sp.true:
            left.append(held)
    return left or True


def conjunction(*conditions: Callable[[], Any]) -> Any:
    """Whether all conditions hold, as one condition where letters leave it open."""
    held = every(*conditions)
    return sp.And(*held) if isinstance(held, list) else held


def disjunction(*conditions: Callable[[], Any]) -> Any:
    """Whether one of the conditions holds."""
    return negation(conjunction(*(lambda condition=condition: negation(condition()) for condition in conditions)))


def given(held: Any, body: Callable[[], Any], otherwise: Any = 0) -> Any:
    """The term where the conditions hold, else what stands for none; letters that leave them open stay beside it."""
    if not isinstance(held, list):
        return body() if held else otherwise
    if otherwise is NOTHING:
        raise TypeError("which taps a maximum is over depends on numbers that are not known")
    return body() * Bracket(*held) if otherwise == 0 else sp.Piecewise((body(), sp.And(*held)), (otherwise, True))


def bracket(held: Any) -> Any:
    """Iverson bracket: 1 or 0, or itself where letters leave it open."""
    return Bracket(*held) if isinstance(held, list) else int(held)


def cases(*rows: tuple[Callable[[], Any], Callable[[], Any]]) -> Any:
    """Value of the first case that applies; the cases up to it where letters leave them open."""
    left: list[tuple[Any, Any]] = []
    for condition, value in rows:
        held = condition()
        if held in (True, sp.true):
            return sp.Piecewise(*left, (value(), True)) if left else value()
        if held not in (False, sp.false):
            left.append((value(), held))
    if not left:
        raise ValueError("no case applies")
    return sp.Piecewise(*left)


def attains(values: Sequence[tuple[Any, tuple[int, ...]]], tap: tuple, at: tuple, maximum: Maximum) -> Any:
    """Whether a tap is the first at which the greatest of the values is attained."""
    counted = [pair for pair in values if pair[0] is not NOTHING]
    if symbolic(*(value for value, _ in counted)):
        return Attains(maximum, [sp.Integer(t) for t in tap], [sp.Integer(int(a)) for a in at])
    return max(counted, key=lambda pair: pair[0])[1] == tap


def matrix_product(*matrices: Iterable[Iterable[Any]]) -> tuple[tuple[Any, ...], ...]:
    """Product of matrices, each a tuple of rows."""
    return reduce(_product, (tuple(map(tuple, m)) for m in matrices))


def _product(a: tuple[tuple[Any, ...], ...], b: tuple[tuple[Any, ...], ...]) -> tuple[tuple[Any, ...], ...]:
    columns = list(zip(*b, strict=True))
    return tuple(tuple(total([x * y for x, y in zip(row, c, strict=True)]) for c in columns) for row in a)


def entrywise_product(*matrices: Iterable[Iterable[Any]]) -> tuple[tuple[Any, ...], ...]:
    """Product of matrices entry by entry."""
    return tuple(tuple(map(multiplied, zip(*rows, strict=True))) for rows in zip(*matrices, strict=True))


def matrix_of(array: Any, rows: int, columns: int) -> tuple[tuple[Any, ...], ...]:
    """An array as a matrix; one with a single axis, as a column."""
    single = len(array.shape) == 1
    return tuple(tuple(array[(i,) if single else (i, j)] for j in range(columns)) for i in range(rows))


def transposed(matrix: Iterable[Iterable[Any]]) -> tuple[tuple[Any, ...], ...]:
    """Rows and columns exchanged."""
    return tuple(zip(*matrix, strict=True))
