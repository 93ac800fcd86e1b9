"""The index algebra's own expressions, over SymPy's: sums with conditions, maxima, Iverson brackets.

SymPy's ``Sum`` is not used: its simplification of Kronecker deltas forgets the divisibility condition of a stride.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias

import sympy as sp
from sympy.logic.boolalg import Boolean

from cnnmath.errors import DerivationError

Expr: TypeAlias = Any  # a SymPy expression
Range: TypeAlias = tuple[sp.Symbol, Expr]
"""A bound index and its extent: it runs from 0 to extent - 1, or over all integers where the extent is infinite."""


def index(name: str) -> sp.Symbol:
    """Symbol of an index."""
    return sp.Symbol(name, integer=True, nonnegative=True)


def size(name: str) -> sp.Symbol:
    """Symbol of a size, a kernel, a stride or a dilation."""
    return sp.Symbol(name, integer=True, positive=True)


@cache
def array(name: str) -> sp.IndexedBase:
    """Symbol of an array."""
    return sp.IndexedBase(name, real=True)


class Quantified(sp.Expr):
    """A body, the indices that it binds with their extents, and the conditions under which it counts."""

    def __new__(cls, body: Expr, ranges: Iterable[Range], conditions: Iterable[Any] = ()) -> Any:
        """Build it; conditions that always hold are left out."""
        held = [c for c in map(sp.sympify, conditions) if c is not sp.true]
        bound = sp.Tuple(*(sp.Tuple(*r) for r in ranges))
        return sp.Expr.__new__(cls, sp.sympify(body), bound, sp.Tuple(*dict.fromkeys(held)))

    @property
    def body(self) -> Expr:
        """What is summed or compared."""
        return self.args[0]

    @property
    def ranges(self) -> list[Range]:
        """The bound indices with their extents."""
        return [tuple(r) for r in self.args[1]]

    @property
    def conditions(self) -> list[Any]:
        """All of them must hold."""
        return list(self.args[2])


class Sigma(Quantified):
    """Sum of the body over its ranges, where the conditions hold."""


class Pi(Quantified):
    """Product of the body over its ranges, where the conditions hold."""


class Maximum(Quantified):
    """Greatest value of the body over its ranges, where the conditions hold."""


class Logistic(sp.Function):
    """Logistic function ``sigma(x) = 1/(1 + exp(-x))``."""

    def fdiff(self, argindex: int = 1) -> Expr:
        """Derivative: ``sigma*(1 - sigma)``."""
        if argindex != 1:
            raise sp.function.ArgumentIndexError(self, argindex)
        return self * (1 - self)


class Bracket(sp.Expr):
    """Iverson bracket: 1 where all conditions hold, else 0."""

    def __new__(cls, *conditions: Any) -> Any:
        """Build it; it is the number 1 or 0 where that is known."""
        held = [c for c in map(sp.sympify, conditions) if c is not sp.true]
        if any(c is sp.false for c in held):
            return sp.S.Zero
        return sp.Expr.__new__(cls, *dict.fromkeys(held)) if held else sp.S.One


class Divides(Boolean):
    """``divisor`` divides ``number``; terms that it divides anyway are left out."""

    def __new__(cls, divisor: Expr, number: Expr) -> Any:
        """Build it, or decide it."""
        divisor, number = sp.sympify(divisor), sp.expand(number)
        if divisor.is_Integer:
            number = sp.Add(*(t for t in sp.Add.make_args(number) if (t.as_coeff_Mul()[0] % divisor) != 0))
        if (number / divisor).is_integer:
            return sp.true
        if divisor.is_Integer and number.is_Integer:
            return sp.sympify(number % divisor == 0)
        return Boolean.__new__(cls, divisor, number)


class Attains(Boolean):
    """The taps ``at`` are the first, in row-major order, at which the maximum is attained."""

    def __new__(cls, maximum: Maximum, taps: Sequence[Expr], at: Sequence[Expr]) -> Any:
        """Build it, for the output at the position ``at``."""
        return Boolean.__new__(cls, maximum, sp.Tuple(*taps), sp.Tuple(*at))


class Partial(sp.Expr):
    """Partial derivative of one array entry with respect to another, before it is worked out."""

    def __new__(cls, y: sp.Indexed, x: sp.Indexed) -> Any:
        """Build it."""
        return sp.Expr.__new__(cls, y, x)


def entries(expr: Expr, name: str) -> bool:
    """Whether an expression reads the array of this name."""
    return any(str(entry.base) == name for entry in expr.atoms(sp.Indexed))


def replaced(expr: Expr, symbol: sp.Symbol, value: Expr) -> Expr:
    """A formula with a value for a free symbol: not for one of the same name that a sum inside it binds.

    Examples
    --------
    >>> k, x = index("k"), array("x")
    >>> replaced(k + Sigma(x[k], [(k, k + 2)]), k, sp.Integer(5))
    5 + Sigma(x[k], ((k, 7),), ())
    """
    if expr == symbol or not expr.has(symbol):
        return value if expr == symbol else expr
    if not isinstance(expr, Quantified):
        return expr.func(*(replaced(argument, symbol, value) for argument in expr.args))
    ranges, hidden = [], False
    for bound, extent in expr.ranges:
        ranges.append((bound, extent if hidden else replaced(extent, symbol, value)))
        hidden |= bound == symbol
        if not hidden and value.has(bound):
            raise DerivationError(f"the value of {symbol} reads {bound}, which a sum inside binds.", here=f"{value}")
    if hidden:
        return expr.func(expr.body, ranges, expr.conditions)
    return expr.func(replaced(expr.body, symbol, value), ranges, [replaced(c, symbol, value) for c in expr.conditions])


def bounds(expr: Expr, ranges: dict[sp.Symbol, Expr]) -> tuple[Expr, Expr]:
    """Least and greatest value of an affine index expression, its indices in their ranges."""
    low = high = expr = sp.expand(expr)
    for symbol, extent in ranges.items():
        if affine(expr, symbol):
            first, last = {symbol: sp.S.Zero}, {symbol: extent - 1}
            down, up = (first, last) if expr.coeff(symbol).is_nonnegative else (last, first)
            low, high = low.xreplace(down), high.xreplace(up)
    return sp.expand(low), sp.expand(high)


def affine(expr: Expr, symbol: sp.Symbol) -> bool:
    """Whether an expanded expression is a slope of known sign times this index, plus something without it."""
    slope = expr.coeff(symbol)
    known = slope.is_nonnegative or slope.is_nonpositive
    return slope != 0 and bool(known) and not slope.has(symbol) and not (expr - slope * symbol).expand().has(symbol)


def settle(expr: Expr, ranges: dict[sp.Symbol, Expr]) -> Expr:
    """Work out floors and remainders whose argument is known to lie in one period."""

    def quotient(argument: Expr) -> Expr:
        whole, rest = _split(sp.expand(argument), lambda term: term.is_integer)
        low, high = bounds(rest, ranges)
        return whole if low.is_nonnegative and (high - 1).is_negative else sp.floor(argument)

    def remainder(number: Expr, divisor: Expr) -> Expr:
        _, rest = _split(sp.expand(number), lambda term: (term / divisor).is_integer)
        low, high = bounds(rest, ranges)
        return rest if low.is_nonnegative and (high - divisor).is_negative else sp.Mod(number, divisor)

    expr = sp.sympify(expr)
    if not expr.has(sp.floor, sp.Mod):
        return expr
    settled = expr.replace(sp.floor, quotient).replace(sp.Mod, remainder)
    return settled.replace(lambda e: isinstance(e, sp.Add) and e.has(sp.floor), _as_remainder)


def _as_remainder(expr: Expr) -> Expr:
    """Write ``a - m*floor(a/m)`` as a remainder."""
    for term in expr.args:
        for quotient in term.atoms(sp.floor):
            step = -term / quotient
            if step.is_positive and expr - term == sp.expand(step * quotient.args[0]):
                return sp.Mod(expr - term, step)
    return expr


def _split(expr: Expr, belongs: Callable[[Expr], bool | None]) -> tuple[Expr, Expr]:
    """Terms of a sum that belong to one part, and the rest."""
    terms = sp.Add.make_args(expr)
    part = sp.Add(*(term for term in terms if belongs(term)))
    return part, expr - part


def decided(
    condition: Any,
    ranges: dict[sp.Symbol, Expr],
    others: Iterable[Any] = (),
    meanings: Mapping[sp.Symbol, Expr] | None = None,
) -> Any:
    """A bound on an index as True or False, where that is known.

    Parameters
    ----------
    condition
        The bound; what is none stays as it is.
    ranges
        Extents of the indices.
    others
        Conditions that hold beside it: a quotient is an integer where its divisor divides, and above -1 is then 0.
    meanings
        What the names of sizes stand for: a floor is at most its argument, and below it by less than 1.
    """
    if not isinstance(condition, (sp.Ge, sp.Gt, sp.Le, sp.Lt)) or condition.has(sp.Indexed):
        return condition
    room = sp.expand(condition.gts - condition.lts)
    low, high = bounds(room, ranges)
    if meanings and low.free_symbols & meanings.keys():
        low = sp.expand(_least(low, meanings))
    quotients = [c.args[1] / c.args[0] for c in others if isinstance(c, Divides)]
    if any(sp.expand(room - sign * q).is_integer for q in quotients for sign in (1, -1)):
        low, high = sp.ceiling(low) if low.is_number else low, sp.floor(high) if high.is_number else high
    strict = isinstance(condition, (sp.Gt, sp.Lt))
    holds, fails = (low.is_positive, high.is_nonpositive) if strict else (low.is_nonnegative, high.is_negative)
    return sp.true if holds else sp.false if fails else condition


def _least(expr: Expr, meanings: Mapping[sp.Symbol, Expr]) -> Expr:
    """An expression that is at most this one, without the names of sizes that stand in it once."""

    def below(argument: Expr) -> Expr:
        denominator = sp.fraction(sp.together(argument))[1]
        return argument - (denominator - 1) / denominator if (argument * denominator).is_integer else sp.floor(argument)

    for symbol, meaning in meanings.items():
        slope = expr.coeff(symbol)
        if slope.is_positive:
            expr = expr.xreplace({symbol: meaning.replace(sp.floor, below)})
        elif slope.is_negative:
            expr = expr.xreplace({symbol: meaning.replace(sp.floor, lambda argument: argument)})
    return expr


def divisibility(condition: Any) -> Any:
    """A remainder below 1 as what it says: that the divisor divides."""
    condition = sp.sympify(condition)
    if isinstance(condition, sp.Lt) and condition.rhs == 1 and isinstance(condition.lhs, sp.Mod):
        number, divisor = condition.lhs.args
        return Divides(divisor, number)
    return condition


def divided(expr: Expr, conditions: Iterable[Any]) -> Expr:
    """Quotients without their floors, where the conditions say that the divisor divides."""
    exact = [c.args[1] / c.args[0] for c in conditions if isinstance(c, Divides)]

    def quotient(argument: Expr) -> Expr:
        return argument if any(sp.expand(argument - q).is_integer for q in exact) else sp.floor(argument)

    return expr.replace(sp.floor, quotient) if exact else expr
