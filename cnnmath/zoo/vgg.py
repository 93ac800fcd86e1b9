"""VGG: blocks of 3x3 convolutions, each followed by a halving."""

from __future__ import annotations

from collections.abc import Sequence

from cnnmath.graph import Architecture
from cnnmath.ops import AdaptiveAveragePool, BatchNorm, Conv, Dropout, Flatten, Linear, MaxPool, Operator, ReLU
from cnnmath.ops.checks import check_flag
from cnnmath.window import Size, check_at_least
from cnnmath.zoo.settings import check_choice, told

BLOCKS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
"""Convolutions of the five blocks by depth: configurations A, B, D and E of table 1."""


@told
def vgg(
    depth: int,
    input_shape: Sequence[Size] = (3, 224, 224),
    classes: Size = 1000,
    *,
    batch_norm: bool = False,
    width: Size = 64,
) -> Architecture:
    """VGG of 11, 13, 16 or 19 layers, with the adaptive pooling that torchvision puts before the dense layers.

    Parameters
    ----------
    depth
        Number of layers with weights.
    input_shape, classes
        Shape of one sample, and number of outputs.
    batch_norm
        Whether each convolution is followed by batch normalisation, as in torchvision's ``_bn``.
    width
        Filters of the first block; the others have 2, 4, 8 and 8 times as many.

    Notes
    -----
    *Conventions*: nodes are named as torchvision names them. At 224 the adaptive pooling changes nothing.

    Raises
    ------
    SettingError
        For another depth.

    References
    ----------
    .. [1] K. Simonyan and A. Zisserman, "Very deep convolutional networks for large-scale image recognition",
       arXiv:1409.1556, table 1.
    .. [2] torchvision, ``torchvision/models/vgg.py``.

    Examples
    --------
    >>> from cnnmath.graph import analyze
    >>> analyze(vgg(16)).parameters
    138357544
    """
    check_choice("depth", depth, BLOCKS)
    check_flag("batch_norm", batch_norm)
    check_at_least("width", width, 1)
    net = Architecture(f"vgg{depth}{'_bn' if batch_norm else ''}", input_shape)
    after: tuple[Operator, ...] = (BatchNorm(), ReLU()) if batch_norm else (ReLU(),)
    twice, fourfold, eightfold = width * 2, width * 4, width * 8
    widths = (width, twice, fourfold, eightfold, eightfold)
    trunk: list[Operator] = []
    for filters, convs in zip(widths, BLOCKS[depth], strict=True):
        trunk += [*(Conv(filters, 3, padding=1), *after) * convs, MaxPool(2)]
    for i, op in enumerate(trunk):
        net.add(f"features.{i}", op)
    net.add("avgpool", AdaptiveAveragePool(7))
    net.add("flatten", Flatten())
    head = (Linear(4096), ReLU(), Dropout(), Linear(4096), ReLU(), Dropout(), Linear(classes))
    for i, op in enumerate(head):
        net.add(f"classifier.{i}", op)
    return net
