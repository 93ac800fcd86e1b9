"""Classes of settings: the features of each operator, of which every setting is in exactly one class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import Any, TypeAlias

from cnnmath import ops
from cnnmath.ops import Operator
from cnnmath.ops.loss import REDUCTIONS, TARGETS
from cnnmath.ops.pool import Pool
from cnnmath.verify.strategies.plan import Case, Plan
from cnnmath.window import Window

Predicate: TypeAlias = Callable[[Case], bool]


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature of settings: the names of its classes, the simplest first, and the one that a case is in."""

    names: tuple[str, ...]
    of: Callable[[Case], str]


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


def possible(kind: type[Operator], plan: Plan) -> bool:
    """Whether the classes of a plan, of some features or of all, can occur together.

    Examples
    --------
    >>> possible(ops.Conv, {"rank": "1", "kernel": "unequal"}), possible(ops.Conv, {"rank": "2", "kernel": "unequal"})
    (False, True)
    """
    excluded = _EXCLUDED.get(kind, ()) + EMPTY.get(kind, ())
    return not any(all(plan.get(feature) in names for feature, names in rule.items()) for rule in excluded)


def _several(n: int) -> str:
    return str(n) if n < 2 else "several"


def _counted(n: int) -> str:
    return "1" if n == 1 else "few" if n < 7 else "around a block"


def _axes(numbers: tuple[int, ...]) -> str:
    """How the numbers of all axes compare: all 1, the same, or not."""
    if set(numbers) == {1}:
        return "1"
    return "equal" if len(set(numbers)) == 1 else "unequal"


def _extents(op: Any) -> list[int]:
    return [Window(k, dilation=d).extent for k, d in zip(op.kernel, op.dilation, strict=True)]


def _stride(case: Case) -> str:
    op: Any = case.op
    if max(op.stride) == 1:
        return "1"
    return "beyond" if any(s > e for s, e in zip(op.stride, _extents(op), strict=True)) else "within"


def _padding(case: Case) -> str:
    """By name, or what its numbers have in common; the whole is the extent, or one less where a window must see."""
    op: Any = case.op
    if isinstance(op.padding, str):
        return "none" if op.padding == "valid" else op.padding
    sighted = isinstance(op, Pool)
    whole = any(m and m in pair for m, pair in zip([e - sighted for e in _extents(op)], op.padding, strict=True))
    return "whole" if whole else _pairs(op.padding)


def _pairs(padding: tuple[tuple[int, int], ...]) -> str:
    if not any(map(any, padding)):
        return "none"
    return "symmetric" if all(before == after for before, after in padding) else "asymmetric"


def _rests(case: Case) -> list[int]:
    op: Any = case.op
    sizes = case.inputs[0][2:]
    windows = op.declared(sizes) if isinstance(op, Pool) else op.windows(sizes)
    return [(n + w.before + w.after - w.extent) % w.stride for n, w in zip(sizes, windows, strict=True)]


def _rounding(case: Case) -> str:
    op: Any = case.op
    sizes = case.inputs[0][2:]
    if not op.ceil:
        return "down"
    if any(w.rounded_up(n) > w.placements(n) for n, w in zip(sizes, op.declared(sizes), strict=True)):
        return "overhang"
    return "dropped" if any(_rests(case)) else "up"


def _groups(case: Case) -> str:
    op: Any = case.op
    return "1" if op.groups == 1 else "depthwise" if op.groups == case.inputs[0][1] else "several"


def _output_padding(case: Case) -> str:
    op: Any = case.op
    if not any(op.output_padding):
        return "none"
    above = any(extra >= s for extra, s in zip(op.output_padding, op.stride, strict=True))
    return "of the dilation" if above else "below the stride"


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
    most = [n - 1 if op.mirrored else n + 1 for n in case.inputs[0][2:]]
    whole = any(max(pair) and max(pair) >= m for m, pair in zip(most, op.padding, strict=True))
    return "whole" if whole else _pairs(op.padding)


def _listed(case: Case) -> str:
    op: Any = case.op
    if len(set(op.channels)) < len(op.channels):
        return "repeated"
    if len(op.channels) < case.inputs[0][1]:
        return "some"
    return "in order" if list(op.channels) == sorted(op.channels) else "another order"


def _ignored(case: Case) -> str:
    op: Any = case.op
    return "none" if op.ignored is None else "a class" if 0 <= op.ignored < case.inputs[0][1] else "no class"


def _flag(name: str) -> Feature:
    return Feature(("no", "yes"), lambda case: "yes" if getattr(case.op, name) else "no")


def _number(name: str, classify: Callable[[Any], str], *names: str) -> Feature:
    return Feature(names, lambda case: classify(getattr(case.op, name)))


def _usual(name: str, number: float, other: str = "another", usual: str = "usual") -> Feature:
    return _number(name, lambda value: usual if value == number else other, usual, other)


def _word(name: str, *words: str) -> Feature:
    return _number(name, str, *words)


