"""Settings of every operator, drawn freely or according to a plan; valid by construction, shrinking to the smallest.

Nothing is generated and then filtered out: kernel, stride, dilation and padding come first, and the input is drawn from
the sizes that fit them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from cnnmath import ops
from cnnmath.ops import Operator
from cnnmath.ops.hard import HALF, SIXTH
from cnnmath.ops.loss import REDUCTIONS, TARGETS
from cnnmath.verify.strategies import moves
from cnnmath.verify.strategies.along import reduction, softmax
from cnnmath.verify.strategies.borders import border, pad
from cnnmath.verify.strategies.broadcasts import elementwise, expand, product
from cnnmath.verify.strategies.convolutions import conv, transpose
from cnnmath.verify.strategies.empty import emptied
from cnnmath.verify.strategies.normalisation import maxout, norm, response
from cnnmath.verify.strategies.plan import (
    AROUND_BLOCKS,
    FLAGS,
    FREE,
    Case,
    Plan,
    batch_of,
    channels_of,
    pick,
    shape_of,
    sizes_of,
)
from cnnmath.verify.strategies.pooling import adaptive, linear_upsample, pool, unpool, upsample
from cnnmath.verify.strategies.resizing import resize


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
    >>> print(find(cases(ops.Conv), lambda case: case.op.stride[0] == 2))
    conv(1, (1,), stride=2, bias=False) on (1, 1, 1)
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


@st.composite
def _linear(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    own = {"bias": draw(pick(plan, "bias", BIASES))} if kind is ops.Linear else {}
    many = {"1": [1], "few": [2, 3, 4], "around a block": AROUND_BLOCKS}
    units = draw(pick(plan, "units", many))
    channels = draw(pick(plan, "channels", many)) if plan or units < 4 else draw(st.integers(1, 3))
    return Case(kind(units, **own), ((batch_of(draw, plan), channels),))


@st.composite
def _last(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    units = draw(pick(plan, "units", {"1": [1], "several": [2, 3]}))
    return Case(kind(units, bias=draw(pick(plan, "bias", BIASES))), (shape_of(draw, plan),))


@st.composite
def _cell(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    n, c = batch_of(draw, plan), channels_of(draw, plan)
    units = draw(pick(plan, "units", {"1": [1], "several": [2, 3] if plan else [2]}))
    own: dict[str, Any] = {"bias": draw(pick(plan, "bias", BIASES))}
    if kind is ops.RNNCell:
        own["activation"] = draw(pick(plan, "activation", {"tanh": ["tanh"], "relu": ["relu"]}))
    return Case(kind(units, **own), ((n, c), *((n, units) for _ in kind.reads[1:])))


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
    scalars = SCALARS | OWN.get(kind, {})
    settings = {f.name: draw(pick(plan, f.name, scalars[f.name])) for f in fields(kind)}
    return Case(kind(**settings), (shape_of(draw, plan),))


SCALARS = {
    "slope": {"usual": [0.01], "another": [0.5]},
    "alpha": {"usual": [1.0], "another": [0.5, 2.0]},
    "shared": FLAGS,
    "low": {"none": [None], "some": [0, -1]},
    "high": {"none": [None], "some": [1, 6]},
    "scale": {"1": [1], "another": [2, -0.5]},
    "shift": {"0": [0], "another": [1, -0.5]},
    "exponent": {"product": [2, 3, 1], "quotient": [-1, -2], "root": [Fraction(1, 2), Fraction(-3, 2)]},
    "beta": {"usual": [1], "another": [0.5, 2.0]},
    "approximate": FLAGS,
}
OWN: dict[type[Operator], dict[str, Any]] = {
    ops.SELU: {
        "alpha": {"usual": [ops.SELU().alpha], "another": [0.5, 2.0]},
        "gamma": {"usual": [ops.SELU().gamma], "another": [0.5, 2.0]},
    },
    ops.HardSigmoid: {
        "slope": {"usual": [SIXTH], "another": [0.2, -0.5]},
        "shift": {"usual": [HALF], "another": [0.25, 1]},
    },
}
"""What is usual for one operator alone."""

_CASES: dict[type[Operator], Callable[..., SearchStrategy[Case]]] = {
    ops.Conv: conv,
    ops.ConvTranspose: transpose,
    ops.MaxPool: pool,
    ops.AveragePool: pool,
    ops.LpPool: pool,
    ops.Subsample: pool,
    ops.AdaptiveAveragePool: adaptive,
    ops.AdaptiveMaxPool: adaptive,
    ops.MaxUnpool: unpool,
    ops.Linear: _linear,
    ops.RadialBasis: _linear,
    ops.LinearLast: _last,
    ops.RNNCell: _cell,
    ops.LSTMCell: _cell,
    ops.Pad: pad,
    ops.ReflectPad: border,
    ops.EdgePad: border,
    ops.WrapPad: border,
    ops.Upsample: upsample,
    ops.LinearUpsample: linear_upsample,
    **dict.fromkeys((ops.BatchNorm, ops.GroupNorm, ops.InstanceNorm, ops.LayerNorm, ops.RMSNorm), norm),
    ops.Resize: resize,
    ops.LocalResponseNorm: response,
    ops.Maxout: maxout,
    **dict.fromkeys((ops.Softmax, ops.LogSoftmax), softmax),
    ops.Reduce: reduction,
    **dict.fromkeys((ops.Add, ops.Subtract, ops.Multiply, ops.Divide, ops.Pow, ops.Maximum, ops.Minimum), elementwise),
    ops.MatMul: product,
    ops.Expand: expand,
    ops.Concat: moves.concat,
    ops.Select: moves.select,
    ops.Slice: moves.crop,
    ops.Transpose: moves.transpose,
    ops.Reshape: moves.reshape,
    ops.Tile: moves.tile,
    ops.SpaceToDepth: moves.blocks,
    ops.DepthToSpace: moves.blocks,
    ops.ChannelShuffle: moves.shuffle,
    ops.Dropout: _dropout,
    ops.CrossEntropy: _loss,
    ops.BinaryCrossEntropy: _loss,
    ops.SquaredError: _loss,
}
