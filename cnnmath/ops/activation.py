"""Activations: functions of single numbers."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from cnnmath.ops.algebra import Algebra, Number, Operand, Operator, rational
from cnnmath.ops.checks import check_number
from cnnmath.window import Size


@dataclass(frozen=True, slots=True)
class ReLU(Operator):
    r"""Rectifier, ``y = x where x > 0, else 0``.

    Notes
    -----
    *Conventions*: the derivative at 0 is 0. *Cost*: one comparison.

    References
    ----------
    .. [1] V. Nair and G. Hinton, "Rectified linear units improve restricted Boltzmann machines", ICML 2010.

    Examples
    --------
    >>> ReLU().shape((1, 64, 56, 56))
    (1, 64, 56, 56)
    """

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output."""
        return rectifier(m, x[at])


@dataclass(frozen=True, slots=True)
class LeakyReLU(Operator):
    r"""Rectifier with a slope below zero, ``y = x where x > 0, else slope*x``.

    Notes
    -----
    *Conventions*: the derivative at 0 is the slope.

    References
    ----------
    .. [1] A. Maas, A. Hannun and A. Ng, "Rectifier nonlinearities improve neural network acoustic models", ICML 2013.

    Examples
    --------
    >>> LeakyReLU(0.1)
    LeakyReLU(slope=0.1)
    """

    slope: float | Fraction = 0.01

    def __post_init__(self) -> None:
        check_number("slope", self.slope)

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output."""
        return m.when(x[at] > 0, lambda: x[at], lambda: rational(self.slope) * x[at])


@dataclass(frozen=True, slots=True)
class ELU(Operator):
    r"""Exponential linear unit, ``y = x where x > 0, else alpha*(exp(x) - 1)``.

    Notes
    -----
    *Conventions*: the derivative at 0 is alpha.

    References
    ----------
    .. [1] D. Clevert, T. Unterthiner and S. Hochreiter, "Fast and accurate deep network learning by exponential linear
       units", arXiv:1511.07289, equation 15.

    Examples
    --------
    >>> ELU().alpha
    1.0
    """

    alpha: float | Fraction = 1.0

    def __post_init__(self) -> None:
        check_number("alpha", self.alpha)

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output."""
        return m.when(x[at] > 0, lambda: x[at], lambda: rational(self.alpha) * (m.exp(x[at]) - 1))


@dataclass(frozen=True, slots=True)
class Sigmoid(Operator):
    r"""Logistic function, ``y = 1/(1 + exp(-x))``.

    References
    ----------
    .. [1] D. Rumelhart, G. Hinton and R. Williams, "Learning representations by back-propagating errors", Nature 1986,
       equation 2.

    Examples
    --------
    >>> Sigmoid().shape((1, 10))
    (1, 10)
    """

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output."""
        return logistic(m, x[at])


@dataclass(frozen=True, slots=True)
class Tanh(Operator):
    r"""Hyperbolic tangent, ``y = (exp(x) - exp(-x))/(exp(x) + exp(-x))``.

    References
    ----------
    .. [1] Y. LeCun et al., "Gradient-based learning applied to document recognition", Proc. IEEE 1998, appendix A.

    Examples
    --------
    >>> Tanh().shape((1, 6, 28, 28))
    (1, 6, 28, 28)
    """

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output."""
        return tanh(m, x[at])


@dataclass(frozen=True, slots=True)
class Softplus(Operator):
    r"""Smooth rectifier, ``y = log(1 + exp(x))``.

    References
    ----------
    .. [1] X. Glorot, A. Bordes and Y. Bengio, "Deep sparse rectifier neural networks", AISTATS 2011, section 3.1.

    Examples
    --------
    >>> Softplus().shape((1, 10))
    (1, 10)
    """

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output."""
        return m.log(1 + m.exp(x[at]))


@dataclass(frozen=True, slots=True)
class LogSigmoid(Operator):
    r"""Logarithm of the logistic function, ``y = log(1/(1 + exp(-x))) = -log(1 + exp(-x))``.

    Notes
    -----
    *Conventions*: written with the logarithm of a sum, for which a bound of the roundings is known however far x is
    below 0; the logarithm of a quotient that rounds to 0 has none.

    References
    ----------
    .. [1] I. Goodfellow, Y. Bengio and A. Courville, "Deep Learning", MIT Press 2016, section 3.10.

    Examples
    --------
    >>> LogSigmoid().shape((1, 10))
    (1, 10)
    """

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output."""
        return -m.log(1 + m.exp(-x[at]))


def rectifier(m: Algebra, x: Number) -> Number:
    """The number where it is positive, else 0."""
    return m.when(x > 0, lambda: x, lambda: 0)


def logistic(m: Algebra, x: Number) -> Number:
    """``1/(1 + exp(-x))``."""
    return 1 / (1 + m.exp(-x))


def tanh(m: Algebra, x: Number) -> Number:
    """``(exp(x) - exp(-x))/(exp(x) + exp(-x))``."""
    up, down = m.exp(x), m.exp(-x)
    return (up - down) / (up + down)
