"""Toom-Cook and Winograd's minimal filtering: r taps at m places with m + r - 1 multiplications instead of m*r.

A product of polynomials with m and r coefficients is known once its values at t = m + r - 1 points are. So evaluating,
multiplying and interpolating gives a linear convolution; transposed, the same matrices give the correlation of a
convolutional layer. One of the points is infinity, where a polynomial's value is its leading coefficient.

References
----------
.. [1] S. Winograd, "Arithmetic Complexity of Computations", SIAM 1980.
.. [2] A. Lavin and S. Gray, "Fast algorithms for convolutional neural networks", arXiv:1509.09308, section 4.
.. [3] B. Barabasz, A. Anderson, K. M. Soodhalter and D. Gregg, "Error analysis and improving the accuracy of Winograd
   convolution for deep neural networks", arXiv:1803.10986.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import count, islice
from math import prod
from typing import TypeAlias

from cnnmath.errors import SettingError
from cnnmath.window import check_at_least

Matrix: TypeAlias = tuple[tuple[Fraction, ...], ...]
"""Rows of a matrix."""


@dataclass(frozen=True, slots=True)
class Transforms:
    r"""The three matrices of the minimal filtering algorithm F(m, r).

    .. math:: y = A^T \bigl[ (G g) \odot (B^T d) \bigr], \qquad y_i = \sum_{k<r} g_k\, d_{i+k}, \quad i < m

    Attributes
    ----------
    m, r
        Outputs of one call, and taps of the filter g.
    points
        The finite points of interpolation; infinity is one more.
    output
        A^T, of m rows and t = m + r - 1 columns.
    filter
        G, of t rows and r columns.
    input
        B^T, of t rows and t columns.
    """

    m: int
    r: int
    points: tuple[Fraction, ...]
    output: Matrix
    filter: Matrix
    input: Matrix

    @property
    def multiplications(self) -> int:
        """Products of the algorithm, one a point: ``t = m + r - 1``; ``t**n`` of the one nested along n axes."""
        return self.m + self.r - 1

    @property
    def direct(self) -> int:
        """Products of the definition: ``m*r``; ``(m*r)**n`` along n axes."""
        return self.m * self.r

    @property
    def largest(self) -> tuple[Fraction, Fraction, Fraction]:
        """Largest absolute entries of A^T, G and B^T."""
        output, filters, inputs = (
            max(abs(entry) for row in matrix for entry in row) for matrix in (self.output, self.filter, self.input)
        )
        return output, filters, inputs

    @property
    def amplification(self) -> Fraction:
        r"""Largest sum of absolute values that one output goes through, of a filter and an input between -1 and 1.

        .. math:: \max_i \sum_l |A_{li}| \Bigl(\sum_k |G_{lk}|\Bigr) \Bigl(\sum_j |B_{jl}|\Bigr)

        The definition's is r; rounding errors grow with it. Of the algorithm nested along n axes, it is the nth power.
        """
        filters, inputs = ([sum(map(abs, row), Fraction(0)) for row in matrix] for matrix in (self.filter, self.input))
        return max(
            sum((abs(a) * g * b for a, g, b in zip(row, filters, inputs, strict=True)), Fraction(0))
            for row in self.output
        )


def transforms(m: int, r: int, points: Sequence[int | Fraction] | None = None) -> Transforms:
    r"""Transforms of F(m, r), for any distinct rational points.

    .. math:: B^T_{l\cdot} = \text{coefficients of } N_l(z) = \prod_{i \ne l} (z - a_i), \quad
       G_{lk} = \frac{a_l^k}{N_l(a_l)}, \quad A^T_{il} = a_l^i

    The last row is that of infinity: all of ``prod(z - a_i)``, and the leading coefficients. So B^T is an integer
    matrix for integer points, as Lavin and Gray have it; as there, the rows of the point 0 change signs where G would
    be negative.

    Parameters
    ----------
    m, r
        Outputs and taps, at least 1 each.
    points
        m + r - 2 distinct finite points; the first of 0, 1, -1, 2, -2, 1/2, -1/2, 3, ... if left out.

    Raises
    ------
    SettingError
        For m or r below 1, and for points that are too few, too many, not rational or not distinct.

    Examples
    --------
    >>> f23 = transforms(2, 3)
    >>> [list(map(str, row)) for row in f23.filter]
    [['1', '0', '0'], ['1/2', '1/2', '1/2'], ['1/2', '-1/2', '1/2'], ['0', '0', '1']]
    >>> [list(map(int, row)) for row in f23.input]
    [[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, -1, 0, 1]]
    >>> f23.multiplications, f23.direct, str(f23.amplification)
    (4, 6, '8')
    """
    chosen = chosen_points(m, r, points)
    scales = [*(_signed(a, scale) for a, scale in zip(chosen, _denominators(chosen), strict=True)), Fraction(1)]
    columns = zip(*interpolation(chosen), strict=True)
    return Transforms(
        m,
        r,
        chosen,
        output=tuple(zip(*evaluation(chosen, m), strict=True)),
        filter=tuple(tuple(a / scale for a in row) for scale, row in zip(scales, evaluation(chosen, r), strict=True)),
        input=tuple(tuple(scale * c for c in column) for scale, column in zip(scales, columns, strict=True)),
    )


def evaluation(points: Sequence[Fraction], n: int) -> Matrix:
    """Matrix that takes n coefficients to the polynomial's values at the points, and at infinity to the last of them.

    Examples
    --------
    >>> [list(map(int, row)) for row in evaluation((Fraction(0), Fraction(1), Fraction(-1)), 3)]
    [[1, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 1]]
    """
    leading = tuple(Fraction(int(k == n - 1)) for k in range(n))
    return (*(tuple(Fraction(a) ** k for k in range(n)) for a in points), leading)


def interpolation(points: Sequence[Fraction]) -> Matrix:
    r"""Matrix that takes the values of a polynomial at the points and at infinity to its coefficients: Lagrange's.

    .. math:: s(z) = \sum_l \frac{s(a_l)}{N_l(a_l)} N_l(z) + s_\infty \prod_i (z - a_i)

    The polynomial has one coefficient more than there are finite points.

    Examples
    --------
    >>> [list(map(str, row)) for row in interpolation((Fraction(0), Fraction(2)))]
    [['1', '0', '0'], ['-1/2', '1/2', '-2'], ['0', '0', '1']]
    """
    others = [[*points[:i], *points[i + 1 :]] for i in range(len(points))]
    bases = [
        [c / scale for c in (*_monic(rest), Fraction(0))]
        for rest, scale in zip(others, _denominators(points), strict=True)
    ]
    return tuple(zip(*bases, _monic(points), strict=True))


def chosen_points(m: int, r: int, points: Sequence[int | Fraction] | None = None) -> tuple[Fraction, ...]:
    """Finite points of F(m, r): those given, once they are known to serve, or the first of the usual ones.

    Examples
    --------
    >>> print(*chosen_points(6, 3))
    0 1 -1 2 -2 1/2 -1/2
    """
    check_at_least("number of outputs m", m, 1)
    check_at_least("number of taps r", r, 1)
    needed = m + r - 2
    if points is None:
        return tuple(islice(_usual(), needed))
    given = tuple(points) if isinstance(points, Iterable) else (points,)
    strange = [a for a in given if isinstance(a, bool) or not isinstance(a, (int, Fraction))]
    if strange:
        raise SettingError(
            "a point of interpolation must be rational.", here=repr(strange[0]), fix="use integers and fractions"
        )
    listed = ", ".join(map(str, given)) or "none"
    if len(given) != needed:
        raise SettingError(
            "this is the wrong number of points.",
            here=f"{len(given)} finite points: {listed}",
            rule=f"F({m}, {r}) interpolates at infinity and at m + r - 2 = {needed} finite points",
            fix=f"give {needed}, such as {', '.join(map(str, islice(_usual(), needed))) or 'none'}",
        )
    if len(set(given)) < needed:
        twice = next(a for i, a in enumerate(given) if a in given[:i])
        raise SettingError(
            "the points must be distinct.",
            here=f"{twice} stands twice in {listed}",
            rule="a polynomial's value at one point is one equation, however often it is written",
            fix=f"give {needed} distinct ones",
        )
    return tuple(map(Fraction, given))


def _usual() -> Iterator[Fraction]:
    """The usual points, small ones first: 0, 1, -1, and n, -n, 1/n, -1/n for every n from 2."""
    yield from map(Fraction, (0, 1, -1))
    for n in count(2):
        yield from (Fraction(n), Fraction(-n), Fraction(1, n), Fraction(-1, n))


def _denominators(points: Sequence[Fraction]) -> list[Fraction]:
    """``N_l(a_l)`` for every point: the product of its distances from the others."""
    return [prod((a - b for b in points if b != a), start=Fraction(1)) for a in points]


def _signed(point: Fraction, scale: Fraction) -> Fraction:
    return abs(scale) if point == 0 else scale


def _monic(roots: Sequence[Fraction]) -> list[Fraction]:
    """Coefficients of ``prod(z - a)``, the constant first."""
    coefficients = [Fraction(1)]
    for a in roots:
        shifted = [Fraction(0), *coefficients]
        coefficients = [up - a * c for up, c in zip(shifted, [*coefficients, Fraction(0)], strict=True)]
    return coefficients
