"""The softmax and its logarithm: probabilities over one axis, mostly the channels of each position."""

from __future__ import annotations

from dataclasses import dataclass

from cnnmath.axis import Axis, Whole
from cnnmath.ops.algebra import Algebra, Number, Operand, Operator, Shape
from cnnmath.ops.along import axis_numbers, settled
from cnnmath.window import IDENTITY, Size, Window


@dataclass(frozen=True, slots=True)
class OverAxis(Operator):
    """What the softmax and its logarithm share: the axis, and the sum of exponentials along it."""

    axis: int = 1

    def __post_init__(self) -> None:
        (axis,) = axis_numbers("axis", (self.axis,))
        object.__setattr__(self, "axis", axis)

    def output(self, x: Shape) -> Shape:
        """The shape of the input."""
        settled((self.axis,), x)
        return x

    def windows(self, sizes: Shape) -> tuple[Window, ...] | None:
        """Its own position; None where an output sees all of a spatial axis."""
        return None if any(isinstance(axis, Whole) for axis in self.axes(sizes)) else (IDENTITY,) * len(sizes)

    def axes(self, sizes: Shape) -> tuple[Axis, ...]:
        """An output reads its own position, and the whole of the axis that is summed along."""
        (own,) = settled((self.axis,), (1, 1, *sizes))
        return tuple(Whole(n) if axis == own else IDENTITY for axis, n in enumerate(sizes, 2))

    def total(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """Sum of the exponentials along the axis."""
        (axis,) = settled((self.axis,), x.shape)
        before, behind = at[:axis], at[axis + 1 :]
        return m.sum(lambda q: m.exp(x[*before, q, *behind]), x.shape[axis])

    def beside(self, at: tuple[Size, ...], x: Operand) -> tuple[Size, ...]:
        """Indices that the sum depends on."""
        (axis,) = settled((self.axis,), x.shape)
        return (*at[:axis], *at[axis + 1 :])


@dataclass(frozen=True, slots=True)
class Softmax(OverAxis):
    r"""Probabilities over the channels of each position, or over another axis.

    .. math:: y_{n,c,o} = \frac{e^{x_{n,c,o}}}{\sum_q e^{x_{n,q,o}}}

    Parameters
    ----------
    axis
        The axis that probabilities add up to 1 along: 1 the channels, 0 the batch, 2 the first spatial axis, -1 the
        last axis.

    Notes
    -----
    *Shape*: that of x. *Cost*: two exponentials and one division a number, and one addition less than the axis is long.

    References
    ----------
    .. [1] J. Bridle, "Probabilistic interpretation of feedforward classification network outputs", 1990.

    Examples
    --------
    >>> Softmax().shape((1, 1000))
    (1, 1000)
    """

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output: its exponential's share of the sum."""
        total = m.let("total", self.beside(at, x), lambda: self.total(m, at, x))
        return m.exp(x[at]) / total


@dataclass(frozen=True, slots=True)
class LogSoftmax(OverAxis):
    r"""Logarithms of the probabilities over the channels of each position, or over another axis.

    .. math:: y_{n,c,o} = x_{n,c,o} - \log \sum_q e^{x_{n,q,o}}

    Parameters
    ----------
    axis
        As in `Softmax`.

    Notes
    -----
    *Shape*: that of x. *Cost*: an exponential a number, one logarithm a sum.

    References
    ----------
    .. [1] P. Blanchard, D. Higham and N. Higham, "Accurately computing the log-sum-exp and softmax functions", IMA
       Journal of Numerical Analysis 2021.

    Examples
    --------
    >>> LogSoftmax().shape((1, 1000)), LogSoftmax(-1).shape((1, 8, 50))
    ((1, 1000), (1, 8, 50))
    """

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output: the number, less the logarithm of the sum of exponentials."""
        total = m.let("total", self.beside(at, x), lambda: m.log(self.total(m, at, x)))
        return x[at] - total
