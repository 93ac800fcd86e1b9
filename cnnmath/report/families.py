"""Families of operators, by which the documentation lists them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cnnmath import ops
from cnnmath.ops import Operator

FAMILIES: Mapping[str, tuple[type[Operator], ...]] = MappingProxyType(
    {
        "Convolutions": (ops.Conv, ops.ConvTranspose),
        "Pooling": (
            *(ops.MaxPool, ops.AveragePool, ops.LpPool, ops.Subsample, ops.GlobalAveragePool),
            *(ops.AdaptiveAveragePool, ops.AdaptiveMaxPool, ops.MaxUnpool, ops.Maxout),
        ),
        "Dense layers": (ops.Linear, ops.LinearLast, ops.MatMul, ops.RadialBasis),
        "Recurrence": (ops.RNNCell, ops.LSTMCell),
        "Normalisation": (
            *(ops.BatchNorm, ops.GroupNorm, ops.InstanceNorm, ops.LayerNorm, ops.RMSNorm),
            *(ops.LocalResponseNorm, ops.Dropout),
        ),
        "Activations": (
            *(ops.ReLU, ops.LeakyReLU, ops.PReLU, ops.ThresholdedReLU, ops.ELU, ops.SELU, ops.CELU),
            *(ops.Sigmoid, ops.Tanh, ops.Softplus, ops.LogSigmoid, ops.Softsign, ops.Erf, ops.GELU, ops.SiLU, ops.Mish),
            *(ops.HardSigmoid, ops.HardSwish, ops.Clip, ops.Softmax, ops.LogSoftmax),
        ),
        "Arithmetic": (
            *(ops.Add, ops.Subtract, ops.Multiply, ops.Divide, ops.Pow, ops.Maximum, ops.Minimum),
            *(ops.Affine, ops.Power, ops.Exp, ops.Log, ops.Abs, ops.Reduce),
        ),
        "Padding and resizing": (
            *(ops.Pad, ops.ReflectPad, ops.EdgePad, ops.WrapPad),
            *(ops.Upsample, ops.LinearUpsample, ops.Resize),
        ),
        "Shapes": (
            *(ops.Flatten, ops.Reshape, ops.Transpose, ops.Concat, ops.Select, ops.Slice, ops.Expand, ops.Tile),
            *(ops.SpaceToDepth, ops.DepthToSpace, ops.ChannelShuffle),
        ),
        "Losses": (ops.CrossEntropy, ops.BinaryCrossEntropy, ops.SquaredError),
    }
)
"""Every operator of `cnnmath.ops.ALL`, each in one family."""
