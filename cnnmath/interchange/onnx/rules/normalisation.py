"""Normalisations, and dropout."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from cnnmath.interchange.onnx.known import Known, content, filled
from cnnmath.interchange.onnx.reading import Here
from cnnmath.interchange.onnx.rules.rule import Rule
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops import BatchNorm, GroupNorm, InstanceNorm, LocalResponseNorm, Slice

SCALE_OF_CHANNELS = 21
"""The first set whose group normalisation has a scale and a shift for each channel; before, for each group."""


def batch_normalization(here: Here) -> Known:
    """BatchNormalization at inference, or in training where nobody asks for the statistics it stores."""
    x, gamma, beta, mean, var = (here.input(i) for i in range(5))
    epsilon, further = here.attribute("epsilon", 1e-5), any(here.node.outputs[1:])
    if not here.attribute("spatial", 1):
        raise UnclaimedError("with statistics for each position")
    if further:
        raise UnclaimedError("in training, whose further outputs are statistics to be stored")
    if here.attribute("training_mode", 0):
        op = BatchNorm(epsilon, training=True, momentum=_rest(here.attribute("momentum", 0.9)))
        return here.add(op, x, arrays={"gamma": gamma, "beta": beta})
    return here.add(BatchNorm(epsilon), x, arrays={"gamma": gamma, "beta": beta, "mean": mean, "var": var})


def _rest(momentum: float) -> float:
    """The share of a batch, where ONNX says that of what was stored."""
    return round(1 - momentum, 9)


def instance_normalization(here: Here) -> Known:
    """InstanceNormalization."""
    arrays = {"gamma": here.input(1), "beta": here.input(2)}
    return here.add(InstanceNorm(here.attribute("epsilon", 1e-5)), here.input(0), arrays=arrays)


def group_normalization(here: Here) -> Known:
    """GroupNormalization; a number a group is that number for each of its channels."""
    x, groups = here.input(0), here.attribute("num_groups")
    gamma, beta = here.input(1), here.input(2)
    if here.opset < SCALE_OF_CHANNELS:
        gamma, beta = (_repeated(a, x.sizes[1], groups) for a in (gamma, beta))
    op = GroupNorm(groups, here.attribute("epsilon", 1e-5))
    return here.add(op, x, arrays={"gamma": gamma, "beta": beta})


def _repeated(a: Known, channels: Any, groups: int) -> Known:
    """A number a group, as a number a channel."""
    if a.array is None or not isinstance(channels, int):
        raise UnclaimedError("whose scale is computed while the model runs")
    if a.sizes != (groups,):
        raise UnclaimedError(f"of {groups} groups, whose scale is of shape {a.sizes}")
    lazy = a.array.mapped(f"repeated{channels}", lambda array: np.repeat(array, channels // groups), (channels,))
    return Known(a.name, a.dtype, lazy.shape, array=lazy)


def lrn(here: Here) -> Known:
    """LRN; of an even number of channels the odd one lies behind, where here it lies before: channels are reversed."""
    x, size = here.input(0), here.attribute("size")
    alpha, beta, bias = (here.attribute(*pair) for pair in (("alpha", 1e-4), ("beta", 0.75), ("bias", 1.0)))
    op = LocalResponseNorm(size, alpha, beta, bias)
    if size % 2:
        return here.add(op, x)
    reverse = Slice((0, -1), steps=(1, -1))
    normal = here.add(op, here.add(reverse, x, suffix="reversed"), suffix="normal")
    return here.add(reverse, normal)


def dropout(here: Here) -> tuple[Known, Known | None]:
    """Dropout at inference, or that drops nothing: its input, and a mask that keeps everything."""
    x, ratio, training = here.input(0), here.optional(1), here.optional(2)
    drops = training is not None and bool(content(training).all())
    if drops and (ratio is None or content(ratio).any()):
        raise UnclaimedError("in training, where it drops at random")
    if not any(here.node.outputs[1:]):
        return x, None
    return x, filled(here.node.outputs[1], np.True_, x.sizes)


def identity(here: Here) -> Known:
    """A node that changes nothing: what it reads goes on."""
    return here.input(0)


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "BatchNormalization": batch_normalization,
        "InstanceNormalization": instance_normalization,
        "GroupNormalization": group_normalization,
        "LRN": lrn,
        "Dropout": dropout,
        "Identity": identity,
    }
)
"""The rules of this chapter."""
