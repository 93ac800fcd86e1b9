"""Winograd's minimal filtering: a correlation with one multiplication for each point of interpolation.

References
----------
.. [1] S. Winograd, "Arithmetic Complexity of Computations", SIAM 1980.
.. [2] A. Lavin and S. Gray, "Fast algorithms for convolutional neural networks", arXiv:1509.09308, section 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product as places
from random import Random

import sympy as sp

from cnnmath.graph.text import plural
from cnnmath.readers import Tensor
from cnnmath.subjects.fast.bilinear import (
    DIRECT,
    FAST,
    check_size,
    column,
    convolved,
    entrywise,
    explicit,
    points_remark,
    product,
    saving,
)
from cnnmath.subjects.fast.filtering import Axis, conventions, growth
from cnnmath.symbolic import Derivation, Step, remark, step
from cnnmath.symbolic.instance import Instance, values
from cnnmath.symbolic.terms import Sigma, array, index
from cnnmath.toomcook import Transforms, evaluation, interpolation, transforms


def winograd(m: int = 2, r: int = 3, points: Sequence[int | Fraction] | None = None) -> Derivation:
    r"""Minimal filtering F(m, r): m outputs of a filter of r taps with m + r - 1 multiplications instead of m*r.

    .. math:: y = A^T \bigl[ (G g) \odot (B^T d) \bigr], \qquad y_i = \sum_{k<r} g_k\, d_{i+k}, \quad i < m

    Toom and Cook's algorithm for a linear convolution, transposed. The result is proved as an identity of polynomials
    in the taps and the inputs.

    Parameters
    ----------
    m, r
        Outputs, and taps of the filter.
    points
        m + r - 2 distinct rational numbers; infinity is one more point.

    Raises
    ------
    SettingError
        For m or r below 1, or too large to be proved here; for points that are too few, too many, not rational or not
        distinct.

    Examples
    --------
    >>> [row for row in winograd(2, 3).steps if row.name == "Input transform"]
    [Input transform: B^T = [[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, -1, 0, 1]]]
    """
    check_size((m, r))
    made = transforms(m, r, points)
    t = made.multiplications
    axis = Axis(made)
    E, C = sp.MatrixSymbol("E", t, r), sp.MatrixSymbol("C", t, t)
    g, d, p = (sp.MatrixSymbol(name, n, 1) for name, n in (("g", r), ("d", t), ("p", m)))
    interpolated = product(C, entrywise(product(E, g), product(axis.A, p)))
    evaluated = entrywise(product(E, g), product(sp.Transpose(C), d))
    steps = (
        *_transposition(m, r),
        step(
            "Toom-Cook",
            remark("evaluate both at the points, multiply, interpolate: {}.", interpolated),
            convolved(column("p", m), column("g", r)),
            _interpolated(made),
            relation="identical",
        ),
        *saving("one a point, where the definition has one for each tap of each output.", (m, r)),
        step(
            "The algorithm transposed",
            remark("the same number, read from the other end: {} and {} change places.", p, d),
            product(sp.Transpose(d), interpolated),
            product(sp.Transpose(p), sp.Transpose(axis.A), evaluated),
        ),
        step(
            "Scaling",
            "Lagrange's denominators go from the input to the filter, which is transformed once for all inputs.",
            evaluated,
            entrywise(product(axis.G, g), product(sp.Transpose(axis.B), d)),
        ),
        *axis.matrices(),
        growth([axis]),
        axis.algorithm(
            "Fast correlation", remark("the two numbers agree for every {}, and so do their factors of it.", p)
        ),
    )
    return Derivation(
        f"Minimal filtering F({m}, {r}): {plural(t, 'multiplication')} for {made.direct}",
        (points_remark(made.points),),
        steps,
        tuple(_along_one_axis(axis, seed) for seed in (0, 1)),
        conventions(axis),
    )


def _transposition(m: int, r: int) -> tuple[Step, Step, Step]:
    """From the correlation to the linear convolution that is its transpose."""
    i, j, k = map(index, "ijk")
    y, s, g, d, p = map(array, "ysgdp")
    t = m + r - 1
    return (
        step(
            "Correlation",
            f"a filter of {plural(r, 'tap')} makes {plural(m, 'output')} of {plural(t, 'input')}.",
            y[i],
            Sigma(g[k] * d[i + k], [(k, r)]),
            [(i, m)],
        ),
        step(
            "Linear convolution",
            remark(
                "with as many numbers {} as there are outputs, these are the coefficients of a product of polynomials.",
                sp.Symbol("p"),
            ),
            s[j],
            Sigma(g[k] * p[j - k], [(k, r)], [sp.Ge(j - k, 0), sp.Lt(j - k, m)]),
            [(j, t)],
        ),
        step(
            "Transposition",
            "both are the sum over all pairs of an output and a tap.",
            Sigma(p[i] * y[i], [(i, m)]),
            Sigma(s[j] * d[j], [(j, t)]),
        ),
    )


def _interpolated(made: Transforms) -> sp.MatMul:
    """The linear convolution by Toom and Cook's algorithm."""
    values_of = (
        product(explicit(evaluation(made.points, n)), column(name, n)) for name, n in (("g", made.r), ("p", made.m))
    )
    return product(explicit(interpolation(made.points)), entrywise(*values_of))


def _along_one_axis(axis: Axis, seed: int) -> Instance:
    """Small integers, none of them 0, with the correlation and the linear convolution of them by their definitions."""
    draw = Random(seed)
    m, r, t = axis.m, axis.r, axis.t
    g, d, p = (Tensor((n,), [Fraction(draw.randint(1, 5)) for _ in range(n)]) for n in (r, t, m))
    y = Tensor((m,), [sum((g[k,] * d[i + k,] for k in range(r)), Fraction(0)) for i in range(m)])
    s = Tensor((t,), [Fraction(0)] * t)
    pairs = list(places(range(m), range(r)))
    for i, k in pairs:
        s.values[i + k] += p[i,] * g[k,]
    numbers = axis.numbers()
    counts = {DIRECT: len(pairs), FAST: axis.products(numbers)}
    return Instance({**values(m=m, r=r), **counts}, {**numbers, "g": g, "d": d, "p": p, "y": y, "s": s})
