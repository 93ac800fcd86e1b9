"""Formats of floats: what a rounding may change, and what is too small or too large."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Format:
    """A format of floats.

    Attributes
    ----------
    name
        As NumPy or PyTorch calls it.
    unit
        Unit roundoff: largest relative error of a rounding.
    smallest
        What a number close to 0 may be off by: the smallest subnormal number, or, where subnormal numbers are often
        flushed to zero, the smallest normal one.
    largest
        Largest finite number.
    """

    name: str
    unit: float
    smallest: float
    largest: float

    def holds(self, number: float) -> bool:
        """Whether a number has no more digits than the format."""
        return (math.frexp(number)[0] / self.unit).is_integer() and abs(number) <= self.largest


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "float64": Format("float64", 2.0**-53, 2.0**-1022, 2.0**1023 * (2 - 2.0**-52)),
        "float32": Format("float32", 2.0**-24, 2.0**-126, 2.0**127 * (2 - 2.0**-23)),
        "float16": Format("float16", 2.0**-11, 2.0**-24, 65504.0),
        "bfloat16": Format("bfloat16", 2.0**-8, 2.0**-126, 2.0**127 * (2 - 2.0**-7)),
    }
)
"""Formats by name."""
