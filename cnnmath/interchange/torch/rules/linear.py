"""Dense layers, as modules and as products with a matrix that is known."""

from __future__ import annotations

from typing import Any

from cnnmath.interchange.torch.build import Builder, Value, check_value
from cnnmath.interchange.torch.refused import Refused
from cnnmath.interchange.torch.rules.convolution import known
from cnnmath.interchange.torch.tensors import Known
from cnnmath.ops import Conv, Linear


def linear(b: Builder, x: Value, w: Any, bias: Any = None) -> Value:
    """Weighted sums over the last axis; at several positions, a convolution with a kernel of one tap."""
    w, bias = known(w), None if bias is None else known(bias)
    count = len(check_value(x).shape)
    if count == 2:
        return b.apply(Linear(w.shape[0], bias=bias is not None), x, w=w, b=bias)
    value, i = b.channels(x, -1)
    rank = len(value.layout.source) - 2
    op = Conv(w.shape[0], (1,) * rank, bias=bias is not None)
    taps = w.view("taps", lambda t: t.reshape(*t.shape, *(1,) * rank))
    return b.kept(op, value, layout=value.layout.resized(i, w.shape[0]), w=taps, b=bias)


def addmm(b: Builder, bias: Any, x: Value, w: Any, *, beta: float = 1, alpha: float = 1) -> Value:
    """Product with a matrix, and a bias."""
    if (beta, alpha) != (1, 1):
        raise Refused("it scales its terms")
    return linear(b, x, known(w).view("transposed", lambda t: t.t()), bias)


def matmul(b: Builder, x: Any, y: Any) -> Value:
    """Product with a matrix that is known."""
    if isinstance(x, Value) and isinstance(y, Known) and len(y.shape) == 2:
        return linear(b, x, y.view("transposed", lambda t: t.t()))
    raise Refused("both factors depend on the input")


def bmm(b: Builder, x: Any, y: Any) -> Value:
    """The same where the matrix is repeated for every sample."""
    if isinstance(y, Known) and (y.shape[0] == 1 or y.tensor.stride(0) == 0):
        y = y.view("first", lambda t: t[0])
    return matmul(b, x, y)


RULES = {"linear": linear, "addmm": addmm, "matmul": matmul, "mm": matmul, "bmm": bmm}
