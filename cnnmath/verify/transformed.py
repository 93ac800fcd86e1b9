"""How far a convolution by transforms may be from the exact one: the derived bounds of `cnnmath.numeric.methods`.

They are relative to the largest that a sum can be: taps times the largest number of either operand. What is
transformed is the forward sum itself or, for a gradient, the correlation that the gradient is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import inf, prod
from typing import Any

import numpy as np

from cnnmath.errors import SettingError
from cnnmath.numeric.methods import fft, winograd
from cnnmath.numeric.methods.predict import Sizes
from cnnmath.ops import Conv, Operator
from cnnmath.readers.rounding import OUTWARD, Format
from cnnmath.window import Window

ROOM = 1 << 60
"""Bytes of scratch memory, of which a bound knows no end."""


def tiles(algorithm: str) -> tuple[int, ...] | None:
    """Outputs of a Winograd tile along an axis, all usual ones where none are named; None for the FFT.

    Examples
    --------
    >>> tiles("winograd(4)"), tiles("winograd"), tiles("fft")
    ((4,), (2, 4, 6), None)
    """
    found = re.fullmatch(r"winograd(?:\(([1-9]\d?)\))?|fft", algorithm)
    if found is None:
        raise SettingError(
            "there is no such algorithm to bound.",
            here=f"algorithm {algorithm!r}",
            fix="use 'any order', 'winograd', 'winograd(m)' for tiles of m outputs an axis, or 'fft'",
        )
    if algorithm == "fft":
        return None
    return (int(found[1]),) if found[1] else winograd.OUTPUTS


def error(op: Operator, wrt: str, arrays: Mapping[str, Any], dy: Any, form: Format, algorithm: str) -> float:
    r"""Largest error that the transforms add; 0 for operators and operands that no kernel transforms.

    By Winograd's method these are convolutions of stride and dilation 1 of more than one tap, and their gradients. The
    gradient by the input is the correlation of dy, spread by the stride, with the turned filters, C and F changing
    places. That by the filters is, with the FFT, the correlation of the input with dy over the samples.

    Notes
    -----
    float16 and bfloat16 are assumed to be transformed in float32, and rounded at the end. Winograd's points are those
    of `cnnmath.toomcook.transforms`, the lengths of the FFT the powers of 2.
    """
    many = tiles(algorithm)
    if not isinstance(op, Conv) or wrt == "b":
        return 0.0
    x, w = arrays["x"], arrays["w"]
    windows = op.windows(x.shape[2:])
    plain = all((a.stride, a.dilation) == (1, 1) for a in windows) and prod(op.kernel) > 1
    if many is not None and not plain:
        return 0.0
    dtype = np.dtype(np.float64 if form.name == "float64" else np.float32)
    first, second = {"y": (x, w), "x": (dy, w), "w": (x, dy)}[wrt]
    most = float(np.abs(np.asarray(first, float)).max(initial=0)) * float(
        np.abs(np.asarray(second, float)).max(initial=0)
    )
    if wrt == "w" and many is not None:
        sizes = _sizes(op, "y", windows, x.shape, op.shape(x.shape), dtype)
        each = [winograd._predict(sizes, _tile(m, sizes), ROOM).gradient_bound for m in many]
        bound = max(each) * sizes.positions * most
    else:
        sizes = _sizes(op, wrt, windows, x.shape, op.shape(x.shape), dtype)
        each = [winograd._predict(sizes, _tile(m, sizes), ROOM).bound for m in many or ()]
        bound = max(each or [fft.predict(sizes, inf, ROOM).bound]) * sizes.taps * most
    return bound * OUTWARD


def _sizes(
    op: Conv, wrt: str, windows: tuple[Window, ...], x: tuple[int, ...], y: tuple[int, ...], dtype: np.dtype[Any]
) -> Sizes:
    """Sizes of the correlation with stride 1 that the output, or a gradient, is."""
    c, f = x[1] // op.groups, op.filters // op.groups
    full = [a.stride * (o - 1) + 1 for a, o in zip(windows, y[2:], strict=True)]
    if wrt == "y":
        batch, channels, filters, inputs, outputs = x[0], c, f, x[2:], tuple(full)
        windows = tuple(Window(a.kernel, 1, a.dilation) for a in windows)
    elif wrt == "x":
        batch, channels, filters, inputs = x[0], f, c, tuple(full)
        outputs = tuple(n + a.extent - 1 for n, a in zip(full, windows, strict=True))
        windows = tuple(Window(a.kernel, 1, a.dilation) for a in windows)
    else:
        batch, channels, filters, inputs, outputs = c, x[0], f, x[2:], tuple(a.extent for a in windows)
        windows = tuple(Window(o, 1, a.stride) for a, o in zip(windows, y[2:], strict=True))
    return Sizes(windows, max(1, batch), max(1, channels), filters, inputs, outputs, op.groups, dtype)


def _tile(m: int, sizes: Sizes) -> tuple[int, ...]:
    return tuple(m if k > 1 else 1 for k in sizes.kernel)
