"""Dense layers."""

from __future__ import annotations

from cnnmath.interchange.keras.build import Builder, Value
from cnnmath.interchange.keras.rules.activation import activated
from cnnmath.interchange.keras.rules.settings import Settings
from cnnmath.ops import Conv, Linear, LinearLast


def dense(b: Builder, c: Settings, x: Value) -> Value:
    """Weighted sums over the last axis.

    Where the array that is there has this axis as its channels, it is a convolution by a kernel of one tap.
    """
    bias = b.weight("bias") if c["use_bias"] else None
    order = b.best(x)
    if len(order) > 2 and order[1] == len(order) - 1:
        rank = len(order) - 2
        w = b.weight("kernel", lambda w: w.T.reshape(*w.T.shape, *(1,) * rank))
        y = b.apply(Conv(c["units"], (1,) * rank, bias=c["use_bias"]), x, order=order, w=w, b=bias)
    else:
        op = (Linear if len(order) == 2 else LinearLast)(c["units"], bias=c["use_bias"])
        y = b.apply(op, x, order=order, w=b.weight("kernel", lambda w: w.T), b=bias)
    return activated(b, c, y)


RULES = {"Dense": dense}
