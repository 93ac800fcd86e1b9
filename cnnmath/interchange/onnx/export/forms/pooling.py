"""Pooling."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from types import MappingProxyType
from typing import Any

import numpy as np

from cnnmath import ops
from cnnmath.axis import Bins
from cnnmath.interchange.onnx.export.body import Body, known
from cnnmath.interchange.onnx.export.form import Form, pads, window
from cnnmath.ops.algebra import Shape
from cnnmath.window import Window

LEAST = float(np.finfo(np.float32).min)
"""What no maximum of numbers of 32 bits is below."""


def max_pool(op: ops.MaxPool, m: Body, shapes: tuple[Shape, ...], x: str) -> str:
    """MaxPool; where a window may lie in the padding alone, which it does not allow, padding is written out."""
    if _short(op):
        return m("MaxPool", x, ceil_mode=int(op.ceil), **window(op))
    windows = op.windows(known(shapes[0][2:], "a padding as long as the kernel"))
    return m("MaxPool", _padded(m, x, windows, LEAST), **_bare(op))


def average_pool(op: ops.AveragePool, m: Body, shapes: tuple[Shape, ...], x: str) -> str:
    """AveragePool; where a window may lie in the padding alone or is rounded up, a sum over a count."""
    if _short(op) and not (op.ceil and op.count_padding):
        counted = {"ceil_mode": int(op.ceil), "count_include_pad": int(op.count_padding)}
        return m("AveragePool", x, **counted, **window(op))
    sizes = known(shapes[0][2:], "a mean with such padding")
    y = m("AveragePool", _padded(m, x, op.windows(sizes), 0.0), **_bare(op))
    for axis, counts in enumerate(_counts(op, sizes)):
        if (counts != op.kernel[axis]).any():
            y = m("Mul", y, (op.kernel[axis] / counts).reshape(-1, *[1] * (len(sizes) - 1 - axis)))
    return y


def _counts(op: ops.AveragePool, sizes: tuple[int, ...]) -> list[Any]:
    """How many taps count at each output, along each axis."""
    found = []
    for w, declared, n in zip(op.windows(sizes), op.declared(sizes), sizes, strict=True):
        taps = w.tap(np.arange(w.placements(n))[:, None], np.arange(w.kernel))
        inside = (taps < n + declared.after) if op.count_padding else (taps >= 0) & (taps < n)
        found.append(inside.sum(axis=1))
    return found


def lp_pool(op: ops.LpPool, m: Body, shapes: tuple[Shape, ...], x: str) -> str:
    """LpPool; rounded up or padded far, the root of a sum of powers."""
    if _short(op) and not op.ceil:
        return m("LpPool", x, p=op.p, **window(op))
    windows = op.windows(known(shapes[0][2:], "a padding as long as the kernel"))
    powers = m("Pow", m("Abs", x), float(op.p))
    mean = m("AveragePool", _padded(m, powers, windows, 0.0), **_bare(op))
    return m("Pow", m("Mul", mean, float(prod(op.kernel))), 1 / op.p)


def global_average(op: Any, m: Body, shapes: tuple[Shape, ...], x: str) -> str:
    """GlobalAveragePool; of an input without positions, itself."""
    return m("GlobalAveragePool" if len(shapes[0]) > 2 else "Identity", x)


def adaptive_average(op: ops.AdaptiveAveragePool, m: Body, shapes: tuple[Shape, ...], x: str) -> str:
    """A global pooling, bins of equal length as windows, or along each axis a product by a matrix."""
    if set(op.outputs) == {1}:
        return m("GlobalAveragePool", x)
    sizes = known(shapes[0][2:], "a pooling to a fixed size")
    if bins := _equal(sizes, op.outputs):
        return m("AveragePool", x, kernel_shape=bins, strides=bins)
    for axis, (n, outputs) in enumerate(zip(sizes, op.outputs, strict=True), 2):
        if n != outputs:
            x = m.along(x, axis, len(shapes[0]), _means(m, Bins(n, outputs)))
    return x


def _equal(sizes: tuple[int, ...], outputs: tuple[int, ...]) -> list[int]:
    """Lengths of bins that are all equal along each axis; none where they are not."""
    pairs = list(zip(sizes, outputs, strict=True))
    return [] if any(n % o for n, o in pairs) else [n // o for n, o in pairs]


def _means(m: Body, bins: Bins) -> Any:
    """A row for each bin: one over its length at each of its places."""
    m.reserve(bins.n * bins.outputs)
    matrix = np.zeros((bins.outputs, bins.n))
    for o in range(bins.outputs):
        matrix[o, bins.reads(o)] = 1 / len(bins.reads(o))
    return matrix


def adaptive_max(op: ops.AdaptiveMaxPool, m: Body, shapes: tuple[Shape, ...], x: str) -> str:
    """A global pooling, bins of equal length as windows, or along each axis a maximum of each part."""
    if set(op.outputs) == {1}:
        return m("GlobalMaxPool", x)
    sizes = known(shapes[0][2:], "a pooling to a fixed size")
    if bins := _equal(sizes, op.outputs):
        return m("MaxPool", x, kernel_shape=bins, strides=bins)
    for axis, (n, outputs) in enumerate(zip(sizes, op.outputs, strict=True), 2):
        parts = [_largest(m, x, axis, Bins(n, outputs).reads(o)) for o in range(outputs if n != outputs else 0)]
        x = m("Concat", *parts, axis=axis) if parts else x
    return x


def _largest(m: Body, x: str, axis: int, places: list[int]) -> str:
    part = m("Slice", x, m.integers(places[0]), m.integers(places[-1] + 1), m.integers(axis))
    return m.over_axes("ReduceMax", part, [axis])


def max_unpool(op: ops.MaxUnpool, m: Body, shapes: tuple[Shape, ...], x: str, switches: str) -> str:
    """What goes to one place adds up, where MaxUnpool would keep the last: so it is scattered."""
    rows = m("Shape", x, start=0, end=2)
    places = m.integers(prod(op.outputs))
    zeros = m("Expand", m.constant(np.zeros((1, 1, 1))), m("Concat", rows, places, axis=0))
    flat = m("Concat", rows, m.integers(-1), axis=0)
    at = m("Reshape", switches, flat)
    y = m("ScatterElements", zeros, at, m("Reshape", x, flat), axis=2, reduction="add")
    return m("Reshape", y, m("Concat", rows, m.integers(*op.outputs), axis=0))


def _short(op: Any) -> bool:
    """Whether padding is shorter than the kernel, as runtimes ask for."""
    if isinstance(op.padding, str):
        return set(op.dilation) == {1} or op.padding == "valid"
    return all(max(pair) < k for pair, k in zip(op.padding, op.kernel, strict=True))


def _padded(m: Body, x: str, windows: tuple[Window, ...], value: float) -> str:
    before_after = pads(windows)
    if not any(before_after):
        return x
    half = len(windows)
    return m("Pad", x, m.integers(0, 0, *before_after[:half], 0, 0, *before_after[half:]), value)


def _bare(op: Any) -> dict[str, Any]:
    return {"kernel_shape": op.kernel, "strides": op.stride, "dilations": op.dilation}


FORMS: Mapping[type[ops.Operator], Form] = MappingProxyType(
    {
        ops.MaxPool: max_pool,
        ops.AveragePool: average_pool,
        ops.LpPool: lp_pool,
        ops.GlobalAveragePool: global_average,
        ops.AdaptiveAveragePool: adaptive_average,
        ops.AdaptiveMaxPool: adaptive_max,
        ops.MaxUnpool: max_unpool,
    }
)
"""The forms of this chapter."""
