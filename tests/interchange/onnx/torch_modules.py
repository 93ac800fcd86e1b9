"""AlexNet, VGG-16 and ResNet-50 as modules of PyTorch, and files that its exporters write of them."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import nn

OLD, NEW = "torchscript", "dynamo"
"""PyTorch's exporters: that which traces, and that which stands on ``torch.export``."""


def alexnet():
    """One tower, as torchvision has it."""
    sizes = ((3, 64, 11, 4, 2), (64, 192, 5, 1, 2), (192, 384, 3, 1, 1), (384, 256, 3, 1, 1), (256, 256, 3, 1, 1))
    convs = [nn.Sequential(nn.Conv2d(*size), nn.ReLU()) for size in sizes]
    pools = [nn.MaxPool2d(3, 2) for _ in range(3)]
    features = [convs[0], pools[0], convs[1], pools[1], *convs[2:], pools[2], nn.AdaptiveAvgPool2d(6)]
    dense = [nn.Dropout(), nn.Linear(9216, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU()]
    return nn.Sequential(*features, nn.Flatten(), *dense, nn.Linear(4096, 1000))


def vgg16():
    """Configuration D."""
    layers, channels = [], 3
    for width, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(count):
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
        layers.append(nn.MaxPool2d(2))
    dense = [nn.Linear(25088, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7), nn.Flatten(), *dense, nn.Linear(4096, 1000))


class Bottleneck(nn.Module):
    """Three convolutions beside a shortcut, the stride in the 3x3."""

    def __init__(self, channels, inner, stride):
        super().__init__()
        out = 4 * inner
        self.body = nn.Sequential(
            *self.normed(channels, inner, 1),
            nn.ReLU(),
            *self.normed(inner, inner, 3, stride, 1),
            nn.ReLU(),
            *self.normed(inner, out, 1),
        )
        same = (channels, stride) == (out, 1)
        self.shortcut = nn.Identity() if same else nn.Sequential(*self.normed(channels, out, 1, stride))

    @staticmethod
    def normed(*size):
        return nn.Conv2d(*size, bias=False), nn.BatchNorm2d(size[1])

    def forward(self, x):
        return torch.relu(self.body(x) + self.shortcut(x))


def resnet50():
    """Stages of 3, 4, 6 and 3 bottlenecks."""
    layers, channels = [*Bottleneck.normed(3, 64, 7, 2, 3), nn.ReLU(), nn.MaxPool2d(3, 2, 1)], 64
    for stage, blocks in enumerate((3, 4, 6, 3)):
        for block in range(blocks):
            layers.append(Bottleneck(channels, 64 << stage, 2 if stage and not block else 1))
            channels = 256 << stage
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 1000))


def filled(build) -> nn.Module:
    """The module with weights that average: all are positive, and those of an output add up to about 1.

    So errors do not grow from layer to layer beside the numbers, and bounds of them hold for a whole network without
    getting meaningless. One channel in 16 is shifted to about 0, where rectifiers cut.
    """
    with torch.device("meta"):
        module = build()
    draw = torch.Generator().manual_seed(0)
    module = module.to_empty(device="cpu").eval()
    with torch.no_grad():
        for name, array in module.state_dict().items():
            if array.ndim > 1:
                array.uniform_(0, 2 / array[0].numel(), generator=draw)
            elif name.endswith(("running_var", "weight")):
                array.uniform_(0.9, 1.1, generator=draw)
            elif array.ndim:
                array.uniform_(0, 0.1, generator=draw)
                if name.endswith("bias"):
                    array[::16] -= 0.9
    return module


def exported(module: nn.Module, path: Any, exporter: str, *, folded: bool) -> Any:
    """The path of a file: what can be computed beforehand is, batch normalisations go into convolutions; or neither."""
    training = torch.onnx.TrainingMode.EVAL if folded else torch.onnx.TrainingMode.PRESERVE
    settings = {"optimize": folded, "verbose": False} if exporter == NEW else {"training": training}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            (torch.zeros(1, 3, 224, 224),),
            path,
            input_names=["x"],
            do_constant_folding=folded,
            dynamo=exporter == NEW,
            **settings,
        )
    return path
