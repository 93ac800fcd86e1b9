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

SLOW: Rule = {"rank": ("2", "3"), "channels": ("around a block",), "sizes": ("larger",)}
"""Not impossible, but roots of sums over so many numbers take the exact definition long."""

_EXCLUDED: dict[type[Operator], tuple[Rule, ...]] = {
    ops.Conv: WINDOW_RULES + REST_RULES,
    ops.ConvTranspose: WINDOW_RULES + TRANSPOSE_RULES,
    **dict.fromkeys((ops.MaxPool, ops.AveragePool, ops.LpPool, ops.Subsample), WINDOW_RULES + REST_RULES + POOL_RULES),
    **dict.fromkeys((ops.Upsample, ops.LinearUpsample), ({"rank": ("1",), "scale": ("unequal",)},)),
    ops.MaxUnpool: ({"rank": ("1",), "sizes": ("1",), "places": ("fewer",)},),
    ops.BatchNorm: ({"rank": ("1",), "sizes": ("1",), "batch": ("1",), "training": ("yes",)}, SLOW),
    ops.GroupNorm: ({"channels": ("1",), "groups": ("several",)}, SLOW),
    ops.InstanceNorm: (SLOW,),
    ops.LayerNorm: (SLOW,),
    ops.Maxout: ({"channels": ("1",), "pieces": ("several",)},),
    ops.Reduce: (SLOW,),
    ops.Select: ({"channels": ("1",), "listed": ("another order", "some")},),
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
