"""Products of two matrices that both depend on the input, and attention, which is made of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cnnmath.interchange.torch.build import Builder, Value, check_value
from cnnmath.interchange.torch.rules import linear
from cnnmath.interchange.torch.rules.activation import softmax
from cnnmath.interchange.torch.rules.arithmetic import add, mul
from cnnmath.interchange.torch.tensors import Known
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops import MatMul


def matmul(b: Builder, x: Any, y: Any) -> Value:
    """Matrix product; with a matrix that is known it is a dense layer."""
    if isinstance(y, Known) and len(y.shape) > 2 and (y.shape[0] == 1 or y.tensor.stride(0) == 0):
        y = y.view("first", lambda t: t[0])
    if isinstance(y, Known) and len(y.shape) == 2:
        return linear.linear(b, x, y.view("transposed", lambda t: t.t()))
    found = b.apply(MatMul(), b.apart(check_value(x)), b.apart(check_value(y)))
    return b.looked(found, found.layout.reshaped((*check_value(x).shape[:-1], *check_value(y).shape[-1:])))


def attention(
    b: Builder,
    q: Value,
    k: Value,
    v: Value,
    mask: Any = None,
    dropout: float = 0,
    causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Value:
    """Mixture of the values v by the probabilities that queries and keys give."""
    if causal or dropout or enable_gqa:
        raise UnclaimedError("it is causal, drops or shares heads")
    size = check_value(q).shape[-1]
    order = [*range(len(check_value(k).shape))]
    order[-2:] = reversed(order[-2:])
    scores = matmul(b, q, replace(k, layout=k.layout.permuted(order)))
    scores = mul(b, scores, size**-0.5 if scale is None else scale)
    if mask is not None:
        scores = add(b, scores, mask)
    return matmul(b, softmax(b, scores, -1), v)


RULES = {
    "matmul": matmul,
    "mm": matmul,
    "bmm": matmul,
    "baddbmm": lambda b, bias, x, y: add(b, matmul(b, x, y), bias),
    "scaled_dot_product_attention": attention,
}
