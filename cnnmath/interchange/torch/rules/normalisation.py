"""Normalisations: by stored statistics, and by those of a sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cnnmath.interchange.torch.build import Builder, Value, check_value
from cnnmath.interchange.torch.rules.convolution import known
from cnnmath.interchange.torch.tensors import Known
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops import BatchNorm, GroupNorm, InstanceNorm, LayerNorm


def batch_norm(
    b: Builder,
    x: Value,
    gamma: Any,
    beta: Any,
    mean: Any,
    var: Any,
    training: bool,
    momentum: float,
    eps: float,
    *rest: Any,
) -> Value:
    """Normalisation by stored statistics."""
    if training or mean is None or var is None:
        raise UnclaimedError("it normalises by the statistics of the batch")
    mean = known(mean)
    op = BatchNorm(eps, momentum=momentum)
    own = {"gamma": scale(gamma, mean, 1), "beta": scale(beta, mean, 0), "mean": mean, "var": known(var)}
    return b.apply(op, x, **own)


def batch_norm_of_inference(
    b: Builder, x: Value, gamma: Any, beta: Any, mean: Any, var: Any, momentum: float, eps: float
) -> tuple[Any, ...]:
    """The same as decompositions write it, with statistics that nothing reads here."""
    return (batch_norm(b, x, gamma, beta, mean, var, False, momentum, eps), None, None)


def group_norm(
    b: Builder, x: Value, groups: int, gamma: Any = None, beta: Any = None, eps: float = 1e-5, *rest: Any
) -> Value:
    """Normalisation of groups of channels."""
    given = _like(check_value(x).shape[1:2], gamma, beta)
    return b.apply(GroupNorm(groups, eps), x, **given)


def native_group_norm(
    b: Builder, x: Value, gamma: Any, beta: Any, n: int, c: int, positions: int, groups: int, eps: float
) -> tuple[Any, ...]:
    """The same as decompositions write it."""
    return (group_norm(b, x, groups, gamma, beta, eps), None, None)


def instance_norm(
    b: Builder,
    x: Value,
    gamma: Any,
    beta: Any,
    mean: Any,
    var: Any,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    *rest: Any,
) -> Value:
    """Normalisation of each channel of each sample, or by stored statistics."""
    if not use_input_stats:
        return batch_norm(b, x, gamma, beta, mean, var, False, momentum, eps)
    given = _like(check_value(x).shape[1:2], gamma, beta)
    return b.apply(InstanceNorm(eps), x, **given)


def layer_norm(
    b: Builder, x: Value, shape: Sequence[int], gamma: Any = None, beta: Any = None, eps: float = 1e-5, *rest: Any
) -> Value:
    """Normalisation of each sample, or of the last axis alone."""
    given = _like(tuple(shape), gamma, beta)
    if len(shape) > 1 or len(check_value(x).shape) == 2:
        return b.apply(LayerNorm(eps, axis=len(x.shape) - len(shape)), x, **given)
    value, i, axis = b.alone(x, -1)
    if axis > 1 and axis == len(value.layout.source) - 1:
        return b.kept(LayerNorm(eps, axis=axis), value, layout=value.layout, **given)
    value, _ = b.channels(value, i)
    return b.kept(LayerNorm(eps, each_position=True), value, layout=value.layout, **given)


def native_layer_norm(b: Builder, *args: Any) -> tuple[Any, ...]:
    """The same as decompositions write it."""
    return (layer_norm(b, *args), None, None)


def scale(given: Any, like: Known, number: float) -> Known:
    """A scale or a shift; where the module has none, an array of this number."""
    if given is not None:
        return known(given)
    tensor = like.tensor.detach().new_full(like.shape, number)
    return Known(tensor, ("all", number, like.shape, str(tensor.dtype)), filled=str(number))


def _like(shape: tuple[int, ...], gamma: Any, beta: Any) -> dict[str, Known]:
    """Scale and shift of this shape."""
    import torch

    like = next((known(t) for t in (gamma, beta) if t is not None), None)
    like = like or Known(torch.empty(shape), ("shape", shape))
    return {"gamma": scale(gamma, like, 1), "beta": scale(beta, like, 0)}


RULES = {
    "batch_norm": batch_norm,
    "_native_batch_norm_legit_no_training": batch_norm_of_inference,
    "group_norm": group_norm,
    "native_group_norm": native_group_norm,
    "instance_norm": instance_norm,
    "layer_norm": layer_norm,
    "native_layer_norm": native_layer_norm,
}
