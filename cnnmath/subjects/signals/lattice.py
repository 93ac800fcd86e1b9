"""Signals over all integers, on any number of axes: their indices, small ones to check with, and brute force."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from random import Random
from typing import Any

import sympy as sp

from cnnmath.errors import SettingError
from cnnmath.symbolic.instance import Place, Sparse
from cnnmath.symbolic.reader import numbered
from cnnmath.symbolic.terms import Expr, Range

REACH = {1: 6, 2: 4, 3: 2}
"""How far "everywhere" reaches in the small settings of each rank."""


def integers(name: str, rank: int) -> tuple[sp.Symbol, ...]:
    """An index an axis that runs over all integers: ``n``, or ``n_1`` and ``n_2``."""
    return tuple(sp.Symbol(letter, integer=True) for letter in numbered(name, rank))


def everywhere(*indices: sp.Symbol) -> list[Range]:
    """The indices, each over all integers."""
    return [(index, sp.oo) for index in indices]


def plus(a: Sequence[Any], b: Sequence[Any]) -> tuple[Any, ...]:
    """Sum of two positions, numbers or symbols.

    Examples
    --------
    >>> plus((1, 2), (3, -3))
    (4, -1)
    """
    return tuple(i + j for i, j in zip(a, b, strict=True))


def minus(a: Sequence[Any], b: Sequence[Any]) -> tuple[Any, ...]:
    """Difference of two positions."""
    return tuple(i - j for i, j in zip(a, b, strict=True))


def place(indices: Sequence[Expr]) -> Expr:
    """A position as it is written: its only index, or all of them in parentheses."""
    return indices[0] if len(indices) == 1 else sp.Tuple(*indices)


def impulse(rank: int, at: Place | None = None) -> Sparse:
    """The impulse: 1 at one position, at first the origin, and 0 elsewhere."""
    return Sparse({at or (0,) * rank: 1})


def box(*axes: Sequence[int]) -> list[Place]:
    """All positions of a box, the last axis fastest."""
    return list(product(*axes))


def drawn_signal(draw: Random, *axes: Sequence[int]) -> Sparse:
    """Small integers in a box, none of them 0 at its corners; zero outside."""
    places = box(*axes)
    numbers = {at: draw.randint(-3, 3) for at in places}
    return Sparse({**numbers, places[0]: draw.choice((-2, 1, 3)), places[-1]: draw.choice((-1, 2, 4))})


def scattered(x: Sparse, h: Sparse) -> Sparse:
    """Convolution by brute force: every number of x leaves its multiple of h behind, there where it stands.

    Examples
    --------
    >>> scattered(Sparse({(0,): 1, (1,): 2}), Sparse({(0,): 3, (1,): 4})).numbers
    {(0,): 3, (1,): 10, (2,): 8}
    """
    y: dict[Place, int] = {}
    for k, height in x.numbers.items():
        for m, number in h.numbers.items():
            at = plus(k, m)
            y[at] = y.get(at, 0) + height * number
    return Sparse(y)


def correlated(x: Sparse, h: Sparse) -> Sparse:
    """Correlation by brute force, ``r[n] = sum of x[n + k]*h[k]``: every pair of numbers counts where it meets.

    Examples
    --------
    >>> correlated(Sparse({(0,): 1, (1,): 2}), Sparse({(0,): 3, (1,): 4})).numbers
    {(0,): 11, (-1,): 4, (1,): 6}
    """
    r: dict[Place, int] = {}
    for i, number in x.numbers.items():
        for k, weight in h.numbers.items():
            at = minus(i, k)
            r[at] = r.get(at, 0) + number * weight
    return Sparse(r)


def check_rank(rank: int) -> None:
    """Refuse a number of axes that is none, or of which small settings would no longer be small."""
    if type(rank) is not int or rank not in REACH:
        raise SettingError(
            "the rank is the number of axes: 1, 2 or 3.",
            here=f"rank {rank}",
            rule="1 <= rank <= 3",
            fix="the formulas of more axes look alike: use rank 2",
        )
