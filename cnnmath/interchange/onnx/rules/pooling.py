"""Pooling."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cnnmath.interchange.onnx.known import Known, UnclaimedError
from cnnmath.interchange.onnx.reading import Here
from cnnmath.interchange.onnx.rules.rule import Rule, plain, window
from cnnmath.ops import AveragePool, GlobalAveragePool, MaxPool


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


RULES: Mapping[str, Rule] = MappingProxyType(
    {"MaxPool": max_pool, "AveragePool": average_pool, "GlobalAveragePool": plain(GlobalAveragePool())}
)
"""The rules of this chapter."""
