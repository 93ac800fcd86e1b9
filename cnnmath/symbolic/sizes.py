"""Formulas of sizes: one floor for a chain, and residue classes without any."""

from __future__ import annotations

from math import lcm
from typing import Any

import sympy as sp
from sympy.printing.str import StrPrinter

from cnnmath.errors import SettingError
from cnnmath.symbolic.terms import Expr


def one_floor(expr: Any) -> Expr:
    """Merge nested floors: ``floor((floor(a/m) + b)/n) = floor((a + b*m)/(m*n))`` for integers a, b and m, n > 0.

    Sizes of a chain of windows become one floor, as the windows themselves compose to one.

    Examples
    --------
    >>> H = sp.Symbol("H", integer=True, positive=True)
    >>> one_floor(((H - 1) // 2 + 1 - 1) // 2 + 1)
    floor(H/4 + 3/4)
    >>> s, p = sp.symbols("s p", integer=True, positive=True)
    >>> plain(one_floor((H // s + p) // s))
    'floor((H + p*s)/s**2)'
    """
    merged = _merged(sp.sympify(expr))
    whole, floor = merged.as_coeff_Add()
    return _floor(floor.args[0] + whole) if isinstance(floor, sp.floor) else merged


def _merged(expr: Expr) -> Expr:
    """Every floor of a floor as one, with a constant between 0 and 1."""
    if not expr.has(sp.floor):
        return expr
    if not isinstance(expr, sp.floor):
        return expr.func(*map(_merged, expr.args))
    constant, rest = sp.expand(_opened(_merged(expr.args[0]))).as_coeff_Add()
    return _floor(rest + constant % 1) + sp.floor(constant)


def _opened(argument: Expr) -> Expr:
    """A floor's argument with the floor in it left out, where that one is divided by an integer."""
    for inner in (term for term in sp.Add.make_args(sp.expand(argument)) if term.has(sp.floor)):
        share, quotient = inner.as_independent(sp.floor)
        divisor, rest = 1 / share, sp.expand(argument - inner)
        if isinstance(quotient, sp.floor) and _counts(divisor) and sp.expand(rest * divisor).is_integer:
            return share * quotient.args[0] + rest
    return argument


def _counts(divisor: Expr) -> bool:
    """Whether it is known to be an integer of at least 1."""
    return bool(divisor.is_integer and divisor.is_positive)


def _floor(argument: Expr) -> Expr:
    return sp.floor(argument, evaluate=not argument.free_symbols)


class Plain(StrPrinter):
    """SymPy's text, with the fraction in a floor written as one."""

    def _print_floor(self, expr: Expr) -> str:
        numerator, denominator = sp.fraction(sp.together(expr.args[0]))
        below = f"({self._print(numerator)})" if numerator.is_Add else self._print(numerator)
        return f"floor({below}/{self._print(denominator)})" if denominator != 1 else f"floor({below})"


def plain(expr: Expr) -> str:
    """A formula as text.

    Examples
    --------
    >>> H = sp.Symbol("H", integer=True, positive=True)
    >>> plain(one_floor((H - 1) // 4 + 1))
    'floor((H + 3)/4)'
    """
    return Plain().doprint(expr)


def by_residue(expr: Any, symbol: sp.Symbol) -> dict[int, Expr]:
    """A formula with floors of ``(symbol + a)/m``, as one formula without floors for each residue class.

    The classes are those modulo the least common multiple of the divisors m; the keys are the residues.

    Raises
    ------
    SettingError
        Where a floor's argument is no sum of ``symbol/m`` and a number.

    Examples
    --------
    >>> H = sp.Symbol("H", integer=True, positive=True)
    >>> by_residue(one_floor((H - 1) // 2 + 1), H)
    {0: H/2, 1: H/2 + 1/2}
    """
    expr = sp.sympify(expr)
    floors = [floor for floor in expr.atoms(sp.floor) if floor.has(symbol)]
    steps = [sp.expand(floor.args[0]).coeff(symbol) for floor in floors]
    for floor, step in zip(floors, steps, strict=True):
        if not step.is_Rational or sp.expand(floor.args[0] - step * symbol).has(symbol):
            raise SettingError(
                "this formula has no residue classes.",
                here=str(floor),
                rule=f"every floor is of ({symbol} + a)/m with an integer m",
                fix="merge nested floors with one_floor, or put numbers in for the other symbols",
            )
    modulus = lcm(*(int(step.q) for step in steps))
    turns = sp.Symbol("q", integer=True, nonnegative=True)
    classes = ((r, _unfloored(expr, symbol, modulus * turns + r)) for r in range(modulus))
    return {r: sp.expand(formula.subs(turns, (symbol - r) / modulus)) for r, formula in classes}


def _unfloored(expr: Expr, symbol: sp.Symbol, value: Expr) -> Expr:
    floors = {floor: sp.floor(sp.expand(floor.args[0].subs(symbol, value))) for floor in expr.atoms(sp.floor)}
    return expr.xreplace(floors).subs(symbol, value)
