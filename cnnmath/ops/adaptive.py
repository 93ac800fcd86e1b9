"""Means over everything, and means and maxima over bins that adapt to the size of the input."""

from __future__ import annotations

from dataclasses import dataclass

from cnnmath.axis import Axis, Bins
from cnnmath.ops.algebra import Algebra, Number, Operand, Operator, Shape
from cnnmath.ops.checks import check_filled, check_rank, integer
from cnnmath.ops.spatial import Axes, per_axis
from cnnmath.window import IDENTITY, Size


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

    def output(self, x: Shape) -> Shape:
        """Shape of the output: (N, C, 1, ...)."""
        check_rank(x)
        check_filled(x, "mean")
        return (*x[:2], *(1 for _ in x[2:]))

    def windows(self, sizes: Shape) -> None:
        """None: an output sees the whole input."""

    def axes(self, sizes: Shape) -> tuple[Axis, ...]:
        """One bin an axis."""
        return tuple(Bins(n, 1) for n in sizes)

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output: the mean over all positions."""
        n, c, *_ = at
        count = 1
        for size in x.shape[2:]:
            count = count * size
        return m.sum(lambda *j: x[n, c, *j], *x.shape[2:]) / count


@dataclass(frozen=True, slots=True)
class AdaptivePool(Operator):
    """What adaptive poolings share: the sizes of the output, and the bins that they divide an input into."""

    outputs: Axes

    def __post_init__(self) -> None:
        outputs = per_axis("output size", self.outputs)
        object.__setattr__(self, "outputs", tuple(integer("output size", o, 1) for o in outputs))

    def output(self, x: Shape) -> Shape:
        """Shape of the output: (N, C, *outputs)."""
        check_rank(x, len(self.outputs))
        check_filled(x, "mean or maximum")
        return (*x[:2], *self.outputs)

    def windows(self, sizes: Shape) -> None:
        """None: which part an output sees depends on the size of the whole input."""

    def axes(self, sizes: Shape) -> tuple[Axis, ...]:
        """The bins of each axis; where every bin is one position, a window."""
        return tuple(IDENTITY if n == o else Bins(n, o) for n, o in zip(sizes, self.outputs, strict=True))

    def bins(self, sizes: Shape, o: tuple[Size, ...] | list[Size]) -> tuple[list[Size], list[Size]]:
        """First position and length of the bin of output ``o``, one entry an axis."""
        starts = [i * n // size for i, n, size in zip(o, sizes, self.outputs, strict=True)]
        ends = [((i + 1) * n + size - 1) // size for i, n, size in zip(o, sizes, self.outputs, strict=True)]
        return starts, [end - start for start, end in zip(starts, ends, strict=True)]


@dataclass(frozen=True, slots=True)
class AdaptiveAveragePool(AdaptivePool):
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

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output: the mean over its bin."""
        n, c, *o = at
        starts, lengths = self.bins(x.shape[2:], o)
        count = 1
        for length in lengths:
            count = count * length
        return m.sum(lambda *t: x[n, c, *(a + i for a, i in zip(starts, t, strict=True))], *lengths) / count


@dataclass(frozen=True, slots=True)
class AdaptiveMaxPool(AdaptivePool):
    r"""Largest number in bins that divide the input as evenly as possible into a given number of outputs.

    .. math:: y_{n,c,o} = \max_{a_o \le j < e_o} x_{n,c,j}, \quad
       a_o = \lfloor o H/O \rfloor,\; e_o = \lceil (o+1) H/O \rceil

    Parameters
    ----------
    outputs
        As in `AdaptiveAveragePool`.

    Notes
    -----
    *Shape*: x (N, C, \*spatial) to y (N, C, \*outputs). *Cost*: one comparison less than the bin has positions.

    *Conventions*: at a tie the first maximum in row-major order takes the whole gradient, as in `MaxPool`; NaN wins.

    References
    ----------
    .. [1] K. He et al., "Spatial pyramid pooling in deep convolutional networks", arXiv:1406.4729, section 2.3.

    Examples
    --------
    >>> AdaptiveMaxPool(7).shape((1, 512, 14, 14))
    (1, 512, 7, 7)
    """

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output: the maximum over its bin."""
        n, c, *o = at
        starts, lengths = self.bins(x.shape[2:], o)
        return m.max(lambda *t: x[n, c, *(a + i for a, i in zip(starts, t, strict=True))], *lengths)
