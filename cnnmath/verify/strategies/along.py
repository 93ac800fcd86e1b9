"""Settings of what runs along axes that are named: the batch, the channels, or positions."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from cnnmath.ops.algebra import Shape
from cnnmath.ops.reduction import HOW
from cnnmath.verify.strategies.feature import Feature, flag, word
from cnnmath.verify.strategies.plan import FLAGS, FREE, Case, Plan, pick, shape_of

PARTS = ("sample", "position", "last axes")
"""What is normalised together: a whole sample, the channels of a position, or positions up to the last."""

PLACES = ("positions", "channels", "batch", "all", "nothing")
"""Where axes lie: along positions alone, along the channels too, along the batch; all of them, or none."""


@st.composite
def reduction(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    """Settings of a reduction; now and then axes are counted from the last."""
    how = draw(pick(plan, "how", {word: [word] for word in HOW}))
    x = shape_of(draw, plan, 2)
    place = draw(pick(plan, "over", {place: [place] for place in PLACES}))
    over = None if place == "all" else draw(_axes(place, x))
    if over and draw(st.booleans()):
        over = tuple(axis - len(x) for axis in over)
    return Case(kind(how, over, keep=draw(pick(plan, "keep", FLAGS))), (x,))


@st.composite
def softmax(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    """Settings of a softmax or its logarithm; half of the time over the channels."""
    x = shape_of(draw, plan)
    axes = {"channels": [1, 1 - len(x)], "positions": [-1, 2], "batch": [0, -len(x)]}
    usual = not plan and draw(st.booleans())
    return Case(kind(1 if usual else draw(pick(plan, "axis", axes))), (x,))


def part(draw: DrawFn, plan: Plan) -> dict[str, Any]:
    """What is normalised together by a layer normalisation, as its settings."""
    parts = {"sample": [{}], "position": [{"each_position": True}], "last axes": [{"axis": -1}, {"axis": 2}]}
    return draw(pick(plan, "part", parts))


def _axes(place: str, x: Shape) -> st.SearchStrategy[tuple[int, ...]]:
    """Axes of which some lie at a place, and none of a place that is named before it."""
    first = {"positions": 2, "channels": 1, "batch": 0, "nothing": len(x)}[place]
    own = list(range(first, len(x)))[: None if place == "positions" else 1]
    beside = [axis for axis in range(first, len(x)) if axis not in own] if place != "positions" else []
    several = st.lists(st.sampled_from(beside), unique=True, max_size=2) if beside else st.just([])
    some = st.lists(st.sampled_from(own), unique=True, min_size=1) if own else st.just([])
    return st.tuples(some, several).map(lambda parts: tuple(sorted((*parts[0], *parts[1]))))


def place_of(case: Case) -> str:
    """Where the axes of a reduction lie."""
    op: Any = case.op
    along = op.along(case.inputs[0])
    if op.over is None or not along:
        return "nothing" if not along else "all"
    return {0: "batch", 1: "channels"}.get(along[0], "positions")


def axis_of(case: Case) -> str:
    """Where the axis of a softmax lies."""
    op: Any = case.op
    return {0: "batch", 1: "channels"}.get(op.axis % len(case.inputs[0]), "positions")


def part_of(case: Case) -> str:
    """What is normalised together."""
    op: Any = case.op
    return "position" if op.each_position else "sample" if op.first(case.inputs[0]) < 2 else "last axes"


AXIS = {"axis": Feature(("channels", "positions", "batch"), axis_of)}
REDUCTION = {
    "how": word("how", *HOW),
    "over": Feature(PLACES, place_of),
    "keep": flag("keep"),
}
