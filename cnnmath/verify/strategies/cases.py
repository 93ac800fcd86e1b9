"""Settings of every operator, drawn freely or according to a plan; valid by construction, shrinking to the smallest.

Nothing is generated and then filtered out: kernel, stride, dilation and padding come first, and the input is drawn from
the sizes that fit them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from math import prod
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from cnnmath import ops
from cnnmath.ops import Operator
from cnnmath.ops.loss import REDUCTIONS, TARGETS
from cnnmath.verify.strategies.axes import sliding
from cnnmath.verify.strategies.convolutions import conv, transpose
from cnnmath.verify.strategies.empty import emptied
from cnnmath.verify.strategies.plan import (
    AROUND_BLOCKS,
    FREE,
    Case,
    Plan,
    batch_of,
    channels_of,
    pick,
    shape_of,
    sizes_of,
)


def cases(kind: type[Operator], *, empty: bool = False) -> SearchStrategy[Case]:
    """Settings of one kind of operator, with input shapes that fit.

    Parameters
    ----------
    kind
        The operator.
    empty
        Whether an axis may have the size 0 as well, where the operator's rules allow it.

    Notes
    -----
    Settings differ from axis to axis, often all of them; a stride may pass over inputs, padding may reach the kernel's
    extent where a window of padding alone is allowed, sizes need not divide, and channels may be a few or about as many
    as kernels take at a time. Every choice begins with the simplest, so that a failure shrinks to a smallest setting.

    Examples
    --------
    >>> from hypothesis import find
    >>> print(find(cases(ops.Conv), lambda case: case.op.stride[0] == 2 and case.op.groups == 2))
    conv(2, (1,), stride=2, groups=2, bias=False) on (1, 2, 1)
    >>> print(find(cases(ops.ReLU, empty=True), lambda case: 0 in case.inputs[0]))
    relu() on (0, 1, 1)
    """
    found = _CASES.get(kind, _pointwise)(kind)
    return found.flatmap(emptied) if empty else found


def planned(kind: type[Operator], plan: Plan) -> SearchStrategy[Case]:
    """Settings of one kind of operator that are in the planned classes, which must be able to occur together.

    The plan names a class for every feature of the kind: see `classes`, and `possible` for what can be.
    """
    return _CASES.get(kind, _pointwise)(kind, plan)


BIASES = {"without": [False], "with": [True]}
FLAGS = {"no": [False], "yes": [True]}


def _per_axis(draw: DrawFn, plan: Plan, feature: str, rank: int, most: int) -> tuple[int, ...]:
    """A number for each axis, from 1: half of the time pairwise distinct, as far as there are so many."""
    wished = plan.get(feature)
    if wished == "1":
        return (1,) * rank
    if wished == "equal":
        return (draw(st.integers(2, most)),) * rank
    if wished == "unequal" or draw(st.booleans()):
        numbers = draw(st.permutations(range(1, max(most, rank) + 1)))
        return tuple(min(n, most) for n in numbers[:rank])
    return tuple(draw(st.integers(1, most)) for _ in range(rank))


@st.composite
def _upsample(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    x = shape_of(draw, plan)
    return Case(kind(_per_axis(draw, plan, "scale", len(x) - 2, 3)), (x,))


@st.composite
def _linear_upsample(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    x = shape_of(draw, plan)
    most = 7 - len(x)  # of every axis, for the exact definition asks every input of every output
    scale = _per_axis(draw, plan, "scale", len(x) - 2, most)
    corners = draw(pick(plan, "align_corners", FLAGS))
    return Case(kind(scale, align_corners=corners), ((*x[:2], *(min(n, most) for n in x[2:])),))


@st.composite
def _unpool(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    x = shape_of(draw, plan)
    wished = plan.get("places")
    if wished:
        outputs = [max(n + {"fewer": -1, "as many": 0, "more": 1}[wished], 1) for n in x[2:]]
    else:
        outputs = [draw(st.integers(1, 4)) for _ in x[2:]]
    return Case(kind(tuple(outputs)), (x,))


@st.composite
def _pool(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    settings, sizes = draw(sliding(plan, blind=False))
    own: dict[str, Any] = {}
    if kind is ops.AveragePool:
        own = {"count_padding": draw(pick(plan, "count_padding", {"no": [False], "yes": [True, True]}))}
    elif kind is ops.LpPool:
        own = {"p": draw(pick(plan, "p", {"1": [1], "2": [2], "odd": [3], "even": [4]}))}
    ceil = draw(pick(plan, "rounding", {"down": [False], "up": [True], "overhang": [True], "dropped": [True]}))
    return Case(kind(ceil=ceil, **settings, **own), ((batch_of(draw, plan), channels_of(draw, plan), *sizes),))


PARTS = {
    ("1", "1"): [(1, 1)],
    ("1", "few"): [(1, 2), (1, 3)],
    ("1", "around a block"): [(1, 8), (1, 9), (1, 7)],
    ("several", "few"): [(2, 4), (2, 2), (3, 3), (3, 6)],
    ("several", "around a block"): [(2, 8), (3, 9)],
}
"""Groups or pieces, and channels that they divide, by how many there are of both."""


def _divided(draw: DrawFn, plan: Plan, feature: str, c: int) -> tuple[int, int]:
    """Groups or pieces of channels, and the number of channels."""
    if plan:
        return draw(st.sampled_from(PARTS[plan[feature], plan["channels"]]))
    parts = draw(st.sampled_from([1, 2, 3]))
    return parts, parts * c if c < 4 else c - c % parts


@st.composite
def _maxout(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    n, c, *sizes = shape_of(draw, plan)
    pieces, channels = _divided(draw, plan, "pieces", c)
    return Case(kind(pieces), ((n, channels, *sizes),))


@st.composite
def _adaptive(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    n, c = batch_of(draw, plan), channels_of(draw, plan)
    if plan:
        rank, choices = int(plan["rank"]), {"one": (1, 3), "dividing": (2, 4), "overlapping": (2, 3), "more": (3, 2)}
        bins, size = choices[plan["bins"]]
        outputs, sizes = (bins, *(1 for _ in range(rank - 1))), (size, *range(1, rank))
    else:
        sizes = sizes_of(draw, plan, draw(st.integers(1, 3)), 6)
        outputs = tuple(draw(st.integers(1, 4)) for _ in sizes)
    return Case(kind(outputs), ((n, c, *sizes),))


@st.composite
def _linear(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    own = {"bias": draw(pick(plan, "bias", BIASES))} if kind is ops.Linear else {}
    many = {"1": [1], "few": [2, 3, 4], "around a block": AROUND_BLOCKS}
    units = draw(pick(plan, "units", many))
    channels = draw(pick(plan, "channels", many)) if plan or units < 4 else draw(st.integers(1, 3))
    return Case(kind(units, **own), ((batch_of(draw, plan), channels),))


@st.composite
def _cell(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    n, c = batch_of(draw, plan), channels_of(draw, plan)
    units = draw(pick(plan, "units", {"1": [1], "several": [2, 3] if plan else [2]}))
    own: dict[str, Any] = {"bias": draw(pick(plan, "bias", BIASES))}
    if kind is ops.RNNCell:
        own["activation"] = draw(pick(plan, "activation", {"tanh": ["tanh"], "relu": ["relu"]}))
    return Case(kind(units, **own), ((n, c), *((n, units) for _ in kind.reads[1:])))


def _sides(draw: DrawFn, plan: Plan, feature: str, most: int) -> tuple[int, int]:
    """Padding before and after."""
    before, after = draw(st.integers(0, most)), draw(st.integers(0, most))
    return {"none": (0, 0), "symmetric": (1, 1), "asymmetric": (1, 2)}.get(plan.get(feature, ""), (before, after))


@st.composite
def _pad(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    x = shape_of(draw, plan)
    value = draw(pick(plan, "value", {"0": [0, 0], "another": [3, -0.5]}))
    channels = _sides(draw, plan, "channel padding", 2)
    return Case(kind(tuple(_sides(draw, plan, "padding", 2) for _ in x[2:]), channels=channels, value=value), (x,))


@st.composite
def _border(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    n, c, *sizes = shape_of(draw, plan)
    wished, reflects = plan.get("padding"), kind is ops.ReflectPad
    if wished:  # a border that is mirrored is shorter than the input
        size = {"none": 2, "symmetric": 3, "asymmetric": 3, "whole": 2}[wished]
        sizes = [size + i for i, _ in enumerate(sizes)]
    most = [m - 1 if reflects else m + 1 if wished == "whole" else 3 for m in sizes]
    drawn = [(draw(st.integers(0, m)), draw(st.integers(0, m))) for m in most]
    planned = {
        "none": [(0, 0) for _ in most],
        "symmetric": [(1, 1) for _ in most],
        "asymmetric": [(1, 0) if i else (0, 1) for i, _ in enumerate(most)],
        "whole": [(m, m) if i else (m - 1, m) for i, m in enumerate(most)],
    }
    return Case(kind(tuple(planned[wished] if wished else drawn)), ((n, c, *sizes),))


@st.composite
def _select(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    x = shape_of(draw, plan)
    lists = {
        "in order": tuple(range(x[1])),
        "another order": tuple(reversed(range(x[1]))),
        "some": (x[1] - 1,),
        "repeated": (x[1] - 1, 0, x[1] - 1),
    }
    few = st.lists(st.integers(0, x[1] - 1), min_size=1, max_size=4)
    return Case(kind(lists[plan["listed"]] if plan else tuple(draw(few))), (x,))


@st.composite
def _response(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    size = draw(pick(plan, "size", {"1": [1], "even": [2, 4, 6], "odd": [3, 5]}))
    power = draw(pick(plan, "beta", {"between": [0.75, 0.5], "1": [1.0]}))
    op = kind(size, k=draw(pick(plan, "k", {"1": [1.0], "another": [2.0]})), beta=power, alpha=draw(_ALPHAS))
    return Case(op, (shape_of(draw, plan),))


@st.composite
def _norm(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    n, c, *sizes = shape_of(draw, plan, 2)
    settings: dict[str, Any] = {"epsilon": draw(pick(plan, "epsilon", {"usual": [1e-5], "large": [1e-3]}))}
    if kind is ops.GroupNorm:
        settings["groups"], c = _divided(draw, plan, "groups", c)
    elif kind is ops.LayerNorm:
        settings["each_position"] = draw(pick(plan, "each_position", FLAGS))
    elif kind is ops.BatchNorm:
        settings |= {"training": draw(pick(plan, "training", FLAGS)), "momentum": draw(st.sampled_from([0.1, 0.5]))}
    if not plan and c * prod(sizes) > 12:  # roots to many digits are slow
        n, sizes = 2 - (c > 9), [1]
    n += settings.get("training", False) and n * prod(sizes) == 1
    return Case(kind(**settings), ((n, c, *sizes),))


@st.composite
def _merge(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    n, c, *sizes = shape_of(draw, plan)
    others = draw(pick(plan, "inputs", {"two": [1], "three": [2]}))
    if kind is ops.Add or plan.get("sides") == "equal":
        channels = [c] * others
    elif plan:
        channels = [c + 1, c + 2][:others]
    else:
        channels = [draw(st.integers(1, 3)) for _ in range(others)]
    return Case(kind(), tuple((n, m, *sizes) for m in (c, *channels)))


@st.composite
def _loss(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    reduction = draw(pick(plan, "reduction", {word: [word] for word in REDUCTIONS}))
    own: dict[str, Any] = {} if kind is ops.SquaredError else {"weighted": draw(pick(plan, "weighted", FLAGS))}
    sizes = sizes_of(draw, plan, draw(pick(plan, "rank", {"0": [0], "1": [1], "2": [2]})), 3)
    n, c = batch_of(draw, plan), channels_of(draw, plan)
    if kind is ops.CrossEntropy:
        own |= {
            "smoothing": draw(pick(plan, "smoothing", {"none": [0], "some": [0.1, 0.5]})),
            "targets": draw(pick(plan, "targets", {word: [word] for word in TARGETS})),
        }
        if own["targets"] == "labels":
            classes = {"a class": range(1, c)} if c > 1 else {}
            own["ignored"] = draw(pick(plan, "ignored", {"none": [None], "no class": [-100]} | classes))
    return Case(kind(reduction, **own), ((n, c, *sizes),))


@st.composite
def _dropout(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    rate = draw(pick(plan, "rate", {"half": [0.5], "another": [0.75]}))
    return Case(kind(rate, training=draw(pick(plan, "training", FLAGS))), (shape_of(draw, plan),))


@st.composite
def _pointwise(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    settings = {f.name: draw(pick(plan, f.name, SCALARS[f.name])) for f in fields(kind)}
    return Case(kind(**settings), (shape_of(draw, plan),))


_ALPHAS = st.sampled_from([1e-4, 0.5])
SCALARS = {
    "slope": {"usual": [0.01], "another": [0.5]},
    "alpha": {"usual": [1.0], "another": [0.5, 2.0]},
}
_CASES: dict[type[Operator], Callable[..., SearchStrategy[Case]]] = {
    ops.Conv: conv,
    ops.ConvTranspose: transpose,
    ops.MaxPool: _pool,
    ops.AveragePool: _pool,
    ops.LpPool: _pool,
    ops.Subsample: _pool,
    ops.AdaptiveAveragePool: _adaptive,
    ops.AdaptiveMaxPool: _adaptive,
    ops.MaxUnpool: _unpool,
    ops.Linear: _linear,
    ops.RadialBasis: _linear,
    ops.RNNCell: _cell,
    ops.LSTMCell: _cell,
    ops.Pad: _pad,
    ops.ReflectPad: _border,
    ops.EdgePad: _border,
    ops.Upsample: _upsample,
    ops.LinearUpsample: _linear_upsample,
    **dict.fromkeys((ops.BatchNorm, ops.GroupNorm, ops.InstanceNorm, ops.LayerNorm), _norm),
    ops.LocalResponseNorm: _response,
    ops.Maxout: _maxout,
    ops.Add: _merge,
    ops.Concat: _merge,
    ops.Select: _select,
    ops.Dropout: _dropout,
    ops.CrossEntropy: _loss,
    ops.BinaryCrossEntropy: _loss,
    ops.SquaredError: _loss,
}
