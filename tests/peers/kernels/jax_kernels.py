"""JAX's functions as kernels under test, with the gradients of ``jax.vjp``."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from jax import lax, nn
from jax import numpy as jnp

from cnnmath import ops
from cnnmath.verify.libraries import from_jax
from cnnmath.verify.strategies import cases
from cnnmath.verify.subject import Subject
from tests.peers.kernels.peer import Library, Peer
from tests.peers.kernels.settings import whole_pools

Array = Any


def channelwise(b: Array, rank: int) -> Array:
    """One number a channel, for arrays of a rank."""
    return b.reshape(-1, *(1,) * (rank - 2))


def conv(op: ops.Conv, x: Array, w: Array, b: Array | None = None) -> Array:
    """The general convolution of XLA."""
    windows = op.windows(x.shape[2:])
    y = lax.conv_general_dilated(
        x,
        w,
        op.stride,
        [(v.before, v.after) for v in windows],
        rhs_dilation=op.dilation,
        feature_group_count=op.groups,
        precision="highest",
    )
    return y if b is None else y + channelwise(b, y.ndim)


def transpose(op: ops.ConvTranspose, x: Array, w: Array, b: Array | None = None) -> Array:
    """The same of an input with zeros between its numbers, by kernels turned around and regrouped."""
    taps = w.shape[2:]
    turned = w.reshape(op.groups, -1, *w.shape[1:]).swapaxes(1, 2).reshape(-1, len(w) // op.groups, *taps)
    turned = turned[(..., *(slice(None, None, -1),) * len(taps))]
    reach = [d * (k - 1) for d, k in zip(op.dilation, taps, strict=True)]
    sides = zip(reach, op.padding, op.output_padding, strict=True)
    y = lax.conv_general_dilated(
        x,
        turned,
        (1,) * len(taps),
        [(most - before, most - after + extra) for most, (before, after), extra in sides],
        lhs_dilation=op.stride,
        rhs_dilation=op.dilation,
        feature_group_count=op.groups,
        precision="highest",
    )
    return y if b is None else y + channelwise(b, y.ndim)


def reduced(op: Any, x: Array, first: float, function: Any) -> Array:
    """A reduction of windows."""
    around = [(0, 0), (0, 0), *((v.before, v.after) for v in op.windows(x.shape[2:]))]
    strides, dilation = (1, 1, *op.stride), (1, 1, *op.dilation)
    return lax.reduce_window(x, first, function, (1, 1, *op.kernel), strides, around, window_dilation=dilation)


def average_pool(op: ops.AveragePool, x: Array) -> Array:
    """Sums of windows, over how many taps count."""
    total = reduced(op, x, 0.0, lax.add)
    if op.count_padding:
        return total / np.prod(op.kernel)
    return total / reduced(op, jnp.ones_like(x), 0.0, lax.add)


def batch_norm(op: ops.BatchNorm, x: Array, gamma: Array, beta: Array, *stored: Array) -> Array:
    """By the mean and the variance of NumPy's names."""
    across = (0, *range(2, x.ndim))
    mean, var = stored or (x.mean(axis=across), x.var(axis=across))
    scale = gamma * lax.rsqrt(var + float(op.epsilon))
    return (x - channelwise(mean, x.ndim)) * channelwise(scale, x.ndim) + channelwise(beta, x.ndim)


def standard(x: Array, across: tuple[int, ...], epsilon: float) -> Array:
    """Deviations from the mean, over the root of their mean square."""
    mean, var = x.mean(axis=across, keepdims=True), x.var(axis=across, keepdims=True)
    return (x - mean) * lax.rsqrt(var + epsilon)


def group_norm(op: Any, x: Array, gamma: Array, beta: Array) -> Array:
    """Groups on an axis of their own; a group for every channel where none are named."""
    groups = getattr(op, "groups", x.shape[1])
    apart = x.reshape(x.shape[0], groups, -1)
    y = standard(apart, (2,), float(op.epsilon)).reshape(x.shape)
    return y * channelwise(gamma, x.ndim) + channelwise(beta, x.ndim)


def layer_norm(op: ops.LayerNorm, x: Array, gamma: Array, beta: Array) -> Array:
    """Over the last axes, or the channels of each position."""
    if op.each_position:
        return standard(x, (1,), float(op.epsilon)) * channelwise(gamma, x.ndim) + channelwise(beta, x.ndim)
    return standard(x, tuple(range(op.first(x.shape), x.ndim)), float(op.epsilon)) * gamma + beta


def resized(method: str) -> Any:
    """``jax.image.resize``, which has no corners upon corners."""

    def function(op: Any, x: Array) -> Array:
        sizes = (n * s for n, s in zip(x.shape[2:], op.scale, strict=True))
        return jax.image.resize(x, (*x.shape[:2], *sizes), method)

    return function


