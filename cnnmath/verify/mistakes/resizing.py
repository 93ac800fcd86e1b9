"""Mistakes of resizing: another place, another rounding, other weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from cnnmath.numeric.resize import row
from cnnmath.ops import Resize
from cnnmath.ops.algebra import Shape
from cnnmath.verify.mistakes.mistake import Change, Mistake, Shows, of_another, settled, spoils, with_setting

Applies = Callable[[Any], bool]


def _other(change: Change, applies: Applies) -> Shows:
    """Whether along some axis an output reads something else, or weighs it otherwise."""

    def shows(op: Any, inputs: tuple[Shape, ...]) -> bool:
        if op.crop is not None or not applies(op):
            return False
        sizes = inputs[0][2:]
        pairs = zip(op.sampled(sizes), settled(change, op, inputs).sampled(sizes), strict=True)
        return any(row(a, o) != row(b, o) for a, b in pairs if not a.identity for o in range(a.outputs))

    return shows


def _mistakes() -> Iterator[Mistake]:
    placed: dict[str, tuple[str, dict[str, Any], Applies]] = {
        "corners-aligned": ("corners were aligned", {"places": "align_corners"}, _interpolates),
        "half-pixel-forgotten": ("no half was added to a place", {"places": "asymmetric"}, _interpolates),
        "rounded-down": ("places were rounded down", {"nearest": "floor"}, _chooses),
        "half-rounded-up": ("a half were rounded up", {"nearest": "round_prefer_ceil"}, _prefers_floor),
        "outside-repeated": ("the border were repeated outside", {"exclude_outside": False}, _interpolates),
        "antialias-forgotten": ("weights were not widened", {"antialias": False}, _interpolates),
        "cubic-of-another-slope": ("the cubic weights had the slope -1", {"a": -1}, _interpolates),
    }
    for name, (says, setting, applies) in placed.items():
        change = with_setting(**setting)
        yield Mistake(f"resize-{name}", Resize, says, spoils("y", "x"), of_another(Resize, change),
                      _other(change, applies))  # fmt: skip


def _interpolates(op: Any) -> bool:
    return op.mode != "nearest"


def _chooses(op: Any) -> bool:
    return op.mode == "nearest"


def _prefers_floor(op: Any) -> bool:
    return op.mode == "nearest" and op.nearest == "round_prefer_floor"


MISTAKES = tuple(_mistakes())
