"""Settings of padding: with a number, with the border, with a mirror image."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from cnnmath import ops
from cnnmath.verify.strategies.plan import FREE, Case, Plan, pick, shape_of


@st.composite
def pad(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    """Settings of padding with a number, channels included."""
    x = shape_of(draw, plan)
    value = draw(pick(plan, "value", {"0": [0, 0], "another": [3, -0.5]}))
    channels = _sides(draw, plan, "channel padding", 2)
    return Case(kind(tuple(_sides(draw, plan, "padding", 2) for _ in x[2:]), channels=channels, value=value), (x,))


@st.composite
def border(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    """Settings of padding with what is at the border."""
    n, c, *sizes = shape_of(draw, plan)
    wished = plan.get("padding")
    if wished:  # a border that is mirrored is shorter than the input
        size = {"none": 2, "symmetric": 3, "asymmetric": 3, "whole": 2}[wished]
        sizes = [size + i for i, _ in enumerate(sizes)]
    most = [_most(kind, m) if wished == "whole" or kind is not ops.EdgePad else 3 for m in sizes]
    drawn = [(draw(st.integers(0, m)), draw(st.integers(0, m))) for m in most]
    planned = {
        "none": [(0, 0) for _ in most],
        "symmetric": [(1, 1) for _ in most],
        "asymmetric": [(1, 0) if i else (0, 1) for i, _ in enumerate(most)],
        "whole": [(m, m) if i else (m - 1, m) for i, m in enumerate(most)],
    }
    return Case(kind(tuple(planned[wished] if wished else drawn)), ((n, c, *sizes),))


def _most(kind: Any, n: int) -> int:
    """As many numbers as a border of n inputs can show; those of one that is repeated have no end."""
    return {ops.ReflectPad: n - 1, ops.WrapPad: n}.get(kind, n + 1)


def whole(case: Case) -> bool:
    """Whether some border is as long as it can be, or longer than the input."""
    op: Any = case.op
    pairs = zip(op.padding, case.inputs[0][2:], strict=True)
    return any(max(pair) and max(pair) >= _most(type(op), n) for pair, n in pairs)


def _sides(draw: DrawFn, plan: Plan, feature: str, most: int) -> tuple[int, int]:
    """Padding before and after."""
    before, after = draw(st.integers(0, most)), draw(st.integers(0, most))
    return {"none": (0, 0), "symmetric": (1, 1), "asymmetric": (1, 2)}.get(plan.get(feature, ""), (before, after))
