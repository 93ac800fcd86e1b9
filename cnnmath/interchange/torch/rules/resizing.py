"""Interpolation, and blocks of channels and of positions."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from cnnmath.interchange.torch.build import Builder, Value, check_value
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops import ChannelShuffle, DepthToSpace, LinearUpsample, Resize, SpaceToDepth, Upsample


def nearest(b: Builder, x: Value, *rest: Any) -> Value:
    """Nearest input, of equal distances the one before."""
    sizes, outputs, scale = _sizes(b, x, rest)
    if whole := _whole(sizes, outputs):
        return b.apply(Upsample(whole), x)
    return b.apply(Resize(outputs, scale=scale, mode="nearest", places="asymmetric", nearest="floor"), x)


def interpolated(mode: str) -> Callable[..., Value]:
    """Rule for weights that are linear or cubic."""

    def rule(b: Builder, x: Value, output: Any, align_corners: bool, *rest: Any) -> Value:
        sizes, outputs, scale = _sizes(b, x, (output, *rest))
        whole = _whole(sizes, outputs)
        if mode == "linear" and whole:
            return b.apply(LinearUpsample(whole, align_corners=align_corners), x)
        places = "align_corners" if align_corners else "half_pixel"
        return b.apply(Resize(outputs, scale=None if align_corners else scale, mode=mode, places=places), x)

    return rule


def _sizes(b: Builder, x: Value, rest: tuple[Any, ...]) -> tuple[tuple[int, ...], tuple[int, ...], Any]:
    """Sizes of the input and of the output, and the scales where the call gives them."""
    if len(check_value(x).shape) < 3:
        raise UnclaimedError("its input has no spatial axis")
    flat = [each for value in rest for each in (value if isinstance(value, (tuple, list)) else [value])]
    scale = tuple(Fraction(str(value)) for value in flat if isinstance(value, float))
    sizes, outputs = x.shape[2:], b.expected[2:]
    return sizes, outputs, scale if len(scale) == len(sizes) else None


def _whole(sizes: tuple[int, ...], outputs: tuple[int, ...]) -> tuple[int, ...] | None:
    """Scales that are whole, where all are."""
    if any(o % n for n, o in zip(sizes, outputs, strict=True)):
        return None
    return tuple(o // n for n, o in zip(sizes, outputs, strict=True))


RULES = {
    **{f"upsample_nearest{d}d": nearest for d in (1, 2, 3)},
    **dict.fromkeys(("upsample_linear1d", "upsample_bilinear2d", "upsample_trilinear3d"), interpolated("linear")),
    "upsample_bicubic2d": interpolated("cubic"),
    "pixel_shuffle": lambda b, x, factor: b.apply(DepthToSpace(factor, "CRD"), x),
    "pixel_unshuffle": lambda b, x, factor: b.apply(SpaceToDepth(factor, "CRD"), x),
    "channel_shuffle": lambda b, x, groups: b.apply(ChannelShuffle(groups), x),
    "native_channel_shuffle": lambda b, x, groups: b.apply(ChannelShuffle(groups), x),
}
