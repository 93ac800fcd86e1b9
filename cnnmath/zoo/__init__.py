"""Published networks, each built by a function of its name.

``ALL`` is the only list of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from cnnmath.errors import unknown
from cnnmath.graph import Architecture
from cnnmath.zoo.alexnet import alexnet
from cnnmath.zoo.lenet import lenet5
from cnnmath.zoo.resnet import resnet50
from cnnmath.zoo.vgg import vgg16

ALL: Mapping[str, Callable[..., Architecture]] = MappingProxyType(
    {build.__name__: build for build in (lenet5, alexnet, vgg16, resnet50)}
)

__all__ = ["ALL", "alexnet", "lenet5", "named", "resnet50", "vgg16"]


def named(name: str) -> Architecture:
    """Network of this name, in any case and with or without hyphens.

    Examples
    --------
    >>> named("ResNet-50").name
    'resnet50'
    """
    key = name.lower().replace("-", "").replace("_", "")
    if key not in ALL:
        raise unknown("network", name, ALL)
    return ALL[key]()
