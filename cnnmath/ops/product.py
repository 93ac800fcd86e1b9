"""Products of matrices that are both activations: the scores and the mixing of attention."""

from __future__ import annotations

from dataclasses import dataclass

from cnnmath.axis import Axis, Whole
from cnnmath.errors import ShapeError
from cnnmath.ops.algebra import Algebra, Number, Operand, Operator, Shape
from cnnmath.ops.broadcast import broadcast, place, view
from cnnmath.ops.checks import same
from cnnmath.window import Size


@dataclass(frozen=True, slots=True)
class MatMul(Operator):
    r"""Matrix product of two inputs over their last two axes, for every position along the others.

    .. math:: y_{b,i,j} = \sum_k x^{(1)}_{b,i,k}\, x^{(2)}_{b,k,j}

    Notes
    -----
    *Shape*: x1 (\*batch, I, K) and x2 (\*batch, K, J) to y (\*batch, I, J). The axes before the last two are aligned at
    the last of them, and those of length 1 are repeated: see `broadcast`. An x1 of one axis is a row, an x2 of one axis
    a column, and y has no such axis.

    *Cost*: K multiplications and K - 1 additions an output.

    *Conventions*: those of ``numpy.matmul``. The gradients are :math:`dx_1 = dy\, x_2^T` and :math:`dx_2 = x_1^T dy`,
    summed over the axes along which an input is repeated.

    Raises
    ------
    ShapeError
        Where an input has no axis, where the lengths K differ, and where other axes do not fit.

    References
    ----------
    .. [1] A. Vaswani et al., "Attention is all you need", arXiv:1706.03762, equation 1.
    .. [2] ONNX, operator ``MatMul``.

    Examples
    --------
    >>> MatMul().shape((2, 8, 49, 64), (2, 8, 64, 49)), MatMul().shape((2, 49, 64), (64, 10))
    ((2, 8, 49, 49), (2, 49, 10))
    """

    reads = ("x1", "x2")

    def output(self, x1: Shape, x2: Shape) -> Shape:
        """The axes before the last two, the rows of x1 and the columns of x2."""
        for name, x in (("x1", x1), ("x2", x2)):
            if not x:
                raise ShapeError(
                    "a single number is no matrix.",
                    here=f"{name} has the shape ()",
                    rule="x1 is (*batch, I, K) or (K), x2 is (*batch, K, J) or (K)",
                    fix="multiply by it, with Multiply",
                )
        inner = x2[-2:][0]
        if not same(x1[-1:], (inner,)):
            raise ShapeError(
                "the columns of x1 are not as many as the rows of x2.",
                input=f"x1 {x1}, x2 {x2}",
                rule="x1 is (*batch, I, K), x2 is (*batch, K, J)",
                here=f"K = {x1[-1]} against K = {inner}",
                fix="transpose one of them",
            )
        return (*broadcast(x1[:-2], x2[:-2]), *x1[:-1][-1:], *x2[1:][-1:])

    def windows(self, sizes: Shape) -> None:
        """None: what an output reads along an axis differs from input to input, see `views`."""
        return

    def views(self, x1: Shape, x2: Shape) -> tuple[tuple[Axis, ...] | None, ...]:
        """Of x1 whole rows, of x2 whole columns, where they are spatial axes; of other axes the same position."""
        output = self.output(x1, x2)
        if min(len(x1), len(x2)) < 2:
            return (None, None)
        rows, columns = (*output[:-1], x1[-1]), (*output[:-2], x2[-2], output[-1])
        first, second = view(x1, rows), view(x2, columns)
        row, column = Whole(x1[-1], output[-1]), Whole(x2[-2], output[-2])
        return (
            first and (*first[:-1], row),
            second and (*second[:-2], column, second[-1])[-len(second) :],
        )

    def element(self, m: Algebra, at: tuple[Size, ...], x1: Operand, x2: Operand) -> Number:
        """One output: a row of x1 times a column of x2."""
        columns, rows = min(len(x2.shape) - 1, 1), min(len(x1.shape) - 1, 1)
        batch = at[: len(at) - rows - columns]
        row, column = at[len(batch) : len(batch) + rows], at[len(at) - columns :]
        before, after = place(batch, x1.shape[:-2]), place(batch, x2.shape[:-2])
        return m.sum(lambda k: x1[(*before, *row, k)] * x2[(*after, k, *column)], x1.shape[-1])
