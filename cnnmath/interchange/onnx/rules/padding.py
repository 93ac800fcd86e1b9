"""Padding; what is padded by less than nothing is cut off."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from types import MappingProxyType

from cnnmath.interchange.onnx.known import Known, numbers
from cnnmath.interchange.onnx.reading import Here
from cnnmath.interchange.onnx.rules.moving import sliced
from cnnmath.interchange.onnx.rules.rule import Rule
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops import EdgePad, Operator, Pad, ReflectPad, WrapPad

PADS_ARE_AN_INPUT = 11
"""The first set whose padding reads how much is added."""
BORDERS = MappingProxyType({"reflect": ReflectPad, "edge": EdgePad, "wrap": WrapPad})
"""Paddings by the input's own numbers."""


def pad(here: Here) -> Known:
    """Pad: what is negative is a slice, which comes first."""
    x = here.input(0)
    if x.rank < 2:
        raise UnclaimedError("along the batch")
    pairs = added(here, x.rank)
    cuts = {
        axis: (-min(before, 0), min(after, 0) or None, 1)
        for axis, (before, after) in enumerate(pairs)
        if before < 0 or after < 0
    }
    channels, *spatial = [(max(before, 0), max(after, 0)) for before, after in pairs[1:]]
    if any(n > 0 for n in pairs[0]):
        raise UnclaimedError("along the batch")
    if not any(n for pair in (channels, *spatial) for n in pair):
        return sliced(here, x, cuts)
    op = _operator(here, channels, tuple(spatial))
    return here.add(op, sliced(here, x, cuts, "cut"))


def added(here: Here, rank: int) -> list[tuple[int, int]]:
    """How much is added before and after along every axis."""
    old = here.opset < PADS_ARE_AN_INPUT
    pads = here.attribute("pads") if old else numbers(here.input(1))
    axes = here.axes(3) or range(rank)
    if not all(isinstance(n, int) for n in pads):
        raise UnclaimedError("by sizes that are left open")
    pairs = [(0, 0)] * rank
    for axis, before, after in zip(axes, pads[: len(axes)], pads[len(axes) :], strict=True):
        pairs[axis % rank] = (before, after)
    return pairs


def _operator(here: Here, channels: tuple[int, int], spatial: tuple[tuple[int, int], ...]) -> Operator:
    mode = here.attribute("mode", "constant")
    if mode == "constant":
        return Pad(spatial, channels=channels, value=_finite(filling(here)))
    if mode not in BORDERS:
        raise UnclaimedError(f"mode {mode}")
    if any(channels):
        raise UnclaimedError(f"mode {mode}, along the channels")
    return BORDERS[mode](spatial)


def filling(here: Here) -> float:
    """The number that is added."""
    given = here.optional(2)
    value = here.attribute("value", 0.0) if given is None else here.number(given)
    if value is None:
        raise UnclaimedError("by a number that is computed while the model runs")
    return value


def _finite(value: float) -> float:
    if not isfinite(value):
        raise UnclaimedError(f"by {value}")
    return value


RULES: Mapping[str, Rule] = MappingProxyType({"Pad": pad})
"""The rules of this chapter."""
