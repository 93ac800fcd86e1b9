"""Pooling: the largest or the mean number in a sliding window, or their sum times a trained coefficient."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass
from typing import Any

from cnnmath.ops.algebra import Algebra, Number, Operand, Operator, Shape
from cnnmath.ops.checks import check_flag, check_sighted
from cnnmath.ops.spatial import Axes, inside, output_sizes, settle, taps, windows_of
from cnnmath.window import Size, Window


@dataclass(frozen=True, slots=True)
class Pool(Operator):
    """What sliding poolings share: a window whose stride is its kernel where none is given, and rounding up."""

    kernel: Axes
    _: KW_ONLY
    stride: Axes = None
    dilation: Axes = 1
    padding: Axes = 0
    ceil: bool = False

    def __post_init__(self) -> None:
        settle(self)
        check_flag("ceil", self.ceil)

    def output(self, x: Shape) -> Shape:
        """Shape of the output: (N, C, *outputs)."""
        sizes = output_sizes(self, x)
        check_sighted(self.windows(x[2:]), x[2:])
        if self.ceil:  # the same sizes, as one floor where they are symbols
            sizes = tuple(w.rounded_up(n) for w, n in zip(self.declared(x[2:]), x[2:], strict=True))
        return (*x[:2], *sizes)

    def windows(self, sizes: Shape) -> tuple[Window, ...]:
        """The sliding window of each axis, the overhang of ``ceil`` counted as padding after."""
        return windows_of(self, sizes, ceil=self.ceil)

    def declared(self, sizes: Shape) -> tuple[Window, ...]:
        """The windows without that overhang."""
        return windows_of(self, sizes)


@dataclass(frozen=True, slots=True)
class MaxPool(Pool):
    r"""Largest number in each window.

    .. math:: y_{n,c,o} = \max_{k} x_{n,\,c,\,s o + d k - p}, \quad \text{over taps inside the input}

    Parameters
    ----------
    kernel, stride, dilation, padding
        As in `Conv`; the stride is the kernel where it is not given.
    ceil
        Keep a last window that reaches past the padded input, unless it would start in the far padding.

    Notes
    -----
    *Shape*: x (N, C, \*spatial) to y (N, C, \*outputs).

    *Cost*: one comparison less than the kernel has taps, an output.

    *Conventions*: padding never wins (it counts as minus infinity, not 0); a window of padding alone is refused; at a
    tie the first maximum in row-major order takes the whole gradient, as in PyTorch, cuDNN and TensorFlow; NaN wins.

    References
    ----------
    .. [1] Y. Boureau, J. Ponce and Y. LeCun, "A theoretical analysis of feature pooling in visual recognition",
       ICML 2010, section 2.

    Examples
    --------
    >>> MaxPool(3, stride=2, padding=1).shape((1, 64, 112, 112))
    (1, 64, 56, 56)
    """

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output: the maximum over the taps that lie inside the input."""
        n, c, *o = at
        windows = self.windows(x.shape[2:])
        return m.max(
            lambda *k: x[n, c, *taps(windows, o, k)],
            *self.kernel,
            where=lambda *k: inside(windows, taps(windows, o, k), x.shape[2:]),
        )


@dataclass(frozen=True, slots=True)
class AveragePool(Pool):
    r"""Mean of the numbers in each window.

    .. math:: y_{n,c,o} = \frac{1}{|T_o|} \sum_{k} x_{n,\,c,\,s o + d k - p}

    where input outside its extent counts as zero and T_o is the set of taps that count.

    Parameters
    ----------
    kernel, stride, dilation, padding, ceil
        As in `MaxPool`.
    count_padding
        Whether taps in the padding count in the divisor. The overhang of ``ceil`` never does.

    Notes
    -----
    *Shape*: x (N, C, \*spatial) to y (N, C, \*outputs).

    *Cost*: one addition less than the kernel has taps, and one division, an output.

    *Conventions*: counting padding is the default, as in PyTorch; ONNX and TensorFlow do not count it. With ``ceil``
    the window is clipped to the padded input before its taps are counted, as in PyTorch.

    References
    ----------
    .. [1] Y. LeCun et al., "Gradient-based learning applied to document recognition", Proc. IEEE 1998, section II-A.

    Examples
    --------
    >>> AveragePool(2).shape((1, 6, 28, 28))
    (1, 6, 14, 14)
    """

    _: KW_ONLY
    count_padding: bool = True

    def __post_init__(self) -> None:
        settle(self)
        check_flag("ceil", self.ceil)
        check_flag("count_padding", self.count_padding)

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output: the sum over the taps inside the input, divided by the number of taps that count."""
        n, c, *o = at
        windows = self.windows(x.shape[2:])
        total = m.sum(
            lambda *k: x[n, c, *taps(windows, o, k)],
            *self.kernel,
            where=lambda *k: inside(windows, taps(windows, o, k), x.shape[2:]),
        )
        return total / m.sum(lambda *k: 1, *self.kernel, where=lambda *k: self.counted(x.shape[2:], o, k))

    def counted(self, sizes: Shape, o: tuple[Size, ...] | list[Size], k: tuple[Size, ...]) -> Iterator[Any]:
        """Conditions under which a tap counts in the divisor: inside the input, or inside its declared padding."""
        windows = self.windows(sizes)
        if not self.count_padding:
            yield from inside(windows, taps(windows, o, k), sizes)
        elif self.ceil:
            for window, declared, i, j, n in zip(windows, self.declared(sizes), o, k, sizes, strict=True):
                if window.after != declared.after:
                    yield window.tap(i, j) < n + declared.after


@dataclass(frozen=True, slots=True)
class Subsample(Pool):
    r"""Sum of the numbers in each window, times one trained coefficient a channel, plus one bias a channel.

    .. math:: y_{n,c,o} = b_c + w_c \sum_{k} x_{n,\,c,\,s o + d k - p}

    where input outside its extent counts as zero.

    Parameters
    ----------
    kernel, stride, dilation, padding, ceil
        As in `MaxPool`.

    Notes
    -----
    *Shape*: x (N, C, \*spatial), w (C,), b (C,) to y (N, C, \*outputs).

    *Cost*: one addition less than the kernel has taps, one multiplication and one addition, an output.

    *Conventions*: the numbers are added, not averaged; the 1998 paper passes the result through a sigmoid, which is an
    operator of its own here.

    References
    ----------
    .. [1] Y. LeCun et al., "Gradient-based learning applied to document recognition", Proc. IEEE 1998, section II-B,
       layer S2: 12 trainable parameters for 6 maps.

    Examples
    --------
    >>> Subsample(2).shape((1, 6, 28, 28))
    (1, 6, 14, 14)
    >>> Subsample(2).parameters((1, 6, 28, 28))
    {'w': (6,), 'b': (6,)}
    """

    def parameters(self, x: Shape) -> dict[str, Shape]:
        """The coefficient w and the bias b of each channel."""
        return {"w": x[1:2], "b": x[1:2]}

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand, w: Operand, b: Operand) -> Number:
        """One output: the channel's coefficient times the sum over the taps inside the input, plus its bias."""
        n, c, *o = at
        windows = self.windows(x.shape[2:])
        total = m.sum(
            lambda *k: x[n, c, *taps(windows, o, k)],
            *self.kernel,
            where=lambda *k: inside(windows, taps(windows, o, k), x.shape[2:]),
        )
        return w[c] * total + b[c]
