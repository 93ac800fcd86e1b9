"""LeNet-5 in the form that is taught today, and a network for colour images after it."""

from __future__ import annotations

from collections.abc import Sequence

from cnnmath.graph import Architecture
from cnnmath.ops import AveragePool, Conv, Flatten, Linear, MaxPool, ReLU, Softmax, Tanh
from cnnmath.window import Size


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
    net = Architecture("lenet5", input_shape)
    for i, filters in enumerate((6, 16), 1):
        net.add(f"conv{i}", Conv(filters, 5))
        net.add(f"tanh{i}", Tanh())
        net.add(f"pool{i}", AveragePool(2))
    net.add("flatten", Flatten())
    for i, units in enumerate((120, 84), 3):
        net.add(f"linear{i}", Linear(units))
        net.add(f"tanh{i}", Tanh())
    net.add("linear5", Linear(classes))
    return net


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
    net = Architecture("lenet5_rgb", input_shape)
    for i, filters in enumerate((8, 16), 1):
        net.add(f"conv{i}", Conv(filters, 5))
        net.add(f"relu{i}", ReLU())
        net.add(f"pool{i}", MaxPool(2))
    net.add("flatten", Flatten())
    for i, units in enumerate((120, 84), 3):
        net.add(f"fc{i}", Linear(units))
        net.add(f"relu{i}", ReLU())
    net.add("fc5", Linear(classes))
    net.add("softmax", Softmax())
    return net
