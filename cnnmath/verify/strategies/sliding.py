"""Features of windows that slide: strides, dilations, padding, and what is left at the end."""

from __future__ import annotations

from typing import Any

from cnnmath.ops.pool import Pool
from cnnmath.verify.strategies.feature import BATCH, BIAS, CHANNELS, RANK, Feature, compared, number, sides
from cnnmath.verify.strategies.plan import Case
from cnnmath.window import Window


def _extents(op: Any) -> list[int]:
    return [Window(k, dilation=d).extent for k, d in zip(op.kernel, op.dilation, strict=True)]


def _stride(case: Case) -> str:
    op: Any = case.op
    if max(op.stride) == 1:
        return "1"
    return "beyond" if any(s > e for s, e in zip(op.stride, _extents(op), strict=True)) else "within"


def padding_class(case: Case) -> str:
    """By name, or what its numbers have in common; the whole is the extent, or one less where a window must see."""
    op: Any = case.op
    if isinstance(op.padding, str):
        return "none" if op.padding == "valid" else op.padding
    sighted = isinstance(op, Pool)
    whole = any(m and m in pair for m, pair in zip([e - sighted for e in _extents(op)], op.padding, strict=True))
    return "whole" if whole else sides(op.padding)


def _rests(case: Case) -> list[int]:
    op: Any = case.op
    sizes = case.inputs[0][2:]
    windows = op.declared(sizes) if isinstance(op, Pool) else op.windows(sizes)
    return [(n + w.before + w.after - w.extent) % w.stride for n, w in zip(sizes, windows, strict=True)]


def _rounding(case: Case) -> str:
    op: Any = case.op
    sizes = case.inputs[0][2:]
    if not op.ceil:
        return "down"
    if any(w.rounded_up(n) > w.placements(n) for n, w in zip(sizes, op.declared(sizes), strict=True)):
        return "overhang"
    return "dropped" if any(_rests(case)) else "up"


def _groups(case: Case) -> str:
    op: Any = case.op
    return "1" if op.groups == 1 else "depthwise" if op.groups == case.inputs[0][1] else "several"


def output_padding(case: Case) -> str:
    """Whether it is below the stride, or only below the dilation."""
    op: Any = case.op
    if not any(op.output_padding):
        return "none"
    above = any(extra >= s for extra, s in zip(op.output_padding, op.stride, strict=True))
    return "of the dilation" if above else "below the stride"


AXES = {
    "rank": RANK,
    "kernel": number("kernel", compared, "1", "equal", "unequal"),
    "stride": Feature(("1", "within", "beyond"), _stride),
    "dilation": number("dilation", lambda d: "1" if max(d) == 1 else "larger", "1", "larger"),
    "padding": Feature(("none", "symmetric", "asymmetric", "whole", "same", "same_lower"), padding_class),
}
FILTERS = {
    "groups": Feature(("1", "several", "depthwise"), _groups),
    "sides": Feature(("equal", "unequal"), lambda c: "equal" if c.inputs[0][1] == c.op.filters else "unequal"),  # type: ignore[attr-defined]
    "channels": Feature(
        ("few", "around a block"),
        lambda c: "few" if max(c.inputs[0][1], c.op.filters) < 7 else "around a block",  # type: ignore[attr-defined]
    ),
    "batch": BATCH,
    "bias": BIAS,
}
REST = Feature(("none", "some"), lambda case: "some" if any(_rests(case)) else "none")
SLIDING = AXES | {"rest": REST}
POOL = SLIDING | {
    "rounding": Feature(("down", "up", "overhang", "dropped"), _rounding),
    "batch": BATCH,
    "channels": CHANNELS,
}
