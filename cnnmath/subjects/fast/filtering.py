"""One axis of a minimal filtering algorithm: its matrices as letters and as numbers, and its identity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod

import sympy as sp

from cnnmath.readers import Tensor
from cnnmath.subjects.fast.bilinear import COUNTED, column, correlated, entrywise, explicit, product
from cnnmath.symbolic import Remark, Step, remark, step
from cnnmath.symbolic.instance import Array
from cnnmath.symbolic.terms import Expr, Maximum, Sigma, array, index
from cnnmath.toomcook import Transforms


@dataclass(frozen=True, slots=True)
class Axis:
    """Transforms along one axis, with the mark that tells its letters from those of another.

    Examples
    --------
    >>> from cnnmath.toomcook import transforms
    >>> Axis(transforms(2, 3), "'").A
    A'
    """

    made: Transforms
    mark: str = ""

    @property
    def m(self) -> int:
        """Outputs."""
        return self.made.m

    @property
    def r(self) -> int:
        """Taps of the filter."""
        return self.made.r

    @property
    def t(self) -> int:
        """Inputs, points and multiplications."""
        return self.made.multiplications

    @property
    def A(self) -> sp.MatrixSymbol:  # noqa: N802 - the papers' names
        """The transform of outputs, a column for each."""
        return sp.MatrixSymbol(f"A{self.mark}", self.t, self.m)

    @property
    def G(self) -> sp.MatrixSymbol:  # noqa: N802 - as above
        """The transform of the filter, a column for each tap."""
        return sp.MatrixSymbol(f"G{self.mark}", self.t, self.r)

    @property
    def B(self) -> sp.MatrixSymbol:  # noqa: N802 - as above
        """The transform of the input, a row for each."""
        return sp.MatrixSymbol(f"B{self.mark}", self.t, self.t)

    def called(self, name: str) -> str:
        """Name of a step along this axis."""
        return f"Second {name.lower()}" if self.mark else name

    def term(self, i: Expr, l: Expr, k: Expr, j: Expr) -> tuple[Expr, Expr, Expr]:  # noqa: E741 - the papers' index
        """Entries that the product at the point l contributes to the output i, of the tap k and the input j."""
        a, g, b = (array(f"{letter}{self.mark}") for letter in "AGB")
        return a[l, i], g[l, k], b[j, l]

    def matrices(self) -> tuple[Step, Step, Step]:
        """The three matrices with their numbers."""
        return (
            step(
                self.called("Output transform"),
                "a column a point, with its powers; infinity has the leading one.",
                sp.Transpose(self.A),
                explicit(self.made.output),
            ),
            step(
                self.called("Filter transform"),
                "a row a point, with its powers, over the product of its differences from the others.",
                self.G,
                explicit(self.made.filter),
            ),
            step(
                self.called("Input transform"),
                "a row a point, with the coefficients of the polynomial whose roots are the other points.",
                sp.Transpose(self.B),
                explicit(self.made.input),
            ),
        )

    def algorithm(self, name: str, rule: str | Remark) -> Step:
        """The algorithm as an identity of polynomials in the taps and the inputs."""
        g, d = column("g", self.r), column("d", self.t)
        transformed = entrywise(product(explicit(self.made.filter), g), product(explicit(self.made.input), d))
        return step(
            name, rule, correlated(g, d), product(explicit(self.made.output), transformed), relation="identical"
        )

    def numbers(self) -> Mapping[str, Array]:
        """The matrices by another way: by inverting evaluation, instead of Lagrange's formula.

        E evaluates a filter at the points, and C interpolates.
        """
        points = self.made.points
        evaluate = {
            n: sp.Matrix(self.t, n, lambda l, k, n=n: points[l] ** k if l < self.t - 1 else int(k == n - 1))  # noqa: E741
            for n in (self.m, self.r, self.t)
        }
        back = evaluate[self.t].inv()
        highest = list(back[-2, :-1]) if points else []
        scales = [abs(scale) if a == 0 else scale for a, scale in zip(points, highest, strict=True)]
        share = sp.diag(*scales, 1)
        matrices = {
            "A": evaluate[self.m],
            "E": evaluate[self.r],
            "C": back,
            "G": share * evaluate[self.r],
            "B": back * share.inv(),
        }
        return {f"{letter}{self.mark}": tensor(matrix) for letter, matrix in matrices.items()}

    def products(self, numbers: Mapping[str, Array]) -> int:
        """Products of a transformed filter and a transformed input: as many as the matrices have rows for."""
        transformed = {numbers[f"{letter}{self.mark}"].shape[axis] for letter, axis in (("G", 0), ("B", 1))}
        (count,) = transformed
        return count


def conventions(*axes: Axis) -> tuple[Remark, ...]:
    """What is counted, how products are written, and which signs are free where 0 is among the points."""
    entry_by_entry = entrywise(sp.MatrixSymbol("u", 2, 1), sp.MatrixSymbol("v", 2, 1))
    return (
        COUNTED,
        remark("{} is the product entry by entry.", entry_by_entry),
        *(
            remark(
                "The row of the point 0 in {} has the sign that makes its one entry positive, "
                "and gives it to the row in {}.",
                axis.G,
                sp.Transpose(axis.B),
            )
            for axis in axes
            if 0 in axis.made.points
        ),
    )


def tensor(matrix: sp.Matrix) -> Tensor:
    """A matrix of rational numbers as an array of an instance."""
    return Tensor(matrix.shape, [Fraction(int(entry.p), int(entry.q)) for entry in matrix])


def growth(axes: Sequence[Axis]) -> Step:
    """The largest sum of absolute values that an output goes through: the product of those along the axes."""
    i, l, k, j = map(index, "ilkj")  # noqa: E741 - the papers' index
    amplified = prod((axis.made.amplification for axis in axes), start=Fraction(1))
    sums = []
    for axis in axes:
        output, filters, inputs = map(sp.Abs, axis.term(i, l, k, j))
        terms = output * Sigma(filters, [(k, axis.r)]) * Sigma(inputs, [(j, axis.t)])
        sums.append(Maximum(Sigma(terms, [(l, axis.t)]), [(i, axis.m)]))
    return step(
        "Growth",
        remark(
            "of taps and inputs between -1 and 1, an output's terms add up to at most this in absolute value; the "
            "definition's, to {}. Rounding errors grow with it.",
            sp.Integer(prod(axis.r for axis in axes)),
        ),
        sp.Mul(*sums),
        sp.Rational(amplified.numerator, amplified.denominator),
    )
