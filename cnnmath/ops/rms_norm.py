"""Root mean square normalisation: numbers over their root mean square, nothing subtracted."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from fractions import Fraction
from math import prod

from cnnmath.axis import Axis, Whole
from cnnmath.ops.algebra import Algebra, Number, Operand, Operator, Shape, rational
from cnnmath.ops.along import axis_numbers, settled
from cnnmath.ops.checks import check_filled, check_number, check_rank
from cnnmath.ops.statistics import HALF
from cnnmath.window import IDENTITY, Size, Window


@dataclass(frozen=True, slots=True)
class RMSNorm(Operator):
    r"""Root mean square normalisation of the numbers along the last axis, or along several.

    .. math:: y_i = \gamma_i \frac{x_i}{\sqrt{\frac1M \sum_k x_k^2 + \epsilon}}

    where i and k run over the M numbers along an axis and all behind it.

    Parameters
    ----------
    epsilon
        Added to the mean square.
    axis
        The first of the axes that are normalised together, up to the last: 1 the channels, 2 the first spatial axis, -1
        the last axis.

    Notes
    -----
    *Shape*: x and y (N, C, \*spatial); gamma has x's sizes from the axis on. *Cost*: three multiplications and one
    addition a number; two divisions and a root for each part that is normalised.

    *Conventions*: the same in training and at inference; there is no shift. It is ``torch.nn.RMSNorm(x.shape[axis:])``,
    whose epsilon is that of the format where none is given.

    Raises
    ------
    ShapeError
        For an axis that is not there.

    References
    ----------
    .. [1] B. Zhang and R. Sennrich, "Root mean square layer normalization", arXiv:1910.07467, equation 4.
    .. [2] ONNX operator RMSNormalization.

    Examples
    --------
    >>> RMSNorm().parameters((1, 50, 768))
    {'gamma': (768,)}
    """

    epsilon: float | Fraction = 1e-5
    _: KW_ONLY
    axis: int = -1

    def __post_init__(self) -> None:
        check_number("epsilon", self.epsilon, positive=True)
        (axis,) = axis_numbers("axis", (self.axis,))
        object.__setattr__(self, "axis", axis)

    def output(self, x: Shape) -> Shape:
        """The shape of the input."""
        check_rank(x)
        check_filled(x, "mean")
        settled((self.axis,), x)
        return x

    def first(self, x: Shape) -> int:
        """The first of the axes that are normalised together, counted from 0."""
        return settled((self.axis,), x)[0]

    def parameters(self, x: Shape) -> dict[str, Shape]:
        """Scale of each number of a part that is normalised."""
        return {"gamma": x[self.first(x) :]}

    def windows(self, sizes: Shape) -> tuple[Window, ...] | None:
        """None: an output sees the whole of the last axis."""
        return None

    def axes(self, sizes: Shape) -> tuple[Axis, ...]:
        """An output reads the whole of each axis that is normalised, and its own position along the others."""
        first = self.first((1, 1, *sizes))
        return tuple(IDENTITY if axis < first else Whole(n) for axis, n in enumerate(sizes, 2))

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand, gamma: Operand) -> Number:
        """One output: the input over the root of the mean square of its part, scaled."""
        first = self.first(x.shape)
        before, own, sizes = at[:first], at[first:], x.shape[first:]

        def square(q: Size, *i: Size) -> Number:
            return x[*before, q, *i] * x[*before, q, *i]

        mean = m.let("mean square", before, lambda: m.sum(square, *sizes) / prod(sizes))
        scale = m.let("scale", before, lambda: 1 / m.power(mean + rational(self.epsilon), HALF))
        return m.let("normalised input", at, lambda: x[at] * scale) * gamma[own]
