"""The spine: every operator's meaning, written once.

``ALL`` is the only list of operators; everything that speaks of "all operators" reads it.
"""

from __future__ import annotations

from cnnmath.errors import unknown
from cnnmath.ops.activation import ELU, LeakyReLU, LogSigmoid, ReLU, Sigmoid, Softplus, Tanh
from cnnmath.ops.adaptive import AdaptiveAveragePool, AdaptiveMaxPool, GlobalAveragePool
from cnnmath.ops.algebra import Algebra, Operand, Operator, operands
from cnnmath.ops.arithmetic import Add, Divide, Maximum, Minimum, Multiply, Pow, Subtract
from cnnmath.ops.blocks import ChannelShuffle, DepthToSpace, SpaceToDepth
from cnnmath.ops.border import EdgePad, ReflectPad, WrapPad
from cnnmath.ops.combine import Concat, Dropout, Select
from cnnmath.ops.conv import Conv
from cnnmath.ops.crop import Slice
from cnnmath.ops.expand import Expand
from cnnmath.ops.group_norm import GroupNorm, InstanceNorm, LayerNorm
from cnnmath.ops.hard import HardSigmoid, HardSwish
from cnnmath.ops.linear import Flatten, Linear, LinearLast, RadialBasis
from cnnmath.ops.loss import BinaryCrossEntropy, CrossEntropy, SquaredError
from cnnmath.ops.lp_pool import LpPool
from cnnmath.ops.maxout import Maxout
from cnnmath.ops.mode import inference, training
from cnnmath.ops.norm import BatchNorm, LocalResponseNorm
from cnnmath.ops.pad import Pad
from cnnmath.ops.pointwise import Abs, Affine, Clip, Exp, Log, Power
from cnnmath.ops.pool import AveragePool, MaxPool, Subsample
from cnnmath.ops.product import MatMul
from cnnmath.ops.rearrange import Reshape, Tile, Transpose
from cnnmath.ops.rectifiers import CELU, SELU, PReLU, Softsign, ThresholdedReLU
from cnnmath.ops.recurrent import LSTMCell, RNNCell
from cnnmath.ops.reduction import Reduce
from cnnmath.ops.resize import Resize
from cnnmath.ops.rms_norm import RMSNorm
from cnnmath.ops.smooth import GELU, Erf, Mish, SiLU
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
    LinearLast,
    RadialBasis,
    Flatten,
    RNNCell,
    LSTMCell,
    Pad,
    ReflectPad,
    EdgePad,
    WrapPad,
    Upsample,
    LinearUpsample,
    Resize,
    BatchNorm,
    GroupNorm,
    InstanceNorm,
    LayerNorm,
    RMSNorm,
    LocalResponseNorm,
    ReLU,
    LeakyReLU,
    ELU,
    SELU,
    CELU,
    PReLU,
    ThresholdedReLU,
    Clip,
    Sigmoid,
    Tanh,
    Softplus,
    LogSigmoid,
    Softsign,
    Erf,
    GELU,
    SiLU,
    Mish,
    HardSigmoid,
    HardSwish,
    Softmax,
    LogSoftmax,
    Maxout,
    Affine,
    Power,
    Exp,
    Log,
    Abs,
    Reduce,
    Add,
    Subtract,
    Multiply,
    Divide,
    Pow,
    Maximum,
    Minimum,
    MatMul,
    Expand,
    Concat,
    Select,
    Slice,
    Transpose,
    Reshape,
    Tile,
    SpaceToDepth,
    DepthToSpace,
    ChannelShuffle,
    Dropout,
    CrossEntropy,
    BinaryCrossEntropy,
    SquaredError,
)

__all__ = [
    "ALL",
    "CELU",
    "ELU",
    "GELU",
    "SELU",
    "Abs",
    "AdaptiveAveragePool",
    "AdaptiveMaxPool",
    "Add",
    "Affine",
    "Algebra",
    "AveragePool",
    "BatchNorm",
    "BinaryCrossEntropy",
    "ChannelShuffle",
    "Clip",
    "Concat",
    "Conv",
    "ConvTranspose",
    "CrossEntropy",
    "DepthToSpace",
    "Divide",
    "Dropout",
    "EdgePad",
    "Erf",
    "Exp",
    "Expand",
    "Flatten",
    "GlobalAveragePool",
    "GroupNorm",
    "HardSigmoid",
    "HardSwish",
    "InstanceNorm",
    "LSTMCell",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LinearLast",
    "LinearUpsample",
    "LocalResponseNorm",
    "Log",
    "LogSigmoid",
    "LogSoftmax",
    "LpPool",
    "MatMul",
    "MaxPool",
    "MaxUnpool",
    "Maximum",
    "Maxout",
    "Minimum",
    "Mish",
    "Multiply",
    "Operand",
    "Operator",
    "PReLU",
    "Pad",
    "Pow",
    "Power",
    "RMSNorm",
    "RNNCell",
    "RadialBasis",
    "ReLU",
    "Reduce",
    "ReflectPad",
    "Reshape",
    "Resize",
    "Select",
    "SiLU",
    "Sigmoid",
    "Slice",
    "Softmax",
    "Softplus",
    "Softsign",
    "SpaceToDepth",
    "SquaredError",
    "Subsample",
    "Subtract",
    "Tanh",
    "ThresholdedReLU",
    "Tile",
    "Transpose",
    "Upsample",
    "WrapPad",
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
        raise unknown("operator", name, known, "cnnmath derive")
    return known[key]
