"""Smooth activations that are a number times a gate of it, and the error function."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from cnnmath.errors import SettingError
from cnnmath.ops.activation import logistic, tanh
from cnnmath.ops.algebra import Algebra, Number, Operand, Operator, rational
from cnnmath.ops.checks import check_number
from cnnmath.window import Size

CUBIC = Fraction("0.044715")
"""What the approximation of `GELU` by a hyperbolic tangent takes of the cube."""


@dataclass(frozen=True, slots=True)
class Erf(Operator):
    r"""Error function.

    .. math:: y = \operatorname{erf}(x) = \frac{2}{\sqrt\pi} \int_0^x e^{-t^2}\,dt

    Notes
    -----
    *Cost*: one error function a number.

    References
    ----------
    .. [1] M. Abramowitz and I. Stegun, "Handbook of Mathematical Functions", 1964, formula 7.1.1.
    .. [2] ONNX operator Erf.

    Examples
    --------
    >>> Erf().shape((1, 10))
    (1, 10)
    """

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output."""
        return m.erf(x[at])


@dataclass(frozen=True, slots=True)
class GELU(Operator):
    r"""Gaussian error linear unit: a number times the probability that a standard normal one is below it.

    .. math:: y = x\,\Phi(x) = \frac{x}{2} \left(1 + \operatorname{erf}\frac{x}{\sqrt2}\right)

    Parameters
    ----------
    approximate
        Whether a hyperbolic tangent stands for the error function:
        ``y = x/2*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x^3)))``.

    Notes
    -----
    *Cost*: one error function a number; of the approximation, two exponentials.

    References
    ----------
    .. [1] D. Hendrycks and K. Gimpel, "Gaussian error linear units (GELUs)", arXiv:1606.08415, section 2.
    .. [2] ONNX operator Gelu.

    Examples
    --------
    >>> GELU().shape((1, 197, 3072)), GELU(approximate=True)
    ((1, 197, 3072), GELU(approximate=True))
    """

    approximate: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.approximate, bool):
            raise SettingError(
                "approximate is yes or no.",
                here=f"approximate {self.approximate!r}",
                rule="True or False",
                fix="True for the hyperbolic tangent, which PyTorch calls 'tanh'; False for the error function",
            )

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output."""
        half = Fraction(1, 2)
        if not self.approximate:
            return x[at] * (1 + m.erf(x[at] / m.power(2, half))) / 2
        cubic = x[at] + CUBIC * x[at] * x[at] * x[at]
        return x[at] * (1 + tanh(m, m.power(2 / m.pi, half) * cubic)) / 2


@dataclass(frozen=True, slots=True)
class SiLU(Operator):
    r"""Sigmoid linear unit, also called swish: a number times its logistic function.

    .. math:: y = x\,\sigma(\beta x) = \frac{x}{1 + e^{-\beta x}}

    Parameters
    ----------
    beta
        How steep the gate is. With 0 it is half open everywhere; towards infinity the unit becomes the rectifier.

    References
    ----------
    .. [1] S. Elfwing, E. Uchibe and K. Doya, "Sigmoid-weighted linear units for neural network function approximation
       in reinforcement learning", arXiv:1702.03118, section 2.
    .. [2] P. Ramachandran, B. Zoph and Q. Le, "Searching for activation functions", arXiv:1710.05941, section 4.
    .. [3] ONNX operator Swish, whose alpha is beta here.

    Examples
    --------
    >>> SiLU(), SiLU(2).shape((1, 32, 112, 112))
    (SiLU(beta=1), (1, 32, 112, 112))
    """

    beta: float | Fraction = 1

    def __post_init__(self) -> None:
        check_number("beta", self.beta)

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output."""
        return x[at] * logistic(m, rational(self.beta) * x[at])


@dataclass(frozen=True, slots=True)
class Mish(Operator):
    r"""A number times the hyperbolic tangent of its smooth rectifier.

    .. math:: y = x \tanh(\log(1 + e^x))

    References
    ----------
    .. [1] D. Misra, "Mish: a self regularized non-monotonic activation function", arXiv:1908.08681, section 3.
    .. [2] ONNX operator Mish.

    Examples
    --------
    >>> Mish().shape((1, 64, 56, 56))
    (1, 64, 56, 56)
    """

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output."""
        return x[at] * tanh(m, m.log(1 + m.exp(x[at])))
