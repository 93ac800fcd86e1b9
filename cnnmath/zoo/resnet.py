"""ResNet for ImageNet: four stages of residual blocks behind a 7x7 convolution and a pooling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from cnnmath.graph import Architecture
from cnnmath.ops import BatchNorm, Conv, Flatten, GlobalAveragePool, Linear, MaxPool, ReLU
from cnnmath.window import Size
from cnnmath.zoo.residual import Style, stages
from cnnmath.zoo.settings import check_choice, told

BLOCKS = {
    18: (2, 2, 2, 2),
    34: (3, 4, 6, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
    200: (3, 24, 36, 3),
}
"""Blocks of the four stages by depth: table 1 of the paper, and TF-Slim's 200."""

BASIC = (18, 34)
"""Depths whose blocks are two 3x3 convolutions; the others have bottlenecks."""


@told
def resnet(
    depth: int,
    input_shape: Sequence[Size] = (3, 224, 224),
    classes: Size = 1000,
    *,
    stride: Literal["3x3", "1x1", "last"] = "3x3",
    shortcut: Literal["A", "B", "none"] = "B",
    bias: bool = False,
    width: Size = 64,
) -> Architecture:
    """ResNet of 18, 34, 50, 101, 152 or 200 layers, in the forms in which it was published.

    Parameters
    ----------
    depth
        Number of layers with weights, projections not counted.
    input_shape, classes
        Shape of one sample, and number of outputs.
    stride
        Where a bottleneck halves the image. ``"3x3"``: in the 3x3 of a stage's first block (torchvision, "v1.5").
        ``"1x1"``: in the first 1x1 of that block (the paper, Keras). ``"last"``: in the 3x3 of the last block of the
        stage before, whose shortcut is subsampled by a 1x1 pooling, the first pooling "same" (TF-Slim).
    shortcut
        Where the channels change: projected (``"B"``), or padded with zeros behind the identity (``"A"``);
        ``"none"`` gives the plain twin.
    bias
        Whether convolutions have a bias, as in Keras.
    width
        Filters of the first convolution and of the first stage's 3x3; each stage doubles it.

    Notes
    -----
    *Conventions*: nodes are named as torchvision names them. Blocks of two 3x3 convolutions have the stride in their
    first, whether ``stride`` is ``"3x3"`` or ``"1x1"``.

    Raises
    ------
    SettingError
        For another depth, stride or shortcut.

    References
    ----------
    .. [1] K. He, X. Zhang, S. Ren and J. Sun, "Deep residual learning for image recognition", arXiv:1512.03385,
       table 1 and figure 5.
    .. [2] torchvision, ``torchvision/models/resnet.py``.
    .. [3] TF-Slim, ``research/slim/nets/resnet_v1.py`` and ``resnet_utils.py``.

    Examples
    --------
    >>> from cnnmath.graph import analyze
    >>> analyze(resnet(50)).parameters
    25557032
    >>> analyze(resnet(50)).macs, analyze(resnet(50, stride="1x1")).macs
    (4089184256, 3857973248)
    """
    check_choice("depth", depth, BLOCKS)
    style = Style(bottleneck=depth not in BASIC, shortcut=shortcut, stride=stride, bias=bias)
    net = Architecture(_name(depth, style), input_shape)
    net.add("conv1", Conv(width, 7, stride=2, padding=3, bias=bias))
    net.add("bn1", BatchNorm())
    net.add("relu", ReLU())
    net.add("maxpool", MaxPool(3, stride=2, padding="same" if stride == "last" else 1))
    stages(net, style, width, BLOCKS[depth])
    net.add("avgpool", GlobalAveragePool())
    net.add("flatten", Flatten())
    net.add("fc", Linear(classes))
    return net


def _name(depth: int, style: Style) -> str:
    kind = "plain" if style.shortcut == "none" else "resnet"
    stride = {"3x3": "", "1x1": "_v1", "last": "_slim"}[style.stride]
    return f"{kind}{depth}{stride}{'_a' if style.shortcut == 'A' else ''}{'_bias' if style.bias else ''}"
