"""LeNet-5 as it was published, as it is taught today, and a network for colour images after it."""

from __future__ import annotations

from collections.abc import Sequence

from cnnmath.graph import Architecture
from cnnmath.ops import (
    AveragePool,
    Concat,
    Conv,
    Flatten,
    Linear,
    MaxPool,
    Operator,
    RadialBasis,
    ReLU,
    Select,
    Sigmoid,
    Softmax,
    Subsample,
    Tanh,
)
from cnnmath.window import Size
from cnnmath.zoo.settings import told

TABLE_I = (
    *(tuple((first + i) % 6 for i in range(3)) for first in range(6)),
    *(tuple((first + i) % 6 for i in range(4)) for first in range(6)),
    (0, 1, 3, 4),
    (1, 2, 4, 5),
    (0, 2, 3, 5),
    tuple(range(6)),
)
"""Maps of S2 that each map of C3 reads: table I of the 1998 paper, the wrapped ones as they come."""


@told
def lenet5(input_shape: Sequence[Size] = (1, 32, 32), classes: Size = 10) -> Architecture:
    """LeNet-5 with every map of C3 connected to every map of S2, pooling without parameters, and a linear output.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document recognition",
       Proc. IEEE 1998, section II-B; there C3 has a partial connection table, S2 and S4 are trained, and the output
       units are radial basis functions.

    Examples
    --------
    >>> from cnnmath.graph import analyze
    >>> analyze(lenet5()).parameters
    61706
    """
    return _lenet("lenet5", input_shape, (6, 16, 120, 84, classes), ("tanh", Tanh()), AveragePool(2), "linear")


@told
def lenet5_1998(input_shape: Sequence[Size] = (1, 32, 32), classes: Size = 10) -> Architecture:
    """LeNet-5 as published: trained subsampling, C3 connected in part, radial basis functions as outputs.

    Notes
    -----
    *Conventions*: nodes are named as the paper's layers. Each map of C3 is a convolution of the maps that table I
    selects, and C3 their concatenation. The paper's squashing function is ``1.7159*tanh(2*x/3)``; here it is the plain
    hyperbolic tangent, and behind S2 and S4 the sigmoid. The radial basis functions' codes are not trained.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document recognition",
       Proc. IEEE 1998, section II-B, figure 2 and table I.

    Examples
    --------
    >>> from cnnmath.graph import analyze
    >>> analyze(lenet5_1998()).parameters
    60000
    """
    net = Architecture("lenet5_1998", input_shape)
    net.add("C1", Conv(6, 5))
    net.add("C1.tanh", Tanh())
    net.add("S2", Subsample(2))
    pooled = net.add("S2.sigmoid", Sigmoid())
    maps = []
    for i, selected in enumerate(TABLE_I):
        net.add(f"C3.{i}.select", Select(selected), pooled)
        maps.append(net.add(f"C3.{i}.conv", Conv(1, 5)))
    net.add("C3", Concat(), *maps)
    net.add("C3.tanh", Tanh())
    net.add("S4", Subsample(2))
    net.add("S4.sigmoid", Sigmoid())
    net.add("C5", Conv(120, 5))
    net.add("C5.tanh", Tanh())
    net.add("flatten", Flatten())
    net.add("F6", Linear(84))
    net.add("F6.tanh", Tanh())
    net.add("output", RadialBasis(classes))
    return net


@told
def lenet5_rgb(input_shape: Sequence[Size] = (3, 32, 32), classes: Size = 10) -> Architecture:
    """Network of courses after LeNet-5: colour images, 8 and 16 maps, maximum poolings, rectifiers, a softmax.

    Notes
    -----
    *Conventions*: every convolution and dense layer has one bias an output channel; tables of this network that
    circulate count fewer.

    References
    ----------
    .. [1] A. Ng, "Convolutional neural networks", deeplearning.ai 2017, week 1, "CNN example".

    Examples
    --------
    >>> from cnnmath.graph import analyze
    >>> analyze(lenet5_rgb()).parameters
    62958
    """
    net = _lenet("lenet5_rgb", input_shape, (8, 16, 120, 84, classes), ("relu", ReLU()), MaxPool(2), "fc")
    net.add("softmax", Softmax())
    return net


def _lenet(
    name: str,
    input_shape: Sequence[Size],
    widths: Sequence[Size],
    activation: tuple[str, Operator],
    pool: Operator,
    dense: str,
) -> Architecture:
    """Two convolutions, each activated and pooled, then three dense layers; an activation and its nodes' name."""
    net, (word, op) = Architecture(name, input_shape), activation
    for i, filters in enumerate(widths[:2], 1):
        net.add(f"conv{i}", Conv(filters, 5))
        net.add(f"{word}{i}", op)
        net.add(f"pool{i}", pool)
    net.add("flatten", Flatten())
    for i, units in enumerate(widths[2:4], 3):
        net.add(f"{dense}{i}", Linear(units))
        net.add(f"{word}{i}", op)
    net.add(f"{dense}5", Linear(widths[4]))
    return net
