"""Convolution and its transpose."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from cnnmath import ops
from cnnmath.interchange.onnx.export.body import Body, known
from cnnmath.interchange.onnx.export.form import FAR, Form, pads, window
from cnnmath.ops.algebra import Shape


def conv(op: ops.Conv, m: Body, shapes: tuple[Shape, ...], x: str, w: str, b: str | None = None) -> str:
    """Conv."""
    return m("Conv", x, w, b, group=op.groups, **window(op, shapes[0][2:]))


def transposed(op: ops.ConvTranspose, m: Body, shapes: tuple[Shape, ...], x: str, w: str, b: str | None = None) -> str:
    """ConvTranspose; where more is added behind than its stride allows, all of it is computed and cut afterwards."""
    if all(extra < s for extra, s in zip(op.output_padding, op.stride, strict=True)):
        return m("ConvTranspose", x, w, b, group=op.groups, output_padding=op.output_padding, **window(op))
    rank = len(op.kernel)
    y = m("ConvTranspose", x, w, group=op.groups, kernel_shape=op.kernel, strides=op.stride, dilations=op.dilation)
    behind = [extra - after for extra, (_, after) in zip(op.output_padding, op.padding, strict=True)]
    starts, ends = [before for before, _ in op.padding], [n if n < 0 else FAR for n in behind]
    y = m("Slice", y, m.integers(*starts), m.integers(*ends), m.integers(*range(2, rank + 2)))
    y = m("Pad", y, m.integers(*[0] * (rank + 4), *(max(n, 0) for n in behind)))
    return y if b is None else m("Add", y, m.by_channel(b, rank + 2))


def subsample(op: Any, m: Body, shapes: tuple[Shape, ...], x: str, w: str, b: str) -> str:
    """Conv of each channel alone, whose filter is one number."""
    (channels,) = known(shapes[0][1:2], "a filter for each channel")
    filters = m("Expand", m("Unsqueeze", w, m.integers(*range(1, len(op.kernel) + 2))), m.integers(1, 1, *op.kernel))
    if not op.ceil:
        return m("Conv", x, filters, b, group=channels, **window(op, shapes[0][2:]))
    windows = op.windows(known(shapes[0][2:], "a window that is rounded up"))
    settings = window(op) | {"auto_pad": None, "pads": pads(windows)}
    return m("Conv", x, filters, b, group=channels, **settings)


FORMS: Mapping[type[ops.Operator], Form] = MappingProxyType(
    {ops.Conv: conv, ops.ConvTranspose: transposed, ops.Subsample: subsample}
)
"""The forms of this chapter."""
