"""Whether two formulas say the same: the difference is proved to be zero, and is zero at exact samples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from random import Random
from typing import Any

import sympy as sp

from cnnmath.symbolic.terms import Expr

SAMPLES = 24
"""Points at which two formulas are compared."""


def same(a: Expr, b: Expr, cases: Sequence[Mapping[Expr, Expr]] = ()) -> bool | None:
    """Whether two formulas are equal wherever their symbols live; None where neither is shown.

    Two roads: the values are equal at samples, exactly, and the difference simplifies to zero in every case. Equal
    needs both; different needs one sample.

    Parameters
    ----------
    a, b
        The formulas.
    cases
        Substitutions that together cover everything and decide every case distinction; by default each real symbol is
        above, at and below zero.

    Examples
    --------
    >>> n = sp.Symbol("n", integer=True, positive=True)
    >>> same((n + 1) ** 2, n**2 + 2 * n + 1), same(sp.floor(n / 2), n / 2)
    (True, False)
    """
    if isinstance(a, sp.Tuple) or isinstance(b, sp.Tuple):
        return _same_parts(a, b, cases)
    difference = sp.sympify(a) - sp.sympify(b)
    if not all(_is_zero(difference.xreplace(point)) for point in _samples(difference)):
        return False
    settled = [difference.subs(case, simultaneous=True) for case in cases] or _by_sign(difference)
    proved = all(sp.expand(case) == 0 or sp.simplify(sp.piecewise_fold(case)) == 0 for case in settled)
    return True if proved else None


def throughout(verdicts: Iterable[bool | None]) -> bool | None:
    """Whether several formulas are all equal: False at the first that is not, None where one is not shown to be.

    Examples
    --------
    >>> throughout([True, None]), throughout(iter([None, False]))
    (None, False)
    """
    shown = True
    for verdict in verdicts:
        if verdict is False:
            return False
        shown = shown and verdict is not None
    return True if shown else None


def _same_parts(a: Expr, b: Expr, cases: Sequence[Mapping[Expr, Expr]]) -> bool | None:
    if not (isinstance(a, sp.Tuple) and isinstance(b, sp.Tuple) and len(a) == len(b)):
        return False
    return throughout(same(*pair, cases) for pair in zip(a, b, strict=True))


def _by_sign(difference: Expr) -> Iterator[Expr]:
    """The difference with each real symbol above, at and below zero: a case distinction is decided in each."""
    if not difference.has(sp.Piecewise):
        yield difference
        return
    real = sorted((s for s in difference.free_symbols if _continuous(s)), key=str)
    for signs in product((1, 0, -1), repeat=len(real)):
        if all(sign >= 0 or not s.is_nonnegative for s, sign in zip(real, signs, strict=True)):
            sides = {s: sign * sp.Symbol(str(s), positive=True) for s, sign in zip(real, signs, strict=True)}
            yield difference.subs(sides, simultaneous=True)


def _samples(difference: Expr) -> Iterator[dict[Any, Expr]]:
    """Values for everything that is free: integers; for a real symbol the logarithm of a fraction, 0 among them.

    At such a logarithm an exponential is rational, so that both sides are exact.
    """
    random = Random(0)
    entries = sorted(difference.atoms(sp.Indexed), key=str)
    labels = {entry.base.label for entry in entries}
    symbols = sorted((s for s in difference.free_symbols - labels if isinstance(s, sp.Symbol)), key=str)
    for i in range(SAMPLES):
        point: dict[Any, Expr] = {entry: sp.Integer(random.randint(-9, 9)) for entry in entries}
        for s in symbols:
            sign = random.choice((0 if s.is_nonnegative else -1, 1)) * min(i, 1)
            drawn = sp.log(sp.Integer(random.randint(2, 9))) * sign
            point[s] = drawn if _continuous(s) else sp.Integer(random.randint(1, 40))
        yield point


def _continuous(s: Expr) -> bool:
    return isinstance(s, sp.Symbol) and not s.is_integer


def _is_zero(value: Expr) -> bool:
    """Whether a number is exactly zero; what has no value is not."""
    if value == 0:
        return True
    number = value.evalf(30)
    return bool(number.is_comparable and abs(number) < sp.Float("1e-20") and sp.simplify(value) == 0)
