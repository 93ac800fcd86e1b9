"""Axes of size 0: which an operator's rules allow, and whether its outputs are defined then."""

from __future__ import annotations

from math import prod

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from cnnmath import ops
from cnnmath.ops import Operator
from cnnmath.ops.loss import Loss
from cnnmath.verify.strategies.plan import Case

WITHOUT_CHANNELS: tuple[type[Operator], ...] = (
    *(ops.Conv, ops.ConvTranspose, ops.MaxPool, ops.AveragePool, ops.LpPool, ops.Subsample, ops.GlobalAveragePool),
    *(ops.AdaptiveAveragePool, ops.AdaptiveMaxPool, ops.MaxUnpool, ops.Linear, ops.RadialBasis, ops.Flatten),
    *(ops.Pad, ops.ReflectPad, ops.EdgePad, ops.Upsample, ops.LinearUpsample, ops.BatchNorm, ops.GroupNorm),
    *(ops.InstanceNorm, ops.LayerNorm, ops.Softmax, ops.LogSoftmax),
    *(ops.LocalResponseNorm, ops.ReLU, ops.LeakyReLU, ops.ELU, ops.Sigmoid, ops.Tanh, ops.Softplus, ops.Maxout),
    *(ops.Add, ops.Concat, ops.Dropout),
)
"""Operators that an input without channels leaves nothing, or a bias alone."""

WITHOUT_POSITIONS: tuple[type[Operator], ...] = (
    *(ops.MaxUnpool, ops.Flatten, ops.Pad, ops.Upsample, ops.LinearUpsample, ops.LocalResponseNorm, ops.ReLU),
    *(ops.LeakyReLU, ops.ELU, ops.Sigmoid, ops.Tanh, ops.Softplus, ops.Softmax, ops.LogSoftmax, ops.Maxout, ops.Add),
    *(ops.Concat, ops.Select, ops.Dropout),
)
"""Operators that neither need a window to fit nor take a mean or a maximum over positions."""


def may_be_empty(op: Operator) -> bool:
    """Whether a batch of no samples has a result: the mean of no losses has none, nor have statistics of no batch.

    Examples
    --------
    >>> may_be_empty(ops.Conv(1, 3)), may_be_empty(ops.CrossEntropy()), may_be_empty(ops.CrossEntropy("sum"))
    (True, False, True)
    """
    if isinstance(op, ops.BatchNorm):
        return not op.training
    return not (isinstance(op, Loss) and op.reduction == "mean")


def empty_axes(case: Case) -> list[int]:
    """Axes of the first input that may have the size 0: 0 the batch, 1 the channels, 2 and above the positions.

    Examples
    --------
    >>> empty_axes(Case(ops.ReLU(), ((1, 2, 3, 4),))), empty_axes(Case(ops.MaxPool((2,)), ((1, 2, 4),)))
    ([0, 1, 2, 3], [0, 1])
    """
    op, rank = case.op, len(case.inputs[0])
    if isinstance(op, ops.Reduce):
        return [axis for axis in range(rank) if axis not in op.along(case.inputs[0])]
    axes = [0] if may_be_empty(op) else []
    if isinstance(op, WITHOUT_CHANNELS) and not (isinstance(op, ops.BatchNorm) and op.training):
        axes.append(1)
    return axes + (list(range(2, rank)) if isinstance(op, WITHOUT_POSITIONS) else [])


def without(case: Case, axis: int) -> Case:
    """The same operator on inputs of which all have no number along an axis."""
    return Case(case.op, tuple(tuple(0 if i == axis else n for i, n in enumerate(x)) for x in case.inputs))


def emptied(case: Case) -> SearchStrategy[Case]:
    """The case as it is, or with an axis of size 0 where that is allowed."""
    if prod(case.inputs[0]) == 0:
        return st.just(case)
    return st.sampled_from([case, *(without(case, axis) for axis in empty_axes(case))])