RANK = Feature(("1", "2", "3"), lambda case: str(len(case.inputs[0]) - 2))
BATCH = Feature(("1", "several", "0"), lambda case: _several(case.inputs[0][0]))
CHANNELS = Feature(("1", "few", "around a block"), lambda case: _counted(case.inputs[0][1]))
FEW = Feature(("1", "few"), lambda case: "1" if case.inputs[0][1] == 1 else "few")
SIZES = Feature(("1", "larger"), lambda case: "1" if 1 in case.inputs[0][2:] else "larger")
BIAS = Feature(("without", "with"), lambda case: "with" if case.op.bias else "without")  # type: ignore[attr-defined]
SHAPED = {"rank": RANK, "batch": BATCH, "channels": CHANNELS, "sizes": SIZES}
AXES = {
    "rank": RANK,
    "kernel": _number("kernel", _axes, "1", "equal", "unequal"),
    "stride": Feature(("1", "within", "beyond"), _stride),
    "dilation": _number("dilation", lambda d: "1" if max(d) == 1 else "larger", "1", "larger"),
    "padding": Feature(("none", "symmetric", "asymmetric", "whole", "same", "same_lower"), _padding),
}
FILTERS = {
    "groups": Feature(("1", "several", "depthwise"), _groups),
    "sides": Feature(("equal", "unequal"), lambda c: "equal" if c.inputs[0][1] == c.op.filters else "unequal"),  # type: ignore[attr-defined]
    "channels": Feature(
        ("few", "around a block"),
        lambda c: "few" if max(c.inputs[0][1], c.op.filters) < 7 else "around a block",  # type: ignore[attr-defined]
    ),
    "batch": BATCH,
    "bias": BIAS,
}
REST = Feature(("none", "some"), lambda case: "some" if any(_rests(case)) else "none")
SLIDING = AXES | {"rest": REST}
POOL = SLIDING | {
    "rounding": Feature(("down", "up", "overhang", "dropped"), _rounding),
    "batch": BATCH,
    "channels": CHANNELS,
}
LOSS = {
    "rank": Feature(("0", "1", "2"), RANK.of),
    "batch": BATCH,
    "channels": CHANNELS,
    "reduction": _word("reduction", *REDUCTIONS),
}
UNITS = _number("units", _several, "1", "several")
SCALE = _number("scale", _axes, "1", "equal", "unequal")
CELL = {"batch": BATCH, "channels": CHANNELS, "units": UNITS, "bias": BIAS}
DENSE = {"batch": BATCH, "channels": CHANNELS}
EPSILON = _usual("epsilon", 1e-5, "large")
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
    | {"padding": Feature(("none", "symmetric", "asymmetric", "whole"), _padding)}
    | {"output padding": Feature(("none", "below the stride", "of the dilation"), _output_padding)}
    | FILTERS,
    ops.MaxPool: POOL,
    ops.AveragePool: POOL | {"count_padding": _flag("count_padding")},
    ops.LpPool: POOL
    | {"p": _number("p", lambda p: str(p) if p < 3 else "odd" if p % 2 else "even", "1", "2", "odd", "even")},
    ops.Subsample: POOL,
    ops.AdaptiveAveragePool: ADAPTIVE,
    ops.AdaptiveMaxPool: ADAPTIVE,
    ops.MaxUnpool: SHAPED | {"places": Feature(("fewer", "as many", "more"), _places)},
    ops.Linear: DENSE | {"units": _number("units", _counted, *CHANNELS.names), "bias": BIAS},
    ops.RadialBasis: DENSE | {"units": _number("units", _counted, *CHANNELS.names)},
    ops.RNNCell: CELL | {"activation": _word("activation", "tanh", "relu")},
    ops.LSTMCell: CELL,
    ops.Pad: SHAPED
    | {"padding": _number("padding", _pairs, "none", "symmetric", "asymmetric")}
    | {"channel padding": _number("channels", lambda pair: _pairs((pair,)), "none", "symmetric", "asymmetric")}
    | {"value": _usual("value", 0, usual="0")},
    ops.ReflectPad: BORDER,
    ops.EdgePad: BORDER,
    ops.Upsample: SHAPED | {"scale": SCALE},
    ops.LinearUpsample: SHAPED | {"scale": SCALE, "align_corners": _flag("align_corners")},
    ops.BatchNorm: SHAPED | {"training": _flag("training"), "epsilon": EPSILON},
    ops.GroupNorm: SHAPED | {"groups": _number("groups", _several, "1", "several"), "epsilon": EPSILON},
    ops.InstanceNorm: SHAPED | {"epsilon": EPSILON},
    ops.LayerNorm: SHAPED | {"each_position": _flag("each_position"), "epsilon": EPSILON},
    ops.LocalResponseNorm: SHAPED
    | {"size": _number("size", lambda m: "1" if m == 1 else "odd" if m % 2 else "even", "1", "even", "odd")}
    | {"beta": _usual("beta", 1, "between", "1"), "k": _usual("k", 1, usual="1")},
    ops.LeakyReLU: SHAPED | {"slope": _usual("slope", 0.01)},
    ops.ELU: SHAPED | {"alpha": _usual("alpha", 1)},
    ops.Maxout: SHAPED | {"pieces": _number("pieces", _several, "1", "several")},
    ops.Add: SHAPED | {"inputs": Feature(("two", "three"), lambda case: "two" if len(case.inputs) == 2 else "three")},
    ops.Concat: SHAPED
    | {"inputs": Feature(("two", "three"), lambda case: "two" if len(case.inputs) == 2 else "three")}
    | {"sides": Feature(("equal", "unequal"), lambda case: "equal" if len(set(case.inputs)) == 1 else "unequal")},
    ops.Select: SHAPED | {"listed": Feature(("in order", "another order", "some", "repeated"), _listed)},
    ops.Dropout: SHAPED | {"rate": _usual("rate", 0.5, usual="half"), "training": _flag("training")},
    ops.CrossEntropy: LOSS
    | {"weighted": _flag("weighted"), "smoothing": _usual("smoothing", 0, "some", "none")}
    | {"targets": _word("targets", *TARGETS), "ignored": Feature(("none", "no class", "a class"), _ignored)},
    ops.BinaryCrossEntropy: LOSS | {"weighted": _flag("weighted")},
    ops.SquaredError: LOSS,
}

