"""Mistakes of resizing: another place, another rounding, other weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from cnnmath.numeric.resize import row
from cnnmath.ops import Resize
from cnnmath.ops.algebra import Shape
from cnnmath.verify.mistakes.mistake import Change, Mistake, Shows, of_another, settled, spoils, with_setting

Applies = Callable[[Any], bool]


def _where(applies: Applies, change: Change) -> Change:
    """A change that is made only there, and not in a box."""
    return lambda op, x: change(op, x) if op.crop is None and applies(op) else op


def _other(change: Change) -> Shows:
    """Whether along some axis an output reads something else, or weighs it otherwise."""

    def shows(op: Any, inputs: tuple[Shape, ...]) -> bool:
        sizes = inputs[0][2:]
        pairs = zip(op.sampled(sizes), settled(change, op, inputs).sampled(sizes), strict=True)
        return any(row(a, o) != row(b, o) for a, b in pairs if not a.identity for o in range(a.outputs))

    return shows


def _mistakes() -> Iterator[Mistake]:
    settings: dict[str, tuple[str, dict[str, Any], Applies]] = {
        "corners-aligned": ("corners were aligned", {"places": "align_corners"}, _interpolates),
        "half-pixel-forgotten": ("no half was added to a place", {"places": "asymmetric"}, _interpolates),
        "rounded-down": ("places were rounded down", {"nearest": "floor"}, _chooses),
        "outside-repeated": ("the border were repeated outside", {"exclude_outside": False}, _interpolates),
        "antialias-forgotten": ("weights were not widened", {"antialias": False}, _interpolates),
        "cubic-of-another-slope": ("the cubic weights had the slope -1", {"a": -1}, _interpolates),
    }
    for name, (says, setting, applies) in settings.items():
        yield _made(name, says, _where(applies, with_setting(**setting)))
    yield _made("half-rounded-the-other-way", "a half were rounded the other way", _where(_chooses, _other_half))


def _made(name: str, says: str, change: Change) -> Mistake:
    return Mistake(f"resize-{name}", Resize, says, spoils("y", "x"), of_another(Resize, change), _other(change))


def _other_half(op: Any, _: Shape) -> Any:
    other = {"round_prefer_floor": "round_prefer_ceil", "round_prefer_ceil": "round_prefer_floor"}
    return replace(op, nearest=other.get(op.nearest, op.nearest))


def _interpolates(op: Any) -> bool:
    return op.mode != "nearest"


def _chooses(op: Any) -> bool:
    return op.mode == "nearest"


MISTAKES = tuple(_mistakes())
