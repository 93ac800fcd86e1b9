"""The conventions of tools and papers, as data."""

from __future__ import annotations

from cnnmath.errors import unknown
from cnnmath.graph.counting import Convention
from cnnmath.graph.propagate import COUNTED, WEIGHTED
from cnnmath.ops import (
    AdaptiveAveragePool,
    AveragePool,
    BatchNorm,
    Conv,
    ConvTranspose,
    GlobalAveragePool,
    LeakyReLU,
    MaxPool,
    Operator,
    RadialBasis,
    ReLU,
    Subsample,
)

MEANS = (AveragePool, AdaptiveAveragePool, GlobalAveragePool)
ADAPTIVE = (AdaptiveAveragePool, GlobalAveragePool)

PRODUCTS = (COUNTED, {"macs": 1})
"""Convolutions, dense layers, recurrent cells and matrix products, without biases."""

PRESETS: tuple[Convention, ...] = (
    Convention(
        "macs",
        "multiply-accumulates of convolutions, dense layers, recurrent cells and matrix products, biases left out",
        "torchvision 0.28 (its GFLOPS), torch.utils.flop_counter halved, calflops 0.3",
        (PRODUCTS,),
    ),
    Convention(
        "flops",
        "a multiplication and an addition for each multiply-accumulate",
        "torch.utils.flop_counter",
        ((COUNTED, {"macs": 2}),),
    ),
    Convention(
        "convolutions",
        "as macs, convolutions alone",
        "papers and tools that stop ahead of the dense layers",
        (((Conv, ConvTranspose), {"macs": 1}),),
    ),
    Convention(
        "training",
        "as macs, forward and backward: dx and dw each cost one forward, no dx where nothing below is trained",
        "the adjoint identities",
        ((COUNTED, {"macs": 1, "backward": 1}),),
    ),
    Convention(
        "ptflops",
        "as macs, and one for each output that has a bias",
        "ptflops 0.7.5, backend aten",
        ((COUNTED, {"macs": 1, "biases": 1}),),
    ),
    Convention(
        "ptflops-modules",
        "as ptflops; batch normalisation two an element; activations and poolings two, once as a module and once as "
        "the function that it calls",
        "ptflops 0.7.5, backend pytorch",
        (
            (WEIGHTED, {"macs": 1, "biases": 1}),
            ((BatchNorm, ReLU), {"outputs": 2}),
            ((MaxPool, *MEANS), {"inputs": 2}),
        ),
    ),
    Convention(
        "torchinfo",
        "as macs, with biases; batch normalisation by its parameters, not times their positions",
        "torchinfo 1.8",
        ((WEIGHTED, {"macs": 1, "biases": 1}), ((BatchNorm,), {"parameters": 1})),
    ),
    Convention(
        "torchprofile",
        "as macs; one an output of batch normalisation, leaky ReLU and averaging",
        "torchprofile 0.1",
        (PRODUCTS, ((BatchNorm, LeakyReLU, *MEANS), {"outputs": 1})),
    ),
    Convention(
        "fvcore",
        "as macs; two an element of batch normalisation, one an input of global and adaptive pooling",
        "fvcore 0.1.5",
        (PRODUCTS, ((BatchNorm,), {"outputs": 2}), (ADAPTIVE, {"inputs": 1})),
    ),
    Convention(
        "thop",
        "as macs; four an element of batch normalisation; one an output of average pooling; global "
        "and adaptive pooling by additions and divisions",
        "thop 0.1.1",
        (
            (WEIGHTED, {"macs": 1}),
            ((BatchNorm,), {"outputs": 4}),
            (ADAPTIVE, {"bins": 1, "outputs": 1}),
            ((AveragePool,), {"outputs": 1}),
        ),
    ),
    Convention(
        "onednn",
        "as macs, but only taps inside the input, none in the padding",
        "oneDNN benchdnn, count_ops",
        ((WEIGHTED, {"macs inside": 1}),),
    ),
    Convention(
        "operations",
        "every multiplication, addition, division, comparison, exponential, logarithm and root",
        "the operators' own definitions",
        (((Operator,), {"operations": 1}),),
    ),
    Convention(
        "connections-1998",
        "weights and biases times the positions at which they are used",
        "LeCun et al. 1998, section II-B",
        (
            (WEIGHTED, {"macs": 1, "biases": 1}),
            ((Subsample,), {"additions": 1, "multiplications": 1}),
            ((RadialBasis,), {"multiplications": 1}),
        ),
    ),
    Convention(
        "units",
        "outputs of layers with weights",
        "Krizhevsky et al. 2012, LeCun et al. 1998",
        (((*WEIGHTED, Subsample, RadialBasis), {"outputs": 1}),),
    ),
)
"""The only list of conventions."""


def convention(name: str) -> Convention:
    """Convention of this name.

    Raises
    ------
    UnknownNameError
        Naming the near ones.

    Examples
    --------
    >>> convention("macs").name
    'macs'
    """
    known = {preset.name: preset for preset in PRESETS}
    if name not in known:
        raise unknown("convention", name, known)
    return known[name]
