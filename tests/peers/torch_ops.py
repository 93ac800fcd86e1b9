"""Operators as PyTorch's functions: ``apply(op, *tensors)`` takes what the operator's sentence takes, in its order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf
from typing import Any

import torch
from torch.nn import functional as F  # noqa: N812

from cnnmath import ops
from cnnmath.ops import Operator

Tensor = torch.Tensor


def apply(op: Operator, *tensors: Tensor) -> Tensor:
    """Output of an operator."""
    if type(op) not in FUNCTIONS:
        raise NotImplementedError(f"no function of PyTorch is named for {type(op).__name__}")
    return FUNCTIONS[type(op)](op, *tensors)


def conv(op: ops.Conv, x: Tensor, w: Tensor, b: Tensor | None = None) -> Tensor:
    """By the function's own padding where both sides are equal, else on an input padded before."""
    windows = op.windows(tuple(x.shape[2:]))
    function = getattr(F, f"conv{len(op.kernel)}d")
    if all(window.before == window.after for window in windows):
        return function(x, w, b, op.stride, [window.before for window in windows], op.dilation, op.groups)
    pads = [p for window in reversed(windows) for p in (window.before, window.after)]
    return function(F.pad(x, pads), w, b, op.stride, 0, op.dilation, op.groups)


def transpose(op: ops.ConvTranspose, x: Tensor, w: Tensor, b: Tensor | None = None) -> Tensor:
    """What padding cuts off, and output padding adds, at each side by PyTorch's pad."""
    function = getattr(F, f"conv_transpose{len(op.kernel)}d")
    pads = [(-p, extra - q) for (p, q), extra in zip(op.padding, op.output_padding, strict=True)]
    y = function(x, w, None, op.stride, groups=op.groups, dilation=op.dilation)
    y = F.pad(y, [n for pair in reversed(pads) for n in pair])
    return y if b is None else y + b.reshape(-1, *(1,) * len(op.kernel))


def pool(op: Any, x: Tensor) -> Tensor:
    """Sliding and adaptive poolings; padding is equal at both sides."""
    function = getattr(F, f"{POOLS[type(op)]}{x.ndim - 2}d")
    if isinstance(op, (ops.AdaptiveAveragePool, ops.AdaptiveMaxPool)):
        return function(x, op.outputs)
    padding = [before for before, _ in op.padding]
    if isinstance(op, ops.MaxPool):
        return function(x, op.kernel, op.stride, padding, op.dilation, ceil_mode=op.ceil)
    return function(x, op.kernel, op.stride, padding, ceil_mode=op.ceil, count_include_pad=op.count_padding)


