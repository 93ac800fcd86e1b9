"""VGG: blocks of 3x3 convolutions, each followed by a halving."""

from __future__ import annotations

from collections.abc import Sequence

from cnnmath.graph import Architecture
from cnnmath.ops import AdaptiveAveragePool, Conv, Dropout, Flatten, Linear, MaxPool, ReLU

WIDTHS = (64, 128, 256, 512, 512)
"""Filters of the five blocks: table 1 of the paper."""


def vgg16(input_shape: Sequence[int] = (3, 224, 224), classes: int = 1000) -> Architecture:
    """VGG-16, configuration D of the paper, with the adaptive pooling that torchvision puts before the dense layers.

    References
    ----------
    .. [1] K. Simonyan and A. Zisserman, "Very deep convolutional networks for large-scale image recognition",
       arXiv:1409.1556, table 1.

    Examples
    --------
    >>> from cnnmath.graph import analyze
    >>> analyze(vgg16()).parameters
    138357544
    """
    net = Architecture("vgg16", input_shape)
    position = 0
    for width, depth in zip(WIDTHS, (2, 2, 3, 3, 3), strict=True):
        for op in (Conv(width, 3, padding=1), ReLU()) * depth + (MaxPool(2),):
            net.add(f"features.{position}", op)
            position += 1
    net.add("avgpool", AdaptiveAveragePool(7))
    net.add("flatten", Flatten())
    head = (Linear(4096), ReLU(), Dropout(), Linear(4096), ReLU(), Dropout(), Linear(classes))
    for i, op in enumerate(head):
        net.add(f"classifier.{i}", op)
    return net
