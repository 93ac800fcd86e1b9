"""AlexNet in one tower."""

from __future__ import annotations

from collections.abc import Sequence

from cnnmath.graph import Architecture
from cnnmath.ops import AdaptiveAveragePool, Conv, Dropout, Flatten, Linear, MaxPool, ReLU

FEATURES = (
    Conv(64, 11, stride=4, padding=2),
    ReLU(),
    MaxPool(3, stride=2),
    Conv(192, 5, padding=2),
    ReLU(),
    MaxPool(3, stride=2),
    Conv(384, 3, padding=1),
    ReLU(),
    Conv(256, 3, padding=1),
    ReLU(),
    Conv(256, 3, padding=1),
    ReLU(),
    MaxPool(3, stride=2),
)
"""The convolutional trunk, numbered from 0 as torchvision numbers it."""


def alexnet(input_shape: Sequence[int] = (3, 224, 224), classes: int = 1000) -> Architecture:
    """AlexNet in the one-tower form of 2014, as torchvision builds it.

    References
    ----------
    .. [1] A. Krizhevsky, "One weird trick for parallelizing convolutional neural networks", arXiv:1404.5997.
    .. [2] torchvision, ``torchvision/models/alexnet.py``.

    Examples
    --------
    >>> from cnnmath.graph import analyze
    >>> analyze(alexnet()).parameters
    61100840
    """
    net = Architecture("alexnet", input_shape)
    for i, op in enumerate(FEATURES):
        net.add(f"features.{i}", op)
    net.add("avgpool", AdaptiveAveragePool(6))
    net.add("flatten", Flatten())
    head = (Dropout(), Linear(4096), ReLU(), Dropout(), Linear(4096), ReLU(), Linear(classes))
    for i, op in enumerate(head):
        net.add(f"classifier.{i}", op)
    return net