def padded(mode: str) -> Any:
    """``jax.numpy.pad``."""

    def function(op: Any, x: Array) -> Array:
        sides = [(0, 0), getattr(op, "channels", (0, 0)), *op.padding]
        return jnp.pad(x, sides, mode, **({"constant_values": op.value} if mode == "constant" else {}))

    return function


def cross_entropy(op: ops.CrossEntropy, x: Array, t: Array) -> Array:
    """Probabilities against logarithms."""
    return total(op, -(t * nn.log_softmax(x, axis=1)).sum(axis=1))


def binary(op: ops.BinaryCrossEntropy, x: Array, t: Array) -> Array:
    """Two logarithms of probabilities."""
    return total(op, -t * nn.log_sigmoid(x) - (1 - t) * nn.log_sigmoid(-x))


def total(op: Any, losses: Array) -> Array:
    """Their mean or sum, or each."""
    return {"none": lambda a: a, "mean": jnp.mean, "sum": jnp.sum}[op.reduction](losses)


def unweighted(case: Any) -> bool:
    """Losses that are told no weights; of probabilities, without smoothing."""
    op = case.op
    return not op.weighted and (
        not isinstance(op, ops.CrossEntropy) or (op.targets, op.smoothing) == ("probabilities", 0)
    )


PEERS = (
    Peer(ops.Conv, conv),
    Peer(ops.ConvTranspose, transpose),
    Peer(ops.MaxPool, lambda op, x: reduced(op, x, -np.inf, lax.max), whole_pools(ops.MaxPool, automatic=True)),
    Peer(ops.AveragePool, average_pool, whole_pools(ops.AveragePool, automatic=True)),
    Peer(ops.GlobalAveragePool, lambda _, x: x.mean(axis=tuple(range(2, x.ndim)), keepdims=True)),
    Peer(ops.Linear, lambda _, x, w, b=0: jnp.dot(x, w.T, precision="highest") + b),
    Peer(ops.Flatten, lambda _, x: x.reshape(len(x), -1)),
    Peer(ops.Pad, padded("constant")),
    Peer(ops.ReflectPad, padded("reflect")),
    Peer(ops.EdgePad, padded("edge")),
    Peer(ops.Upsample, resized("nearest")),
    Peer(
        ops.LinearUpsample,
        resized("linear"),
        cases(ops.LinearUpsample).filter(lambda case: not case.op.align_corners),
    ),
    Peer(ops.BatchNorm, batch_norm),
    Peer(ops.GroupNorm, group_norm),
    Peer(ops.InstanceNorm, group_norm),
    Peer(ops.LayerNorm, layer_norm),
    Peer(ops.ReLU, lambda _, x: nn.relu(x)),
    Peer(ops.LeakyReLU, lambda op, x: nn.leaky_relu(x, float(op.slope))),
    Peer(ops.ELU, lambda op, x: nn.elu(x, float(op.alpha))),
    Peer(ops.Sigmoid, lambda _, x: nn.sigmoid(x)),
    Peer(ops.Tanh, lambda _, x: jnp.tanh(x)),
    Peer(ops.Softplus, lambda _, x: nn.softplus(x)),
    Peer(ops.LogSigmoid, lambda _, x: nn.log_sigmoid(x)),
    Peer(ops.Softmax, lambda op, x: nn.softmax(x, axis=op.axis)),
    Peer(ops.LogSoftmax, lambda op, x: nn.log_softmax(x, axis=op.axis)),
    Peer(ops.Add, lambda _, *x: sum(x[1:], start=x[0])),
    Peer(ops.Concat, lambda op, *x: jnp.concatenate(x, axis=op.axis)),
    Peer(ops.Select, lambda op, x: jnp.take(x, np.array(op.places), axis=op.axis)),
    Peer(ops.CrossEntropy, cross_entropy, cases(ops.CrossEntropy).filter(unweighted)),
    Peer(ops.BinaryCrossEntropy, binary, cases(ops.BinaryCrossEntropy).filter(unweighted)),
    Peer(ops.SquaredError, lambda op, x, t: total(op, (x - t) ** 2)),
)


def under_test(function: Any, dtype: str, algorithm: str) -> Subject:
    """A function of arrays, compiled for each operator and shape, called with the operator first."""
    jax.config.update("jax_enable_x64", True)
    compiled = jax.jit(function, static_argnums=0)

    def called(op: Any, *arrays: Array) -> Array:
        return compiled(op, *arrays)

    return from_jax(called, dtype, algorithm=algorithm, title="JAX's kernel")


LIBRARY = Library("JAX", PEERS, under_test)
"""Its maxima of dilated windows have no gradient, and are left out."""
