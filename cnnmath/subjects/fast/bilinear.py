"""Bilinear algorithms in matrices: two transforms, products entry by entry, and a transform back."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import sympy as sp

from cnnmath.errors import SettingError
from cnnmath.symbolic import Remark, Step, remark, step
from cnnmath.symbolic.terms import Expr, array, size

Z = sp.Symbol("z")
"""The variable of polynomials."""

DIRECT, FAST = size("D"), size("M")
"""Multiplications of numbers, by the definition and by the algorithm."""

COUNTED = remark("{} counts the multiplications of the definition, {} those of the algorithm.", DIRECT, FAST)
"""What these letters stand for."""

MOST = 12
"""Points along an axis, with infinity: the algorithm is multiplied out."""


def explicit(rows: Sequence[Sequence[Fraction]]) -> sp.ImmutableMatrix:
    """A matrix with its numbers.

    Examples
    --------
    >>> explicit([[Fraction(1, 2), Fraction(3)]])
    Matrix([[1/2, 3]])
    """
    return sp.ImmutableMatrix([[sp.Rational(entry.numerator, entry.denominator) for entry in row] for row in rows])


def column(name: str, n: int) -> sp.ImmutableMatrix:
    """The first n entries of an array as a column."""
    return sp.ImmutableMatrix([array(name)[k] for k in range(n)])


def polynomial(coefficients: Sequence[Expr]) -> Expr:
    """The polynomial with these coefficients, the constant first.

    Examples
    --------
    >>> polynomial([3, 0, 1])
    z**2 + 3
    """
    return sp.Add(*(c * Z**j for j, c in enumerate(coefficients)))


def convolved(p: Sequence[Expr], q: Sequence[Expr]) -> sp.ImmutableMatrix:
    """Coefficients of the product of two polynomials, as a column.

    Examples
    --------
    >>> convolved(column("p", 2), column("q", 2))
    Matrix([
    [              p[0]*q[0]],
    [p[0]*q[1] + p[1]*q[0]],
    [              p[1]*q[1]]])
    """
    m, r = len(p), len(q)
    return sp.ImmutableMatrix([sum(p[i] * q[j - i] for i in range(m) if 0 <= j - i < r) for j in range(m + r - 1)])


def correlated(g: Sequence[Expr], d: Sequence[Expr]) -> sp.ImmutableMatrix:
    """Correlation of an input d with a filter g wherever all of it fits, as a column.

    Examples
    --------
    >>> correlated(column("g", 2), column("d", 3))
    Matrix([
    [d[0]*g[0] + d[1]*g[1]],
    [d[1]*g[0] + d[2]*g[1]]])
    """
    return sp.ImmutableMatrix([sum(tap * d[i + k] for k, tap in enumerate(g)) for i in range(len(d) - len(g) + 1)])


def product(*matrices: Expr) -> sp.MatMul:
    """A product of matrices that stays one."""
    return sp.MatMul(*matrices, evaluate=False)


def entrywise(left: Expr, right: Expr) -> sp.HadamardProduct:
    """The product entry by entry of two matrices, which stays one."""
    return sp.HadamardProduct(left, right, evaluate=False)


def points_remark(points: Sequence[Fraction]) -> Remark:
    """Where an algorithm interpolates."""
    return remark(
        "points of interpolation {}", sp.Tuple(*(sp.Rational(a.numerator, a.denominator) for a in points), sp.oo)
    )


def saving(rule: str | Remark, *axes: tuple[int, int]) -> tuple[Step, Step]:
    """Multiplications of the definition by those of the algorithm, with letters and with an axis's numbers m and r.

    Examples
    --------
    >>> saving("one a point.", (2, 3))
    (Multiplications: D/M = m*r/(m + r - 1), Saving: D/M = 3/2)
    """
    letters = [(size(f"m{name}"), size(f"r{name}")) for name in axis_names(len(axes))]
    ratio, number = (sp.Mul(*(m * r / (m + r - 1) for m, r in pairs)) for pairs in (letters, sp.sympify(axes)))
    return (
        step("Multiplications", rule, DIRECT / FAST, ratio),
        step("Saving", "put the sizes in.", DIRECT / FAST, number),
    )


def check_size(*axes: tuple[Any, Any]) -> None:
    """Refuse an algorithm with more points along an axis than can be proved in a few seconds."""
    for m, r in axes:
        if isinstance(m, int) and isinstance(r, int) and m + r - 1 > MOST:
            raise SettingError(
                "the identity would be too large to multiply out.",
                here=f"m + r - 1 = {m} + {r} - 1 = {m + r - 1:,} points",
                rule=f"at most {MOST} along an axis",
                fix="use smaller m or r: the formulas are the same for any",
            )


def axis_names(rank: int) -> list[str]:
    """What is put to a letter to tell axes apart: nothing where there is only one."""
    return [f"_{axis + 1}" for axis in range(rank)] if rank > 1 else [""]
