"""What the ranges of indices decide: least and greatest values, quotients and remainders, conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sympy as sp

from cnnmath.symbolic.terms import Divides, Expr


def bounds(expr: Expr, ranges: dict[sp.Symbol, Expr]) -> tuple[Expr, Expr]:
    """Least and greatest value of an affine index expression, its indices in their ranges."""
    low = high = expr = sp.expand(expr)
    free = expr.free_symbols
    for symbol, extent in ranges.items():
        if symbol in free and affine(expr, symbol):
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
        Conditions that hold beside it: a quotient is an integer where its divisor divides, and above -1 is then 0; what
        equals an index differs from numbers outside its range.
    meanings
        What the names of sizes stand for: a floor is at most its argument, and below it by less than 1.
    """
    if isinstance(condition, sp.Ne):
        return sp.true if any(_apart(condition, other, ranges) for other in others) else condition
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


def _apart(unlike: sp.Ne, other: Any, ranges: dict[sp.Symbol, Expr]) -> bool:
    """Whether a number differs from another because it equals an index that never comes there."""
    if not isinstance(other, sp.Eq) or other.lhs != unlike.lhs:
        return False
    low, high = bounds(other.rhs - unlike.rhs, ranges)
    return bool(low.is_positive or high.is_negative)


def shortened(condition: Any, ranges: dict[sp.Symbol, Expr]) -> Any:
    """A bound without an index that only moves within one step of the rest: ``g*F + f < F`` says ``g < 1``.

    Examples
    --------
    >>> from cnnmath.symbolic.terms import index, size
    >>> g, f, F = index("g"), index("f"), size("F")
    >>> shortened(g * F + f < F, {g: sp.Integer(2), f: F})
    g < 1
    """
    if not isinstance(condition, sp.Lt) or condition.has(sp.Indexed):
        return condition
    room = sp.expand(condition.lhs - condition.rhs)
    for step in sorted(room.free_symbols - ranges.keys(), key=str):
        whole, rest = _split(room, lambda term, step=step: (term / step).is_integer)
        low, high = bounds(rest, ranges)
        if rest != 0 and low.is_nonnegative and (high - step).is_negative:
            number, index = sp.expand(whole / step).as_coeff_Add()
            return sp.Lt(index, -number)
    return condition


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
