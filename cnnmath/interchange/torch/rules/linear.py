"""Dense layers, as modules and as products with a matrix that is known."""

from __future__ import annotations

from typing import Any

from cnnmath.interchange.torch.build import Builder, Value, check_value
from cnnmath.interchange.torch.rules.convolution import known
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops import Conv, Linear, LinearLast


def linear(b: Builder, x: Value, w: Any, bias: Any = None) -> Value:
    """Weighted sums over the last axis; of the channels of an image, a convolution by a kernel of one tap."""
    w, bias = known(w), None if bias is None else known(bias)
    if len(check_value(x).shape) == 2 and b.first(x.layout):
        return b.apply(Linear(w.shape[0], bias=bias is not None), x, w=w, b=bias)
    value, i, axis = b.alone(x, -1)
    layout = value.layout.resized(i, w.shape[0])
    if axis > 1 and axis == len(layout.source) - 1:
        return b.kept(LinearLast(w.shape[0], bias=bias is not None), value, layout=layout, w=w, b=bias)
    value, i = b.channels(value, i)
    rank = len(value.layout.source) - 2
    op = Conv(w.shape[0], (1,) * rank, bias=bias is not None)
    taps = w.view("taps", lambda t: t.reshape(*t.shape, *(1,) * rank))
    return b.kept(op, value, layout=value.layout.resized(i, w.shape[0]), w=taps, b=bias)


def addmm(b: Builder, bias: Any, x: Value, w: Any, *, beta: float = 1, alpha: float = 1) -> Value:
    """Product with a matrix, and a bias."""
    if (beta, alpha) != (1, 1):
        raise UnclaimedError("it scales its terms")
    return linear(b, x, known(w).view("transposed", lambda t: t.t()), bias)


RULES = {"linear": linear, "addmm": addmm}
