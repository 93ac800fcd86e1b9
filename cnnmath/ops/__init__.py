"""The spine: every operator's meaning, written once.

``ALL`` is the only list of operators; everything that speaks of "all operators" reads it.
"""

from __future__ import annotations

from cnnmath.errors import unknown
from cnnmath.ops.activation import ELU, LeakyReLU, ReLU, Sigmoid, Softplus, Tanh
from cnnmath.ops.adaptive import AdaptiveAveragePool, AdaptiveMaxPool, GlobalAveragePool
from cnnmath.ops.algebra import Algebra, Operand, Operator, operands
from cnnmath.ops.border import EdgePad, ReflectPad
from cnnmath.ops.combine import Add, Concat, Dropout, Select
from cnnmath.ops.conv import Conv
from cnnmath.ops.group_norm import GroupNorm, InstanceNorm, LayerNorm
from cnnmath.ops.linear import Flatten, Linear, RadialBasis
from cnnmath.ops.loss import BinaryCrossEntropy, CrossEntropy, SquaredError
from cnnmath.ops.lp_pool import LpPool
from cnnmath.ops.maxout import Maxout
from cnnmath.ops.mode import inference, training
from cnnmath.ops.norm import BatchNorm, LocalResponseNorm
from cnnmath.ops.pad import Pad
from cnnmath.ops.pool import AveragePool, MaxPool, Subsample
from cnnmath.ops.recurrent import LSTMCell, RNNCell
from cnnmath.ops.reduction import Reduce
from cnnmath.ops.softmax import LogSoftmax, Softmax
from cnnmath.ops.transposed import ConvTranspose
from cnnmath.ops.unpool import MaxUnpool
from cnnmath.ops.upsample import LinearUpsample, Upsample

ALL: tuple[type[Operator], ...] = (
    Conv,
    ConvTranspose,
    MaxPool,
    AveragePool,
    LpPool,
    Subsample,
    GlobalAveragePool,
    AdaptiveAveragePool,
    AdaptiveMaxPool,
    MaxUnpool,
    Linear,
    RadialBasis,
    Flatten,
    RNNCell,
    LSTMCell,
    Pad,
    ReflectPad,
    EdgePad,
    Upsample,
    LinearUpsample,
    BatchNorm,
    GroupNorm,
    InstanceNorm,
    LayerNorm,
    LocalResponseNorm,
    ReLU,
    LeakyReLU,
    ELU,
    Sigmoid,
    Tanh,
    Softplus,
    Softmax,
    LogSoftmax,
    Maxout,
    Reduce,
    Add,
    Concat,
    Select,
    Dropout,
    CrossEntropy,
    BinaryCrossEntropy,
    SquaredError,
)

__all__ = [
    "ALL",
    "ELU",
    "AdaptiveAveragePool",
    "AdaptiveMaxPool",
    "Add",
    "Algebra",
    "AveragePool",
    "BatchNorm",
    "BinaryCrossEntropy",
    "Concat",
    "Conv",
    "ConvTranspose",
    "CrossEntropy",
    "Dropout",
    "EdgePad",
    "Flatten",
    "GlobalAveragePool",
    "GroupNorm",
    "InstanceNorm",
    "LSTMCell",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LinearUpsample",
    "LocalResponseNorm",
    "LogSoftmax",
    "LpPool",
    "MaxPool",
    "MaxUnpool",
    "Maxout",
    "Operand",
    "Operator",
    "Pad",
    "RNNCell",
    "RadialBasis",
    "ReLU",
    "Reduce",
    "ReflectPad",
    "Select",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "SquaredError",
    "Subsample",
    "Tanh",
    "Upsample",
    "inference",
    "named",
    "operands",
    "training",
]


def named(name: str) -> type[Operator]:
    """Operator of this name, in any case and with or without hyphens.

    Examples
    --------
    >>> named("max-pool").__name__
    'MaxPool'
    """
    known = {op.__name__.lower(): op for op in ALL}
    key = name.lower().replace("-", "").replace("_", "")
    if key not in known:
        raise unknown("operator", name, known)
    return known[key]
