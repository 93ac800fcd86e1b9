"""Classes of settings: the features of each operator, of which every setting is in exactly one class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from math import prod
from typing import Any, TypeAlias

from cnnmath import ops
from cnnmath.ops import Operator
from cnnmath.ops.hard import HALF, SIXTH
from cnnmath.ops.loss import REDUCTIONS, TARGETS
from cnnmath.verify.strategies import moves
from cnnmath.verify.strategies.along import AXIS, PARTS, REDUCTION, part_of
from cnnmath.verify.strategies.borders import whole
from cnnmath.verify.strategies.broadcasts import EXPANDED, INPUTS, MATRICES, OTHER
from cnnmath.verify.strategies.feature import (
    BATCH,
    BIAS,
    CHANNELS,
    RANK,
    SHAPED,
    Feature,
    compared,
    counted,
    flag,
    number,
    several,
    sides,
    usual,
    word,
)
from cnnmath.verify.strategies.plan import Case
from cnnmath.verify.strategies.resizing import RESIZE
from cnnmath.verify.strategies.sliding import AXES, FILTERS, POOL, SLIDING, output_padding, padding_class

Predicate: TypeAlias = Callable[[Case], bool]


def classes(kind: type[Operator]) -> dict[str, dict[str, Predicate]]:
    """Classes of an operator's settings: for each feature, the names of its classes and whether a case is in them.

    Every case is in exactly one class of each feature.

    Examples
    --------
    >>> {feature: list(named) for feature, named in classes(ops.Dropout).items()}  # doctest: +NORMALIZE_WHITESPACE
    {'rank': ['1', '2', '3'], 'batch': ['1', 'several', '0'], 'channels': ['1', 'few', 'around a block'],
     'sizes': ['1', 'larger'], 'rate': ['half', 'another'], 'training': ['no', 'yes']}
    >>> strided = Case(ops.Conv(2, (2,), stride=3), ((1, 2, 6),))
    >>> classes(ops.Conv)["stride"]["beyond"](strided), classes(ops.Conv)["rest"]["none"](strided)
    (True, False)
    """
    return {
        name: {one: partial(_is_in, feature, one) for one in feature.names} for name, feature in features(kind).items()
    }


def classify(case: Case) -> dict[str, str]:
    """The class of each feature that a case is in.

    Examples
    --------
    >>> classify(Case(ops.Upsample((1, 2)), ((1, 3, 2, 1),)))
    {'rank': '2', 'batch': '1', 'channels': 'few', 'sizes': '1', 'scale': 'unequal'}
    """
    return {name: feature.of(case) for name, feature in features(type(case.op)).items()}


def _is_in(feature: Feature, name: str, case: Case) -> bool:
    return feature.of(case) == name


def features(kind: type[Operator]) -> Mapping[str, Feature]:
    """The features of an operator's settings, by name."""
    return _FEATURES.get(kind, SHAPED)


def _bins(case: Case) -> str:
    op: Any = case.op
    pairs = list(zip(case.inputs[0][2:], op.outputs, strict=True))
    if max(op.outputs) == 1:
        return "one"
    if any(o > n for n, o in pairs):
        return "more"
    return "overlapping" if any(n % o for n, o in pairs) else "dividing"


def _places(case: Case) -> str:
    op: Any = case.op
    numbers, places = prod(case.inputs[0][2:]), prod(op.outputs)
    return "fewer" if places < numbers else "as many" if places == numbers else "more"


def _border(case: Case) -> str:
    """The whole of a mirror is all but the number it stands at; that of a border, more than the input."""
    op: Any = case.op
    return "whole" if whole(case) else sides(op.padding)


def _ignored(case: Case) -> str:
    op: Any = case.op
    return "none" if op.ignored is None else "a class" if 0 <= op.ignored < case.inputs[0][1] else "no class"


def _bound(bound: Any) -> str:
    return "none" if bound is None else "some"


def _power(case: Case) -> str:
    op: Any = case.op
    return "root" if not op.whole else "product" if op.exponent > 0 else "quotient"


FEW = Feature(("1", "few"), lambda case: "1" if case.inputs[0][1] == 1 else "few")


