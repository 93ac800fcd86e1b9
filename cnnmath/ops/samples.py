"""Whether the samples of a batch meet in an operator, or each goes its own way."""

from __future__ import annotations

from functools import singledispatch

from cnnmath.ops.algebra import Operator, Shape
from cnnmath.ops.along import settled
from cnnmath.ops.group_norm import LayerNorm
from cnnmath.ops.norm import BatchNorm
from cnnmath.ops.reduction import Reduce
from cnnmath.ops.softmax import OverAxis


@singledispatch
def samples_meet(op: Operator, *inputs: Shape) -> bool:  # noqa: ARG001 - most operators ask no further
    """Whether an output depends on several samples, for inputs of these shapes; losses are not asked.

    Examples
    --------
    >>> from cnnmath.ops import Softmax
    >>> [samples_meet(Softmax(axis), (2, 3)) for axis in (1, -2)]
    [False, True]
    """
    return False


@samples_meet.register
def _(op: BatchNorm, *inputs: Shape) -> bool:  # noqa: ARG001
    return op.training


@samples_meet.register
def _(op: Reduce, *inputs: Shape) -> bool:
    return 0 in op.along(inputs[0])


@samples_meet.register
def _(op: OverAxis | LayerNorm, *inputs: Shape) -> bool:
    return settled((op.axis,), inputs[0]) == (0,)
