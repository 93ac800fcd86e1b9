"""Upsampling by whole scales: every input repeated, or its neighbours weighed by how near they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from math import prod
from typing import Any

from cnnmath.axis import Axis, Stretched, Transposed
from cnnmath.ops.algebra import Algebra, Number, Operand, Operator, Shape
from cnnmath.ops.checks import check_flag, check_rank, integer
from cnnmath.ops.spatial import Axes, per_axis
from cnnmath.window import IDENTITY, Size, Window


@dataclass(frozen=True, slots=True)
class Enlargement(Operator):
    """What upsamplings share: a whole scale for each spatial axis."""

    scale: Axes

    def __post_init__(self) -> None:
        settle_scale(self)

    def output(self, x: Shape) -> Shape:
        """Shape of the output: (N, C, *outputs)."""
        check_rank(x, len(self.scale))
        return (*x[:2], *(s * n for s, n in zip(self.scale, x[2:], strict=True)))

    def windows(self, sizes: Shape) -> None:
        """None: no window slides over the input, see `axes`."""


@dataclass(frozen=True, slots=True)
class Upsample(Enlargement):
    r"""Nearest-neighbour upsampling: every input fills a block of outputs.

    .. math:: y_{n,c,j} = x_{n,\,c,\,\lfloor j/s \rfloor}

    Parameters
    ----------
    scale
        Length of a block: an integer for a square 2-D one, or a tuple with one entry a spatial axis.

    Notes
    -----
    *Shape*: x (N, C, \*spatial) to y (N, C, \*outputs), each output size s n. *Cost*: none.

    *Conventions*: whole scales only, so that every rule of rounding agrees.

    References
    ----------
    .. [1] A. Odena, V. Dumoulin and C. Olah, "Deconvolution and checkerboard artifacts", Distill 2016,
       https://doi.org/10.23915/distill.00003, section "Better upsampling".

    Examples
    --------
    >>> Upsample(2).shape((1, 64, 7, 7))
    (1, 64, 14, 14)
    """

    def axes(self, sizes: Shape) -> tuple[Transposed, ...]:
        """The transpose of a window whose stride is its kernel, for each axis."""
        return tuple(Transposed(Window(s, stride=s)) for s in self.scale)

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output: the input in whose block it lies."""
        n, c, *j = at
        return x[n, c, *(i // s for i, s in zip(j, self.scale, strict=True))]


@dataclass(frozen=True, slots=True)
class LinearUpsample(Enlargement):
    r"""Linear, bilinear or trilinear upsampling: the inputs around every output, weighed by how near they are.

    .. math:: y_{n,c,j} = \frac{\sum_i a_{j,i}\, x_{n,c,i}}{\sum_i a_{j,i}}, \quad
       a_{j,i} = \max(0,\, 1 - |u_j - i|), \quad
       u_j = \frac{j + 1/2}{s} - \frac12 \;\text{ or }\; u_j = j\,\frac{H - 1}{s H - 1}

    along one axis; along several the weights are products.

    Parameters
    ----------
    scale
        As in `Upsample`.
    align_corners
        Whether the first and the last output lie on the first and the last input (the second place u above), or inputs
        and outputs are the middles of blocks whose outer ends lie on each other (the first).

    Notes
    -----
    *Shape*: x (N, C, \*spatial) to y (N, C, \*outputs), each output size s n.

    *Cost*: of d axes that grow, 2^d multiplications, one addition less and one division, an output: the neighbours that
    it has away from the border. The kernel, an axis at a time, needs fewer.

    *Conventions*: both are PyTorch's. Before the first input and behind the last, that input alone counts: there the
    weights do not add up to 1, so that they are divided by their sum. With the ends of blocks on each other it is, away
    from the border, the transpose of a convolution by a triangle, of kernel 2s where s is even and 2s - 1 where it is
    odd; with the corners aligned, what an output reads depends on the size of the whole input.

    References
    ----------
    .. [1] J. Long, E. Shelhamer and T. Darrell, "Fully convolutional networks for semantic segmentation", CVPR 2015,
       section 3.3.
    .. [2] A. Odena, V. Dumoulin and C. Olah, "Deconvolution and checkerboard artifacts", Distill 2016,
       https://doi.org/10.23915/distill.00003, section "Better upsampling".

    Examples
    --------
    >>> LinearUpsample(2).shape((1, 64, 7, 7))
    (1, 64, 14, 14)
    """

    _: KW_ONLY
    align_corners: bool = False

    def __post_init__(self) -> None:
        settle_scale(self)
        check_flag("align_corners", self.align_corners)

    def axes(self, sizes: Shape) -> tuple[Axis, ...]:
        """The transpose of the triangle's window, for each axis; where corners are aligned, the neighbours."""
        if self.align_corners:
            return tuple(IDENTITY if s == 1 else Stretched(n, s) for n, s in zip(sizes, self.scale, strict=True))
        triangles = (Window(2 * s - s % 2, stride=s, before=s // 2, after=s // 2) for s in self.scale)
        return tuple(Transposed(triangle) for triangle in triangles)

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output: the mean of the inputs around it, by their weights."""
        n, c, *j = at
        sizes = x.shape[2:]
        total = m.sum(
            lambda *i: x[n, c, *i] * self.weight(sizes, j, i), *sizes, where=lambda *i: self.near(sizes, j, i)
        )
        if self.align_corners:
            return total / prod(self.parts(sizes))
        return total / m.sum(lambda *i: self.weight(sizes, j, i), *sizes, where=lambda *i: self.near(sizes, j, i))

    def weight(self, sizes: Shape, j: Sequence[Size], i: Sequence[Size]) -> Size:
        """Weight of an input, an integer: along each axis, the parts that its distance leaves of a whole."""
        distances = zip(self.parts(sizes), self.distances(sizes, j, i), strict=True)
        return prod(parts - abs(distance) for parts, distance in distances)

    def near(self, sizes: Shape, j: Sequence[Size], i: Sequence[Size]) -> Iterator[Any]:
        """Conditions under which an input weighs something: it is nearer than two inputs are to each other."""
        for parts, distance in zip(self.parts(sizes), self.distances(sizes, j, i), strict=True):
            yield abs(distance) < parts

    def distances(self, sizes: Shape, j: Sequence[Size], i: Sequence[Size]) -> Iterator[Size]:
        """How far the place of output ``j`` is above input ``i``, one entry an axis, in parts of their distance."""
        for s, n, parts, output, given in zip(self.scale, sizes, self.parts(sizes), j, i, strict=True):
            place = output * (n - 1) if self._aligned(s) else 2 * output + 1 - s
            yield place - parts * given

    def parts(self, sizes: Shape) -> list[Size]:
        """In how many parts the distance of two inputs is counted, one entry an axis, so that places are integers."""
        return [s * n - 1 if self._aligned(s) else 2 * s for s, n in zip(self.scale, sizes, strict=True)]

    def _aligned(self, s: Size) -> bool:
        """Whether corners are aligned along an axis: they are anyway where it does not grow."""
        return self.align_corners and s != 1


def settle_scale(op: Enlargement) -> None:
    """Check a frozen upsampling's scale, and bring it into its one form."""
    object.__setattr__(op, "scale", tuple(integer("scale", s, 1) for s in per_axis("scale", op.scale)))
