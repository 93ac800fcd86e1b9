"""The table of published networks: name, family, what distinguishes it there, and where it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from cnnmath.graph import Architecture
from cnnmath.zoo.alexnet import alexnet, alexnet_2012, alexnet_slim
from cnnmath.zoo.lenet import lenet5, lenet5_rgb
from cnnmath.zoo.resnet import resnet
from cnnmath.zoo.vgg import vgg

LECUN = "LeCun et al. 1998, Proc. IEEE, section II-B"
NG = "Ng, Convolutional neural networks, deeplearning.ai 2017, week 1"
ALEXNET = "Krizhevsky, Sutskever and Hinton, NeurIPS 2012"
ONE_TOWER = "Krizhevsky, arXiv:1404.5997"
VGG = "Simonyan and Zisserman, arXiv:1409.1556, table 1"
SLIM_ALEXNET = f"{ONE_TOWER}; TF-Slim, research/slim/nets/alexnet.py"
RESNET = "He et al., arXiv:1512.03385, table 1"
TORCHVISION = "torchvision"

BASIC: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("resnet{}", {}, "projections where the channels change (torchvision)"),
    ("plain{}", {"shortcut": "none"}, "no shortcuts"),
)
"""Name, settings and difference in words of the ResNets whose blocks are two 3x3 convolutions."""

BOTTLENECK: tuple[tuple[str, dict[str, Any], str, str], ...] = (
    ("resnet{}", {}, "stride in the first 3x3 of a stage (torchvision, v1.5)", f"{RESNET}; {TORCHVISION}"),
    ("resnet{}_v1", {"stride": "1x1"}, "stride in the first 1x1 of a stage (the 2015 paper)", RESNET),
    (
        "resnet{}_v1_bias",
        {"stride": "1x1", "bias": True},
        "stride in the first 1x1 of a stage, convolutions with biases (Keras)",
        f"{RESNET}; keras.applications",
    ),
    (
        "resnet{}_slim",
        {"stride": "last"},
        "stride in the last 3x3 of the stage before, first pooling same (TF-Slim)",
        "TF-Slim, research/slim/nets/resnet_v1.py",
    ),
)
"""Name, settings, difference in words and source of the ResNets with bottlenecks."""


@dataclass(frozen=True, slots=True)
class Published:
    """A network in one of the forms in which it was published; calling it builds it.

    Attributes
    ----------
    build
        The builder; it takes ``input_shape`` and ``classes``, and what else its function takes.
    family
        What its variants have in common.
    what
        What distinguishes it in its family, in words.
    source
        Where it stands.

    Examples
    --------
    >>> ALL["resnet50_v1"].what
    'stride in the first 1x1 of a stage (the 2015 paper)'
    >>> ALL["resnet50_v1"](classes=10).name
    'resnet50_v1'
    """

    build: Callable[..., Architecture]
    family: str
    what: str
    source: str

    def __call__(self, *args: Any, **settings: Any) -> Architecture:
        """Build it."""
        return self.build(*args, **settings)


def _lenets() -> dict[str, Published]:
    return {
        "lenet5": Published(lenet5, "lenet5", "C3 connected in full, pooling without parameters, linear output", LECUN),
        "lenet5_rgb": Published(lenet5_rgb, "lenet5", "colour images, 8 and 16 maps, maximum poolings, rectifiers", NG),
    }


def _alexnets() -> dict[str, Published]:
    ungrouped = partial(alexnet_2012, groups=1)
    return {
        "alexnet": Published(alexnet, "alexnet", "one tower, padded first layer (torchvision)", ONE_TOWER),
        "alexnet_2012": Published(alexnet_2012, "alexnet", "two groups, local response normalisation", ALEXNET),
        "alexnet_2012_groups1": Published(ungrouped, "alexnet", "the network of 2012 without groups", ALEXNET),
        "alexnet_slim": Published(alexnet_slim, "alexnet", "one tower, first layer not padded (TF-Slim)", SLIM_ALEXNET),
    }


def _vggs() -> dict[str, Published]:
    """Configurations A, B, D and E, without and with batch normalisation."""
    rows = {}
    for depth, letter in ((11, "A"), (13, "B"), (16, "D"), (19, "E")):
        family, what = f"vgg{depth}", f"configuration {letter}"
        rows[family] = Published(partial(vgg, depth), family, what, VGG)
        normed = partial(vgg, depth, batch_norm=True)
        rows[f"{family}_bn"] = Published(normed, family, f"{what} with batch normalisation", f"{VGG}; {TORCHVISION}")
    return rows


def _resnets() -> dict[str, Published]:
    """Two 3x3 convolutions a block at depths 18 and 34; bottlenecks above, at 200 as TF-Slim has them."""
    rows = {}
    for depth in (18, 34):
        for name, settings, what in BASIC:
            build = partial(resnet, depth, **settings)
            rows[name.format(depth)] = Published(build, f"resnet{depth}", what, RESNET)
    for depth in (50, 101, 152, 200):
        for name, settings, what, source in BOTTLENECK if depth < 200 else BOTTLENECK[-1:]:
            build = partial(resnet, depth, **settings)
            rows[name.format(depth)] = Published(build, f"resnet{depth}", what, source)
    return rows


ALL: Mapping[str, Published] = MappingProxyType(_lenets() | _alexnets() | _vggs() | _resnets())
