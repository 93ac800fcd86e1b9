"""Joining channels, choosing among them, and passing on unchanged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import KW_ONLY, dataclass
from fractions import Fraction
from numbers import Integral

from cnnmath.errors import SettingError, ShapeError
from cnnmath.ops.algebra import Algebra, Number, Operand, Operator, Shape, rational
from cnnmath.ops.checks import check_flag, check_rank, integer, same
from cnnmath.window import Size


@dataclass(frozen=True, slots=True)
class Concat(Operator):
    r"""Channels of two or more inputs, one behind the other.

    .. math:: y_{n,\,C_1 + ... + C_{i-1} + c,\,o} = x^{(i)}_{n,c,o}

    References
    ----------
    .. [1] C. Szegedy et al., "Going deeper with convolutions", arXiv:1409.4842, figure 2.

    Examples
    --------
    >>> Concat().shape((1, 64, 28, 28), (1, 128, 28, 28))
    (1, 192, 28, 28)
    """

    variadic = True

    def output(self, *inputs: Shape) -> Shape:
        """The common shape, with the channels added up."""
        for x in inputs:
            check_rank(x)
        _check_equal(inputs, "concatenate channels, all other axes must agree", lambda x: (x[0], *x[2:]))
        channels = inputs[0][1]
        for x in inputs[1:]:
            channels = channels + x[1]
        return (inputs[0][0], channels, *inputs[0][2:])

    def element(self, m: Algebra, at: tuple[Size, ...], *xs: Operand) -> Number:
        """One output: the number of the input in whose stretch of channels the position lies."""
        if len(xs) == 1:
            return xs[0][at]
        n, c, *o = at
        first, second = xs[: len(xs) // 2], xs[len(xs) // 2 :]
        channels = sum(x.shape[1] for x in first)
        return m.when(
            c < channels,
            lambda: self.element(m, at, *first),
            lambda: self.element(m, (n, c - channels, *o), *second),
        )


@dataclass(frozen=True, slots=True)
class Select(Operator):
    r"""Some channels of the input, in a given order; one may occur several times, and one not at all.

    .. math:: y_{n,c,o} = x_{n,\,q_c,\,o}

    Parameters
    ----------
    channels
        The input channel q_c of every output channel c.

    Notes
    -----
    *Shape*: x (N, C, \*spatial) to y (N, number of channels given, \*spatial). *Cost*: none.

    *Conventions*: channels are counted from 0.

    Raises
    ------
    SettingError, ShapeError
        Where no channel is given, and where the input does not have one of them.

    References
    ----------
    .. [1] Y. LeCun et al., "Gradient-based learning applied to document recognition", Proc. IEEE 1998, table I: which
       maps of S2 each map of C3 sees.

    Examples
    --------
    >>> Select((0, 1, 5)).shape((1, 6, 14, 14))
    (1, 3, 14, 14)
    """

    channels: tuple[int, ...]

    def __post_init__(self) -> None:
        if isinstance(self.channels, str) or not isinstance(self.channels, Iterable):
            raise SettingError(
                "the channels must be a tuple.", here=f"channels {self.channels!r}", fix="for one channel give (0,)"
            )
        channels = tuple(integer("channel", c, 0) for c in self.channels)
        if not channels:
            raise SettingError("no channel is selected.", here="channels ()", fix="give at least one")
        object.__setattr__(self, "channels", channels)

    def output(self, x: Shape) -> Shape:
        """Shape of the output: as many channels as are selected."""
        check_rank(x)
        if isinstance(x[1], Integral) and max(self.channels) >= x[1]:
            raise ShapeError(
                "a selected channel is not there.",
                input=f"shape {x}",
                rule="every channel < C",
                here=f"{max(self.channels)} >= {x[1]}",
                fix=f"select among channels 0 to {x[1] - 1}, or give an input of {max(self.channels) + 1} channels",
            )
        return (x[0], len(self.channels), *x[2:])

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output: the input at the same position in the channel that the list has for it."""
        n, c, *o = at

        def listed(c: Size, channels: tuple[int, ...]) -> Number:
            if len(channels) == 1:
                return x[n, channels[0], *o]
            half = len(channels) // 2
            return m.when(c < half, lambda: listed(c, channels[:half]), lambda: listed(c - half, channels[half:]))

        return listed(c, self.channels)


@dataclass(frozen=True, slots=True)
class Dropout(Operator):
    r"""Dropout: the identity at inference; in training, a mask drops numbers and the others grow.

    .. math:: y_{n,c,o} = \frac{x_{n,c,o}\, m_{n,c,o}}{1 - \text{rate}}

    Parameters
    ----------
    rate
        Probability of dropping a number in training.
    training
        Whether there is a mask; at inference y is x.

    Notes
    -----
    *Shape*: x, mask and y are of one shape.

    *Cost*: none at inference; one multiplication and one division a number in training.

    *Conventions*: the mask is 1 where a number is kept and 0 where it is dropped. What is kept is divided by the
    probability of being kept, so that the mean over all masks is x, and nothing is left to do at inference (inverted
    dropout, as in PyTorch; the paper multiplies by that probability at inference instead).

    References
    ----------
    .. [1] N. Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 2014,
       section 4.

    Examples
    --------
    >>> Dropout(0.5).shape((1, 4096))
    (1, 4096)
    >>> Dropout(0.5).buffers((1, 4096)), Dropout(0.5, training=True).buffers((1, 4096))
    ({}, {'mask': (1, 4096)})
    """

    rate: float | Fraction = 0.5
    _: KW_ONLY
    training: bool = False

    def __post_init__(self) -> None:
        real = isinstance(self.rate, (int, float, Fraction)) and not isinstance(self.rate, bool)
        if not real or not 0 <= self.rate < 1:
            raise SettingError("the rate must lie in [0, 1).", here=f"rate {self.rate!r}", fix="use 0.5")
        check_flag("training", self.training)

    def buffers(self, x: Shape) -> dict[str, Shape]:
        """In training, which numbers are kept."""
        return {"mask": tuple(x)} if self.training else {}

    def levels(self, x: Shape) -> dict[str, Sequence[int]]:
        """A number is dropped, or kept."""
        return {"mask": (0, 1)} if self.training else {}

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand, mask: Operand | None = None) -> Number:
        """One output: the input, or what is left of it."""
        return x[at] if mask is None else x[at] * mask[at] / (1 - rational(self.rate))


def _check_equal(inputs: tuple[Shape, ...], rule: str, part: Callable[[Shape], Shape]) -> None:
    for x in inputs[1:]:
        if not same(part(x), part(inputs[0])):
            raise ShapeError(
                "the inputs have unequal shapes.",
                input="  and  ".join(str(x) for x in inputs),
                rule=f"to {rule}",
                here=f"{x} against {inputs[0]}",
                fix="bring the branches to one shape, with a strided 1x1 Conv as a projection or with padding",
            )
