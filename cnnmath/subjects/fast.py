"""Fast algorithms: products of polynomials, and with them convolutions, in fewer multiplications.

References
----------
.. [1] A. Karatsuba and Y. Ofman, "Multiplication of many-digital numbers by automatic computers", Doklady Akademii Nauk
   SSSR 145, 1962.
.. [2] S. Winograd, "Arithmetic Complexity of Computations", SIAM 1980.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import sympy as sp

from cnnmath.errors import SettingError
from cnnmath.readers import Tensor
from cnnmath.subjects.bilinear import column, convolved, entrywise, explicit, points_remark, product, saving
from cnnmath.subjects.subject import Chapter, Subject
from cnnmath.subjects.winograd import winograd, winograd_2d
from cnnmath.symbolic import Derivation, remark, step
from cnnmath.symbolic.instance import Instance, values
from cnnmath.symbolic.terms import array, index, size
from cnnmath.toomcook import chosen_points, evaluation, interpolation
from cnnmath.window import check_at_least

Z = sp.Symbol("z")


def toom_cook(m: int = 2, r: int = 3, points: Sequence[int | Fraction] | None = None) -> Derivation:
    r"""A product of polynomials by evaluation, one multiplication a point, and interpolation.

    .. math:: p(z)\, q(z) = \sum_l \frac{p(a_l)\, q(a_l)}{N_l(a_l)} N_l(z) + p_{m-1} q_{r-1} N(z), \quad
       N(z) = \prod_i (z - a_i), \quad N_l(z) = \frac{N(z)}{z - a_l}

    Parameters
    ----------
    m, r
        Coefficients of the two polynomials.
    points
        m + r - 2 distinct rational numbers; infinity is one more point.

    Raises
    ------
    SettingError
        For m or r below 1, and points that are too few, too many, not rational or not distinct.

    Examples
    --------
    >>> [step for step in toom_cook(1, 2, (1,)).steps if step.name == "Interpolation"]
    [Interpolation: [[1, -1], [0, 1]]*[[1, 1], [0, 1]] == [[1, 0], [0, 1]]]
    """
    chosen = chosen_points(m, r, points)
    t = m + r - 1
    p, q = column("p", m), column("q", r)
    coefficients = convolved(p, q)
    back, powers = explicit(interpolation(chosen)), sp.ImmutableMatrix([[Z**j for j in range(t)]])
    forth = explicit(evaluation(chosen, t))
    values_of = [product(explicit(evaluation(chosen, n)), letters) for n, letters in ((m, p), (r, q))]
    steps = (
        step(
            "Product",
            "the coefficients of a product of polynomials are a linear convolution.",
            _polynomial(p) * _polynomial(q),
            _polynomial(coefficients),
            relation="identical",
        ),
        step(
            "Evaluation",
            "at a point, the value of the product is the product of the values; at infinity, values are leading "
            "coefficients.",
            entrywise(*values_of),
            product(forth, coefficients),
            relation="identical",
        ),
        step(
            "Multiplications",
            remark("one a point: {} points determine {} coefficients.", sp.Integer(t), sp.Integer(t)),
            *saving((m, r)),
        ),
        step(
            "Basis",
            "a column is a polynomial: 1 at its own point and 0 at the others; the last column is 0 at them all.",
            product(powers, back),
            sp.ImmutableMatrix([_basis(chosen)]),
            relation="identical",
        ),
        step(
            "Interpolation",
            "so it undoes evaluation: this is Lagrange's formula.",
            product(back, forth),
            sp.ImmutableMatrix(sp.eye(t)),
            relation="identical",
        ),
        step(
            "Linear convolution",
            "evaluate, multiply, interpolate.",
            coefficients,
            product(back, entrywise(*values_of)),
            relation="identical",
        ),
    )
    return Derivation(
        f"Toom-Cook: polynomials of {m} and {r} coefficients multiplied",
        (points_remark(chosen),),
        steps,
        (Instance(values(m=m, r=r), {}),),
    )


def _polynomial(coefficients: Sequence[sp.Expr]) -> sp.Expr:
    return sp.Add(*(c * Z**j for j, c in enumerate(coefficients)))


def _basis(points: Sequence[Fraction]) -> list[sp.Expr]:
    """Lagrange's polynomials for the points, and for infinity the one that has them all as its roots."""
    roots = [sp.Rational(a.numerator, a.denominator) for a in points]
    others = [[b for b in roots if b != a] for a in roots]
    lagrange = [sp.Mul(*((Z - b) / (a - b) for b in rest)) for a, rest in zip(roots, others, strict=True)]
    return [*lagrange, sp.Mul(*(Z - a for a in roots))]


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
        For a half without coefficients, and another point.

    Examples
    --------
    >>> karatsuba().steps[1]
    Middle: p[0]*q[1] + p[1]*q[0] == (p[0] + p[1])*(q[0] + q[1]) - p[0]*q[0] - p[1]*q[1]
    """
    check_at_least("length h of a half", h, 1)
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
    return _polynomial(coefficients[:h]), _polynomial(coefficients[h:])


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


CHAPTER = Chapter(
    "Fast algorithms",
    (
        Subject(
            "karatsuba",
            "a product of polynomials with three products of halves instead of four",
            karatsuba,
            settings=("h", "point"),
        ),
        Subject(
            "toom-cook",
            "a product of polynomials by evaluation and interpolation",
            toom_cook,
            settings=("m", "r", "points"),
        ),
        Subject(
            "winograd",
            "a correlation with one multiplication a point: Winograd's minimal filtering",
            winograd,
            settings=("m", "r", "points"),
        ),
        Subject("winograd-2d", "the same along two axes, nested", winograd_2d, settings=("m", "r", "points")),
    ),
)
