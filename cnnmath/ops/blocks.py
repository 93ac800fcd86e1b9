"""Blocks of positions as channels and back, and channels dealt out: the moves of fast and of sharp networks."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Literal, TypeAlias

from cnnmath.axis import Axis, Transposed
from cnnmath.errors import ShapeError
from cnnmath.ops.algebra import Algebra, Number, Operand, Operator, Shape
from cnnmath.ops.checks import axis_names, check_divides, check_rank, check_word, integer
from cnnmath.ops.row_major import indices_of, row_major
from cnnmath.ops.spatial import Axes, per_axis
from cnnmath.window import Size, Window

Order: TypeAlias = Literal["DCR", "CRD"]
"""Which runs faster along the channels: the channel (depth, column, row), or the place in the block."""

ORDERS = ("DCR", "CRD")


@dataclass(frozen=True, slots=True)
class Blocks(Operator):
    """What moves between blocks of positions and channels share: the block, and in which order channels come."""

    block: Axes
    order: Order = "DCR"

    def __post_init__(self) -> None:
        object.__setattr__(self, "block", tuple(integer("block", b, 1) for b in per_axis("block", self.block)))
        check_word("order", self.order, ORDERS)

    def windows(self, sizes: Shape) -> None:
        """None: an output reads one number, and what those at one position read is a window, see `axes`."""

    def joined(self, place: Size, c: Size, channels: Size) -> Size:
        """The deep channel that holds what stands at a place of the block in one of so many flat channels."""
        return place * channels + c if self.order == "DCR" else c * prod(self.block) + place

    def parted(self, f: Size, channels: Size) -> tuple[Size, Size]:
        """Its inverse: the place in the block and the flat channel of a deep one."""
        size = prod(self.block)
        return (f // channels, f % channels) if self.order == "DCR" else (f % size, f // size)


@dataclass(frozen=True, slots=True)
class SpaceToDepth(Blocks):
    r"""Blocks of positions become channels: the numbers of a block stand one behind the other at one position.

    .. math:: y_{n,\, kC + c,\, o} = x_{n,\, c,\, b\,o + k} \;\text{(DCR)}, \quad
       y_{n,\, cB + k,\, o} = x_{n,\, c,\, b\,o + k} \;\text{(CRD)}

    for places k of the block in row-major order, B of them.

    Parameters
    ----------
    block
        Length b of a block: an integer for a square 2-D one, or a tuple with one entry a spatial axis.
    order
        Which runs faster along the channels: the input's channel (DCR), or the place in the block (CRD).

    Notes
    -----
    *Shape*: x (N, C, \*spatial) to y (N, B C, \*outputs), each output size H/b. *Cost*: none.

    *Conventions*: DCR is ONNX's SpaceToDepth and TensorFlow's, CRD PyTorch's ``pixel_unshuffle``. All channels of one
    position together see a window whose kernel and stride are b.

    Raises
    ------
    SettingError, ShapeError
        For another order, and for sizes that the block does not divide.

    References
    ----------
    .. [1] ONNX, operator SpaceToDepth, https://onnx.ai/onnx/operators/onnx__SpaceToDepth.html.

    Examples
    --------
    >>> SpaceToDepth(2).shape((1, 64, 28, 28))
    (1, 256, 14, 14)
    """

    def output(self, x: Shape) -> Shape:
        """Shape of the output: as many times as many channels as a block has places."""
        check_rank(x, len(self.block))
        for name, n, b in zip(axis_names(len(self.block)), x[2:], self.block, strict=True):
            check_divides(ShapeError, name, n, b, "blocks")
        return (x[0], prod(self.block) * x[1], *(n // b for n, b in zip(x[2:], self.block, strict=True)))

    def axes(self, sizes: Shape) -> tuple[Axis, ...]:
        """A window whose stride is its kernel, for each axis: what all channels of a position see together."""
        return tuple(Window(b, stride=b) for b in self.block)

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output: the input at the place in the block that the channel stands for."""
        n, f, *o = at
        place, c = self.parted(f, x.shape[1])
        return x[n, c, *(b * i + k for b, i, k in zip(self.block, o, indices_of(place, self.block), strict=True))]