def subsample(op: ops.Subsample, x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """A convolution with one kernel of equal numbers a channel."""
    pads = [p for window in reversed(op.windows(tuple(x.shape[2:]))) for p in (window.before, window.after)]
    kernels = w.reshape(-1, 1, *(1,) * len(op.kernel)) * torch.ones((1, 1, *op.kernel), dtype=w.dtype)
    function = getattr(F, f"conv{len(op.kernel)}d")
    return function(F.pad(x, pads), kernels, b, op.stride, 0, op.dilation, len(w))


def flat(pairs: Iterable[tuple[int, int]]) -> list[int]:
    """Padding as torch wants it: the last axis first."""
    return [p for pair in reversed([*pairs]) for p in pair]


def hard_sigmoid(op: ops.HardSigmoid, x: Tensor) -> Tensor:
    """By its branches: PyTorch's own function has one slope, of which it knows in its gradient seven digits alone."""
    z = float(op.slope) * x + float(op.shift)
    return torch.where(z > 0, torch.where(z < 1, z, torch.ones_like(z)), torch.zeros_like(z))


def pad(op: ops.Pad, x: Tensor) -> Tensor:
    """One number around channels and positions."""
    return F.pad(x, flat((op.channels, *op.padding)), value=op.value)


POOLS = {
    ops.MaxPool: "max_pool",
    ops.AveragePool: "avg_pool",
    ops.AdaptiveAveragePool: "adaptive_avg_pool",
    ops.AdaptiveMaxPool: "adaptive_max_pool",
}

FUNCTIONS: dict[type[Operator], Callable[..., Tensor]] = {
    ops.Conv: conv,
    ops.ConvTranspose: transpose,
    **dict.fromkeys(POOLS, pool),
    ops.Subsample: subsample,
    ops.GlobalAveragePool: lambda _, x: x.mean(dim=tuple(range(2, x.ndim)), keepdim=True),
    ops.Linear: lambda _, x, w, b=None: F.linear(x, w, b),
    ops.RadialBasis: lambda _, x, w: ((x[:, None] - w) ** 2).sum(dim=2),
    ops.Flatten: lambda _, x: x.flatten(1),
    ops.Pad: pad,
    ops.Upsample: lambda op, x: F.interpolate(x, scale_factor=[float(s) for s in op.scale], mode="nearest"),
    ops.BatchNorm: lambda op, x, gamma, beta, mean, var: F.batch_norm(x, mean, var, gamma, beta, eps=op.epsilon),
    ops.LocalResponseNorm: lambda op, x: F.local_response_norm(x, op.size, op.alpha, op.beta, op.k),
    ops.ReLU: lambda _, x: F.relu(x),
    ops.LeakyReLU: lambda op, x: F.leaky_relu(x, op.slope),
    ops.ELU: lambda op, x: F.elu(x, op.alpha),
    ops.Sigmoid: lambda _, x: torch.sigmoid(x),
    ops.Tanh: lambda _, x: torch.tanh(x),
    ops.Softplus: lambda _, x: F.softplus(x),
    ops.LogSigmoid: lambda _, x: F.logsigmoid(x),
    ops.Softmax: lambda _, x: F.softmax(x, dim=1),
    ops.SELU: lambda op, x: op.gamma * F.elu(x, op.alpha),
    ops.CELU: lambda op, x: F.celu(x, op.alpha),
    ops.PReLU: lambda _, x, w: F.prelu(x, w),
    ops.ThresholdedReLU: lambda op, x: F.threshold(x, op.alpha, 0),
    ops.Clip: lambda op, x: F.hardtanh(x, -inf if op.low is None else op.low, inf if op.high is None else op.high),
    ops.Softsign: lambda _, x: F.softsign(x),
    ops.Affine: lambda op, x: op.scale * x + op.shift,
    ops.Power: lambda op, x: torch.pow(x, float(op.exponent)),
    ops.Exp: lambda _, x: torch.exp(x),
    ops.Log: lambda _, x: torch.log(x),
    ops.Abs: lambda _, x: torch.abs(x),
    ops.Erf: lambda _, x: torch.erf(x),
    ops.GELU: lambda op, x: F.gelu(x, approximate="tanh" if op.approximate else "none"),
    ops.SiLU: lambda op, x: F.silu(x) if op.beta == 1 else x * torch.sigmoid(float(op.beta) * x),
    ops.Mish: lambda _, x: F.mish(x),
    ops.HardSigmoid: hard_sigmoid,
    ops.HardSwish: lambda _, x: F.hardswish(x),
    ops.Softmax: lambda op, x: F.softmax(x, dim=op.axis),
    ops.Add: lambda _, *x: sum(x[1:], start=x[0]),
    ops.Concat: lambda op, *x: torch.cat(x, dim=op.axis),
    ops.Select: lambda op, x: torch.index_select(x, op.axis, torch.tensor(op.places)),
    ops.Transpose: lambda op, x: x.permute(op.order),
    ops.Reshape: lambda op, x: x.reshape(*x.shape[: op.start], *op.sizes),
    ops.Tile: lambda op, x: x.tile(op.repeats),
    ops.ChannelShuffle: lambda op, x: F.channel_shuffle(x, op.groups),
    ops.Dropout: lambda _, x: x,
}
"""What PyTorch calls each operator."""
