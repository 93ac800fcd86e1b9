"""Whether the samples of a batch meet in an operator, or each goes its own way."""

from __future__ import annotations

from functools import singledispatch

from cnnmath.ops.algebra import Operator, Shape
from cnnmath.ops.along import settled
from cnnmath.ops.broadcast import Elementwise
from cnnmath.ops.checks import same
from cnnmath.ops.combine import Concat, Select
from cnnmath.ops.crop import Slice
from cnnmath.ops.expand import Expand
from cnnmath.ops.group_norm import LayerNorm
from cnnmath.ops.norm import BatchNorm
from cnnmath.ops.product import MatMul
from cnnmath.ops.rearrange import Reshape, Tile, Transpose
from cnnmath.ops.reduction import Reduce
from cnnmath.ops.rms_norm import RMSNorm
from cnnmath.ops.softmax import OverAxis


@singledispatch
def samples_meet(op: Operator, *inputs: Shape) -> bool:  # noqa: ARG001 - most operators ask no further
    """Whether an output depends on several samples, on another one than its own, or on how many there are.

    Losses are not asked.

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
def _(op: Elementwise | MatMul | Expand, *inputs: Shape) -> bool:
    """Where the batch is no axis of all inputs, or is repeated, it is not that of the output."""
    output = op.shape(*inputs)
    batched = min(map(len, inputs)) > (2 if isinstance(op, MatMul) else 0)
    return not (batched and all(len(x) == len(output) and same(x[:1], output[:1]) for x in inputs))


@samples_meet.register
def _(op: Reduce, *inputs: Shape) -> bool:
    return 0 in op.along(inputs[0])


@samples_meet.register
def _(op: OverAxis | LayerNorm | RMSNorm, *inputs: Shape) -> bool:
    return settled((op.axis,), inputs[0]) == (0,)


@samples_meet.register
def _(op: Concat | Select, *inputs: Shape) -> bool:  # noqa: ARG001
    return op.axis == 0


@samples_meet.register
def _(op: Slice, *inputs: Shape) -> bool:  # noqa: ARG001
    """All that is taken of a batch may be all of it, for this number of samples alone."""
    return (*op.starts[:1], *op.ends[:1], *op.steps[:1]) not in ((), (0, None, 1))


@samples_meet.register
def _(op: Transpose, *inputs: Shape) -> bool:  # noqa: ARG001
    return op.order[0] != 0


@samples_meet.register
def _(op: Reshape, *inputs: Shape) -> bool:  # noqa: ARG001
    return op.start == 0


@samples_meet.register
def _(op: Tile, *inputs: Shape) -> bool:  # noqa: ARG001
    return op.repeats[0] > 1
