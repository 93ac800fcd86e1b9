"""Normalisation of each sample by statistics of its own: over groups of channels, each channel, or all of it."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from fractions import Fraction

from cnnmath.axis import Axis, Whole
from cnnmath.errors import SettingError, ShapeError
from cnnmath.ops.algebra import Algebra, Number, Operand, Operator, Shape
from cnnmath.ops.along import axis_numbers, settled
from cnnmath.ops.checks import check_divides, check_filled, check_flag, check_number, check_rank, integer
from cnnmath.ops.statistics import Block, standardised
from cnnmath.window import IDENTITY, Size, Window


@dataclass(frozen=True, slots=True)
class SampleNorm(Operator):
    """What normalisations of each sample by itself share, unless they say otherwise: a scale and a shift a channel."""

    def output(self, x: Shape) -> Shape:
        """The shape of the input."""
        check_rank(x)
        check_filled(x, "mean")
        return x

    def parameters(self, x: Shape) -> dict[str, Shape]:
        """Scale and shift of each channel."""
        return dict.fromkeys(("gamma", "beta"), x[1:2])

    def windows(self, sizes: Shape) -> tuple[Window, ...] | None:
        """None: an output sees the whole input."""
        return None

    def axes(self, sizes: Shape) -> tuple[Axis, ...]:
        """An output reads the whole of each axis."""
        return tuple(map(Whole, sizes))


@dataclass(frozen=True, slots=True)
class GroupNorm(SampleNorm):
    r"""Group normalisation: each sample by the mean and the variance of each of its groups of channels.

    .. math:: y_{n,c,o} = \gamma_c \frac{x_{n,c,o} - \mu_{n,g}}{\sqrt{\sigma^2_{n,g} + \epsilon}} + \beta_c, \quad
       g = \lfloor c G/C \rfloor

    where the mean and the biased variance are those of the channels of group g, at all positions of sample n.

    Parameters
    ----------
    groups
        Number G of groups of consecutive channels; it divides the number of channels.
    epsilon
        Added to the variance.

    Notes
    -----
    *Shape*: x and y (N, C, \*spatial); gamma and beta (C,).

    *Cost*: three multiplications and five additions a number, less two additions a group of a sample and plus one for
    the constant; three divisions and a root a group of a sample.

    *Conventions*: the same in training and at inference. Where a group is one number, y is beta whatever x is.

    References
    ----------
    .. [1] Y. Wu and K. He, "Group normalization", arXiv:1803.08494, section 3.1.

    Examples
    --------
    >>> GroupNorm(32).parameters((1, 64, 56, 56))
    {'gamma': (64,), 'beta': (64,)}
    """

    groups: Size
    epsilon: float | Fraction = 1e-5

    def __post_init__(self) -> None:
        object.__setattr__(self, "groups", integer("number of groups", self.groups, 1))
        check_number("epsilon", self.epsilon, positive=True)

    def output(self, x: Shape) -> Shape:
        """The shape of the input."""
        SampleNorm.output(self, x)
        check_divides(ShapeError, "channels", x[1], self.groups)
        return x

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand, gamma: Operand, beta: Operand) -> Number:
        """One output: the input normalised by its group, scaled and shifted."""
        n, c, *_ = at
        width, *sizes = x.shape[1] // self.groups, *x.shape[2:]
        g = c // width
        block = Block(
            lambda of: m.sum(lambda q, *i: of(x[n, width * g + q, *i]), width, *sizes), (width, *sizes), (n, g)
        )
        return standardised(m, x, at, block, self.epsilon) * gamma[c] + beta[c]


@dataclass(frozen=True, slots=True)
class InstanceNorm(SampleNorm):
    r"""Instance normalisation: each channel of each sample by its own mean and variance.

    .. math:: y_{n,c,o} = \gamma_c \frac{x_{n,c,o} - \mu_{n,c}}{\sqrt{\sigma^2_{n,c} + \epsilon}} + \beta_c

    where the mean and the biased variance are those of channel c, at all positions of sample n.

    Parameters
    ----------
    epsilon
        Added to the variance.

    Notes
    -----
    *Shape*: x and y (N, C, \*spatial); gamma and beta (C,). *Cost*: as `GroupNorm` with a group for each channel.

    *Conventions*: the same in training and at inference; scale and shift are always there; in PyTorch they
    are an option. Where a channel is one number, y is beta whatever x is; PyTorch refuses that.

    References
    ----------
    .. [1] D. Ulyanov, A. Vedaldi and V. Lempitsky, "Instance normalization: the missing ingredient for fast
       stylization", arXiv:1607.08022.

    Examples
    --------
    >>> InstanceNorm().parameters((1, 64, 56, 56))
    {'gamma': (64,), 'beta': (64,)}
    """

    epsilon: float | Fraction = 1e-5

    def __post_init__(self) -> None:
        check_number("epsilon", self.epsilon, positive=True)

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand, gamma: Operand, beta: Operand) -> Number:
        """One output: the input normalised by its channel, scaled and shifted."""
        n, c, *_ = at
        block = Block(lambda of: m.sum(lambda *i: of(x[n, c, *i]), *x.shape[2:]), x.shape[2:], (n, c))
        return standardised(m, x, at, block, self.epsilon) * gamma[c] + beta[c]


@dataclass(frozen=True, slots=True)
class LayerNorm(SampleNorm):
    r"""Layer normalisation: each sample by the mean and the variance of all of it, or of a part.

    .. math:: y_{n,c,o} = \gamma_{c,o} \frac{x_{n,c,o} - \mu_n}{\sqrt{\sigma^2_n + \epsilon}} + \beta_{c,o}

    where the mean and the biased variance are those of sample n. With another ``axis`` they are those of the numbers
    along this axis and all behind it, and gamma and beta have a number for each; with ``each_position`` those of the
    channels at position o, and gamma and beta have one number a channel.

    Parameters
    ----------
    epsilon
        Added to the variance.
    axis
        The first of the axes that are normalised together, up to the last: 1 the channels, 2 the first spatial axis, -1
        the last axis.
    each_position
        Whether each position is normalised by itself, over its channels alone.

    Notes
    -----
    *Shape*: x and y (N, C, \*spatial); gamma and beta (C, \*spatial), or x's sizes from the axis on, or (C,) with
    ``each_position``. *Cost*: as `GroupNorm` with one group, for each part that is normalised.

    *Conventions*: the same in training and at inference. It is ``torch.nn.LayerNorm(x.shape[axis:])``, whose scale and
    shift fix the size of the input. Transformers, whose features are the last axis, have axis -1; with channels ahead
    of positions, as in ConvNeXt, ``each_position`` says the same.

    Raises
    ------
    SettingError, ShapeError
        For an axis beside ``each_position``, and for one that is not there.

    References
    ----------
    .. [1] J. Ba, J. Kiros and G. Hinton, "Layer normalization", arXiv:1607.06450, section 3, equation 3.
    .. [2] Z. Liu et al., "A ConvNet for the 2020s", arXiv:2201.03545, section 2.6: layer normalisation in place of
       batch normalisation.
    .. [3] ONNX operator LayerNormalization.

    Examples
    --------
    >>> LayerNorm().parameters((1, 64, 7, 7)), LayerNorm(each_position=True).parameters((1, 64, 7, 7))
    ({'gamma': (64, 7, 7), 'beta': (64, 7, 7)}, {'gamma': (64,), 'beta': (64,)})
    >>> LayerNorm(axis=-1).parameters((1, 50, 768))
    {'gamma': (768,), 'beta': (768,)}
    """

    epsilon: float | Fraction = 1e-5
    _: KW_ONLY
    axis: int = 1
    each_position: bool = False

    def __post_init__(self) -> None:
        check_number("epsilon", self.epsilon, positive=True)
        (axis,) = axis_numbers("axis", (self.axis,))
        object.__setattr__(self, "axis", axis)
        check_flag("each_position", self.each_position)
        if self.each_position and axis != 1:
            raise SettingError(
                "each position is normalised over its channels, which are axis 1.",
                here=f"axis {axis}",
                fix="leave the axis out, or each_position",
            )

    def output(self, x: Shape) -> Shape:
        """The shape of the input."""
        SampleNorm.output(self, x)
        settled((self.axis,), x)
        return x

    def first(self, x: Shape) -> int:
        """The first of the axes that are normalised together, counted from 0."""
        return settled((self.axis,), x)[0]

    def parameters(self, x: Shape) -> dict[str, Shape]:
        """Scale and shift of each number of a part that is normalised, or of each channel."""
        return dict.fromkeys(("gamma", "beta"), x[1:2] if self.each_position else x[self.first(x) :])

    def windows(self, sizes: Shape) -> tuple[Window, ...] | None:
        """None where an output sees the whole input, else its own position."""
        return (IDENTITY,) * len(sizes) if self.each_position else None

    def axes(self, sizes: Shape) -> tuple[Axis, ...]:
        """An output reads the whole of each axis that is normalised, and its own position along the others."""
        first = len(sizes) + 2 if self.each_position else self.first((1, 1, *sizes))
        return tuple(IDENTITY if axis < first else Whole(n) for axis, n in enumerate(sizes, 2))

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand, gamma: Operand, beta: Operand) -> Number:
        """One output: the input normalised by its part of the sample, or by its position, scaled and shifted."""
        n, c, *o = at
        if self.each_position:
            block = Block(lambda of: m.sum(lambda q: of(x[n, q, *o]), x.shape[1]), x.shape[1:2], (n, *o))
            return standardised(m, x, at, block, self.epsilon) * gamma[c] + beta[c]
        first = self.first(x.shape)
        before, own, sizes = at[:first], at[first:], x.shape[first:]
        block = Block(lambda of: m.sum(lambda q, *i: of(x[*before, q, *i]), *sizes), sizes, before)
        return standardised(m, x, at, block, self.epsilon) * gamma[own] + beta[own]