@dataclass(frozen=True, slots=True)
class DepthToSpace(Blocks):
    r"""Channels become blocks of positions, the pixel shuffle: a network computes a large image at a small size.

    .. math:: y_{n,\, c,\, b\,o + k} = x_{n,\, kC + c,\, o} \;\text{(DCR)}, \quad
       y_{n,\, c,\, b\,o + k} = x_{n,\, cB + k,\, o} \;\text{(CRD)}

    for places k of the block in row-major order, B of them, and C channels of the output.

    Parameters
    ----------
    block, order
        As in `SpaceToDepth`, the output's channels taking the place of the input's.

    Notes
    -----
    *Shape*: x (N, B C, \*spatial) to y (N, C, \*outputs), each output size b H. *Cost*: none.

    *Conventions*: DCR is TensorFlow's order and the default of ONNX's DepthToSpace, CRD PyTorch's ``pixel_shuffle``;
    shapes do not tell them apart. It is the inverse of `SpaceToDepth`, and its transpose.

    Raises
    ------
    SettingError, ShapeError
        For another order, and for channels that the block's places do not divide.

    References
    ----------
    .. [1] W. Shi et al., "Real-time single image and video super-resolution using an efficient sub-pixel convolutional
       neural network", CVPR 2016, equation 4.

    Examples
    --------
    >>> DepthToSpace(3, "CRD").shape((1, 9, 64, 64))
    (1, 1, 192, 192)
    """

    def output(self, x: Shape) -> Shape:
        """Shape of the output: as many times as few channels as a block has places."""
        check_rank(x, len(self.block))
        check_divides(ShapeError, "channels", x[1], prod(self.block), "places of the block")
        return (x[0], x[1] // prod(self.block), *(b * n for n, b in zip(x[2:], self.block, strict=True)))

    def axes(self, sizes: Shape) -> tuple[Axis, ...]:
        """The transpose of a window whose stride is its kernel, for each axis."""
        return tuple(Transposed(Window(b, stride=b)) for b in self.block)

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output: the input of its block, in the channel that its place in the block stands for."""
        n, c, *j = at
        place = row_major([i % b for i, b in zip(j, self.block, strict=True)], self.block)
        deep = self.joined(place, c, x.shape[1] // prod(self.block))
        return x[n, deep, *(i // b for i, b in zip(j, self.block, strict=True))]


@dataclass(frozen=True, slots=True)
class ChannelShuffle(Operator):
    r"""Channels dealt out: those of each group become neighbours of those of all others.

    .. math:: y_{n,\, cG + g,\, o} = x_{n,\, g\,C/G + c,\, o}

    Parameters
    ----------
    groups
        Number G of groups.

    Notes
    -----
    *Shape*: x (N, C, \*spatial) to y of the same shape. *Cost*: none.

    *Conventions*: that of the paper and of PyTorch: the channels as a matrix of G rows, transposed. G and C/G in each
    other's place undo it.

    Raises
    ------
    ShapeError
        Where the groups do not divide the channels.

    References
    ----------
    .. [1] X. Zhang, X. Zhou, M. Lin and J. Sun, "ShuffleNet: an extremely efficient convolutional neural network for
       mobile devices", CVPR 2018, section 3.1.

    Examples
    --------
    >>> ChannelShuffle(3).shape((1, 240, 28, 28))
    (1, 240, 28, 28)
    """

    groups: Size

    def __post_init__(self) -> None:
        object.__setattr__(self, "groups", integer("number of groups", self.groups, 1))

    def output(self, x: Shape) -> Shape:
        """Shape of the output: that of the input."""
        check_rank(x)
        check_divides(ShapeError, "channels", x[1], self.groups)
        return x

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output: the input in the channel's group, at its place among the group's channels."""
        n, c, *o = at
        return x[n, (c % self.groups) * (x.shape[1] // self.groups) + c // self.groups, *o]
