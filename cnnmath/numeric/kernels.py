"""The kernels of all operators, as a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cnnmath import ops
from cnnmath.errors import SettingError
from cnnmath.numeric import (
    activation,
    adaptive,
    arithmetic,
    border,
    combine,
    conv,
    hard,
    linear,
    loss,
    lp_pool,
    maxout,
    norm,
    pad,
    pointwise,
    pool,
    product,
    rearrange,
    rectifiers,
    recurrent,
    reduction,
    resize,
    rms_norm,
    smooth,
    statistics,
    transposed,
    unpool,
    upsample,
)
from cnnmath.numeric.windows import Array
from cnnmath.ops import Operator


@dataclass(frozen=True, slots=True)
class Kernel:
    """A hand-written pair: ``forward(op, *arrays)``, and ``backward(op, dy, *arrays)`` giving a dict by operand.

    ``scratch(op, *inputs)`` says how many numbers it holds at a time besides operands and results, from the shapes of
    the inputs; without it, none are foreseen.
    """

    forward: Callable[..., Array]
    backward: Callable[..., dict[str, Array]]
    scratch: Callable[..., int] | None = None


KERNELS: Mapping[type[Operator], Kernel] = MappingProxyType(
    {
        ops.Conv: Kernel(conv.forward, conv.backward, conv.scratch),
        ops.ConvTranspose: Kernel(transposed.forward, transposed.backward, transposed.scratch),
        ops.MaxPool: Kernel(pool.max_forward, pool.max_backward),
        ops.AveragePool: Kernel(pool.average_forward, pool.average_backward),
        ops.LpPool: Kernel(lp_pool.forward, lp_pool.backward),
        ops.Subsample: Kernel(pool.subsample_forward, pool.subsample_backward),
        ops.GlobalAveragePool: Kernel(adaptive.global_forward, adaptive.global_backward),
        ops.AdaptiveAveragePool: Kernel(adaptive.adaptive_forward, adaptive.adaptive_backward),
        ops.AdaptiveMaxPool: Kernel(adaptive.max_forward, adaptive.max_backward),
        ops.MaxUnpool: Kernel(unpool.forward, unpool.backward),
        ops.Linear: Kernel(linear.forward, linear.backward),
        ops.LinearLast: Kernel(linear.last_forward, linear.last_backward),
        ops.RadialBasis: Kernel(linear.radial_forward, linear.radial_backward),
        ops.Flatten: Kernel(linear.flatten_forward, linear.flatten_backward),
        ops.RNNCell: Kernel(recurrent.rnn_forward, recurrent.rnn_backward),
        ops.LSTMCell: Kernel(recurrent.lstm_forward, recurrent.lstm_backward),
        ops.Pad: Kernel(pad.forward, pad.backward),
        ops.ReflectPad: Kernel(border.forward, border.backward),
        ops.EdgePad: Kernel(border.forward, border.backward),
        ops.WrapPad: Kernel(border.forward, border.backward),
        ops.Upsample: Kernel(upsample.nearest_forward, upsample.nearest_backward),
        ops.LinearUpsample: Kernel(upsample.linear_forward, upsample.linear_backward),
        ops.Resize: Kernel(resize.forward, resize.backward),
        ops.BatchNorm: Kernel(norm.batch_forward, norm.batch_backward),
        ops.GroupNorm: Kernel(statistics.forward, statistics.backward),
        ops.InstanceNorm: Kernel(statistics.forward, statistics.backward),
        ops.LayerNorm: Kernel(statistics.forward, statistics.backward),
        ops.RMSNorm: Kernel(rms_norm.forward, rms_norm.backward),
        ops.LocalResponseNorm: Kernel(norm.response_forward, norm.response_backward),
        ops.ReLU: Kernel(activation.relu_forward, activation.relu_backward),
        ops.LeakyReLU: Kernel(activation.leaky_forward, activation.leaky_backward),
        ops.ELU: Kernel(activation.elu_forward, activation.elu_backward),
        ops.SELU: Kernel(rectifiers.selu_forward, rectifiers.selu_backward),
        ops.CELU: Kernel(rectifiers.celu_forward, rectifiers.celu_backward),
        ops.PReLU: Kernel(rectifiers.prelu_forward, rectifiers.prelu_backward),
        ops.ThresholdedReLU: Kernel(rectifiers.thresholded_forward, rectifiers.thresholded_backward),
        ops.Clip: Kernel(pointwise.clip_forward, pointwise.clip_backward),
        ops.Sigmoid: Kernel(activation.sigmoid_forward, activation.sigmoid_backward),
        ops.Tanh: Kernel(activation.tanh_forward, activation.tanh_backward),
        ops.Softplus: Kernel(activation.softplus_forward, activation.softplus_backward),
        ops.LogSigmoid: Kernel(activation.log_sigmoid_forward, activation.log_sigmoid_backward),
        ops.Softsign: Kernel(rectifiers.softsign_forward, rectifiers.softsign_backward),
        ops.Erf: Kernel(smooth.erf_forward, smooth.erf_backward),
        ops.GELU: Kernel(smooth.gelu_forward, smooth.gelu_backward),
        ops.SiLU: Kernel(smooth.silu_forward, smooth.silu_backward),
        ops.Mish: Kernel(smooth.mish_forward, smooth.mish_backward),
        ops.HardSigmoid: Kernel(hard.sigmoid_forward, hard.sigmoid_backward),
        ops.HardSwish: Kernel(hard.swish_forward, hard.swish_backward),
        ops.Softmax: Kernel(activation.softmax_forward, activation.softmax_backward),
        ops.LogSoftmax: Kernel(activation.log_softmax_forward, activation.log_softmax_backward),
        ops.Maxout: Kernel(maxout.forward, maxout.backward),
        ops.Affine: Kernel(pointwise.affine_forward, pointwise.affine_backward),
        ops.Power: Kernel(pointwise.power_forward, pointwise.power_backward),
        ops.Exp: Kernel(pointwise.exp_forward, pointwise.exp_backward),
        ops.Log: Kernel(pointwise.log_forward, pointwise.log_backward),
        ops.Abs: Kernel(pointwise.abs_forward, pointwise.abs_backward),
        ops.Reduce: Kernel(reduction.forward, reduction.backward),
        ops.Add: Kernel(arithmetic.add_forward, arithmetic.add_backward),
        ops.Subtract: Kernel(arithmetic.subtract_forward, arithmetic.subtract_backward),
        ops.Multiply: Kernel(arithmetic.multiply_forward, arithmetic.multiply_backward),
        ops.Divide: Kernel(arithmetic.divide_forward, arithmetic.divide_backward),
        ops.Pow: Kernel(arithmetic.pow_forward, arithmetic.pow_backward),
        ops.Maximum: Kernel(arithmetic.maximum_forward, arithmetic.maximum_backward),
        ops.Minimum: Kernel(arithmetic.minimum_forward, arithmetic.minimum_backward),
        ops.MatMul: Kernel(product.forward, product.backward),
        ops.Expand: Kernel(arithmetic.expand_forward, arithmetic.expand_backward),
        ops.Concat: Kernel(combine.concat_forward, combine.concat_backward),
        ops.Select: Kernel(combine.select_forward, combine.select_backward),
        ops.Slice: Kernel(rearrange.slice_forward, rearrange.slice_backward),
        ops.Transpose: Kernel(rearrange.transpose_forward, rearrange.transpose_backward),
        ops.Reshape: Kernel(rearrange.reshape_forward, rearrange.reshape_backward),
        ops.Tile: Kernel(rearrange.tile_forward, rearrange.tile_backward),
        ops.SpaceToDepth: Kernel(rearrange.deepened, rearrange.depth_backward),
        ops.DepthToSpace: Kernel(rearrange.flattened, rearrange.space_backward),
        ops.ChannelShuffle: Kernel(rearrange.shuffle_forward, rearrange.shuffle_backward),
        ops.Dropout: Kernel(combine.dropout_forward, combine.dropout_backward),
        ops.CrossEntropy: Kernel(loss.cross_entropy_forward, loss.cross_entropy_backward),
        ops.BinaryCrossEntropy: Kernel(loss.binary_forward, loss.binary_backward),
        ops.SquaredError: Kernel(loss.squared_forward, loss.squared_backward),
    }
)
"""The only hand-written numeric forms; each is compared with its operator's sentence."""

SWITCHES: Mapping[type[Operator], Callable[..., Array]] = MappingProxyType(
    {ops.MaxPool: pool.max_switches, ops.AdaptiveMaxPool: adaptive.max_switches}
)
"""Of poolings that choose a position, which one that is."""


def kernel(op: Operator) -> Kernel:
    """The package's own kernel of an operator."""
    if type(op) not in KERNELS:
        raise SettingError("no kernel is written for it.", rule="numeric.KERNELS has one for each operator of ops.ALL")
    return KERNELS[type(op)]
