"""The transpose of a convolution, which enlarges what it reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from numbers import Integral
from typing import Any

from cnnmath.axis import Transposed
from cnnmath.errors import SettingError, ShapeError
from cnnmath.ops.algebra import Algebra, Number, Operand, Operator, Shape
from cnnmath.ops.checks import axis_names, check_divides, check_rank, integer
from cnnmath.ops.spatial import Axes, per_axis, settle, settle_filters
from cnnmath.window import Size, Window


@dataclass(frozen=True, slots=True)
class ConvTranspose(Operator):
    r"""Transposed convolution: the adjoint of a convolution, with its own filters and bias.

    .. math:: y_{n,f,j} = b_f + \sum_{c,k \,:\, s \mid j + p - d k} w_{g C/G + c,\, f \bmod F/G,\, k}\,
       x_{n,\, g C/G + c,\, (j + p - d k)/s}, \quad g = \lfloor f G/F \rfloor

    where input outside its extent counts as zero.

    Parameters
    ----------
    filters
        Number of output channels F.
    kernel, stride, dilation, groups, bias
        As in `Conv`; the stride is the distance at which the input's numbers are spread.
    padding
        How much of the output is cut off: an integer, or one an axis, each an integer or ``(before, after)``.
    output_padding
        Positions added at the end, fewer than the stride or the dilation; an integer or one an axis.

    Notes
    -----
    *Shape*: x (N, C, \*spatial), w (C, F/G, \*kernel), b (F,) to y (N, F, \*outputs), each output size
    s(n - 1) + d(k - 1) + 1 - before - after + output_padding.

    *Cost*: that of the convolution whose adjoint it is. Every input number meets F/G times the kernel's taps once: as
    many multiply-accumulates an *input*, not an output. Products that padding cuts off count like all others.

    *Conventions*: PyTorch's, in the layout of w as well. With the same w, stride, dilation and padding, ``Conv`` with C
    filters is the adjoint of this operator without its bias.

    Raises
    ------
    SettingError, ShapeError
        For settings that no transposed convolution can have, and inputs of which nothing is left.

    References
    ----------
    .. [1] V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285,
       relation 14.
    .. [2] M. Zeiler, D. Krishnan, G. Taylor and R. Fergus, "Deconvolutional networks", CVPR 2010, equation 1.

    Examples
    --------
    >>> up = ConvTranspose(64, 4, stride=2, padding=1)
    >>> up.shape((1, 128, 7, 7))
    (1, 64, 14, 14)
    >>> up.parameters((1, 128, 7, 7))
    {'w': (128, 64, 4, 4), 'b': (64,)}
    """

    indices = ("n", "f")

    filters: Size
    kernel: Axes
    _: KW_ONLY
    stride: Axes = 1
    dilation: Axes = 1
    padding: Axes = 0
    output_padding: Axes = 0
    groups: int = 1
    bias: bool = True

    def __post_init__(self) -> None:
        settle(self)
        if isinstance(self.padding, str):
            raise SettingError(
                "the padding of a transposed convolution has no name.",
                here=f"padding '{self.padding}'",
                fix="give integers or (before, after)",
            )
        extra = per_axis("output padding", self.output_padding, len(self.kernel))
        object.__setattr__(self, "output_padding", tuple(integer("output padding", e, 0) for e in extra))
        _check_extra(self)
        settle_filters(self)

    def output(self, x: Shape) -> Shape:
        """Shape of the output: (N, F, *outputs)."""
        check_rank(x, len(self.kernel))
        check_divides(ShapeError, "input channels", x[1], self.groups)
        names = axis_names(len(self.kernel))
        axes = zip(names, self.axes(x[2:]), x[2:], strict=True)
        return (x[0], self.filters, *(_placed(name, axis, n) for name, axis, n in axes))

    def parameters(self, x: Shape) -> dict[str, Shape]:
        """The filters w and, where there is one, the bias b."""
        w = (x[1], self.filters // self.groups, *self.kernel)
        return {"w": w, "b": (self.filters,)} if self.bias else {"w": w}

    def windows(self, sizes: Shape) -> None:
        """None: no window slides over the input, see `axes`."""

    def axes(self, sizes: Shape) -> tuple[Transposed, ...]:
        """The transpose of a sliding window, for each axis."""
        settings = zip(self.kernel, self.stride, self.dilation, self.padding, self.output_padding, strict=True)
        return tuple(Transposed(Window(k, s, d, *p), extra) for k, s, d, p, extra in settings)

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand, w: Operand, b: Operand | None = None) -> Number:
        """One output: the products of all inputs and taps that a strided convolution would lead back to it."""
        n, f, *j = at
        axes, channels = self.axes(x.shape[2:]), x.shape[1] // self.groups
        group, own = (0, f) if self.groups == 1 else (f // w.shape[1], f % w.shape[1])
        first = group * channels
        y = m.sum(
            lambda c, *k: w[first + c, own, *k] * x[n, first + c, *sources(axes, j, k)],
            channels,
            *self.kernel,
            where=lambda c, *k: reached(axes, j, k, x.shape[2:]),
        )
        return y if b is None else y + b[f]


def sources(axes: Sequence[Transposed], j: Sequence[Size], k: Sequence[Size]) -> tuple[Size, ...]:
    """Input position, one entry an axis, that output ``j`` reads through tap ``k``, where `reached` holds."""
    return tuple(a.spread(i, t) // a.window.stride for a, i, t in zip(axes, j, k, strict=True))


def reached(axes: Sequence[Transposed], j: Sequence[Size], k: Sequence[Size], sizes: Shape) -> Iterator[Any]:
    """Conditions under which output ``j`` reads through tap ``k``: the stride divides, and the quotient is an input.

    A remainder below 1 is no remainder: indices know how to compare, in every reader.
    """
    for axis, i, t, source, n in zip(axes, j, k, sources(axes, j, k), sizes, strict=True):
        if axis.window.stride != 1:
            yield axis.spread(i, t) % axis.window.stride < 1
        yield source >= 0
        yield source < n


def _check_extra(op: ConvTranspose) -> None:
    for extra, s, d in zip(op.output_padding, op.stride, op.dilation, strict=True):
        if all(isinstance(v, Integral) for v in (extra, s, d)) and extra >= max(s, d):
            raise SettingError(
                "the output padding is too large.",
                rule="output padding < max(stride, dilation)",
                here=f"{extra} >= max({s}, {d})",
                fix=f"use at most {max(s, d) - 1}, or pad the output with Pad",
            )


def _placed(name: str, axis: Transposed, n: Size) -> Size:
    outputs, w = axis.placements(n), axis.window
    if isinstance(outputs, Integral) and outputs < 1:
        raise ShapeError(
            "the padding leaves no output.",
            input=f"{name} {n}     window  kernel {w.kernel}, stride {w.stride}, dilation {w.dilation}, "
            f"padding ({w.before}, {w.after}), output padding {axis.extra}",
            rule="s*(n-1) + d*(k-1) + 1 - before - after + output padding >= 1",
            here=f"{w.stride}*({n}-1) + {w.extent} - {w.before} - {w.after} + {axis.extra} = {outputs}",
            fix=f"pad by at least {1 - outputs} less in total, or give a longer input",
        )
    return outputs
