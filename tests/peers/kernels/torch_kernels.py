"""PyTorch's functions as kernels under test, with the gradients of its autograd."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional as F  # noqa: N812

from cnnmath import ops
from cnnmath.verify.libraries import from_torch
from cnnmath.verify.subject import Subject
from tests.peers import torch_ops
from tests.peers.kernels.peer import Library, Peer
from tests.peers.kernels.settings import equally_padded_pools, even_powers
from tests.peers.torch_ops import flat

Tensor = torch.Tensor
VIEW = {5: "the result is a view of the input, or its gradient that of the output, where nothing is to be computed"}


def lp_pool(op: ops.LpPool, x: Tensor) -> Tensor:
    """Norms of windows."""
    window = (op.kernel, op.stride) if x.ndim > 3 else (*op.kernel, *op.stride)
    return getattr(F, f"lp_pool{x.ndim - 2}d")(x, op.p, *window)


def resized(op: ops.LinearUpsample, x: Tensor) -> Tensor:
    """Interpolation, linear along every axis."""
    mode = {1: "linear", 2: "bilinear", 3: "trilinear"}[x.ndim - 2]
    return F.interpolate(x, scale_factor=[float(s) for s in op.scale], mode=mode, align_corners=op.align_corners)


def batch_norm(op: ops.BatchNorm, x: Tensor, gamma: Tensor, beta: Tensor, *stored: Tensor) -> Tensor:
    """By the batch's own statistics, or by stored ones."""
    mean, var = stored or (None, None)
    return F.batch_norm(x, mean, var, gamma, beta, training=op.training, eps=float(op.epsilon))


