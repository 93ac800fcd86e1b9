"""Published networks, each built by what has its name: ``zoo.resnet20()``, ``zoo.vgg16_bn(classes=10)``.

``ALL`` is the only list of them.
"""

from __future__ import annotations

from cnnmath.errors import unknown
from cnnmath.graph import Architecture
from cnnmath.zoo.alexnet import alexnet, alexnet_2012, alexnet_slim
from cnnmath.zoo.cifar import resnet_cifar
from cnnmath.zoo.lenet import lenet5, lenet5_1998, lenet5_rgb
from cnnmath.zoo.published import ALL, Published
from cnnmath.zoo.resnet import resnet
from cnnmath.zoo.vgg import vgg

__all__ = [
    "ALL",
    "Published",
    "alexnet",
    "alexnet_2012",
    "alexnet_slim",
    "entry",
    "family",
    "lenet5",
    "lenet5_1998",
    "lenet5_rgb",
    "named",
    "resnet",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnet_cifar",
    "variants",
    "vgg",
    "vgg11",
    "vgg13",
    "vgg16",
    "vgg19",
]

vgg11, vgg13, vgg16, vgg19 = (ALL[f"vgg{depth}"] for depth in (11, 13, 16, 19))
resnet18, resnet34, resnet50, resnet101, resnet152 = (ALL[f"resnet{depth}"] for depth in (18, 34, 50, 101, 152))


def __getattr__(name: str) -> Published:
    """The other networks of ``ALL``, each under its name (PEP 562)."""
    if name not in ALL:
        raise AttributeError(f"module 'cnnmath.zoo' has no attribute '{name}'; `ALL` lists its networks")
    return ALL[name]


def __dir__() -> list[str]:
    """The public names, those of all networks, and what every module has."""
    return sorted({*__all__, *ALL, *globals()})


def named(name: str) -> Architecture:
    """Network of this name, in any case and with hyphens, underscores or spaces wherever one likes.

    Raises
    ------
    UnknownNameError
        For a name that is not in ``ALL``, with the near ones.

    Examples
    --------
    >>> named("ResNet-50").name, named("VGG16-BN").name
    ('resnet50', 'vgg16_bn')
    """
    return entry(name)()


def entry(name: str) -> Published:
    """Entry of ``ALL`` that is spelled like this name, but for case and what is neither letter nor digit."""
    letters = {_letters(known): form for known, form in ALL.items()}
    if _letters(name) not in letters:
        raise unknown("network", name, ALL, "cnnmath zoo")
    return letters[_letters(name)]


def family(name: str) -> tuple[str, ...]:
    """Names of all variants of a network, itself among them, in the order of ``ALL``.

    Examples
    --------
    >>> family("VGG-16")
    ('vgg16', 'vgg16_bn')
    """
    own = entry(name)
    return tuple(other for other, form in ALL.items() if form.family == own.family)


def variants(name: str) -> dict[str, Published]:
    """Builders of all variants of a network, by what each is in words.

    Examples
    --------
    >>> for what, build in variants("vgg16").items():
    ...     print(f"{build().name}: {what}")
    vgg16: configuration D
    vgg16_bn: configuration D with batch normalisation
    """
    return {ALL[other].what: ALL[other] for other in family(name)}


def _letters(name: str) -> str:
    return "".join(c for c in str(name).lower() if c.isalnum())
