"""Which values the derivative of an activation takes: exact ends, and whether they are attained."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import singledispatch

from cnnmath.ops.activation import ELU, LeakyReLU, LogSigmoid, ReLU, Sigmoid, Softplus, Tanh
from cnnmath.ops.algebra import Operator, rational
from cnnmath.ops.hard import HardSigmoid, HardSwish
from cnnmath.ops.pointwise import Abs, Affine, Clip
from cnnmath.ops.rectifiers import CELU, SELU, Softsign, ThresholdedReLU
from cnnmath.ops.smooth import GELU, Erf, Mish, SiLU
from cnnmath.ops.softmax import LogSoftmax, Softmax


@dataclass(frozen=True, slots=True)
class Interval:
    """Values from ``low`` to ``high``; an end that is not attained is approached.

    Attributes
    ----------
    low, high
        The ends. An irrational one is rounded outward, to twelve decimals.
    low_at, high_at
        Where they are attained, in words; empty where they are not.
    """

    low: Fraction
    high: Fraction
    low_at: str = ""
    high_at: str = ""

    def __contains__(self, value: Fraction | int) -> bool:
        inside = self.low < value < self.high
        return inside or bool(value == self.low and self.low_at) or bool(value == self.high and self.high_at)

    def __repr__(self) -> str:
        if self.low == self.high:
            return f"{{{self.low}}} {self.low_at}"
        low, high = map(_written, (self.low, self.high))
        ends = {f"{low} {self.low_at}": self.low_at, f"{high} {self.high_at}": self.high_at}
        attained = ", ".join(text for text, at in ends.items() if at)
        brackets = f"{'[' if self.low_at else '('}{low}, {high}{']' if self.high_at else ')'}"
        return f"{brackets}{f' with {attained}' if attained else ''}"


@dataclass(frozen=True, slots=True)
class Slopes:
    """All values that an activation's derivative takes: a union of intervals.

    Examples
    --------
    >>> slopes(Sigmoid()), slopes(Tanh()).bound, slopes(ReLU()).zero
    ((0, 1/4] with 1/4 at x = 0, Fraction(1, 1), True)
    """

    parts: tuple[Interval, ...]

    @property
    def bound(self) -> Fraction:
        """Least upper bound of the absolute values."""
        return max(max(abs(part.low), abs(part.high)) for part in self.parts)

    @property
    def zero(self) -> bool:
        """Whether 0 is attained, so that a gradient can vanish altogether."""
        return 0 in self

    def __contains__(self, value: Fraction | int) -> bool:
        return any(value in part for part in self.parts)

    def __repr__(self) -> str:
        return " and ".join(map(repr, self.parts))


@singledispatch
def slopes(op: Operator, channels: int | None = None) -> Slopes | None:
    r"""Values of the derivative of an activation; None for an operator that is none.

    .. math:: \sigma' = \sigma(1 - \sigma) \in (0, \tfrac14], \quad \tanh' = 1 - \tanh^2 \in (0, 1]

    Parameters
    ----------
    op
        The operator.
    channels
        How many numbers a softmax normalises; without it, any number from 2.

    Notes
    -----
    *Conventions*: at a kink the derivative is that of the branch that holds there, as in the operator's sentence: 0 for
    a rectifier at 0. A softmax has a matrix of derivatives; the values are those of single entries, y(1 - y) on the
    diagonal and -y*y' beside it. So has its logarithm: 1 - p on the diagonal and -p' beside it, p the probabilities.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, G. Orr and K. Müller, "Efficient BackProp", 1998, section 4.4 (sigmoids).
    .. [2] I. Goodfellow, Y. Bengio and A. Courville, "Deep Learning", MIT Press 2016, sections 6.2.2 and 6.3.

    Examples
    --------
    >>> slopes(ELU(0.5))
    (0, 1/2] with 1/2 at x = 0 and {1} at x > 0
    >>> slopes(Softmax(), 3)
    (0, 1/4] with 1/4 at y = 1/2 and (-1/4, 0)
    """
    return None


@slopes.register
def _(op: ReLU, channels: int | None = None) -> Slopes:
    return _kinked(Fraction(0))


@slopes.register
def _(op: LeakyReLU, channels: int | None = None) -> Slopes:
    return _kinked(rational(op.slope))


@slopes.register
def _(op: ELU, channels: int | None = None) -> Slopes:
    return _exponential(rational(op.alpha), Fraction(1))


@slopes.register
def _(op: SELU, channels: int | None = None) -> Slopes:
    return _exponential(rational(op.gamma) * rational(op.alpha), rational(op.gamma))


@slopes.register
def _(op: CELU, channels: int | None = None) -> Slopes:
    return Slopes((Interval(Fraction(0), Fraction(1), high_at="at x >= 0"),))


@slopes.register
def _(op: ThresholdedReLU, channels: int | None = None) -> Slopes:
    alpha = rational(op.alpha)
    return Slopes((_point(Fraction(0), f"at x <= {alpha}"), _point(Fraction(1), f"at x > {alpha}")))


@slopes.register
def _(op: Clip, channels: int | None = None) -> Slopes:
    low, high = (None if bound is None else rational(bound) for bound in (op.low, op.high))
    beyond = [f"x <= {low}"] * (low is not None) + [f"x >= {high}"] * (high is not None)
    within = [f"x > {low}"] * (low is not None) + [f"x < {high}"] * (high is not None)
    if not beyond:
        return Slopes((_point(Fraction(1), "everywhere"),))
    if low == high:
        return Slopes((_point(Fraction(0), "everywhere"),))
    return Slopes((_point(Fraction(0), f"at {' and '.join(beyond)}"), _point(Fraction(1), f"at {', '.join(within)}")))


@slopes.register
def _(op: Abs, channels: int | None = None) -> Slopes:
    ends = ((-1, "at x < 0"), (0, "at x = 0"), (1, "at x > 0"))
    return Slopes(tuple(_point(Fraction(slope), at) for slope, at in ends))


@slopes.register
def _(op: Affine, channels: int | None = None) -> Slopes:
    return Slopes((_point(rational(op.scale), "everywhere"),))


@slopes.register
def _(op: Softsign, channels: int | None = None) -> Slopes:
    return Slopes((Interval(Fraction(0), Fraction(1), high_at="at x = 0"),))


@slopes.register
def _(op: Sigmoid, channels: int | None = None) -> Slopes:
    return Slopes((Interval(Fraction(0), Fraction(1, 4), high_at="at x = 0"),))


@slopes.register
def _(op: Tanh, channels: int | None = None) -> Slopes:
    return Slopes((Interval(Fraction(0), Fraction(1), high_at="at x = 0"),))


@slopes.register
def _(op: Softplus, channels: int | None = None) -> Slopes:
    return Slopes((Interval(Fraction(0), Fraction(1)),))


@slopes.register
def _(op: LogSigmoid, channels: int | None = None) -> Slopes:
    return Slopes((Interval(Fraction(0), Fraction(1)),))


@slopes.register
def _(op: Erf, channels: int | None = None) -> Slopes:
    return Slopes((Interval(Fraction(0), Fraction("1.128379167096"), high_at="at x = 0"),))


@slopes.register
def _(op: GELU, channels: int | None = None) -> Slopes:
    return (
        _overshooting("0.128993068659", "-1.41850400879", "1.41850400879")
        if op.approximate
        else _overshooting("0.128904145186", "-√2", "√2")
    )


@slopes.register
def _(op: SiLU, channels: int | None = None) -> Slopes:
    beta = rational(op.beta)
    if beta == 0:
        return Slopes((_point(Fraction(1, 2), "everywhere"),))
    return _overshooting("0.099839320129", *(f"{z / beta:.12g}" for z in (-2.3993572805155, 2.3993572805155)))


@slopes.register
def _(op: Mish, channels: int | None = None) -> Slopes:
    low, high = Fraction("-0.112526122390"), Fraction("1.088498161252")
    return Slopes((Interval(low, high, "at x = -2.2563763964", "at x = 1.49057117949"),))


@slopes.register
def _(op: HardSigmoid, channels: int | None = None) -> Slopes:
    outside = _point(Fraction(0), "where y is 0 or 1")
    return Slopes((outside, _point(rational(op.slope), "where y is between"))) if op.slope else Slopes((outside,))


@slopes.register
def _(op: HardSwish, channels: int | None = None) -> Slopes:
    between = Interval(Fraction(-1, 2), Fraction(3, 2))
    return Slopes((_point(Fraction(0), "at x <= -3"), between, _point(Fraction(1), "at x >= 3")))


@slopes.register
def _(op: Softmax, channels: int | None = None) -> Slopes:
    if channels == 1:
        return Slopes((_point(Fraction(0), "everywhere: y = 1"),))
    beside = "" if channels and channels > 2 else "at y = y' = 1/2, which takes two channels"
    quarter = Fraction(1, 4)
    own = Interval(Fraction(0), quarter, high_at="at y = 1/2")
    return Slopes((own, Interval(-quarter, Fraction(0), low_at=beside)))


@slopes.register
def _(op: LogSoftmax, channels: int | None = None) -> Slopes:
    if channels == 1:
        return Slopes((_point(Fraction(0), "everywhere: y = 0"),))
    return Slopes((Interval(Fraction(0), Fraction(1)), Interval(Fraction(-1), Fraction(0))))


def _exponential(slope: Fraction, above: Fraction) -> Slopes:
    """An exponential up to 0, where it has a slope, and a line above it."""
    if slope == 0:
        return Slopes((_point(slope, "at x <= 0"), _point(above, "at x > 0")))
    ends = (Fraction(0), slope, "", "at x = 0") if slope > 0 else (slope, Fraction(0), "at x = 0", "")
    return Slopes((Interval(*ends), _point(above, "at x > 0")))


def _kinked(slope: Fraction) -> Slopes:
    """A line of slope 1 above 0, and another below."""
    return Slopes((_point(slope, "at x <= 0"), _point(Fraction(1), "at x > 0")))


def _overshooting(most: str, low_at: str, high_at: str) -> Slopes:
    """A derivative that is 1/2 at 0 and adds up to 1 at opposite numbers: as far below 0 as above 1."""
    over = Fraction(most)
    return Slopes((Interval(-over, 1 + over, f"at x = {low_at}", f"at x = {high_at}"),))


def _written(end: Fraction) -> str:
    """A fraction, or the decimals of one that stands for an irrational number."""
    return f"{float(end):.12f}" if end.denominator > DECIMALS else str(end)


DECIMALS = 10**9
"""No setting of an activation has so large a denominator, unlike the ends that are rounded to twelve decimals."""


def _point(value: Fraction, at: str) -> Interval:
    return Interval(value, value, at, at)
