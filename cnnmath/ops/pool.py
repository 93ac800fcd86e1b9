"""Pooling: the largest or the mean number in a window, over a sliding window, over bins, over everything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass
from numbers import Integral
from typing import Any

from cnnmath.errors import ShapeError
from cnnmath.ops.algebra import Algebra, Number, Operand, Operator, Shape, check_rank
from cnnmath.ops.spatial import Axes, check_sighted, inside, integer, output_sizes, per_axis, settle, taps, windows_of
from cnnmath.window import Size, Window


@dataclass(frozen=True, slots=True)
class MaxPool(Operator):
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

    kernel: Axes
    _: KW_ONLY
    stride: Axes = None
    dilation: Axes = 1
    padding: Axes = 0
    ceil: bool = False

    def __post_init__(self) -> None:
        settle(self)

    def shape(self, *inputs: Shape) -> Shape:
        """Shape of the output: (N, C, *outputs)."""
        return _pooled(self, *inputs)

    def windows(self, sizes: Shape) -> tuple[Window, ...]:
        """The sliding window of each axis."""
        return windows_of(self, sizes, ceil=self.ceil)

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
class AveragePool(Operator):
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

    kernel: Axes
    _: KW_ONLY
    stride: Axes = None
    dilation: Axes = 1
    padding: Axes = 0
    ceil: bool = False
    count_padding: bool = True

    def __post_init__(self) -> None:
        settle(self)

    def shape(self, *inputs: Shape) -> Shape:
        """Shape of the output: (N, C, *outputs)."""
        return _pooled(self, *inputs)

    def windows(self, sizes: Shape) -> tuple[Window, ...]:
        """The sliding window of each axis."""
        return windows_of(self, sizes, ceil=self.ceil)

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

    def declared(self, sizes: Shape) -> tuple[Window, ...]:
        """The windows without the overhang of ``ceil``: what is padding and what is not."""
        return windows_of(self, sizes)

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
class GlobalAveragePool(Operator):
    r"""Mean of each channel over all positions.

    .. math:: y_{n,c} = \frac{1}{|J|} \sum_{j \in J} x_{n,c,j}

    Notes
    -----
    *Shape*: x (N, C, \*spatial) to y (N, C, 1, ...), the spatial axes kept with size 1.

    *Cost*: one addition an input, one division an output.

    References
    ----------
    .. [1] M. Lin, Q. Chen and S. Yan, "Network in network", arXiv:1312.4400, section 3.2.

    Examples
    --------
    >>> GlobalAveragePool().shape((1, 2048, 7, 7))
    (1, 2048, 1, 1)
    """

    def shape(self, *inputs: Shape) -> Shape:
        """Shape of the output: (N, C, 1, ...)."""
        (x,) = inputs
        check_rank(x)
        _check_filled(x)
        return (*x[:2], *(1 for _ in x[2:]))

    def windows(self, sizes: Shape) -> None:
        """None: an output sees the whole input."""

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output: the mean over all positions."""
        n, c, *_ = at
        count = 1
        for size in x.shape[2:]:
            count = count * size
        return m.sum(lambda *j: x[n, c, *j], *x.shape[2:]) / count


@dataclass(frozen=True, slots=True)
class AdaptiveAveragePool(Operator):
    r"""Mean over bins that divide the input as evenly as possible into a given number of outputs.

    .. math:: y_{n,c,o} = \frac{1}{e_o - a_o} \sum_{j=a_o}^{e_o-1} x_{n,c,j}, \quad
       a_o = \lfloor o H/O \rfloor,\; e_o = \lceil (o+1) H/O \rceil

    Parameters
    ----------
    outputs
        Output size: an integer for a square 2-D output, or a tuple with one entry a spatial axis.

    Notes
    -----
    *Shape*: x (N, C, \*spatial) to y (N, C, \*outputs). *Conventions*: neighbouring bins overlap where O does not
    divide H.

    References
    ----------
    .. [1] K. He et al., "Spatial pyramid pooling in deep convolutional networks", arXiv:1406.4729, section 2.3.

    Examples
    --------
    >>> AdaptiveAveragePool(7).shape((1, 512, 14, 14))
    (1, 512, 7, 7)
    """

    outputs: Axes

    def __post_init__(self) -> None:
        outputs = per_axis("output size", self.outputs)
        object.__setattr__(self, "outputs", tuple(integer("output size", o, 1) for o in outputs))

    def shape(self, *inputs: Shape) -> Shape:
        """Shape of the output: (N, C, *outputs)."""
        (x,) = inputs
        check_rank(x, len(self.outputs))
        _check_filled(x)
        return (*x[:2], *self.outputs)

    def windows(self, sizes: Shape) -> None:
        """None: which part an output sees depends on the size of the whole input."""

    def bins(self, sizes: Shape, o: tuple[Size, ...] | list[Size]) -> tuple[list[Size], list[Size]]:
        """First position and length of the bin of output ``o``, one entry an axis."""
        starts = [i * n // size for i, n, size in zip(o, sizes, self.outputs, strict=True)]
        ends = [((i + 1) * n + size - 1) // size for i, n, size in zip(o, sizes, self.outputs, strict=True)]
        return starts, [end - start for start, end in zip(starts, ends, strict=True)]

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output: the mean over its bin."""
        n, c, *o = at
        starts, lengths = self.bins(x.shape[2:], o)
        count = 1
        for length in lengths:
            count = count * length
        return m.sum(lambda *t: x[n, c, *(a + i for a, i in zip(starts, t, strict=True))], *lengths) / count


def _pooled(op: MaxPool | AveragePool, x: Shape) -> Shape:
    sizes = output_sizes(op, x)
    check_sighted(op.windows(x[2:]), x[2:])
    if op.ceil:  # the same sizes, as one floor where they are symbols
        sizes = tuple(w.rounded_up(n) for w, n in zip(windows_of(op, x[2:]), x[2:], strict=True))
    return (*x[:2], *sizes)


def _check_filled(x: Shape) -> None:
    if any(isinstance(n, Integral) and n == 0 for n in x[2:]):
        raise ShapeError("the mean of nothing does not exist.", input=f"shape {x}", fix="give every axis a size of 1")
