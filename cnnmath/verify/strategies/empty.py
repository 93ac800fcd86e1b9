"""Axes of size 0: which an operator's rules allow, and whether its outputs are defined then."""

from __future__ import annotations

from math import prod

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from cnnmath import ops
from cnnmath.errors import CnnmathError
from cnnmath.ops import Operator
from cnnmath.ops.broadcast import Elementwise
from cnnmath.ops.loss import Loss
from cnnmath.verify.strategies.plan import Case

WITHOUT_CHANNELS: tuple[type[Operator], ...] = (
    *(ops.Conv, ops.ConvTranspose, ops.MaxPool, ops.AveragePool, ops.LpPool, ops.Subsample, ops.GlobalAveragePool),
    *(ops.AdaptiveAveragePool, ops.AdaptiveMaxPool, ops.MaxUnpool, ops.Linear, ops.RadialBasis, ops.Flatten),
    *(ops.Pad, ops.ReflectPad, ops.EdgePad, ops.Upsample, ops.LinearUpsample, ops.BatchNorm, ops.GroupNorm),
    *(ops.InstanceNorm, ops.LayerNorm, ops.RMSNorm, ops.Softmax, ops.LogSoftmax),
    *(ops.LocalResponseNorm, ops.ReLU, ops.LeakyReLU, ops.ELU, ops.Sigmoid, ops.Tanh, ops.Softplus, ops.Maxout),
    *(ops.Add, ops.Dropout, ops.Subtract, ops.Multiply, ops.Divide, ops.Pow, ops.Maximum, ops.Minimum),
    *(ops.Abs, ops.Affine, ops.Clip, ops.Exp, ops.Log, ops.Power),
    *(ops.PReLU, ops.SELU, ops.CELU, ops.ThresholdedReLU, ops.Softsign),
    *(ops.Erf, ops.GELU, ops.SiLU, ops.Mish, ops.HardSigmoid, ops.HardSwish),
    ops.LogSigmoid,
    *(ops.Concat, ops.Select, ops.Slice, ops.Transpose, ops.Reshape, ops.Tile),
    *(ops.SpaceToDepth, ops.DepthToSpace, ops.ChannelShuffle),
    *(ops.Resize, ops.WrapPad, ops.LinearLast),
)
"""Operators that an input without channels leaves nothing, or a bias alone."""

WITHOUT_POSITIONS: tuple[type[Operator], ...] = (
    *(ops.MaxUnpool, ops.Flatten, ops.Pad, ops.Upsample, ops.LinearUpsample, ops.LocalResponseNorm, ops.ReLU),
    *(ops.LeakyReLU, ops.ELU, ops.Sigmoid, ops.Tanh, ops.Softplus, ops.Softmax, ops.LogSoftmax, ops.Maxout, ops.Add),
    *(ops.Dropout, ops.Subtract, ops.Multiply, ops.Divide, ops.Pow, ops.Maximum, ops.Minimum),
    *(ops.Abs, ops.Affine, ops.Clip, ops.Exp, ops.Log, ops.Power),
    *(ops.PReLU, ops.SELU, ops.CELU, ops.ThresholdedReLU, ops.Softsign),
    *(ops.Erf, ops.GELU, ops.SiLU, ops.Mish, ops.HardSigmoid, ops.HardSwish),
    ops.LogSigmoid,
    *(ops.Concat, ops.Select, ops.Slice, ops.Transpose, ops.Reshape, ops.Tile),
    *(ops.SpaceToDepth, ops.DepthToSpace, ops.ChannelShuffle),
)
"""Operators that neither need a window to fit nor take a mean or a maximum over positions."""


MOVES = (ops.Concat, ops.Select, ops.Slice, ops.Reshape)
"""Operators whose setting says along which axis they take something, so that it must be there."""


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
    axes += list(range(2, rank)) if isinstance(op, WITHOUT_POSITIONS) else []
    return [axis for axis in axes if _accepted(without(case, axis))] if isinstance(op, MOVES) else axes


def _accepted(case: Case) -> bool:
    try:
        case.op.shape(*case.inputs)
    except CnnmathError:
        return False
    return True


def without(case: Case, axis: int) -> Case:
    """The same operator on inputs of which all have no number along an axis, but those that are repeated along it."""
    first = case.inputs[0]
    if not isinstance(case.op, (Elementwise, ops.MatMul)):
        return Case(case.op, tuple(tuple(0 if i == axis else n for i, n in enumerate(x)) for x in case.inputs))
    aligned = ((x, axis + len(x) - len(first)) for x in case.inputs)
    shapes = (tuple(0 if i == own and n == first[axis] else n for i, n in enumerate(x)) for x, own in aligned)
    return Case(case.op, tuple(shapes))


def emptied(case: Case) -> SearchStrategy[Case]:
    """The case as it is, or with an axis of size 0 where that is allowed."""
    if prod(case.inputs[0]) == 0:
        return st.just(case)
    return st.sampled_from([case, *(without(case, axis) for axis in empty_axes(case))])
