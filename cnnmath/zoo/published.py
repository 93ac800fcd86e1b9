"""The table of published networks: name, family, what distinguishes it there, and where it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from inspect import signature
from types import MappingProxyType
from typing import Any, TypeAlias

from cnnmath.graph import Architecture
from cnnmath.ops.call import bound
from cnnmath.ops.checks import check_channels_first
from cnnmath.zoo.alexnet import alexnet, alexnet_2012, alexnet_slim
from cnnmath.zoo.cifar import resnet_cifar
from cnnmath.zoo.lenet import lenet5, lenet5_1998, lenet5_rgb
from cnnmath.zoo.resnet import resnet
from cnnmath.zoo.vgg import vgg

LECUN = "LeCun et al. 1998, Proc. IEEE, section II-B"
NG = "Ng, Convolutional neural networks, deeplearning.ai 2017, week 1"
ALEXNET = "Krizhevsky, Sutskever and Hinton, NeurIPS 2012"
ONE_TOWER = "Krizhevsky, arXiv:1404.5997"
VGG = "Simonyan and Zisserman, arXiv:1409.1556, table 1"
SLIM_ALEXNET = f"{ONE_TOWER}; TF-Slim, research/slim/nets/alexnet.py"
RESNET = "He et al., arXiv:1512.03385, table 1"
CIFAR = "He et al., arXiv:1512.03385, section 4.2"
TORCHVISION = "torchvision"

Form: TypeAlias = tuple[str, dict[str, Any], str, str]
"""A form of the residual networks: name with the depth left open, settings, difference in words, source."""

BASIC: tuple[Form, ...] = (
    ("resnet{}", {}, "projections for new channels (torchvision)", f"{RESNET}; {TORCHVISION}"),
    ("resnet{}_a", {"shortcut": "A"}, "zeros for new channels (option A)", f"{RESNET} and section 3.3"),
    ("plain{}", {"shortcut": "none"}, "no shortcuts", f"{RESNET} and section 3.3"),
)
"""Two 3x3 convolutions a block."""

BOTTLENECK: tuple[Form, ...] = (
    ("resnet{}", {}, "stride in the first 3x3 of a stage (torchvision, v1.5)", f"{RESNET}; {TORCHVISION}"),
    (
        "resnet{}_a",
        {"shortcut": "A"},
        "stride in the first 3x3 of a stage, zeros for new channels (option A)",
        f"{RESNET} and section 3.3",
    ),
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
"""Bottlenecks; the last row is all that there is of depth 200."""

SMALL: tuple[Form, ...] = (
    ("resnet{}", {}, "small images, zeros for new channels (option A)", f"{CIFAR}, table 6"),
    ("resnet{}_b", {"shortcut": "B"}, "small images, projections for new channels (option B)", f"{CIFAR} and 3.3"),
    ("plain{}", {"shortcut": "none"}, "small images, no shortcuts", f"{CIFAR}, figure 6"),
)
"""Images of 32 by 32."""


@dataclass(frozen=True, slots=True)
class Published:
    """A network in a form that somebody published, or that a paper's options allow; calling it builds it.

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
        """Build it.

        Raises
        ------
        UnknownNameError, SettingError, ShapeError
            For settings that do not fit it, and for an input with the channels last.
        """
        bound(self.family, signature(self.build), args, settings)
        return self.checked(self.build(*args, **settings))

    def checked(self, net: Architecture) -> Architecture:
        """The network that was built; raise where its input has the channels last."""
        check_channels_first(net.input_shape, signature(self.build).parameters["input_shape"].default[0])
        return net


def _lenets() -> dict[str, Published]:
    return {
        "lenet5": Published(lenet5, "lenet5", "C3 connected in full, pooling without parameters, linear output", LECUN),
        "lenet5_1998": Published(
            lenet5_1998, "lenet5", "C3 connected in part, trained subsampling, radial basis functions as outputs", LECUN
        ),
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


def _residual(build: Callable[..., Architecture], depths: Sequence[int], rows: Sequence[Form]) -> dict[str, Published]:
    """Each of the rows at each of the depths."""
    return {
        name.format(depth): Published(partial(build, depth, **settings), f"resnet{depth}", what, source)
        for depth in depths
        for name, settings, what, source in rows
    }


ALL: Mapping[str, Published] = MappingProxyType(
    _lenets()
    | _alexnets()
    | _vggs()
    | _residual(resnet, (18, 34), BASIC)
    | _residual(resnet, (50, 101, 152), BOTTLENECK)
    | _residual(resnet, (200,), BOTTLENECK[-1:])
    | _residual(resnet_cifar, (20, 32, 44, 56, 110), SMALL)
)
