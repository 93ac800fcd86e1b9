"""Padding with a constant as an operator of its own, along the spatial axes and along the channels."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import KW_ONLY, dataclass
from functools import partial
from typing import Any

from cnnmath.errors import SettingError
from cnnmath.ops.algebra import Algebra, Number, Operand, Operator, Shape, rational
from cnnmath.ops.checks import check_number, check_rank, integer
from cnnmath.ops.spatial import Axes, inside, paddings, per_axis, taps
from cnnmath.window import Size, Window


@dataclass(frozen=True, slots=True)
class Pad(Operator):
    r"""A constant before and after the numbers of each spatial axis, and before and after the channels: zeros mostly.

    .. math:: y_{n,c,o} = x_{n,\,c - q,\,o - p}, \quad \text{v where that lies outside the input}

    Parameters
    ----------
    padding
        An integer for both sides of two spatial axes, or a tuple with one entry a spatial axis, each an integer or
        ``(before, after)``.
    channels
        Channels that are padding ``(before, after)``; an integer means both.
    value
        The constant v, in the spatial padding and in the channels added.

    Notes
    -----
    *Shape*: x (N, C, \*spatial) to y (N, C plus the channels added, \*outputs), each output size the input's plus what
    is before and after. *Cost*: none.

    *Conventions*: padding does not pass on a gradient. `ReflectPad`, `EdgePad` and `WrapPad` pad with the input's
    own numbers.

    References
    ----------
    .. [1] K. He et al., "Deep residual learning for image recognition", arXiv:1512.03385, section 3.3, option A: a
       shortcut whose new channels are zeros.

    Examples
    --------
    >>> Pad(2).shape((1, 1, 28, 28))
    (1, 1, 32, 32)
    >>> Pad(0, channels=(8, 8)).shape((1, 16, 16, 16))
    (1, 32, 16, 16)
    >>> Pad((1,), value=-0.5).shape((1, 1, 7))
    (1, 1, 9)
    """

    padding: Axes
    _: KW_ONLY
    channels: Any = (0, 0)
    value: float = 0

    def __post_init__(self) -> None:
        settle_padding(self)
        check_number("value", self.value)
        object.__setattr__(self, "channels", _pair(self.channels))

    def output(self, x: Shape) -> Shape:
        """Shape of the output: every axis but the batch is longer by its padding."""
        check_rank(x, len(self.padding))
        return (x[0], *(w.placements(n) for w, n in zip(self._all_windows(), x[1:], strict=True)))

    def windows(self, sizes: Shape) -> tuple[Window, ...]:
        """A window of one tap an axis, with the padding."""
        return tuple(Window(1, before=before, after=after) for before, after in self.padding)

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output: the input there, or the constant where it lies in the padding."""
        n, *o = at
        windows = self._all_windows()
        position = taps(windows, o, (0,) * len(o))
        if self.value == 0:
            return m.sum(lambda: x[n, *position], where=lambda: inside(windows, position, x.shape[1:]))
        cases: Callable[[], Number] = partial(x.__getitem__, (n, *position))
        for condition in inside(windows, position, x.shape[1:]):
            cases = partial(m.when, condition, cases, lambda: rational(self.value))
        return cases()

    def _all_windows(self) -> tuple[Window, ...]:
        """The windows, that along the channels first."""
        before, after = self.channels
        return (Window(1, before=before, after=after), *self.windows(()))


def settle_padding(op: Any) -> None:
    """Check a frozen operator's padding, and bring it into its one form: a pair (before, after) for each axis."""
    pairs = paddings(op.padding, len(per_axis("padding", op.padding)))
    if isinstance(pairs, str):
        raise SettingError(
            f"padding by name needs a kernel, so that '{pairs}' says nothing here.",
            here=f"padding '{pairs}'",
            fix="give integers or (before, after)",
        )
    object.__setattr__(op, "padding", pairs)


def _pair(channels: Any) -> tuple[Size, Size]:
    pair = tuple(channels) if isinstance(channels, Iterable) and not isinstance(channels, str) else (channels,) * 2
    if len(pair) != 2:
        raise SettingError(
            "channels are padded by one integer or by a pair (before, after).", here=f"channels {channels}"
        )
    return (integer("channels before", pair[0], 0), integer("channels after", pair[1], 0))
