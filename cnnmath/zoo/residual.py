"""Residual blocks: two 3x3 convolutions or a bottleneck, and the three kinds of shortcut around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cnnmath.graph import Architecture
from cnnmath.ops import Add, BatchNorm, Conv, MaxPool, ReLU
from cnnmath.window import Size
from cnnmath.zoo.settings import check_choice

EXPANSION = 4
"""Output channels of a bottleneck per channel of its 3x3 convolution."""

SHORTCUTS = ("A", "B", "none")
STRIDES = ("3x3", "1x1", "last")


@dataclass(frozen=True, slots=True)
class Style:
    """What all blocks of a network have in common.

    Attributes
    ----------
    bottleneck
        1x1, 3x3, 1x1 instead of two 3x3 convolutions.
    shortcut
        Where the channels change: padded with zeros (A) or projected (B); ``"none"`` leaves all shortcuts out.
    stride
        Where a bottleneck halves: in its 3x3 or its first 1x1 convolution, in the first block of a stage; or in the
        3x3 of the last block of the stage before (``"last"``).
    bias
        Whether convolutions have a bias, though batch normalisation follows.

    References
    ----------
    .. [1] K. He, X. Zhang, S. Ren and J. Sun, "Deep residual learning for image recognition", arXiv:1512.03385,
       sections 3.2, 3.3 and 4.1, figure 5.
    """

    bottleneck: bool = False
    shortcut: Literal["A", "B", "none"] = "B"
    stride: Literal["3x3", "1x1", "last"] = "3x3"
    bias: bool = False

    def __post_init__(self) -> None:
        check_choice("shortcut", self.shortcut, SHORTCUTS)
        check_choice("stride", self.stride, STRIDES)


@dataclass(frozen=True, slots=True)
class Change:
    """What a block changes: channels (before, after; None where they stay), and sizes, by its stride."""

    stride: int
    channels: tuple[Size, Size] | None


def stages(net: Architecture, style: Style, width: Size, blocks: Sequence[int]) -> str:
    """Add stages of so many blocks to the last node, each twice as wide as the one before; returns the last node."""
    before, inner, x = width, width, net.last
    for stage, count in enumerate(blocks):
        inner = inner * 2 if stage > 0 else inner
        outer = inner * EXPANSION if style.bottleneck else inner
        for block in range(count):
            widens = block == 0 and (stage > 0 or style.bottleneck)
            change = Change(_stride(style, stage, block, blocks), (before, outer) if widens else None)
            x = _block(net, style, f"layer{stage + 1}.{block}", x, (inner, outer), change)
        before = outer
    return x


def _stride(style: Style, stage: int, block: int, blocks: Sequence[int]) -> int:
    """2 in the block that halves: the first of a stage, or the last of the stage before."""
    if style.stride == "last":
        return 2 if stage < len(blocks) - 1 and block == blocks[stage] - 1 else 1
    return 2 if stage > 0 and block == 0 else 1


def _block(net: Architecture, style: Style, name: str, x: str, widths: tuple[Size, Size], change: Change) -> str:
    """Convolutions with batch normalisation, the shortcut added before the last ReLU."""
    convs = _convs(style, widths, change.stride)
    body = x
    for i, conv in enumerate(convs, 1):
        body = net.add(f"{name}.conv{i}", conv, body)
        body = net.add(f"{name}.bn{i}", BatchNorm(), body)
        body = net.add(f"{name}.relu{i}", ReLU(), body) if i < len(convs) else body
    if style.shortcut != "none":
        body = net.add(f"{name}.add", Add(), body, _shortcut(net, style, name, x, change))
    return net.add(f"{name}.relu", ReLU(), body)


def _convs(style: Style, widths: tuple[Size, Size], stride: int) -> tuple[Conv, ...]:
    inner, outer = widths
    bias = style.bias
    if not style.bottleneck:
        return Conv(inner, 3, stride=stride, padding=1, bias=bias), Conv(outer, 3, padding=1, bias=bias)
    first, second = (stride, 1) if style.stride == "1x1" else (1, stride)
    return (
        Conv(inner, 1, stride=first, bias=bias),
        Conv(inner, 3, stride=second, padding=1, bias=bias),
        Conv(outer, 1, bias=bias),
    )


def _shortcut(net: Architecture, style: Style, name: str, x: str, change: Change) -> str:
    """The input itself; projected, or subsampled by a 1x1 pooling and padded with zeros, where the shape changes."""
    if change.channels and style.shortcut == "B":
        conv = Conv(change.channels[1], 1, stride=change.stride, bias=style.bias)
        x = net.add(f"{name}.downsample.0", conv, x)
        return net.add(f"{name}.downsample.1", BatchNorm(), x)
    if change.stride > 1:
        x = net.add(f"{name}.downsample.pool", MaxPool(1, stride=change.stride), x)
    return x
