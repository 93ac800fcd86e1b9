"""Convolution, as networks use the word: cross-correlation of the input with each filter."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from cnnmath.errors import ShapeError
from cnnmath.ops.algebra import Algebra, Number, Operand, Operator, Shape
from cnnmath.ops.checks import check_divides
from cnnmath.ops.spatial import Axes, inside, output_sizes, settle, settle_filters, taps, windows_of
from cnnmath.window import Size, Window


@dataclass(frozen=True, slots=True)
class Conv(Operator):
    r"""Convolution in any number of spatial dimensions, with stride, dilation, padding and groups.

    .. math:: y_{n,f,o} = b_f + \sum_{c,k} w_{f,c,k}\, x_{n,\,g C/G + c,\,s o + d k - p}, \quad
       g = \lfloor f G/F \rfloor

    where input outside its extent counts as zero.

    Parameters
    ----------
    filters
        Number of output channels F.
    kernel
        An integer for a square 2-D window, or a tuple with one entry a spatial axis.
    stride, dilation
        An integer for all axes or one an axis. Dilation 1 is a dense kernel.
    padding
        ``"same"``, ``"same_lower"``, ``"valid"``, an integer, or one an axis, each an integer or ``(before, after)``.
    groups
        Number of groups G; it divides both C and F.
    bias
        Whether a bias is added to each output channel.

    Notes
    -----
    *Shape*: x (N, C, \*spatial), w (F, C/G, \*kernel), b (F,) to y (N, F, \*outputs), see `cnnmath.window.Window`.

    *Cost*: C/G times the kernel's taps multiply-accumulates an output.

    *Conventions*: the kernel is not flipped; ``"same"`` puts the odd pad after, ``"same_lower"`` before.

    Raises
    ------
    SettingError, ShapeError
        For settings that no convolution can have, and inputs that they do not fit.

    References
    ----------
    .. [1] I. Goodfellow, Y. Bengio and A. Courville, "Deep Learning", MIT Press 2016, equations 9.6 and 9.8.
    .. [2] V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285.

    Examples
    --------
    >>> stem = Conv(64, 7, stride=2, padding=3, bias=False)
    >>> stem.shape((1, 3, 224, 224))
    (1, 64, 112, 112)
    >>> stem.parameters((1, 3, 224, 224))
    {'w': (64, 3, 7, 7)}
    """

    indices = ("n", "f")

    filters: Size
    kernel: Axes
    _: KW_ONLY
    stride: Axes = 1
    dilation: Axes = 1
    padding: Axes = 0
    groups: int = 1
    bias: bool = True

    def __post_init__(self) -> None:
        settle(self)
        settle_filters(self)

    def output(self, x: Shape) -> Shape:
        """Shape of the output: (N, F, *outputs)."""
        sizes = output_sizes(self, x)
        check_divides(ShapeError, "input channels", x[1], self.groups)
        return (x[0], self.filters, *sizes)

    def parameters(self, x: Shape) -> dict[str, Shape]:
        """The filters w and, where there is one, the bias b."""
        channels = x[1] if self.groups == 1 else x[1] // self.groups
        w = (self.filters, channels, *self.kernel)
        return {"w": w, "b": (self.filters,)} if self.bias else {"w": w}

    def windows(self, sizes: Shape) -> tuple[Window, ...]:
        """The sliding window of each axis."""
        return windows_of(self, sizes)

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand, w: Operand, b: Operand | None = None) -> Number:
        """One output: the filter's inner product with the window of the input that lies below it."""
        n, f, *o = at
        windows = self.windows(x.shape[2:])
        first = 0 if self.groups == 1 else (f // (self.filters // self.groups)) * w.shape[1]
        y = m.sum(
            lambda c, *k: w[f, c, *k] * x[n, first + c, *taps(windows, o, k)],
            *w.shape[1:],
            where=lambda c, *k: inside(windows, taps(windows, o, k), x.shape[2:]),
        )
        return y if b is None else y + b[f]
