"""The residual networks for small images: three stages of two 3x3 convolutions a block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from cnnmath.errors import SettingError
from cnnmath.graph import Architecture
from cnnmath.ops import BatchNorm, Conv, Flatten, GlobalAveragePool, Linear, ReLU
from cnnmath.window import Size, check_at_least
from cnnmath.zoo.residual import Style, stages
from cnnmath.zoo.settings import told


@told
def resnet_cifar(
    depth: int,
    input_shape: Sequence[Size] = (3, 32, 32),
    classes: Size = 10,
    *,
    shortcut: Literal["A", "B", "none"] = "A",
    width: Size = 16,
) -> Architecture:
    """ResNet of ``6n + 2`` layers for images of 32 by 32: ``n`` blocks in each of three stages.

    Parameters
    ----------
    depth
        Number of layers with weights: 20, 32, 44, 56 and 110 in the paper.
    input_shape, classes
        Shape of one sample, and number of outputs.
    shortcut
        Where the channels change: padded with zeros behind the identity (``"A"``, as in the paper), or projected
        (``"B"``); ``"none"`` gives the plain twin.
    width
        Filters of the first stage; the others have 2 and 4 times as many.

    Raises
    ------
    SettingError
        For another depth or shortcut.

    References
    ----------
    .. [1] K. He, X. Zhang, S. Ren and J. Sun, "Deep residual learning for image recognition", arXiv:1512.03385,
       section 4.2 and table 6.

    Examples
    --------
    >>> from cnnmath.graph import analyze
    >>> analyze(resnet_cifar(20)).parameters
    269722
    """
    check_at_least("depth", depth, 8)
    if depth % 6 != 2:
        raise SettingError(
            f"there is no ResNet of {depth} layers for small images.",
            rule="depth mod 6 = 2: three stages of n blocks of two convolutions, one before and one dense layer after",
            here=f"{depth} mod 6 = {depth % 6}",
            fix=f"use depth {depth - (depth - 2) % 6}",
        )
    style = Style(shortcut=shortcut)
    kind, ending = ("plain", "") if shortcut == "none" else ("resnet", "_b" if shortcut == "B" else "")
    net = Architecture(f"{kind}{depth}{ending}", input_shape)
    net.add("conv1", Conv(width, 3, padding=1, bias=False))
    net.add("bn1", BatchNorm())
    net.add("relu", ReLU())
    stages(net, style, width, (depth // 6,) * 3)
    net.add("avgpool", GlobalAveragePool())
    net.add("flatten", Flatten())
    net.add("fc", Linear(classes))
    return net
