"""Counting conventions: one census of a network, and what each tool and paper takes from it.

A convention is data: for every kind of operator, how often which quantity of a layer is counted. What a convention does
not name it does not count, and `Count.ignored` says which operators these were.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from cnnmath.errors import unknown
from cnnmath.graph.plain import plain
from cnnmath.graph.propagate import WEIGHTED, Layer
from cnnmath.graph.quantities import QUANTITIES
from cnnmath.graph.text import count
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
from cnnmath.window import Size

Kinds: TypeAlias = tuple[type[Operator], ...]

MEANS = (AveragePool, AdaptiveAveragePool, GlobalAveragePool)
ADAPTIVE = (AdaptiveAveragePool, GlobalAveragePool)


@dataclass(frozen=True, slots=True)
class Convention:
    """What a tool or a paper counts.

    Attributes
    ----------
    name, says, source
        Its name, what it counts in words, and who counts so.
    rules
        For kinds of operators, how often each quantity is counted.
    """

    name: str
    says: str
    source: str
    rules: tuple[tuple[Kinds, Mapping[str, int]], ...]

    def of(self, layer: Layer) -> Size:
        """What it counts of one layer: nothing where the operator is not known."""
        rule = self._rule(layer.op) if layer.census else None
        return sum(times * QUANTITIES[quantity](layer) for quantity, times in rule.items()) if rule else 0

    def counts(self, op: Operator) -> bool:
        """Whether it counts operators of this kind at all."""
        return self._rule(op) is not None

    def _rule(self, op: Operator) -> Mapping[str, int] | None:
        return next((rule for kinds, rule in self.rules if isinstance(op, kinds)), None)


@dataclass(frozen=True, slots=True)
class Count:
    """A network counted by a convention.

    Attributes
    ----------
    convention
        What was counted.
    total, by_layer
        The sum, and what each layer that is counted adds to it.
    ignored
        Kinds of operators that the convention leaves out, with how many of them there are.
    unknown
        Nodes whose operator is not known, so that the total is a part of the whole.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> from cnnmath.graph import analyze
    >>> analyze(zoo.resnet50()).count("fvcore").total
    4111512576
    """

    convention: Convention
    total: Size
    by_layer: Mapping[str, Size]
    ignored: Mapping[str, int]
    unknown: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        """As JSON has it."""
        return plain(
            {
                "convention": self.convention.name,
                "says": self.convention.says,
                "source": self.convention.source,
                "total": self.total,
                "by_layer": dict(self.by_layer),
                "ignored": dict(self.ignored),
                "not_counted": list(self.unknown),
            }
        )

    def __repr__(self) -> str:
        left = ", ".join(f"{n} {kind}" for kind, n in self.ignored.items())
        partial = f"\n  not counted  {', '.join(self.unknown)}: the total is a part" if self.unknown else ""
        return (
            f"{self.convention.name}: {count(self.total)}\n  counts       {self.convention.says}"
            f"\n  leaves out   {left or 'nothing'}{partial}"
        )


def counted(layers: Sequence[Layer], convention: Convention) -> Count:
    """Count a network's layers by a convention.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> from cnnmath.graph import propagate
    >>> counted(propagate(zoo.lenet5()), convention("macs")).total
    416520
    """
    known = [layer for layer in layers if layer.census]
    by_layer = {layer.name: convention.of(layer) for layer in known if convention.counts(layer.op)}
    ignored = Counter(type(layer.op).__name__ for layer in known if layer.name not in by_layer)
    unknown = tuple(layer.name for layer in layers if not layer.census)
    return Count(convention, sum(by_layer.values()), by_layer, ignored, unknown)


PRODUCTS = (WEIGHTED, {"macs": 1})
"""Convolutions and dense layers, without their biases."""

PRESETS: tuple[Convention, ...] = (
    Convention(
        "macs",
        "multiply-accumulates of convolutions and dense layers, biases left out",
        "torchvision 0.28 (its GFLOPS), torch.utils.flop_counter halved, calflops 0.3",
        (PRODUCTS,),
    ),
    Convention(
        "flops",
        "a multiplication and an addition for each multiply-accumulate",
        "torch.utils.flop_counter",
        ((WEIGHTED, {"macs": 2}),),
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
        ((WEIGHTED, {"macs": 1, "backward": 1}),),
    ),
    Convention(
        "ptflops",
        "as macs, and one for each output that has a bias",
        "ptflops 0.7.5, backend aten",
        ((WEIGHTED, {"macs": 1, "biases": 1}),),
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
        "as macs; four an element of batch normalisation; an averaging by its additions and its division",
        "thop 0.1.1",
        (
            PRODUCTS,
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
