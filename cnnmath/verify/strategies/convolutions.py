"""Settings of convolutions and of their transposes."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from cnnmath import ops
from cnnmath.ops import Operator
from cnnmath.verify.strategies.axes import Frame, as_settings, frame, free_axes, pads, sliding
from cnnmath.verify.strategies.plan import AROUND_BLOCKS, FREE, Case, Plan, batch_of, pick
from cnnmath.window import Window

SIDES: dict[tuple[str, str, str], list[tuple[int, int, int]]] = {
    ("1", "equal", "few"): [(1, 2, 2), (1, 3, 3), (1, 1, 1)],
    ("1", "unequal", "few"): [(1, 2, 3), (1, 3, 2)],
    ("several", "equal", "few"): [(2, 2, 2)],
    ("several", "unequal", "few"): [(2, 2, 3), (2, 3, 2), (2, 3, 1)],
    ("depthwise", "equal", "few"): [(3, 1, 1), (2, 1, 1)],
    ("depthwise", "unequal", "few"): [(2, 1, 2), (2, 1, 3)],
    ("1", "equal", "around a block"): [(1, 8, 8), (1, 7, 7), (1, 9, 9)],
    ("1", "unequal", "around a block"): [(1, 9, 2), (1, 2, 9), (1, 17, 1), (1, 1, 25)],
    ("several", "equal", "around a block"): [(2, 4, 4), (3, 3, 3)],
    ("several", "unequal", "around a block"): [(2, 4, 1), (4, 2, 1), (2, 2, 4)],
    ("depthwise", "equal", "around a block"): [(9, 1, 1), (8, 1, 1), (17, 1, 1)],
    ("depthwise", "unequal", "around a block"): [(8, 1, 2), (7, 1, 2)],
}
"""Groups, input channels a group and filters a group, by groups, whether both sides are equal, and how many."""


def _planned_sides(draw: DrawFn, plan: Plan) -> tuple[int, int, int]:
    return draw(st.sampled_from(SIDES[plan["groups"], plan["sides"], plan["channels"]]))


@st.composite
def conv(draw: DrawFn, kind: type[Operator], plan: Plan = FREE) -> Case:  # noqa: ARG001 - every strategy takes its kind
    """Settings of a convolution."""
    settings, sizes = draw(sliding(plan, blind=True))
    n = batch_of(draw, plan, (5, 2))
    if plan:
        groups, channels, filters = _planned_sides(draw, plan)
    else:
        groups, channels, filters = (draw(st.integers(1, 3)) for _ in range(3))
        many = draw(st.sampled_from(("",) * 5 + ("samples", "channels", "groups", "groups", "samples")))
        if many:  # more than a block of whatever a kernel takes at a time, along few axes
            few = 2 if many == "groups" else 1
            settings = {name: v if isinstance(v, str) else v[:few] for name, v in settings.items()}
            sizes = sizes[:few]
        if many == "samples":
            n = draw(st.integers(5, 9))
        elif many == "channels":
            channels, filters = draw(st.sampled_from(AROUND_BLOCKS)), draw(st.sampled_from((1, 3, 8, 9)))
        elif many == "groups":
            groups, channels, filters = draw(st.sampled_from(AROUND_BLOCKS)), 1, 1 + filters // 3
    op = ops.Conv(filters * groups, groups=groups, bias=draw(pick(plan, "bias", BIASES)), **settings)
    return Case(op, ((n, channels * groups, *sizes),))


BIASES = {"without": [False], "with": [True]}


@st.composite
def transpose(draw: DrawFn, kind: type[Operator], plan: Plan = FREE) -> Case:  # noqa: ARG001
    """Settings of a transposed convolution."""
    settings, extra = _planned_transpose(draw, plan) if plan else _free_transpose(draw)
    sizes: list[int] = []
    for k, s, d, (before, after), e in zip(*settings.values(), extra, strict=True):
        least = max(1, 2 + (before + after - Window(k, dilation=d).extent - e) // s)
        unused = [n for n in range(least, least + 3) if n not in sizes] if plan else []
        sizes.append(draw(st.sampled_from(unused or range(least, least + 3))))
    groups, channels, filters = _planned_sides(draw, plan) if plan else (draw(st.integers(1, 3)) for _ in range(3))
    bias = draw(pick(plan, "bias", BIASES))
    op = ops.ConvTranspose(filters * groups, groups=groups, bias=bias, output_padding=extra, **settings)
    return Case(op, ((batch_of(draw, plan), channels * groups, *sizes),))


def _free_transpose(draw: DrawFn) -> tuple[dict[str, Any], tuple[int, ...]]:
    drawn = draw(free_axes(blind=True))
    return as_settings(drawn)[0], tuple(draw(st.integers(0, max(w.stride, w.dilation) - 1)) for w, _ in drawn)


def _planned_transpose(draw: DrawFn, plan: Plan) -> tuple[dict[str, Any], tuple[int, ...]]:
    """Windows and output padding of the planned classes; what exceeds the stride has an axis of its own, if it can."""
    made, extra = frame(draw, plan, blind=True), [0] * int(plan["rank"])
    if plan["output padding"] == "below the stride":
        extra[made.telling] = made.stride[made.telling] - 1
    elif plan["output padding"] == "of the dilation":
        carrier = (made.telling + 1) % len(extra)
        made, extra[carrier] = _carried(made, plan["stride"], carrier)
    settings: dict[str, Any] = {"kernel": made.kernel, "stride": made.stride, "dilation": made.dilation}
    return settings | {"padding": tuple(pads(draw, plan, made, blind=True))}, tuple(extra)


def _carried(made: Frame, stride: str, axis: int) -> tuple[Frame, int]:
    """The frame with a dilation above the stride along an axis, and the output padding that this allows."""
    alone = len(made.kernel) == 1 and stride != "1"
    s, d = (2, 3) if alone else (1, 2)
    strides, dilations = list(made.stride), list(made.dilation)
    strides[axis], dilations[axis] = s, d
    return Frame(made.telling, made.kernel, tuple(strides), tuple(dilations)), d - 1
