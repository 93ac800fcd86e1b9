"""Settings of pooling, and of what undoes it: unpooling and upsampling."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from cnnmath import ops
from cnnmath.verify.strategies.axes import sliding
from cnnmath.verify.strategies.plan import FLAGS, FREE, Case, Plan, batch_of, channels_of, pick, shape_of, sizes_of


@st.composite
def pool(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    """Settings of a pool whose window slides."""
    settings, sizes = draw(sliding(plan, blind=False))
    own: dict[str, Any] = {}
    if kind is ops.AveragePool:
        own = {"count_padding": draw(pick(plan, "count_padding", {"no": [False], "yes": [True, True]}))}
    elif kind is ops.LpPool:
        own = {"p": draw(pick(plan, "p", {"1": [1], "2": [2], "odd": [3], "even": [4]}))}
    ceil = draw(pick(plan, "rounding", {"down": [False], "up": [True], "overhang": [True], "dropped": [True]}))
    return Case(kind(ceil=ceil, **settings, **own), ((batch_of(draw, plan), channels_of(draw, plan), *sizes),))


@st.composite
def adaptive(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    """Settings of a pool of so many bins."""
    n, c = batch_of(draw, plan), channels_of(draw, plan)
    if plan:
        rank, choices = int(plan["rank"]), {"one": (1, 3), "dividing": (2, 4), "overlapping": (2, 3), "more": (3, 2)}
        bins, size = choices[plan["bins"]]
        outputs, sizes = (bins, *(1 for _ in range(rank - 1))), (size, *range(1, rank))
    else:
        sizes = sizes_of(draw, plan, draw(st.integers(1, 3)), 6)
        outputs = tuple(draw(st.integers(1, 4)) for _ in sizes)
    return Case(kind(outputs), ((n, c, *sizes),))


@st.composite
def unpool(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    """Settings of a maximum put back to its place."""
    x = shape_of(draw, plan)
    wished = plan.get("places")
    if wished:
        outputs = [max(n + {"fewer": -1, "as many": 0, "more": 1}[wished], 1) for n in x[2:]]
    else:
        outputs = [draw(st.integers(1, 4)) for _ in x[2:]]
    return Case(kind(tuple(outputs)), (x,))


@st.composite
def upsample(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    """Settings of repeated numbers."""
    x = shape_of(draw, plan)
    return Case(kind(_per_axis(draw, plan, "scale", len(x) - 2, 3)), (x,))


@st.composite
def linear_upsample(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    """Settings of interpolated numbers."""
    x = shape_of(draw, plan)
    most = 7 - len(x)  # of every axis, for the exact definition asks every input of every output
    scale = _per_axis(draw, plan, "scale", len(x) - 2, most)
    corners = draw(pick(plan, "align_corners", FLAGS))
    return Case(kind(scale, align_corners=corners), ((*x[:2], *(min(n, most) for n in x[2:])),))


def _per_axis(draw: DrawFn, plan: Plan, feature: str, rank: int, most: int) -> tuple[int, ...]:
    """A number for each axis, from 1: half of the time pairwise distinct, as far as there are so many."""
    wished = plan.get(feature)
    if wished == "1":
        return (1,) * rank
    if wished == "equal":
        return (draw(st.integers(2, most)),) * rank
    if wished == "unequal" or draw(st.booleans()):
        numbers = draw(st.permutations(range(1, max(most, rank) + 1)))
        return tuple(min(n, most) for n in numbers[:rank])
    return tuple(draw(st.integers(1, most)) for _ in range(rank))
