"""Arithmetic on each number alone."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType

from cnnmath.interchange.onnx.known import Known
from cnnmath.interchange.onnx.reading import Here
from cnnmath.interchange.onnx.rules.rule import Rule, plain
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops import Abs, Affine, Clip, Exp, Log, Power

BOUNDS_ARE_INPUTS = 11
"""Version of the operators' set from which on the bounds of a Clip are inputs."""

UNBOUNDED = 3.4028234e38
"""The largest number of 32 bits, which stands for no bound where bounds are attributes."""


def clip(here: Here) -> Known:
    """Clip; where the lower bound is above the upper one, that is the result."""
    low, high = bounds(here)
    if low is not None and high is not None:
        low = min(low, high)
    return here.add(Clip(low, high), here.input(0))


def bounds(here: Here) -> tuple[float | None, float | None]:
    """Bounds of a Clip, which are attributes in old sets and inputs in new ones; None where it has none."""
    if here.opset < BOUNDS_ARE_INPUTS:
        return _attribute(here, "min"), _attribute(here, "max")
    return _input(here, 1), _input(here, 2)


def _attribute(here: Here, name: str) -> float | None:
    bound = here.attribute(name)
    return None if bound is None or abs(bound) >= UNBOUNDED else bound


def _input(here: Here, i: int) -> float | None:
    given = here.optional(i)
    if given is None:
        return None
    bound = here.number(given)
    if bound is None:
        raise UnclaimedError("whose bounds are computed while the model runs")
    return None if abs(bound) >= UNBOUNDED else bound


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "Clip": clip,
        "Neg": plain(Affine(-1)),
        "Sqrt": plain(Power(Fraction(1, 2))),
        "Reciprocal": plain(Power(-1)),
        "Exp": plain(Exp()),
        "Log": plain(Log()),
        "Abs": plain(Abs()),
    }
)
"""The rules of this chapter."""
