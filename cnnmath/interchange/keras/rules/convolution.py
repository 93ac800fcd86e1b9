"""Convolutions: plain, depthwise, separable and transposed."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnmath.interchange.keras.build import Builder, Value
from cnnmath.interchange.keras.rules.activation import activated
from cnnmath.interchange.keras.rules.settings import Settings, channels_ahead, per_axis
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.numeric.windows import Array
from cnnmath.ops import Conv, ConvTranspose


def conv(b: Builder, c: Settings, x: Value) -> Value:
    """Convolution of any rank; its kernel (\\*taps, C, F) becomes (F, C, \\*taps)."""
    order = channels_ahead(b, c, x)
    op = Conv(c["filters"], **_window(c, len(x.shape) - 2), groups=c.get("groups", 1), bias=c["use_bias"])
    y = b.apply(op, x, order=order, w=b.weight("kernel", filters_ahead), b=_bias(b, c))
    return activated(b, c, y)


def depthwise_conv(b: Builder, c: Settings, x: Value) -> Value:
    """Convolution of each channel by itself with M filters; its kernel (\\*taps, C, M) becomes (CM, 1, \\*taps)."""
    y = _depthwise(b, c, x, bias=c["use_bias"])
    return activated(b, c, y)


def separable_conv(b: Builder, c: Settings, x: Value) -> Value:
    """A depthwise convolution, and one by a kernel of 1 that mixes the channels."""
    rank = len(x.shape) - 2
    y = _depthwise(b, c, x, bias=False, part="depthwise")
    op = Conv(c["filters"], (1,) * rank, bias=c["use_bias"])
    w = b.weight("pointwise_kernel", filters_ahead)
    return activated(b, c, b.apply(op, y, order=channels_ahead(b, c, y), part="pointwise", w=w, b=_bias(b, c)))


def conv_transpose(b: Builder, c: Settings, x: Value) -> Value:
    """Transposed convolution; its kernel (\\*taps, F, C) becomes (C, F, \\*taps)."""
    rank = len(x.shape) - 2
    window = _window(c, rank)
    extra = c.get("output_padding")
    extras = (None,) * rank if extra is None else per_axis(extra, rank)
    taps = zip(window["kernel"], window["stride"], window["dilation"], extras, strict=True)
    cut = [transposed_padding(d * (k - 1) + 1, s, e, same=window["padding"] == "same") for k, s, d, e in taps]
    window["padding"] = tuple((before, max(after, 0)) for before, after in cut)
    window["output_padding"] = tuple(max(-after, 0) for _, after in cut)
    op = ConvTranspose(c["filters"], **window, groups=c.get("groups") or 1, bias=c["use_bias"])
    y = b.apply(op, x, order=channels_ahead(b, c, x), w=b.weight("kernel", filters_ahead), b=_bias(b, c))
    return activated(b, c, y)


def transposed_padding(extent: int, stride: int, extra: int | None, *, same: bool) -> tuple[int, int]:
    """What is cut off before and after a transposed convolution's whole output; a negative number is added.

    Keras fixes the length of the output, and with ``same`` cuts off half of the difference before, rounded down.

    Notes
    -----
    Of n inputs the whole output has (n - 1) s + e numbers. ``valid`` leaves it, but is n s where the stride is longer
    than the extent e; ``same`` is n s. With an output padding p they are (n - 1) s + e + p and, ``same``,
    (n - 1) s + e mod 2 + p.

    Examples
    --------
    >>> transposed_padding(3, 2, None, same=True), transposed_padding(2, 3, None, same=False)
    ((0, 1), (0, -1))
    >>> transposed_padding(5, 2, None, same=True), transposed_padding(4, 2, None, same=True)
    ((1, 2), (1, 1))
    """
    if not same:
        return (0, -(max(stride - extent, 0) if extra is None else extra))
    cut = extent - stride if extra is None else extent - extent % 2 - extra
    before = max(cut, 0) // 2
    return before, cut - before


def filters_ahead(w: Array) -> Array:
    """The last two axes first, in reverse order.

    Examples
    --------
    >>> filters_ahead(np.zeros((3, 5, 8, 16))).shape
    (16, 8, 3, 5)
    """
    return np.moveaxis(w, (-1, -2), (0, 1))


def _depthwise(b: Builder, c: Settings, x: Value, *, bias: bool, part: str = "") -> Value:
    """A convolution with as many groups as channels."""
    order = channels_ahead(b, c, x)
    channels = x.shape[order[1]]

    def turned(w: Array) -> Array:
        return np.moveaxis(w, (-2, -1), (0, 1)).reshape(-1, 1, *w.shape[:-2])

    op = Conv(channels * c["depth_multiplier"], **_window(c, len(x.shape) - 2), groups=channels, bias=bias)
    name = "depthwise_kernel" if part or not b.weights or "kernel" not in b.weights else "kernel"
    w = b.weight(name, turned)
    return b.apply(op, x, order=order, part=part, w=w, b=b.weight("bias") if bias else None)


def _window(c: Settings, rank: int) -> dict[str, Any]:
    """Kernel, stride, dilation and padding. The causal padding has all of it before."""
    kernel, stride = per_axis(c["kernel_size"], rank), per_axis(c.get("strides", 1), rank)
    dilation = per_axis(c.get("dilation_rate", 1), rank)
    padding: Any = c["padding"]
    if padding == "causal":
        padding = tuple((d * (k - 1), 0) for k, d in zip(kernel, dilation, strict=True))
    elif padding not in ("same", "valid"):
        raise UnclaimedError(f"its padding is '{padding}'")
    return {"kernel": kernel, "stride": stride, "dilation": dilation, "padding": padding}


def _bias(b: Builder, c: Settings) -> Array | None:
    return b.weight("bias") if c["use_bias"] else None


RULES = {
    **{f"Conv{d}D": conv for d in (1, 2, 3)},
    **{f"Conv{d}DTranspose": conv_transpose for d in (1, 2, 3)},
    **{f"DepthwiseConv{d}D": depthwise_conv for d in (1, 2)},
    **{f"SeparableConv{d}D": separable_conv for d in (1, 2)},
}