Rule: TypeAlias = Mapping[str, tuple[str, ...]]
"""Classes of some features that cannot all occur in one setting."""

WINDOW_RULES: tuple[Rule, ...] = (
    {"rank": ("1",), "kernel": ("unequal",)},
    {"kernel": ("1",), "stride": ("within",)},
    {"kernel": ("1",), "padding": ("symmetric", "asymmetric")},
)
REST_RULES: tuple[Rule, ...] = (
    {"stride": ("1",), "rest": ("some",)},
    {"stride": ("within",), "rest": ("some",), "padding": ("same", "same_lower")},
)
POOL_RULES: tuple[Rule, ...] = (
    {"kernel": ("1",), "padding": ("whole",)},
    {"rounding": ("up",), "rest": ("some",)},
    {"rounding": ("overhang", "dropped"), "rest": ("none",)},
    {"rounding": ("overhang", "dropped"), "stride": ("1",)},
    {"rounding": ("overhang",), "kernel": ("1",)},
    {"rounding": ("overhang",), "padding": ("same", "same_lower")},
    {"rounding": ("dropped",), "stride": ("within",), "padding": ("none", "same", "same_lower")},
)
TRANSPOSE_RULES: tuple[Rule, ...] = (
    {"output padding": ("below the stride",), "stride": ("1",)},
    {"output padding": ("of the dilation",), "dilation": ("1",)},
    {"output padding": ("of the dilation",), "rank": ("1",), "stride": ("beyond",), "kernel": ("equal",)},
)
SLOW: Rule = {"rank": ("2", "3"), "channels": ("around a block",), "sizes": ("larger",)}
"""Not impossible, but roots of sums over so many numbers take the exact definition long."""

_EXCLUDED: dict[type[Operator], tuple[Rule, ...]] = {
    ops.Conv: WINDOW_RULES + REST_RULES,
    ops.ConvTranspose: WINDOW_RULES + TRANSPOSE_RULES,
    **dict.fromkeys((ops.MaxPool, ops.AveragePool, ops.LpPool, ops.Subsample), WINDOW_RULES + REST_RULES + POOL_RULES),
    **dict.fromkeys((ops.Upsample, ops.LinearUpsample), ({"rank": ("1",), "scale": ("unequal",)},)),
    ops.MaxUnpool: ({"rank": ("1",), "sizes": ("1",), "places": ("fewer",)},),
    ops.BatchNorm: ({"rank": ("1",), "sizes": ("1",), "batch": ("1",), "training": ("yes",)}, SLOW),
    ops.GroupNorm: ({"channels": ("1",), "groups": ("several",)}, SLOW),
    ops.InstanceNorm: (SLOW,),
    ops.LayerNorm: (SLOW,),
    ops.Maxout: ({"channels": ("1",), "pieces": ("several",)},),
    ops.Select: ({"channels": ("1",), "listed": ("another order", "some")},),
    ops.CrossEntropy: (
        {"targets": ("probabilities",), "ignored": ("no class", "a class")},
        {"channels": ("1",), "ignored": ("a class",)},
    ),
}
"""What cannot occur together, by operator."""

NO_MEAN: Rule = {"batch": ("0",), "reduction": ("mean",)}
EMPTY: dict[type[Operator], tuple[Rule, ...]] = {
    ops.BatchNorm: ({"batch": ("0",), "training": ("yes",)},),
    **dict.fromkeys((ops.CrossEntropy, ops.BinaryCrossEntropy, ops.SquaredError), (NO_MEAN,)),
}
"""Empty batches that have no result: see `may_be_empty`."""
