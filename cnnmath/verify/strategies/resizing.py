"""Settings of resizing: sizes or scales, places, weights."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from cnnmath.sampling import MODES, PLACES, ROUNDINGS
from cnnmath.verify.strategies.feature import SHAPED, Feature, flag, word
from cnnmath.verify.strategies.plan import FLAGS, FREE, Case, Plan, pick, shape_of

BOXES = ((0, 1), (Fraction(1, 4), Fraction(3, 4)), (Fraction(-1, 4), 1), (1, 0), (Fraction(1, 2), Fraction(5, 4)))
"""Of an axis: all of it, its middle, more before or behind, and all of it backwards."""


OFTEN = ("nearest", "round_prefer_floor", "round_prefer_ceil", "half_pixel")
"""What is drawn twice as often as other words."""


@st.composite
def resize(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    """Settings of interpolated numbers: the output has a size, or a scale that leaves a half of a number over."""
    words = {
        name: draw(pick(plan, name, {one: [one] * (1 + (one in OFTEN)) for one in every}))
        for name, every in (("mode", MODES), ("places", PLACES), ("nearest", ROUNDINGS))
    }
    flags = {name: draw(pick(plan, name, FLAGS)) for name in ("exclude_outside", "antialias")}
    n, c, *sizes = shape_of(draw, plan)
    most = 5 - len(sizes)  # of every axis, for the exact definition asks every tap of every output
    if not plan:  # of one number there are copies alone
        sizes = [draw(st.sampled_from((1, *(m for m in range(2, most + 1) for _ in range(2))))) for _ in sizes]
    x = (n, c, *(min(m, most) for m in sizes))
    outputs = _outputs(draw, plan, x[2:], most)
    own: dict[str, Any] = {"a": draw(st.sampled_from(["-3/4", "-1/2"]))}
    if words["places"] == "crop":
        own |= {"crop": tuple(draw(st.sampled_from(BOXES)) for _ in outputs), "value": draw(st.sampled_from([0, 3]))}
    given = draw(pick(plan, "given", {"size": [0], "scale": [1, 2]})) if plan or "crop" not in own else 0
    if given:
        own["scale"] = tuple(Fraction(given * o + given - 1, given * n) for n, o in zip(x[2:], outputs, strict=True))
    return Case(kind(None if given else outputs, **words, **flags, **own), (x,))


def _outputs(draw: DrawFn, plan: Plan, sizes: tuple[int, ...], most: int) -> tuple[int, ...]:
    """Sizes of the output, in the planned relation to those of the input."""
    match plan.get("outputs"):
        case None:
            return tuple(draw(st.integers(1, most + 1)) for _ in sizes)
        case "as many":
            return sizes
        case "more":
            return tuple(n + draw(st.integers(1, 2)) for n in sizes)
        case "fewer":
            return tuple(max(n - 1, 1) for n in sizes)
    return tuple(max(n - 1, 1) if i else n + 1 for i, n in enumerate(sizes))


def _relation(case: Case) -> str:
    op: Any = case.op
    signs = {(o > n) - (o < n) for n, o in zip(case.inputs[0][2:], op.shape(*case.inputs)[2:], strict=True)}
    return "mixed" if {1, -1} <= signs else "more" if 1 in signs else "fewer" if -1 in signs else "as many"


def _given(case: Case) -> str:
    op: Any = case.op
    return "size" if op.scale is None else "scale"


RESIZE = SHAPED | {
    "mode": word("mode", *MODES),
    "places": word("places", *PLACES),
    "nearest": word("nearest", *ROUNDINGS),
    "exclude_outside": flag("exclude_outside"),
    "antialias": flag("antialias"),
    "outputs": Feature(("as many", "more", "fewer", "mixed"), _relation),
    "given": Feature(("size", "scale"), _given),
}
"""Features of a resize: `Resize`."""
