"""The networks once more, written in PyTorch as their papers and repositories write them."""

import torch
from torch import nn
from torch.nn import functional


class Block(nn.Module):
    """A residual block: two 3x3 convolutions, or a bottleneck of 1x1, 3x3 and 1x1."""

    def __init__(self, channels, width, stride, *, bottleneck, shortcut, place, project):
        super().__init__()
        out = 4 * width if bottleneck else width
        first = stride if place == "1x1" else 1
        plan = (
            [(channels, width, 1, first), (width, width, 3, stride // first), (width, out, 1, 1)]
            if bottleneck
            else [(channels, width, 3, stride), (width, out, 3, 1)]
        )
        layers = []
        for c, f, kernel, step in plan:
            conv = nn.Conv2d(c, f, kernel, step, kernel // 2, bias=False)
            layers += [conv, nn.BatchNorm2d(f), nn.ReLU()]
        self.body, self.stride, self.extra = nn.Sequential(*layers[:-1]), stride, out - channels
        self.shortcut, self.projection = shortcut, None
        if project and shortcut == "B":
            self.projection = nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        y = self.body(x)
        if self.shortcut == "none":
            return functional.relu(y)
        if self.projection:
            return functional.relu(y + self.projection(x))
        x = x[:, :, :: self.stride, :: self.stride]
        return functional.relu(y + functional.pad(x, (0, 0, 0, 0, 0, self.extra)))


class ResNet(nn.Module):
    """Stages of blocks behind a stem: 7x7 and a pooling for ImageNet, 3x3 for small images."""

    def __init__(self, blocks, width=64, classes=1000, *, bottleneck=False, shortcut="B", place="3x3", small=False):
        super().__init__()
        if small:
            self.stem = nn.Sequential(nn.Conv2d(3, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU())
        else:
            norm = nn.BatchNorm2d(width)
            self.stem = nn.Sequential(
                nn.Conv2d(3, width, 7, 2, 3, bias=False),
                norm,
                nn.ReLU(),
                nn.MaxPool2d(3, 2, 0 if place == "last" else 1),
            )
        self.padded = place == "last"
        stages, channels = [], width
        for stage, count in enumerate(blocks):
            inner, layers = width * 2**stage, []
            for block in range(count):
                halves = stage < len(blocks) - 1 and block == count - 1 if place == "last" else stage and not block
                project = channels != (4 * inner if bottleneck else inner)
                layers.append(
                    Block(
                        channels, inner, 2 if halves else 1,
                        bottleneck=bottleneck, shortcut=shortcut, place=place, project=project,
                    )
                )  # fmt: skip
                channels = 4 * inner if bottleneck else inner
            stages.append(nn.Sequential(*layers))
        self.stages, self.head = nn.ModuleList(stages), nn.Linear(channels, classes)

    def forward(self, x):
        x = self.stem[:-1](x)
        x = self.stem[-1](same(x) if self.padded else x)
        self.sizes = []
        for stage in self.stages:
            x = stage(x)
            self.sizes.append(tuple(x.shape))
        return self.head(x.mean((2, 3)))


def same(x):
    """Padding of TensorFlow's "same" for a pooling with kernel 3 and stride 2: 1 in total where the size is even."""
    before = x.shape[-1] % 2
    return functional.pad(x, (before, 1, before, 1), value=float("-inf"))


def vgg(blocks, *, batch_norm=False):
    """VGG with its dense layers."""
    layers, channels = [], 3
    for width, count in zip((64, 128, 256, 512, 512), blocks, strict=True):
        for _ in range(count):
            norm = [nn.BatchNorm2d(width)] if batch_norm else []
            layers += [nn.Conv2d(channels, width, 3, padding=1), *norm, nn.ReLU()]
            channels = width
        layers.append(nn.MaxPool2d(2))
    dense = [nn.Linear(512 * 49, 4096), nn.ReLU(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 1000)]
    return nn.Sequential(*layers, nn.Flatten(), *dense)


def alexnet_2012():
    """AlexNet with two groups."""
    norm, pool = nn.LocalResponseNorm(5, 5e-4, 0.75, 2), nn.MaxPool2d(3, 2)
    return nn.Sequential(
        *(nn.Conv2d(3, 96, 11, 4), nn.ReLU(), norm, pool),
        *(nn.Conv2d(96, 256, 5, padding=2, groups=2), nn.ReLU(), norm, pool),
        *(nn.Conv2d(256, 384, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(384, 384, 3, padding=1, groups=2), nn.ReLU()),
        *(nn.Conv2d(384, 256, 3, padding=1, groups=2), nn.ReLU(), pool),
        *(nn.Flatten(), nn.Linear(9216, 4096), nn.ReLU(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 1000)),
    )


def counts(model, size):
    """Parameters, stored statistics and multiply-accumulates, the last counted by PyTorch as it runs."""
    from torch.utils.flop_counter import FlopCounterMode

    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        model = model().eval()
        model(torch.empty(1, 3, size, size))
    buffers = sum(b.numel() for name, b in model.named_buffers() if "num_batches" not in name)
    return sum(p.numel() for p in model.parameters()), buffers, counter.get_total_flops() / 2
