"""AlexNet: two groups in 2012, one tower in 2014."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cnnmath.graph import Architecture
from cnnmath.ops import AdaptiveAveragePool, Conv, Dropout, Flatten, Linear, LocalResponseNorm, MaxPool, Operator, ReLU
from cnnmath.window import Size
from cnnmath.zoo.settings import told

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


@told
def alexnet(input_shape: Sequence[Size] = (3, 224, 224), classes: Size = 1000) -> Architecture:
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
    _numbered(net, "features", FEATURES)
    net.add("avgpool", AdaptiveAveragePool(6))
    net.add("flatten", Flatten())
    head = (Dropout(), Linear(4096), ReLU(), Dropout(), Linear(4096), ReLU(), Linear(classes))
    _numbered(net, "classifier", head)
    return net


@told
def alexnet_2012(input_shape: Sequence[Size] = (3, 227, 227), classes: Size = 1000, *, groups: int = 2) -> Architecture:
    """AlexNet of 2012: the second, fourth and fifth convolution read half of the channels each.

    Parameters
    ----------
    input_shape, classes
        Shape of one sample, and number of outputs.
    groups
        2 for the paper's two processors, 1 for one that holds it all.

    Notes
    -----
    *Conventions*: the input is 227 wide, for which the paper's sizes come about, though it says 224. The paper's alpha
    of 1e-4 multiplies the sum of five squares; `cnnmath.ops.LocalResponseNorm` divides its alpha by the size, so that
    5e-4 stands here. The normalisation runs over all channels, as in Caffe.

    References
    ----------
    .. [1] A. Krizhevsky, I. Sutskever and G. Hinton, "ImageNet classification with deep convolutional neural
       networks", NeurIPS 2012, sections 3.3 to 3.5 and figure 2.

    Examples
    --------
    >>> from cnnmath.graph import analyze
    >>> analyze(alexnet_2012()).parameters, analyze(alexnet_2012(groups=1)).parameters
    (60965224, 62378344)
    """
    net = Architecture("alexnet_2012" if groups == 2 else f"alexnet_2012_groups{groups}", input_shape)
    norm, pool = LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2), MaxPool(3, stride=2)
    for i, (conv, *after) in enumerate(
        (
            (Conv(96, 11, stride=4), norm, pool),
            (Conv(256, 5, padding=2, groups=groups), norm, pool),
            (Conv(384, 3, padding=1),),
            (Conv(384, 3, padding=1, groups=groups),),
            (Conv(256, 3, padding=1, groups=groups), pool),
        ),
        1,
    ):
        net.add(f"conv{i}", conv)
        net.add(f"relu{i}", ReLU())
        for op in after:
            net.add(f"{'pool' if op is pool else 'norm'}{i}", op)
    net.add("flatten", Flatten())
    for i in (6, 7):
        net.add(f"fc{i}", Linear(4096))
        net.add(f"relu{i}", ReLU())
        net.add(f"drop{i}", Dropout())
    net.add("fc8", Linear(classes))
    return net


@told
def alexnet_slim(input_shape: Sequence[Size] = (3, 224, 224), classes: Size = 1000) -> Architecture:
    """AlexNet as TF-Slim builds it: no padding in the first layer and the poolings, dense layers as convolutions.

    Notes
    -----
    *Conventions*: nodes are named as TF-Slim's end points. At 224 the last feature map is one position; for a larger
    input the outputs of all positions follow each other.

    References
    ----------
    .. [1] A. Krizhevsky, "One weird trick for parallelizing convolutional neural networks", arXiv:1404.5997.
    .. [2] TF-Slim, ``research/slim/nets/alexnet.py``, ``alexnet_v2``.

    Examples
    --------
    >>> from cnnmath.graph import propagate
    >>> next(layer.field[0].extent for layer in propagate(alexnet_slim()) if layer.name == "pool5")
    195
    """
    net = Architecture("alexnet_slim", input_shape)
    pool, drop = MaxPool(3, stride=2), Dropout()
    layers: tuple[tuple[str, Operator], ...] = (
        ("conv1", Conv(64, 11, stride=4)),
        ("pool1", pool),
        ("conv2", Conv(192, 5, padding="same")),
        ("pool2", pool),
        ("conv3", Conv(384, 3, padding="same")),
        ("conv4", Conv(384, 3, padding="same")),
        ("conv5", Conv(256, 3, padding="same")),
        ("pool5", pool),
        ("fc6", Conv(4096, 5)),
        ("dropout6", drop),
        ("fc7", Conv(4096, 1)),
        ("dropout7", drop),
        ("fc8", Conv(classes, 1)),
    )
    for name, op in layers:
        net.add(name, op)
        if isinstance(op, Conv) and name != "fc8":
            net.add(f"{name}.relu", ReLU())
    net.add("flatten", Flatten())
    return net


def _numbered(net: Architecture, prefix: str, ops: Iterable[Operator]) -> None:
    """Add operators one behind the other, numbered from 0."""
    for i, op in enumerate(ops):
        net.add(f"{prefix}.{i}", op)
