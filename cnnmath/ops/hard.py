"""Hard activations: a straight line between two bounds in place of the logistic function."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from cnnmath.ops.algebra import Algebra, Number, Operand, Operator, rational
from cnnmath.ops.checks import check_number
from cnnmath.window import Size

SIXTH, HALF = Fraction(1, 6), Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class HardSigmoid(Operator):
    r"""A line, cut off at 0 and at 1: the logistic function without an exponential.

    .. math:: y = \max(0, \min(1, s x + t))

    Parameters
    ----------
    slope, shift
        The slope s of the line and its value t at 0. PyTorch's are 1/6 and 1/2, so that the line reaches 0 at -3 and 1
        at 3; the slope of ONNX is 1/5 where none is given.

    Notes
    -----
    *Conventions*: the derivative is 0 at both kinks, where the line meets its bounds. *Cost*: one multiplication, one
    addition and two comparisons.

    References
    ----------
    .. [1] M. Courbariaux, Y. Bengio and J.-P. David, "BinaryConnect: training deep neural networks with binary weights
       during propagations", arXiv:1511.00363, equation 3 (slope and shift 1/2).
    .. [2] A. Howard et al., "Searching for MobileNetV3", arXiv:1905.02244, section 5.2.
    .. [3] ONNX operator HardSigmoid, whose alpha and beta are slope and shift here.

    Examples
    --------
    >>> HardSigmoid(), HardSigmoid(0.2).slope
    (HardSigmoid(slope=Fraction(1, 6), shift=Fraction(1, 2)), 0.2)
    """

    slope: float | Fraction = SIXTH
    shift: float | Fraction = HALF

    def __post_init__(self) -> None:
        check_number("slope", self.slope)
        check_number("shift", self.shift)

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output."""
        return between(m, rational(self.slope) * x[at] + rational(self.shift))


@dataclass(frozen=True, slots=True)
class HardSwish(Operator):
    r"""A number times its hard sigmoid: 0 below -3, the number itself above 3, a parabola between.

    .. math:: y = x \max(0, \min(1, x/6 + 1/2))

    Notes
    -----
    *Conventions*: the derivative at -3 is 0, and 1 at 3: those outside. *Cost*: two multiplications, one addition and
    two comparisons.

    References
    ----------
    .. [1] A. Howard et al., "Searching for MobileNetV3", arXiv:1905.02244, section 5.2.
    .. [2] ONNX operator HardSwish.

    Examples
    --------
    >>> HardSwish().shape((1, 16, 112, 112))
    (1, 16, 112, 112)
    """

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output."""
        return x[at] * between(m, SIXTH * x[at] + HALF)


def between(m: Algebra, z: Number) -> Number:
    """The number, 0 where it is not above 0, 1 where it is not below 1."""
    return m.when(z > 0, lambda: m.when(-z > -1, lambda: z, lambda: 1), lambda: 0)
