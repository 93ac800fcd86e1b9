"""Fast algorithms: products of polynomials, and with them convolutions, in fewer multiplications.

References
----------
.. [1] S. Winograd, "Arithmetic Complexity of Computations", SIAM 1980.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import sympy as sp

from cnnmath.subjects.fast.bilinear import (
    COUNTED,
    DIRECT,
    FAST,
    Z,
    check_size,
    column,
    convolved,
    entrywise,
    explicit,
    points_remark,
    polynomial,
    product,
    saving,
)
from cnnmath.symbolic import Derivation, remark, step
from cnnmath.symbolic.instance import Instance, values
from cnnmath.toomcook import chosen_points, evaluation, interpolation


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
        For m or r below 1, or too large to be proved here; for points that are too few, too many, not rational or not
        distinct.

    Examples
    --------
    >>> [step for step in toom_cook(1, 2, (1,)).steps if step.name == "Interpolation"]
    [Interpolation: [[1, -1], [0, 1]]*[[1, 1], [0, 1]] == [[1, 0], [0, 1]]]
    """
    check_size((m, r))
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
            polynomial(p) * polynomial(q),
            polynomial(coefficients),
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
        *saving(remark("one a point: {} points determine {} coefficients.", sp.Integer(t), sp.Integer(t)), (m, r)),
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
    counts = {DIRECT: len([(a, b) for a in p for b in q]), FAST: len(evaluation(chosen, m))}
    return Derivation(
        f"Toom-Cook: polynomials of {m} and {r} coefficients multiplied",
        (points_remark(chosen),),
        steps,
        (Instance({**values(m=m, r=r), **counts}, {}),),
        (COUNTED,),
    )


def _basis(points: Sequence[Fraction]) -> list[sp.Expr]:
    """Lagrange's polynomials for the points, and for infinity the one that has them all as its roots."""
    roots = [sp.Rational(a.numerator, a.denominator) for a in points]
    others = [[b for b in roots if b != a] for a in roots]
    lagrange = [sp.Mul(*((Z - b) / (a - b) for b in rest)) for a, rest in zip(roots, others, strict=True)]
    return [*lagrange, sp.Mul(*(Z - a for a in roots))]
