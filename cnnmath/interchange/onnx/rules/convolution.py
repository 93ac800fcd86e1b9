"""Convolution and its transpose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from cnnmath.interchange.onnx.known import SMALL, Known, content
from cnnmath.interchange.onnx.reading import Here
from cnnmath.interchange.onnx.rules.rule import Rule, window
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops import Conv, ConvTranspose
from cnnmath.window import Size


def conv(here: Here) -> Known:
    """Conv: the filters' shape says how many there are, and the kernel where no attribute does."""
    x, w = here.input(0), here.input(1)
    filters, _, *kernel = w.sizes
    b = _bias(here, filters)
    kernel = here.attribute("kernel_shape") or kernel
    op = Conv(filters, tuple(kernel), groups=here.attribute("group", 1), bias=b is not None, **window(here, kernel))
    return here.add(op, x, arrays={"w": w, "b": b})


def conv_transpose(here: Here) -> Known:
    """ConvTranspose: where the size of the output is said, so is what is cut off, or what is added at the end."""
    x, w, groups = here.input(0), here.input(1), here.attribute("group", 1)
    _, filters, *kernel = w.sizes
    b = _bias(here, filters * groups)
    rank = len(kernel)
    stride = here.attribute("strides") or (1,) * rank
    dilation = here.attribute("dilations") or (1,) * rank
    extra: list[int] = list(here.attribute("output_padding") or (0,) * rank)
    extents = [d * (k - 1) + 1 + e for k, d, e in zip(kernel, dilation, extra, strict=True)]
    padding = _cut(here, x, stride, extents)
    for axis, (before, after) in enumerate(padding):
        if before + after < 0:
            extra[axis] -= before + after
            padding[axis] = (0, 0)
    if any(e >= max(s, d) for e, s, d in zip(extra, stride, dilation, strict=True)):
        raise UnclaimedError("whose output is longer than all that its kernel reaches")
    op = ConvTranspose(
        filters * groups,
        tuple(kernel),
        stride=tuple(stride),
        dilation=tuple(dilation),
        padding=tuple(padding),
        output_padding=tuple(extra),
        groups=groups,
        bias=b is not None,
    )
    return here.add(op, x, arrays={"w": w, "b": b})


def _bias(here: Here, filters: Size) -> Known | None:
    """The bias, unless nodes of the file make it of zeros: so exporters write a convolution without one."""
    b = here.optional(2)
    if b is None or b.array is None or b.array.trained or b.shape != (filters,) or b.array.size > SMALL:
        return b
    return b if content(b).any() else None


def _cut(here: Here, x: Known, stride: Sequence[int], extents: Sequence[int]) -> list[tuple[int, int]]:
    """What is cut off, before and after: as it is said, or what is left over; of an odd rest, more before.

    With SAME_UPPER, more after. Up to version 10 the text has these two the other way round; runtimes do not.
    """
    rank, auto = len(stride), here.attribute("auto_pad", "NOTSET")
    outputs: Sequence[Size] | None = here.attribute("output_shape")
    if outputs is None and auto in ("NOTSET", "VALID"):
        pads = (here.attribute("pads") if auto == "NOTSET" else None) or (0,) * (2 * rank)
        return list(zip(pads[:rank], pads[rank:], strict=True))
    if outputs is None:
        totals = [extent - s for extent, s in zip(extents, stride, strict=True)]
    else:
        sizes = zip(stride, x.sizes[2:], extents, outputs[-rank:], strict=True)
        totals = [s * (n - 1) + extent - o for s, n, extent, o in sizes]
    if not all(isinstance(total, int) for total in totals):
        raise UnclaimedError("whose output has a size that its input, left open, has not")
    halves = [(total // 2, total - total // 2) for total in totals]
    return halves if auto == "SAME_UPPER" else [(after, before) for before, after in halves]


RULES: Mapping[str, Rule] = MappingProxyType({"Conv": conv, "ConvTranspose": conv_transpose})
"""The rules of this chapter."""