LOSS = {
    "rank": Feature(("0", "1", "2"), RANK.of),
    "batch": BATCH,
    "channels": CHANNELS,
    "reduction": word("reduction", *REDUCTIONS),
}
UNITS = number("units", several, "1", "several")
SCALE = number("scale", compared, "1", "equal", "unequal")
CELL = {"batch": BATCH, "channels": CHANNELS, "units": UNITS, "bias": BIAS}
DENSE = {"batch": BATCH, "channels": CHANNELS}
EPSILON = usual("epsilon", 1e-5, "large")
ADAPTIVE = {
    "rank": RANK,
    "batch": BATCH,
    "channels": CHANNELS,
    "bins": Feature(("one", "dividing", "overlapping", "more"), _bins),
}
BORDER = SHAPED | {"padding": Feature(("none", "symmetric", "asymmetric", "whole"), _border)}
del BORDER["sizes"]
_FEATURES: dict[type[Operator], Mapping[str, Feature]] = {
    ops.Conv: SLIDING | FILTERS,
    ops.ConvTranspose: AXES
    | {"padding": Feature(("none", "symmetric", "asymmetric", "whole"), padding_class)}
    | {"output padding": Feature(("none", "below the stride", "of the dilation"), output_padding)}
    | FILTERS,
    ops.MaxPool: POOL,
    ops.AveragePool: POOL | {"count_padding": flag("count_padding")},
    ops.LpPool: POOL
    | {"p": number("p", lambda p: str(p) if p < 3 else "odd" if p % 2 else "even", "1", "2", "odd", "even")},
    ops.Subsample: POOL,
    ops.AdaptiveAveragePool: ADAPTIVE,
    ops.AdaptiveMaxPool: ADAPTIVE,
    ops.MaxUnpool: SHAPED | {"places": Feature(("fewer", "as many", "more"), _places)},
    ops.Linear: DENSE | {"units": number("units", counted, *CHANNELS.names), "bias": BIAS},
    ops.LinearLast: SHAPED | {"units": UNITS, "bias": BIAS},
    ops.RadialBasis: DENSE | {"units": number("units", counted, *CHANNELS.names)},
    ops.RNNCell: CELL | {"activation": word("activation", "tanh", "relu")},
    ops.LSTMCell: CELL,
    ops.Pad: SHAPED
    | {"padding": number("padding", sides, "none", "symmetric", "asymmetric")}
    | {"channel padding": number("channels", lambda pair: sides((pair,)), "none", "symmetric", "asymmetric")}
    | {"value": usual("value", 0, usual="0")},
    ops.ReflectPad: BORDER,
    ops.EdgePad: BORDER,
    ops.WrapPad: BORDER,
    ops.Upsample: SHAPED | {"scale": SCALE},
    ops.LinearUpsample: SHAPED | {"scale": SCALE, "align_corners": flag("align_corners")},
    ops.Resize: RESIZE,
    ops.BatchNorm: SHAPED | {"training": flag("training"), "epsilon": EPSILON},
    ops.GroupNorm: SHAPED | {"groups": number("groups", several, "1", "several"), "epsilon": EPSILON},
    ops.InstanceNorm: SHAPED | {"epsilon": EPSILON},
    ops.LayerNorm: SHAPED | {"part": Feature(PARTS, part_of), "epsilon": EPSILON},
    ops.RMSNorm: SHAPED
    | {"axis": number("axis", lambda axis: "last" if axis == -1 else "others", "last", "others")}
    | {"epsilon": EPSILON},
    ops.LocalResponseNorm: SHAPED
    | {"size": number("size", lambda m: "1" if m == 1 else "odd" if m % 2 else "even", "1", "even", "odd")}
    | {"beta": usual("beta", 1, "between", "1"), "k": usual("k", 1, usual="1")},
    ops.LeakyReLU: SHAPED | {"slope": usual("slope", 0.01)},
    ops.ELU: SHAPED | {"alpha": usual("alpha", 1)},
    ops.SELU: SHAPED | {name: usual(name, getattr(ops.SELU(), name)) for name in ("alpha", "gamma")},
    ops.CELU: SHAPED | {"alpha": usual("alpha", 1)},
    ops.PReLU: SHAPED | {"shared": flag("shared")},
    ops.ThresholdedReLU: SHAPED | {"alpha": usual("alpha", 1)},
    ops.Clip: SHAPED | {name: number(name, _bound, "none", "some") for name in ("low", "high")},
    ops.Affine: SHAPED | {"scale": usual("scale", 1, usual="1"), "shift": usual("shift", 0, usual="0")},
    ops.Power: SHAPED | {"exponent": Feature(("product", "quotient", "root"), _power)},
    ops.GELU: SHAPED | {"approximate": flag("approximate")},
    ops.SiLU: SHAPED | {"beta": usual("beta", 1)},
    ops.HardSigmoid: SHAPED | {"slope": usual("slope", SIXTH), "shift": usual("shift", HALF)},
    ops.Maxout: SHAPED | {"pieces": number("pieces", several, "1", "several")},
    **dict.fromkeys((ops.Softmax, ops.LogSoftmax), SHAPED | AXIS),
    ops.Reduce: SHAPED | REDUCTION,
    **dict.fromkeys((ops.Add, ops.Maximum, ops.Minimum), SHAPED | INPUTS | OTHER),
    **dict.fromkeys((ops.Subtract, ops.Multiply, ops.Divide, ops.Pow), SHAPED | OTHER),
    ops.MatMul: SHAPED | MATRICES,
    ops.Expand: SHAPED | EXPANDED,
    ops.Concat: moves.CONCAT,
    ops.Select: moves.SELECT,
    ops.Slice: moves.SLICE,
    ops.Transpose: moves.TRANSPOSE,
    ops.Reshape: moves.RESHAPE,
    ops.Tile: moves.TILE,
    ops.SpaceToDepth: moves.BLOCKS,
    ops.DepthToSpace: moves.BLOCKS,
    ops.ChannelShuffle: moves.SHUFFLE,
    ops.Dropout: SHAPED | {"rate": usual("rate", 0.5, usual="half"), "training": flag("training")},
    ops.CrossEntropy: LOSS
    | {"weighted": flag("weighted"), "smoothing": usual("smoothing", 0, "some", "none")}
    | {"targets": word("targets", *TARGETS), "ignored": Feature(("none", "no class", "a class"), _ignored)},
    ops.BinaryCrossEntropy: LOSS | {"weighted": flag("weighted")},
    ops.SquaredError: LOSS,
}
