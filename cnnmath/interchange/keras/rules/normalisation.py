"""Normalisations: by stored statistics, by those of a sample, and of the input by constants."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from cnnmath.graph import Constant
from cnnmath.interchange.keras.build import Builder, Value
from cnnmath.interchange.keras.rules.settings import Settings, one_axis
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.numeric.windows import Array
from cnnmath.ops import Add, Affine, BatchNorm, Divide, GroupNorm, LayerNorm, Multiply, Subtract

SMALL = 1e-7
"""What Keras' Normalization takes for a standard deviation below it."""


def batch_norm(b: Builder, c: Settings, x: Value) -> Value:
    """Normalisation by stored statistics. Keras' momentum is the share that stays, the package's that which comes."""
    order = _along(b, x, c.get("axis", -1))
    op = BatchNorm(c["epsilon"], momentum=float(1 - Fraction(str(c["momentum"]))))
    own = _scale_and_shift(b, c, x.shape[order[1]])
    return b.apply(op, x, order=order, **own, mean=b.weight("moving_mean"), var=b.weight("moving_variance"))


def layer_norm(b: Builder, c: Settings, x: Value) -> Value:
    """Normalisation along the last axis: of the channels at each position where they are ahead."""
    if c.get("rms_scaling"):
        raise UnclaimedError("it is scaled by the root mean square")
    rank = len(x.shape)
    if one_axis(c.get("axis", -1), rank) != rank - 1:
        raise UnclaimedError(f"it normalises along axis {c['axis']}")
    order = b.best(x)
    ahead = order[1] == rank - 1
    op = LayerNorm(c["epsilon"], each_position=True) if ahead and rank > 2 else LayerNorm(c["epsilon"], axis=-1)
    return b.apply(op, x, order=order, **_scale_and_shift(b, c, x.shape[-1]))


def group_norm(b: Builder, c: Settings, x: Value) -> Value:
    """Normalisation of groups of channels; -1 groups are as many as channels."""
    order = _along(b, x, c.get("axis", -1))
    channels = x.shape[order[1]]
    groups = channels if c["groups"] == -1 else c["groups"]
    return b.apply(GroupNorm(groups, c["epsilon"]), x, order=order, **_scale_and_shift(b, c, channels))


def normalization(b: Builder, c: Settings, x: Value) -> Value:
    """The input less a mean, over a standard deviation, each a constant of every channel."""
    if c.get("invert"):
        raise UnclaimedError("it is inverted")
    order = _along(b, x, -1 if c.get("axis", -1) is None else c["axis"])
    shape = (1, x.shape[order[1]], *(1,) * (len(order) - 2))

    def constant(name: str, turned: Any, part: str) -> Value:
        given = c.get(name)
        if given is None:
            array = b.weight(name, lambda w: turned(w).reshape(shape))
        else:
            array = turned(np.broadcast_to(np.ravel(np.asarray(given, np.float32)), shape[1:2])).reshape(shape)
        return b.source(Constant(shape), part, value=array).back(order)

    y = b.apply(Subtract(), x, constant("mean", np.asarray, "mean"), order=order, part="subtract")
    return b.apply(Divide(), y, constant("variance", deviation, "deviation"), order=order)


def deviation(variance: Array) -> Array:
    """Root of a variance, but not below 1e-7.

    Examples
    --------
    >>> deviation(np.array([4.0, 0.0])).tolist()
    [2.0, 1e-07]
    """
    return np.maximum(np.sqrt(variance), np.asarray(SMALL, variance.dtype))


def rescaling(b: Builder, c: Settings, x: Value) -> Value:
    """The input times a number, plus a number; or a number for each channel."""
    scale, offset = c["scale"], c.get("offset", 0)
    if not isinstance(scale, (int, float)) or not isinstance(offset, (int, float)):
        return _rescaled_channels(b, x, scale, offset)
    return b.each(Affine(scale, offset), x)


def layer_scale(b: Builder, c: Settings, x: Value) -> Value:
    """Product with a trained number for each channel, as in ConvNeXt."""
    order = b.best(x)
    place = order.index(len(order) - 1)
    shape = tuple(c["projection_dim"] if i == place else 1 for i in range(len(order)))
    name = next(iter(b.weights or ()), "gamma")  # it has one array, which it gives no name
    gamma = b.source(Constant(shape, trained=True), "gamma", value=b.weight(name, lambda w: w.reshape(shape)))
    return b.apply(Multiply(), x, gamma.back(order), order=order)


def _rescaled_channels(b: Builder, x: Value, scale: Any, offset: Any) -> Value:
    """A multiple and a shift of every channel, as stored constants."""
    order = _along(b, x, -1)
    shape = (1, x.shape[order[1]], *(1,) * (len(order) - 2))

    def constant(name: str, given: Any) -> Value:
        array = np.broadcast_to(np.ravel(np.asarray(given, np.float32)), shape[1:2]).reshape(shape)
        return b.source(Constant(shape), name, value=array).back(order)

    y = b.apply(Multiply(), x, constant("scale", scale), order=order, part="multiply")
    return b.apply(Add(), y, constant("offset", offset), order=order)


def _scale_and_shift(b: Builder, c: Settings, size: int) -> dict[str, Any]:
    """Scale and shift, where the layer has none all 1 and all 0."""
    return {
        "gamma": b.weight("gamma") if c.get("scale", True) else b.filled("gamma", size, 1),
        "beta": b.weight("beta") if c.get("center", True) else b.filled("beta", size, 0),
    }


def _along(b: Builder, x: Value, axis: Any) -> tuple[int, ...]:
    """The order of axes in which this one is that of the channels."""
    i = one_axis(axis, len(x.shape))
    if i == 0:
        raise UnclaimedError("it mixes the samples of a batch")
    return (0, i, *(j for j in range(1, len(x.shape)) if j != i))


RULES = {
    "BatchNormalization": batch_norm,
    "BatchNormalizationV1": batch_norm,
    "LayerNormalization": layer_norm,
    "GroupNormalization": group_norm,
    "Normalization": normalization,
    "Rescaling": rescaling,
    "LayerScale": layer_scale,
}
