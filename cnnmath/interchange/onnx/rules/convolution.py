"""Convolution and its transpose."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cnnmath.interchange.onnx.known import Known
from cnnmath.interchange.onnx.reading import Here
from cnnmath.interchange.onnx.rules.rule import Rule, window
from cnnmath.ops import Conv


def conv(here: Here) -> Known:
    """Conv: the filters' shape says how many there are, and the kernel where no attribute does."""
    x, w, b = here.input(0), here.input(1), here.optional(2)
    filters, _, *kernel = w.sizes
    kernel = here.attribute("kernel_shape") or kernel
    op = Conv(filters, tuple(kernel), groups=here.attribute("group", 1), bias=b is not None, **window(here, kernel))
    return here.add(op, x, arrays={"w": w, "b": b})


RULES: Mapping[str, Rule] = MappingProxyType({"Conv": conv})
"""The rules of this chapter."""
