"""Pooling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod
from types import MappingProxyType

from cnnmath.interchange.onnx.known import Known, numbers
from cnnmath.interchange.onnx.reading import Here
from cnnmath.interchange.onnx.rules.rule import Rule, plain, window
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops import AdaptiveMaxPool, AveragePool, GlobalAveragePool, LpPool, MaxPool, MaxUnpool, Pad, Reduce


def max_pool(here: Here) -> Known:
    """MaxPool; where the maxima are asks nobody who only reads the maxima."""
    if len([name for name in here.node.outputs if name]) > 1:
        raise UnclaimedError("whose second output says where the maxima are")
    kernel = here.attribute("kernel_shape")
    return here.add(
        MaxPool(tuple(kernel), ceil=bool(here.attribute("ceil_mode", 0)), **window(here, kernel)), here.input(0)
    )


def max_unpool(here: Here) -> Known:
    """MaxUnpool where places are known; they are counted through the whole array that its window leads back to."""
    x, places, asked = here.input(0), here.input(1), here.optional(2)
    kernel = here.attribute("kernel_shape")
    rank = len(kernel)
    stride, pads = here.attribute("strides") or (1,) * rank, here.attribute("pads") or (0,) * (2 * rank)
    ends = zip(pads[:rank], pads[rank:], strict=True)
    rows = zip(x.sizes[2:], stride, kernel, ends, strict=True)
    sizes = tuple((n - 1) * s + k - sum(both) for n, s, k, both in rows)
    if places.array is None or not all(isinstance(n, int) for n in sizes):
        raise UnclaimedError("whose places are computed while the model runs")
    plane = prod(sizes)
    switches = replace(places, array=places.array.mapped(f"in{plane}", lambda a: a % plane, places.sizes))
    outputs = sizes if asked is None else numbers(asked)[2:]
    behind = tuple((0, o - n) for o, n in zip(outputs, sizes, strict=True))
    whole = outputs == sizes
    y = here.add(MaxUnpool(sizes), x, arrays={"switches": switches}, suffix="" if whole else "unpooled")
    return y if whole else here.add(Pad(behind), y)


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
        "MaxUnpool": max_unpool,
        "AveragePool": average_pool,
        "GlobalAveragePool": plain(GlobalAveragePool()),
        "LpPool": lp_pool,
        "GlobalMaxPool": global_max_pool,
        "GlobalLpPool": global_lp_pool,
    }
)
"""The rules of this chapter."""
