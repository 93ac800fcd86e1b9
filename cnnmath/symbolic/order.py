"""The order in which a reader expects the parts of a formula: 2*s*o + d*k - p, numbers before letters, sums last."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sympy as sp

from cnnmath.symbolic.terms import Bracket, Expr, Quantified, Sigma

_ORDER = "jonigfchtkqNCFDHWLO"
"""Index letters in the order in which a sum of indices is written: s*o + d*k - p."""


def split(name: str) -> tuple[str, str]:
    """Letter and number of a symbol's name: ``o_1`` is o, 1."""
    letter, _, number = name.partition("_")
    return letter, number


def is_subtracted(expr: Expr) -> bool:
    """Whether a term is subtracted."""
    return bool(expr.as_coeff_Mul()[0].is_negative)


def ratio(expr: Expr) -> tuple[list[Expr], list[Expr]]:
    """Factors above and below the fraction bar."""
    above: list[Expr] = []
    below: list[Expr] = []
    for factor in sp.Mul.make_args(expr):
        if factor.is_Rational:
            above += [sp.Integer(factor.p)] if factor.p != 1 else []
            below += [sp.Integer(factor.q)] if factor.q != 1 else []
        elif isinstance(factor, sp.Pow) and factor.exp.is_negative:
            below.append(1 / factor)
        else:
            above.append(factor)
    return above, below


@lru_cache(maxsize=4096)
def sum_key(term: Expr) -> tuple[Any, ...]:
    """Indices in their order, numbers after them, what is subtracted next; entries by position, sums last.

    Of one order otherwise, powers go from high to low.
    """
    letters = [_ORDER.find(split(str(s))[0].strip("'")) for s in term.free_symbols if isinstance(s, sp.Symbol)]
    first = min((i for i in letters if i >= 0), default=len(_ORDER))
    entries = sorted((entry_key(e) for e in term.atoms(sp.Indexed)), key=str)
    return (
        term.has(Sigma),
        is_subtracted(term),
        not entries,
        entries,
        term.is_number,
        first,
        -_degree(term),
        str(term),
    )


def _degree(term: Expr) -> int:
    """Greatest power of a symbol in a term: terms of a polynomial go from high to low."""
    powers = [f.exp for f in sp.Mul.make_args(term) if isinstance(f, sp.Pow) and f.base.is_Symbol and f.exp.is_Integer]
    return int(max(powers, default=1))


@lru_cache(maxsize=4096)
def product_key(factor: Expr) -> tuple[Any, ...]:
    """Numbers, symbols, entries (the gradient from above first), functions, sums."""
    rank = [sp.Number, sp.Symbol, sp.Indexed, sp.Pow, sp.Function, sp.Add, sp.Piecewise, Bracket]
    kind = next((i for i, k in enumerate(rank) if isinstance(factor, k)), len(rank))
    letter = _ORDER.find(split(str(factor))[0].strip("'")) if isinstance(factor, sp.Symbol) else 0
    return (isinstance(factor, Quantified), kind, letter, entry_key(factor) if kind == 2 else ("", ()), str(factor))


def entry_key(entry: Expr) -> tuple[str, tuple[int, ...]]:
    """Entries by their array and their position."""
    return str(entry.base), tuple(int(i) if i.is_Integer else 0 for i in entry.indices)
