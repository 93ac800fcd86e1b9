"""Bound indices under the names that a reader expects: as few primes as each sum can do with."""

from __future__ import annotations

from collections.abc import Collection
from itertools import count

import sympy as sp

from cnnmath.symbolic.terms import Expr, Quantified, index


def unprimed(expr: Expr, taken: Collection[str] = ()) -> Expr:
    """The same with other names of bound indices: as few primes as the names around them, and those taken, allow.

    Examples
    --------
    >>> from cnnmath.symbolic.terms import Sigma, array, size
    >>> i, k, x = index("i''"), index("i'''"), array("x")
    >>> unprimed(Sigma(x[i] * Sigma(x[k], [(k, size("M"))]), [(i, size("M"))]), ["i"])
    Sigma(x[i']*Sigma(x[i''], ((i'', M),), ()), ((i', M),), ())
    """
    return _renamed(sp.sympify(expr), frozenset(taken))


def _renamed(expr: Expr, taken: frozenset[str]) -> Expr:
    if not expr.has(Quantified):
        return expr
    if not isinstance(expr, Quantified):
        return expr.func(*(_renamed(argument, taken) for argument in expr.args))
    known = taken | {str(symbol) for symbol in free(expr)}
    hidden: dict[sp.Symbol, sp.Dummy] = {}
    shown: dict[sp.Dummy, sp.Symbol] = {}
    for symbol, _ in expr.ranges:
        name = _least(str(symbol), known)
        known |= {name}
        hidden[symbol] = sp.Dummy(integer=True, nonnegative=True)
        shown[hidden[symbol]] = index(name)
    ranges = [(hidden[symbol], _renamed(extent.xreplace(hidden), known)) for symbol, extent in expr.ranges]
    body, *conditions = (_renamed(part.xreplace(hidden), known) for part in (expr.body, *expr.conditions))
    return expr.func(body, ranges, conditions).xreplace(shown)


def hidden(expr: Expr) -> Expr:
    """The same with bound indices that nothing else is called: it can be put into any formula."""
    bound = {symbol for part in expr.atoms(Quantified) for symbol, _ in part.ranges}
    return expr.xreplace({symbol: sp.Dummy(str(symbol), integer=True, nonnegative=True) for symbol in bound})


def free(expr: Expr) -> set[sp.Symbol]:
    """Symbols that a formula reads and that no sum in it binds."""
    if isinstance(expr, sp.Symbol):
        return {expr}
    inner = set[sp.Symbol]().union(*map(free, expr.args))
    return inner - {symbol for symbol, _ in expr.ranges} if isinstance(expr, Quantified) else inner


def alike(first: Expr, second: Expr) -> bool:
    """Whether two formulas differ by the names of bound indices at most."""
    return first == second or unprimed(first) == unprimed(second)


def _least(name: str, taken: Collection[str]) -> str:
    letter, _, number = name.lstrip("_").replace("'", "").partition("_")
    names = (f"{letter}{primes * chr(39)}{number and '_'}{number}" for primes in count())
    return next(name for name in names if name not in taken)
