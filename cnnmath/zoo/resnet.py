"""ResNet: residual blocks whose shortcuts carry the identity, or a projection where the shape changes."""

from __future__ import annotations

from collections.abc import Sequence

from cnnmath.graph import INPUT, Architecture
from cnnmath.ops import Add, BatchNorm, Conv, Flatten, GlobalAveragePool, Linear, MaxPool, ReLU

EXPANSION = 4
"""Output channels of a bottleneck block per channel of its 3x3 convolution."""


def resnet50(input_shape: Sequence[int] = (3, 224, 224), classes: int = 1000) -> Architecture:
    """ResNet-50 in today's common form: the stride of a stage lies in its first 3x3 convolution ("v1.5").

    References
    ----------
    .. [1] K. He, X. Zhang, S. Ren and J. Sun, "Deep residual learning for image recognition", arXiv:1512.03385,
       table 1 and figure 5; there the stride lies in the first 1x1 convolution.
    .. [2] torchvision, ``torchvision/models/resnet.py``.

    Examples
    --------
    >>> from cnnmath.graph import analyze
    >>> analyze(resnet50()).parameters
    25557032
    """
    net = Architecture("resnet50", input_shape)
    net.add("conv1", Conv(64, 7, stride=2, padding=3, bias=False), INPUT)
    net.add("bn1", BatchNorm())
    net.add("relu", ReLU())
    x = net.add("maxpool", MaxPool(3, stride=2, padding=1))
    for stage, (width, blocks) in enumerate(zip((64, 128, 256, 512), (3, 4, 6, 3), strict=True), 1):
        for block in range(blocks):
            stride = 2 if stage > 1 and block == 0 else 1
            x = _bottleneck(net, f"layer{stage}.{block}", x, width, stride, project=block == 0)
    net.add("avgpool", GlobalAveragePool())
    net.add("flatten", Flatten())
    net.add("fc", Linear(classes))
    return net


def _bottleneck(net: Architecture, name: str, x: str, width: int, stride: int, *, project: bool) -> str:
    """1x1, 3x3, 1x1, each with batch normalisation; the shortcut added before the last ReLU."""
    convs = (
        Conv(width, 1, bias=False),
        Conv(width, 3, stride=stride, padding=1, bias=False),
        Conv(width * EXPANSION, 1, bias=False),
    )
    body = x
    for i, conv in enumerate(convs, 1):
        body = net.add(f"{name}.conv{i}", conv, body)
        body = net.add(f"{name}.bn{i}", BatchNorm(), body)
        body = net.add(f"{name}.relu{i}", ReLU(), body) if i < len(convs) else body
    if project:
        x = net.add(f"{name}.downsample.0", Conv(width * EXPANSION, 1, stride=stride, bias=False), x)
        x = net.add(f"{name}.downsample.1", BatchNorm(), x)
    merged = net.add(f"{name}.add", Add(), body, x)
    return net.add(f"{name}.relu", ReLU(), merged)
