"""Resizing by interpolation; by whole scales it is an upsampling."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import floor
from types import MappingProxyType
from typing import Any

import numpy as np

from cnnmath.interchange.onnx.known import Known, numbers, reals
from cnnmath.interchange.onnx.reading import Here
from cnnmath.interchange.onnx.rules.rule import Rule
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops import LinearUpsample, Operator, Resize, Upsample
from cnnmath.ops.resize import SIMPLE
from cnnmath.sampling import MODES, PLACES

PLACES_ARE_CHOSEN = 11
"""The first set whose Resize says where outputs lie; before, they lie at o/s."""
SCALES_ARE_AN_INPUT = 9
"""The first set whose Upsample reads its scales."""


def upsample(here: Here) -> Known:
    """Upsample, and Resize of version 10: outputs lie at o/s, the nearest input is below, or above where it shrinks."""
    x = here.input(0)
    if here.node.kind == "Upsample" and here.opset < SCALES_ARE_AN_INPUT:
        given = here.tensor("scales")
    else:
        given = here.input(1)
    scales = [_simple(s) for s in reals(given)]
    _check_spatial(scales)
    shrinks, mode = any(s < 1 for s in scales), here.attribute("mode", "nearest")
    if shrinks and mode == "nearest" and any(s > 1 for s in scales):
        raise UnclaimedError("whose nearest is above along one axis alone")
    nearest = "ceil" if shrinks and mode == "nearest" else "floor"
    how = {"mode": mode, "places": "asymmetric", "nearest": nearest}
    return here.add(_settled(Resize(scale=tuple(scales[2:]), **how)), x)


def resize(here: Here) -> Known:
    """Resize by scales or to sizes, along all axes or those that are named."""
    if here.opset < PLACES_ARE_CHOSEN:
        return upsample(here)
    x, places = here.input(0), here.attribute("coordinate_transformation_mode", "half_pixel")
    if places == "tf_crop_and_resize":
        places = "crop"
    mode = here.attribute("mode", "nearest")
    if places not in PLACES or mode not in MODES:
        raise UnclaimedError(f"{mode}, {places}")
    axes = [axis % x.rank for axis in here.attribute("axes") or range(x.rank)]
    how: dict[str, Any] = {
        "mode": mode,
        "places": places,
        "nearest": here.attribute("nearest_mode", "round_prefer_floor"),
        "a": Fraction(str(round(here.attribute("cubic_coeff_a", -0.75), 6))),
        "exclude_outside": bool(here.attribute("exclude_outside", 0)),
        "antialias": bool(here.attribute("antialias", 0)),
    }
    if places == "crop":
        how |= {"crop": _box(here, axes, x.rank), "value": float(here.attribute("extrapolation_value", 0.0))}
    outputs, scales = _sizes_and_scales(here, x, axes)
    if places == "crop":
        outputs, scales = outputs or _cropped(x, scales, how["crop"]), None
    return here.add(_settled(Resize(outputs, scale=scales, **how)), x)


def _sizes_and_scales(here: Here, x: Known, axes: Sequence[int]) -> tuple[Any, Any]:
    """Sizes of the spatial axes, or their scales, or both where one scale is rounded to several sizes."""
    given, asked = here.optional(2), here.optional(3)
    if given is not None and given.shape != (0,):
        return None, _scales(x, axes, [_simple(s) for s in reals(given)])
    if asked is None:
        raise UnclaimedError("which has neither sizes nor scales")
    targets = numbers(asked)
    policy = here.attribute("keep_aspect_ratio_policy", "stretch")
    ratios = [_ratio(o, x.sizes[axis]) for axis, o in zip(axes, targets, strict=True)]
    if policy != "stretch":
        if None in ratios:
            raise UnclaimedError(f"{policy}, of sizes that are left open")
        one = (min if policy == "not_larger" else max)(r for r in ratios if r is not None)
        scales = _scales(x, axes, [one] * len(axes))
        return tuple(floor(s * n + Fraction(1, 2)) for s, n in zip(scales, x.sizes[2:], strict=True)), scales
    if all(isinstance(o, int) for o in targets):
        sizes = list(x.sizes)
        for axis, o in zip(axes, targets, strict=True):
            sizes[axis] = o
        if sizes[:2] != list(x.sizes[:2]):
            raise UnclaimedError("along the batch or the channels")
        return tuple(sizes[2:]), None
    if None in ratios:
        raise UnclaimedError("to sizes that are no multiples of those left open")
    return None, _scales(x, axes, ratios)


def _scales(x: Known, axes: Sequence[int], scales: Sequence[Any]) -> tuple[Fraction, ...]:
    """The scale of every spatial axis."""
    found = [Fraction(1)] * x.rank
    for axis, s in zip(axes, scales, strict=True):
        found[axis] = s
    _check_spatial(found)
    return tuple(found[2:])


def _check_spatial(scales: Sequence[Fraction]) -> None:
    if list(scales[:2]) != [1, 1]:
        raise UnclaimedError("along the batch or the channels")


def _ratio(o: Any, n: Any) -> Fraction | None:
    """Outputs for each input, where that is a number."""
    if isinstance(o, int) and isinstance(n, int):
        return Fraction(o, n)
    import sympy

    found = sympy.cancel(o / n)
    return Fraction(int(found.p), int(found.q)) if isinstance(found, sympy.Rational) else None


def _box(here: Here, axes: Sequence[int], rank: int) -> tuple[tuple[Fraction, Fraction], ...]:
    """Start and end along each spatial axis, shares of its length."""
    roi = [_simple(share) for share in reals(here.input(1))]
    box = [(Fraction(0), Fraction(1))] * rank
    for axis, start, end in zip(axes, roi[: len(axes)], roi[len(axes) :], strict=True):
        box[axis] = (start, end)
    if box[:2] != [(0, 1), (0, 1)]:
        raise UnclaimedError("along the batch or the channels")
    return tuple(box[2:])


def _cropped(x: Known, scales: Sequence[Fraction], box: Sequence[tuple[Fraction, Fraction]]) -> tuple[int, ...]:
    """Sizes of a box of the input, enlarged."""
    if not all(isinstance(n, int) for n in x.sizes[2:]):
        raise UnclaimedError("of a box whose sizes are left open")
    sides = zip(scales, x.sizes[2:], box, strict=True)
    return tuple(floor(s * n * (end - start)) for s, n, (start, end) in sides)


def _simple(number: float) -> Fraction:
    """The simple fraction that a number of 32 bits stands for; where there is none, the decimal that it is written as.

    Examples
    --------
    >>> _simple(0.6000000238418579), _simple(0.6666666865348816), _simple(2)
    (Fraction(3, 5), Fraction(2, 3), Fraction(2, 1))
    """
    simple = Fraction(number).limit_denominator(SIMPLE)
    narrow = np.float32(number)
    return simple if np.float32(float(simple)) == narrow else Fraction(str(narrow))


def _settled(op: Resize) -> Operator:
    """The upsampling that a resizing by whole scales is, where all rules of rounding agree; else itself."""
    scales: Sequence[Fraction] = op.scale or ()
    whole = bool(scales) and op.outputs is None and all(s.denominator == 1 for s in scales)
    if not whole or op.antialias or op.exclude_outside:
        return op
    middle, nearest = op.places in ("half_pixel", "half_pixel_symmetric"), op.nearest.startswith("round")
    cases: Mapping[tuple[str, bool], Callable[[Any], Operator]] = {
        ("nearest", (middle and nearest) or (op.places, op.nearest) == ("asymmetric", "floor")): Upsample,
        ("linear", middle): LinearUpsample,
        ("linear", op.places == "align_corners"): lambda s: LinearUpsample(s, align_corners=True),
    }
    made = cases.get((op.mode, True))
    return made(tuple(int(s) for s in scales)) if made else op


RULES: Mapping[str, Rule] = MappingProxyType({"Resize": resize, "Upsample": upsample})
"""The rules of this chapter."""
