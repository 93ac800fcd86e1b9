"""Settings of normalisations, and of what takes channels in groups."""

from __future__ import annotations

from math import prod
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from cnnmath import ops
from cnnmath.verify.strategies.along import part
from cnnmath.verify.strategies.plan import FLAGS, FREE, Case, Plan, pick, shape_of

PARTS = {
    ("1", "1"): [(1, 1)],
    ("1", "few"): [(1, 2), (1, 3)],
    ("1", "around a block"): [(1, 8), (1, 9), (1, 7)],
    ("several", "few"): [(2, 4), (2, 2), (3, 3), (3, 6)],
    ("several", "around a block"): [(2, 8), (3, 9)],
}
"""Groups or pieces, and channels that they divide, by how many there are of both."""


@st.composite
def norm(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    """Settings of a normalisation by means and variances."""
    n, c, *sizes = shape_of(draw, plan, 2)
    settings: dict[str, Any] = {"epsilon": draw(pick(plan, "epsilon", {"usual": [1e-5], "large": [1e-3]}))}
    if kind is ops.GroupNorm:
        settings["groups"], c = _divided(draw, plan, "groups", c)
    elif kind is ops.LayerNorm:
        settings |= part(draw, plan)
    elif kind is ops.BatchNorm:
        settings |= {"training": draw(pick(plan, "training", FLAGS)), "momentum": draw(st.sampled_from([0.1, 0.5]))}
    if not plan and c * prod(sizes) > 12:  # roots to many digits are slow
        n, sizes = 2 - (c > 9), [1]
    n += settings.get("training", False) and n * prod(sizes) == 1
    return Case(kind(**settings), ((n, c, *sizes),))


@st.composite
def response(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    """Settings of a normalisation by the channels beside."""
    size = draw(pick(plan, "size", {"1": [1], "even": [2, 4, 6], "odd": [3, 5]}))
    power = draw(pick(plan, "beta", {"between": [0.75, 0.5], "1": [1.0]}))
    scale = draw(pick(plan, "k", {"1": [1.0], "another": [2.0]}))
    op = kind(size, k=scale, beta=power, alpha=draw(st.sampled_from([1e-4, 0.5])))
    return Case(op, (shape_of(draw, plan),))


@st.composite
def maxout(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    """Settings of a maximum over pieces of channels."""
    n, c, *sizes = shape_of(draw, plan)
    pieces, channels = _divided(draw, plan, "pieces", c)
    return Case(kind(pieces), ((n, channels, *sizes),))


def _divided(draw: DrawFn, plan: Plan, feature: str, c: int) -> tuple[int, int]:
    """Groups or pieces of channels, and the number of channels."""
    if plan:
        return draw(st.sampled_from(PARTS[plan[feature], plan["channels"]]))
    parts = draw(st.sampled_from([1, 2, 3]))
    return parts, parts * c if c < 4 else c - c % parts