def layer_norm(op: ops.LayerNorm, x: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
    """Over the last axes: channels are put last where each position is normalised."""
    epsilon = float(op.epsilon)
    if op.each_position:
        return F.layer_norm(x.movedim(1, -1), gamma.shape, gamma, beta, epsilon).movedim(-1, 1)
    return F.layer_norm(x, gamma.shape, gamma, beta, epsilon)


def group_norm(op: ops.GroupNorm, x: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
    """Of so many groups of channels."""
    return torch.group_norm(x, op.groups, gamma, beta, float(op.epsilon))


def instance_norm(op: ops.InstanceNorm, x: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
    """A group for every channel, which is defined for one number too."""
    return torch.group_norm(x, x.shape[1], gamma, beta, float(op.epsilon))


def rnn_cell(op: ops.RNNCell, x: Tensor, h: Tensor, w: Tensor, u: Tensor, b: Tensor | None = None) -> Tensor:
    """One bias of its two."""
    return getattr(torch, f"rnn_{op.activation}_cell")(x, h, w, u, b, None if b is None else torch.zeros_like(b))


def lstm_cell(
    op: ops.LSTMCell,  # noqa: ARG001
    x: Tensor,
    h: Tensor,
    c: Tensor,
    w: Tensor,
    u: Tensor,
    b: Tensor | None = None,
) -> Tensor:
    """Both states, the hidden one first."""
    return torch.cat(torch.lstm_cell(x, (h, c), w, u, b, None if b is None else torch.zeros_like(b)), dim=1)


def cross_entropy(op: ops.CrossEntropy, x: Tensor, t: Tensor, weights: Tensor | None = None) -> Tensor:
    """Of labels, or of probabilities."""
    labels = op.targets == "labels"
    ignored = {} if op.ignored is None else {"ignore_index": op.ignored}
    smoothing = float(op.smoothing)
    t = t.long() if labels else t
    return F.cross_entropy(x, t, weights, reduction=op.reduction, label_smoothing=smoothing, **ignored)


def binary(op: ops.BinaryCrossEntropy, x: Tensor, t: Tensor, weights: Tensor | None = None) -> Tensor:
    """Of logits."""
    column = None if weights is None else weights.reshape(-1, *(1,) * (x.ndim - 2))
    return F.binary_cross_entropy_with_logits(x, t, pos_weight=column, reduction=op.reduction)


def softplus(op: ops.Softplus, x: Tensor) -> Tensor:  # noqa: ARG001
    """The identity above 40, where it is to the last digit; PyTorch's own threshold is 20, where 2e-9 is lost."""
    return F.softplus(x, threshold=40)


def dropout(op: ops.Dropout, x: Tensor, *mask: Tensor) -> Tensor:
    """With a mask that is given; PyTorch draws its own."""
    return x * mask[0] / (1 - op.rate) if mask else F.dropout(x, op.rate, training=False)


def plain(kind: Any, **settings: Any) -> Peer:
    """What networks that are handed to PyTorch compute by."""
    return Peer(kind, torch_ops.FUNCTIONS[kind], **settings)


PEERS = (
    *map(plain, (ops.Conv, ops.ConvTranspose, ops.Subsample, ops.Linear, ops.RadialBasis)),
    *(plain(kind, within=equally_padded_pools(kind)) for kind in (ops.MaxPool, ops.AveragePool)),
    *map(plain, (ops.GlobalAveragePool, ops.AdaptiveAveragePool, ops.AdaptiveMaxPool)),
    Peer(ops.LpPool, lp_pool, even_powers()),
    Peer(ops.RNNCell, rnn_cell),
    Peer(ops.LSTMCell, lstm_cell),
    *map(plain, (ops.Pad, ops.Upsample, ops.Select, ops.Tile, ops.ChannelShuffle)),
    *(plain(kind, unasked=VIEW) for kind in (ops.Transpose, ops.Reshape)),
    *(plain(kind, unasked=VIEW) for kind in (ops.Flatten, ops.Add, ops.Concat)),
    Peer(ops.Dropout, dropout, unasked=VIEW),
    Peer(ops.Maxout, lambda op, x: x.unflatten(1, (-1, op.pieces)).max(dim=2).values),
    Peer(ops.ReflectPad, lambda op, x: F.pad(x, flat(op.padding), mode="reflect")),
    Peer(ops.EdgePad, lambda op, x: F.pad(x, flat(op.padding), mode="replicate")),
    Peer(ops.LinearUpsample, resized),
    Peer(ops.BatchNorm, batch_norm),
    Peer(ops.GroupNorm, group_norm),
    Peer(ops.InstanceNorm, instance_norm),
    Peer(ops.LayerNorm, layer_norm),
    Peer(ops.RMSNorm, lambda op, x, gamma: F.rms_norm(x, gamma.shape, gamma, float(op.epsilon))),
    *map(plain, (ops.LocalResponseNorm, ops.ReLU, ops.LeakyReLU, ops.ELU, ops.Sigmoid, ops.Tanh, ops.Softmax)),
    *map(plain, (ops.SELU, ops.CELU, ops.PReLU, ops.ThresholdedReLU, ops.Clip, ops.Softsign)),
    *map(plain, (ops.Affine, ops.Power, ops.Exp, ops.Log, ops.Abs)),
    *map(plain, (ops.Erf, ops.GELU, ops.SiLU, ops.Mish, ops.HardSigmoid, ops.HardSwish)),
    Peer(ops.Softplus, softplus),
    plain(ops.LogSigmoid),
    Peer(ops.LogSoftmax, lambda op, x: F.log_softmax(x, dim=op.axis)),
    Peer(ops.CrossEntropy, cross_entropy),
    Peer(ops.BinaryCrossEntropy, binary),
    Peer(ops.SquaredError, lambda op, x, t: F.mse_loss(x, t, reduction=op.reduction)),
)


def under_test(function: Any, dtype: str, algorithm: str) -> Subject:
    """A function of tensors, called with the operator first."""

    def called(op: Any, *tensors: Tensor) -> Tensor:
        return function(op, *tensors)

    return from_torch(called, dtype, algorithm=algorithm, title="PyTorch's kernel")


LIBRARY = Library("PyTorch", PEERS, under_test)
"""All but MaxUnpool, whose numbers may meet at one place: PyTorch keeps one of them, and does not say which."""
