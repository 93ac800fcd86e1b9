"""Rectifiers with a trained slope, with an exponential or a threshold; and the softsign."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from cnnmath.ops.algebra import Algebra, Number, Operand, Operator, Shape, rational
from cnnmath.ops.checks import check_flag, check_number, check_rank
from cnnmath.ops.pointwise import absolute
from cnnmath.window import Size


@dataclass(frozen=True, slots=True)
class PReLU(Operator):
    r"""Rectifier with a trained slope below zero, one a channel.

    .. math:: y_{n,c,o} = \begin{cases} x_{n,c,o} & x_{n,c,o} > 0 \\ w_c\, x_{n,c,o} & \text{else} \end{cases}

    Parameters
    ----------
    shared
        Whether all channels share one slope.

    Notes
    -----
    *Shape*: x and y (N, C, \*spatial); w (C,), or (1,) where it is shared. *Cost*: one comparison and one
    multiplication a number.

    *Conventions*: the derivative at 0 is the slope, as in PyTorch. Training begins with slopes of 1/4, as in the paper.

    References
    ----------
    .. [1] K. He, X. Zhang, S. Ren and J. Sun, "Delving deep into rectifiers", ICCV 2015, equation 1.

    Examples
    --------
    >>> PReLU().parameters((1, 64, 56, 56)), PReLU(shared=True).parameters((1, 64, 56, 56))
    ({'w': (64,)}, {'w': (1,)})
    """

    shared: bool = False

    def __post_init__(self) -> None:
        check_flag("shared", self.shared)

    def output(self, x: Shape) -> Shape:
        """The shape of the input."""
        check_rank(x)
        return x

    def parameters(self, x: Shape) -> dict[str, Shape]:
        """The slopes."""
        return {"w": (1,) if self.shared else x[1:2]}

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand, w: Operand) -> Number:
        """One output."""
        slope = w[0 if self.shared else at[1]]
        return m.when(x[at] > 0, lambda: x[at], lambda: slope * x[at])


@dataclass(frozen=True, slots=True)
class SELU(Operator):
    r"""Scaled exponential linear unit: gamma times `ELU`, ``y = gamma*x where x > 0, else gamma*alpha*(exp(x) - 1)``.

    Parameters
    ----------
    alpha, gamma
        The constants, by default those with which mean 0 and variance 1 are a fixed point: a layer of many such units,
        whose weights have mean 0 and variance 1/fan-in, passes them on.

    Notes
    -----
    *Conventions*: the derivative at 0 is gamma*alpha, as in PyTorch. The paper calls gamma lambda.

    References
    ----------
    .. [1] G. Klambauer, T. Unterthiner, A. Mayr and S. Hochreiter, "Self-normalizing neural networks", NeurIPS 2017.

    Examples
    --------
    >>> SELU().gamma
    1.0507009873554805
    """

    alpha: float | Fraction = 1.6732632423543772
    gamma: float | Fraction = 1.0507009873554805

    def __post_init__(self) -> None:
        check_number("alpha", self.alpha)
        check_number("gamma", self.gamma)

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output."""
        alpha, gamma = rational(self.alpha), rational(self.gamma)
        return m.when(x[at] > 0, lambda: gamma * x[at], lambda: gamma * alpha * (m.exp(x[at]) - 1))


@dataclass(frozen=True, slots=True)
class CELU(Operator):
    r"""Continuously differentiable `ELU`, ``y = x where x > 0, else alpha*(exp(x/alpha) - 1)``.

    Parameters
    ----------
    alpha
        The positive number of which the negative one is the limit far below zero.

    Notes
    -----
    *Conventions*: the derivative at 0 is 1 for every alpha, where that of `ELU` jumps from alpha to 1.

    References
    ----------
    .. [1] J. Barron, "Continuously differentiable exponential linear units", arXiv:1704.07483.

    Examples
    --------
    >>> CELU(2).shape((1, 10))
    (1, 10)
    """

    alpha: float | Fraction = 1.0

    def __post_init__(self) -> None:
        check_number("alpha", self.alpha, positive=True)

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output."""
        alpha = rational(self.alpha)
        return m.when(x[at] > 0, lambda: x[at], lambda: alpha * (m.exp(x[at] / alpha) - 1))


@dataclass(frozen=True, slots=True)
class ThresholdedReLU(Operator):
    r"""Rectifier that lets pass what is above a threshold, ``y = x where x > alpha, else 0``.

    Notes
    -----
    *Conventions*: at the threshold the value and the derivative are 0. Unlike the rectifier, it jumps there.

    References
    ----------
    .. [1] K. Konda, R. Memisevic and D. Krueger, "Zero-bias autoencoders and the benefits of co-adapting features",
       arXiv:1402.3337.

    Examples
    --------
    >>> ThresholdedReLU().alpha
    1.0
    """

    alpha: float | Fraction = 1.0

    def __post_init__(self) -> None:
        check_number("alpha", self.alpha)

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output."""
        return m.when(x[at] > rational(self.alpha), lambda: x[at], lambda: 0)


@dataclass(frozen=True, slots=True)
class Softsign(Operator):
    r"""Sigmoid that approaches its limits slowly, ``y = x/(1 + |x|)``.

    Notes
    -----
    *Cost*: two comparisons, one addition and one division a number.

    References
    ----------
    .. [1] X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks",
       AISTATS 2010.

    Examples
    --------
    >>> Softsign().shape((1, 10))
    (1, 10)
    """

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output."""
        return x[at] / (Fraction(1) + absolute(m, x[at]))
