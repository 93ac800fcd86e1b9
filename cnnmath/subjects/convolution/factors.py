"""Kernels as rows of exact numbers, and the column and the row that one of rank one is the product of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, product
from math import gcd, lcm
from typing import Any, Self, TypeAlias

from cnnmath.errors import SettingError, clip

Rows: TypeAlias = tuple[tuple[Fraction, ...], ...]

MOST = 400
"""At most so many entries of a kernel."""


@dataclass(frozen=True, slots=True)
class Factors:
    """A kernel of rank one: a number times a column times a row, both primitive vectors of integers.

    Attributes
    ----------
    scale
        The number.
    column, row
        Integers without a common divisor, the first that is not zero positive.
    pivot
        Place of the first entry that is not zero.
    """

    scale: Fraction
    column: tuple[int, ...]
    row: tuple[int, ...]
    pivot: tuple[int, int]

    @classmethod
    def of(cls, rows: Rows) -> Self:
        """Factors of a kernel.

        Raises
        ------
        SettingError
            For a kernel that is not of rank one.

        Examples
        --------
        >>> Factors.of(((2, 0, -2), (4, 0, -4)))
        Factors(scale=Fraction(2, 1), column=(1, 2), row=(1, 0, -1), pivot=(0, 0))
        """
        for (i, below), (j, after) in product(_pairs(len(rows)), _pairs(len(rows[0]))):
            a, b, c, d = (rows[r][s] for r, s in product((i, below), (j, after)))
            if a * d != b * c:
                raise SettingError(
                    "the kernel is not separable: its rank is not one.",
                    rule="each 2x2 minor of a column times a row is zero",
                    here=f"rows {i} and {below}, columns {j} and {after}: "
                    f"{_factor(a)}*{_factor(d)} - {_factor(b)}*{_factor(c)} = {a * d - b * c}",
                    fix="give a product of a column and a row, or pass over both axes at once",
                )
        nonzero = [(i, j) for i, row in enumerate(rows) for j, entry in enumerate(row) if entry]
        if not nonzero:
            raise SettingError("the kernel is zero everywhere.", rule="rank one", fix="give it an entry that is not 0")
        i, j = nonzero[0]
        column, row = _primitive([line[j] for line in rows]), _primitive(rows[i])
        return cls(Fraction(rows[i][j]) / (column[i] * row[j]), column, row, (i, j))


def _pairs(count: int) -> list[tuple[int, int]]:
    return list(combinations(range(count), 2))


def _factor(number: Fraction) -> str:
    return f"({number})" if number < 0 else str(number)


def _primitive(vector: Sequence[Fraction]) -> tuple[int, ...]:
    """The multiple of a vector that has integers without a common divisor, the first that is not zero positive."""
    common = lcm(*(entry.denominator for entry in vector))
    whole = [int(entry * common) for entry in vector]
    divisor = gcd(*whole) * (1 if next(filter(None, whole)) > 0 else -1)
    return tuple(entry // divisor for entry in whole)


def rows_of(kernel: Any) -> Rows:
    """Rows of a kernel, as numbers or as text.

    Raises
    ------
    SettingError
        For what is no kernel, or too large.

    Examples
    --------
    >>> rows_of("1,2;1/2,1")
    ((Fraction(1, 1), Fraction(2, 1)), (Fraction(1, 2), Fraction(1, 1)))
    """
    given = [row.split(",") for row in kernel.split(";")] if isinstance(kernel, str) else kernel
    try:
        lines = [row if isinstance(row, (tuple, list)) else (row,) for row in given]
        rows = tuple(tuple(_exact(entry) for entry in row) for row in lines)
    except (TypeError, ValueError, ZeroDivisionError):
        raise _no_kernel(f"kernel {clip(str(kernel))}") from None
    widths = {len(row) for row in rows}
    if len(widths) != 1 or widths == {0}:
        raise _no_kernel(f"rows of {', '.join(str(len(row)) for row in rows) or 'no'} entries")
    if len(rows) * len(rows[0]) > MOST:
        raise SettingError(
            "the kernel is too large to write down.",
            here=f"{len(rows)}x{len(rows[0])} = {len(rows) * len(rows[0])} entries",
            rule=f"at most {MOST}",
            fix="give a smaller one",
        )
    return rows


def _exact(entry: Any) -> Fraction:
    """An integer or a fraction, as a number or as text."""
    if isinstance(entry, (bool, float)):
        raise TypeError("not exact")
    return Fraction(entry)


def _no_kernel(here: str) -> SettingError:
    return SettingError(
        "this is no kernel.",
        here=here,
        rule="rows of one length, of integers and fractions",
        fix="for example 1,2,1;2,4,2;1,2,1",
    )
