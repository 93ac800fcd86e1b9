"""Classes that cannot occur together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from cnnmath import ops
from cnnmath.ops import Operator
from cnnmath.verify.strategies.plan import Plan

Rule: TypeAlias = Mapping[str, tuple[str, ...]]
"""Classes of some features that cannot all occur in one setting."""

WINDOW_RULES: tuple[Rule, ...] = (
    {"rank": ("1",), "kernel": ("unequal",)},
    {"kernel": ("1",), "stride": ("within",)},
    {"kernel": ("1",), "padding": ("symmetric", "asymmetric")},
)

REST_RULES: tuple[Rule, ...] = (
    {"stride": ("1",), "rest": ("some",)},
    {"stride": ("within",), "rest": ("some",), "padding": ("same", "same_lower")},
)

POOL_RULES: tuple[Rule, ...] = (
    {"kernel": ("1",), "padding": ("whole",)},
    {"rounding": ("up",), "rest": ("some",)},
    {"rounding": ("overhang", "dropped"), "rest": ("none",)},
    {"rounding": ("overhang", "dropped"), "stride": ("1",)},
    {"rounding": ("overhang",), "kernel": ("1",)},
    {"rounding": ("overhang",), "padding": ("same", "same_lower")},
    {"rounding": ("dropped",), "stride": ("within",), "padding": ("none", "same", "same_lower")},
)

TRANSPOSE_RULES: tuple[Rule, ...] = (
    {"output padding": ("below the stride",), "stride": ("1",)},
    {"output padding": ("of the dilation",), "dilation": ("1",)},
    {"output padding": ("of the dilation",), "rank": ("1",), "stride": ("beyond",), "kernel": ("equal",)},
)

MOVE_RULES: tuple[Rule, ...] = (
    {"axis": ("channels",), "channels": ("1",), "listed": ("another order", "some")},
    {"axis": ("positions",), "rank": ("1",), "sizes": ("1",), "listed": ("another order", "some")},
    {"axis": ("batch",), "batch": ("1",), "listed": ("another order", "some")},
    {"axis": ("batch",), "batch": ("0",)},
)

BLOCK_RULES: tuple[Rule, ...] = ({"rank": ("1",), "block": ("unequal",)},)

RESIZE_RULES: tuple[Rule, ...] = (
    {"rank": ("1",), "outputs": ("mixed",)},
    {"rank": ("1",), "outputs": ("fewer",), "sizes": ("1",)},
    {"places": ("crop",), "given": ("scale",)},
)

SLOW: Rule = {"rank": ("2", "3"), "channels": ("around a block",), "sizes": ("larger",)}
"""Not impossible, but roots of sums over so many numbers take the exact definition long."""

_EXCLUDED: dict[type[Operator], tuple[Rule, ...]] = {
    ops.Conv: WINDOW_RULES + REST_RULES,
    ops.ConvTranspose: WINDOW_RULES + TRANSPOSE_RULES,
    **dict.fromkeys((ops.MaxPool, ops.AveragePool, ops.LpPool, ops.Subsample), WINDOW_RULES + REST_RULES + POOL_RULES),
    **dict.fromkeys((ops.Upsample, ops.LinearUpsample), ({"rank": ("1",), "scale": ("unequal",)},)),
    ops.Resize: RESIZE_RULES,
    ops.MaxUnpool: ({"rank": ("1",), "sizes": ("1",), "places": ("fewer",)},),
    ops.BatchNorm: ({"rank": ("1",), "sizes": ("1",), "batch": ("1",), "training": ("yes",)}, SLOW),
    ops.GroupNorm: ({"channels": ("1",), "groups": ("several",)}, SLOW),
    ops.InstanceNorm: (SLOW,),
    ops.LayerNorm: (SLOW,),
    ops.RMSNorm: (SLOW,),
    ops.Maxout: ({"channels": ("1",), "pieces": ("several",)},),
    ops.Reduce: (SLOW,),
    **dict.fromkeys(
        (ops.Add, ops.Subtract, ops.Multiply, ops.Divide, ops.Pow, ops.Maximum, ops.Minimum),
        (
            {"rank": ("1",), "sizes": ("1",), "repeated": ("positions",)},
            {"channels": ("1",), "repeated": ("channels",)},
            {"batch": ("0",), "repeated": ("the first",)},
        ),
    ),
    ops.MatMul: ({"batch": ("1",), "repeated": ("samples",)},),
    ops.Expand: (
        {"sizes": ("larger",), "repeated": ("positions",)},
        {"channels": ("few", "around a block"), "repeated": ("channels",)},
    ),
    ops.Concat: ({"axis": ("batch",), "batch": ("0",)},),
    ops.Select: MOVE_RULES,
    ops.Slice: ({"batch": ("0", "1"), "channels": ("1",), "rank": ("1",), "sizes": ("1",), "part": ("some",)},),
    ops.Reshape: ({"batch": ("0",), "start": ("0",)},),
    ops.SpaceToDepth: BLOCK_RULES,
    ops.DepthToSpace: (
        *BLOCK_RULES,
        {"channels": ("1",), "block": ("equal", "unequal")},
        {"channels": ("few",), "block": ("equal",), "rank": ("3",)},
    ),
    ops.ChannelShuffle: ({"channels": ("1",), "groups": ("several",)},),
    ops.CrossEntropy: (
        {"targets": ("probabilities",), "ignored": ("no class", "a class")},
        {"channels": ("1",), "ignored": ("a class",)},
    ),
}
"""What cannot occur together, by operator."""

NO_MEAN: Rule = {"batch": ("0",), "reduction": ("mean",)}

EMPTY: dict[type[Operator], tuple[Rule, ...]] = {
    ops.BatchNorm: ({"batch": ("0",), "training": ("yes",)},),
    ops.Reduce: ({"batch": ("0",), "over": ("batch", "all")},),
    **dict.fromkeys((ops.CrossEntropy, ops.BinaryCrossEntropy, ops.SquaredError), (NO_MEAN,)),
}
"""Empty batches that have no result: see `may_be_empty`."""


def possible(kind: type[Operator], plan: Plan) -> bool:
    """Whether the classes of a plan, of some features or of all, can occur together.

    Examples
    --------
    >>> possible(ops.Conv, {"rank": "1", "kernel": "unequal"}), possible(ops.Conv, {"rank": "2", "kernel": "unequal"})
    (False, True)
    """
    excluded = _EXCLUDED.get(kind, ()) + EMPTY.get(kind, ())
    return not any(all(plan.get(feature) in names for feature, names in rule.items()) for rule in excluded)
