"""Karatsuba's product: three multiplications of halves instead of four.

References
----------
.. [1] A. Karatsuba and Y. Ofman, "Multiplication of many-digital numbers by automatic computers", Doklady Akademii Nauk
   SSSR 145, 1962.
"""

from __future__ import annotations

import sympy as sp

from cnnmath.errors import SettingError
from cnnmath.readers import Tensor
from cnnmath.subjects.fast.bilinear import (
    Z,
    column,
    polynomial,
)
from cnnmath.symbolic import Derivation, remark, step
from cnnmath.symbolic.instance import Instance
from cnnmath.symbolic.terms import array, index, size
from cnnmath.window import check_at_least

MOST = 16
"""Coefficients of a half: the products are multiplied out."""


def karatsuba(h: int = 1, point: int = 1) -> Derivation:
    r"""A product of polynomials of 2h coefficients with three products of h coefficients instead of four.

    .. math:: (P_0 + z^h P_1)(Q_0 + z^h Q_1)
       = P_0 Q_0 + z^h \bigl((P_0 + P_1)(Q_0 + Q_1) - P_0 Q_0 - P_1 Q_1\bigr) + z^{2h} P_1 Q_1

    It is Toom and Cook's algorithm for two halves, at the points 0, 1 (or -1) and infinity.

    Parameters
    ----------
    h
        Coefficients of a half.
    point
        The third point: 1 or -1.

    Raises
    ------
    SettingError
        For a half without coefficients or with too many to multiply out, and another point.

    Examples
    --------
    >>> karatsuba().steps[1]
    Middle: p[0]*q[1] + p[1]*q[0] == (p[0] + p[1])*(q[0] + q[1]) - p[0]*q[0] - p[1]*q[1]
    """
    check_at_least("length h of a half", h, 1)
    if h > MOST:
        raise SettingError(
            "the products would be too large to multiply out.",
            here=f"h = {h:,}: two polynomials of {2 * h:,} coefficients, {4 * h * h:,} products",
            rule=f"h at most {MOST}",
            fix="use a smaller h: the formulas are the same for any",
        )
    if point not in (1, -1):
        raise SettingError(
            "this point leaves more than three products.",
            here=f"point {point}",
            rule="the sums P0 + P1 and Q0 + Q1 are values at 1, the differences at -1",
            fix="use the point 1 or -1",
        )
    point = int(point)
    (p0, p1), (q0, q1) = (_halves(name, h) for name in "pq")
    whole = (p0 + Z**h * p1) * (q0 + Z**h * q1)
    low, high, both = p0 * q0, p1 * q1, (p0 + point * p1) * (q0 + point * q1)
    middle = sp.Add(point * both, -point * low, -point * high)
    n, count, N, power = index("n"), array("M"), size("N"), sp.log(3) / sp.log(2)
    steps = (
        step(
            "Four products",
            "both polynomials in two halves, each half by each.",
            whole,
            low + Z**h * (p0 * q1 + p1 * q0) + Z ** (2 * h) * high,
            relation="identical",
        ),
        step(
            "Middle",
            remark("the two products in the middle follow from one at the point {}.", sp.Integer(point)),
            p0 * q1 + p1 * q0,
            middle,
            relation="identical",
        ),
        step(
            "Recursion",
            remark(
                "the three products are halved in turn: of {} coefficients, this makes {} multiplications.",
                2**n,
                count[n],
            ),
            count[n + 1],
            3 * count[n],
            [(n, 4)],
        ),
        step("Multiplications", "one multiplies two numbers.", count[n], 3**n, [(n, 5)]),
        step(
            "Exponent",
            remark("so {} coefficients take {} multiplications, where the definition takes {}.", N, N**power, N**2),
            sp.log(count[n + 1]) / sp.log(2 ** (n + 1)),
            power,
            [(n, 4)],
        ),
        step(
            "Three products",
            "two of the three serve twice.",
            whole,
            low + Z**h * middle + Z ** (2 * h) * high,
            relation="identical",
        ),
    )
    counts = Tensor((5,), [multiplied([1] * 2**n, [1] * 2**n, point)[1] for n in range(5)])
    return Derivation(
        f"Karatsuba: polynomials of {2 * h} coefficients multiplied", (), steps, (Instance({}, {"M": counts}),)
    )


def _halves(name: str, h: int) -> tuple[sp.Expr, sp.Expr]:
    """The two halves of a polynomial of 2h coefficients."""
    coefficients = list(column(name, 2 * h))
    return polynomial(coefficients[:h]), polynomial(coefficients[h:])


def multiplied(p: list[int], q: list[int], point: int) -> tuple[list[int], int]:
    """Product of two polynomials of 2^n coefficients by halves down to numbers, and the multiplications that it took.

    Examples
    --------
    >>> multiplied([1, 2, 0, 1], [3, 0, 1, 5], -1)  # 1 + 2z + z^3 times 3 + z^2 + 5z^3
    ([3, 6, 1, 10, 10, 1, 5, 0], 9)
    """
    if len(p) == 1:
        return [p[0] * q[0], 0], 1
    h = len(p) // 2
    sums = [[a + point * b for a, b in zip(c[:h], c[h:], strict=True)] for c in (p, q)]
    pairs = ((p[:h], q[:h]), (p[h:], q[h:]), sums)
    (low, *counts), (high, *more), (both, *most) = (multiplied(*pair, point) for pair in pairs)
    whole = [*low, *high]
    for j, (a, b, c) in enumerate(zip(low, high, both, strict=True)):
        whole[h + j] += point * (c - a - b)
    return whole, sum((*counts, *more, *most))
