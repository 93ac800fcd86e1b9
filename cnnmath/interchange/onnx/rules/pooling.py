"""Pooling."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cnnmath.interchange.onnx.known import Known, UnclaimedError
from cnnmath.interchange.onnx.reading import Here
from cnnmath.interchange.onnx.rules.rule import Rule, plain, window
from cnnmath.ops import AdaptiveMaxPool, AveragePool, GlobalAveragePool, LpPool, MaxPool, Reduce


def max_pool(here: Here) -> Known:
    """MaxPool; where the maxima are asks nobody who only reads the maxima."""
    if len([name for name in here.node.outputs if name]) > 1:
        raise UnclaimedError("whose second output says where the maxima are")
    kernel = here.attribute("kernel_shape")
    return here.add(
        MaxPool(tuple(kernel), ceil=bool(here.attribute("ceil_mode", 0)), **window(here, kernel)), here.input(0)
    )


def average_pool(here: Here) -> Known:
    """AveragePool: the padding counts in the divisor where that is said."""
    kernel = here.attribute("kernel_shape")
    op = AveragePool(
        tuple(kernel),
        ceil=bool(here.attribute("ceil_mode", 0)),
        count_padding=bool(here.attribute("count_include_pad", 0)),
        **window(here, kernel),
    )
    return here.add(op, here.input(0))


def lp_pool(here: Here) -> Known:
    """LpPool."""
    kernel, p = here.attribute("kernel_shape"), here.attribute("p", 2)
    op = LpPool(tuple(kernel), p, ceil=bool(here.attribute("ceil_mode", 0)), **window(here, kernel))
    return here.add(op, here.input(0))


def global_max_pool(here: Here) -> Known:
    """GlobalMaxPool: one bin along every axis."""
    x = here.input(0)
    return here.add(AdaptiveMaxPool((1,) * (x.rank - 2)), x)


def global_lp_pool(here: Here) -> Known:
    """GlobalLpPool: the length of each channel, or the sum of its absolute values; else a window as large as it is."""
    x, p = here.input(0), here.attribute("p", 2)
    if p in (1, 2):
        return here.add(Reduce(f"l{p}", tuple(range(2, x.rank))), x)
    return here.add(LpPool(x.sizes[2:], p), x)


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "MaxPool": max_pool,
        "AveragePool": average_pool,
        "GlobalAveragePool": plain(GlobalAveragePool()),
        "LpPool": lp_pool,
        "GlobalMaxPool": global_max_pool,
        "GlobalLpPool": global_lp_pool,
    }
)
"""The rules of this chapter."""
