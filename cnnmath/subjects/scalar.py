"""Scalars of a derivation: letters until a setting gives them a number."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import sympy as sp

from cnnmath.ops.algebra import rational
from cnnmath.ops.checks import check_number
from cnnmath.symbolic import Remark, remark
from cnnmath.symbolic.terms import Expr

Given = int | float | Fraction | None
"""A number that a setting gives, or nothing."""


def real(name: str) -> sp.Symbol:
    """Symbol of a real number."""
    return sp.Symbol(name, real=True)


def positive(name: str) -> sp.Symbol:
    """Symbol of a positive real number."""
    return sp.Symbol(name, positive=True)


def settled(symbol: sp.Symbol, given: Given, name: str = "") -> Expr:
    """The letter itself, or the number that a setting gives for it; the setting may have a name of its own.

    Raises
    ------
    SettingError
        For what is no number, and for one that is not positive where the letter is.

    Examples
    --------
    >>> settled(positive("eta"), None), settled(positive("eta"), 0.1)
    (eta, 1/10)
    """
    if given is None:
        return symbol
    check_number(name or str(symbol), given, positive=bool(symbol.is_positive))
    return sp.Rational(rational(given))


def numbers(scalars: Mapping[sp.Symbol, Given], stand_ins: Mapping[sp.Symbol, Given]) -> dict[sp.Symbol, Fraction]:
    """A number for every letter: what the settings give, else what stands in for it on an instance.

    Examples
    --------
    >>> eta = positive("eta")
    >>> numbers({eta: None}, {eta: 2}), numbers({eta: Fraction(1, 3)}, {eta: 2})
    ({eta: Fraction(2, 1)}, {eta: Fraction(1, 3)})
    """
    return {symbol: rational(stand_ins[symbol] if given is None else given) for symbol, given in scalars.items()}


def shapes(shape: Any, *names: str) -> Remark:
    """Say that arrays have the same shape.

    Examples
    --------
    >>> from cnnmath.symbolic.notations import Text
    >>> shapes(sp.Symbol("N"), "y", "t").write(Text())
    'y, t (N)'
    """
    sizes = shape if isinstance(shape, tuple) else (shape,)
    return remark(f"{', '.join('{}' for _ in names)} {{}}", *map(sp.Symbol, names), sp.Tuple(*sizes))
