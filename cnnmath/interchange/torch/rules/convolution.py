"""Convolutions and transposed convolutions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cnnmath.interchange.torch.build import Builder, Value
from cnnmath.interchange.torch.tensors import Known
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops import Conv, ConvTranspose

Sizes = int | Sequence[int]


def axes(value: Sizes, rank: int) -> tuple[int, ...]:
    """One entry an axis; PyTorch gives one for all, or a list of one.

    Examples
    --------
    >>> axes(2, 2), axes([2], 3), axes([1, 2], 2)
    ((2, 2), (2, 2, 2), (1, 2))
    """
    values = (value,) if isinstance(value, int) else tuple(value)
    return values * rank if len(values) == 1 else values


def conv(
    b: Builder,
    x: Value,
    w: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Value:
    """Convolution of any rank."""
    w, rank = known(w), len(known(w).shape) - 2
    op = Conv(
        w.shape[0],
        w.shape[2:],
        stride=axes(stride, rank),
        padding=padding if isinstance(padding, str) else axes(padding, rank),
        dilation=axes(dilation, rank),
        groups=groups,
        bias=bias is not None,
    )
    return b.apply(op, x, w=w, b=None if bias is None else known(bias))


def conv_transpose(
    b: Builder,
    x: Value,
    w: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Value:
    """Transposed convolution of any rank."""
    w, rank = known(w), len(known(w).shape) - 2
    op = ConvTranspose(
        w.shape[1] * groups,
        w.shape[2:],
        stride=axes(stride, rank),
        padding=axes(padding, rank),
        output_padding=axes(output_padding, rank),
        dilation=axes(dilation, rank),
        groups=groups,
        bias=bias is not None,
    )
    return b.apply(op, x, w=w, b=None if bias is None else known(bias))


def convolution(
    b: Builder,
    x: Value,
    w: Any,
    bias: Any,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    transposed: bool,
    output_padding: Sizes,
    groups: int,
) -> Value:
    """Either of them, as decompositions write it."""
    if transposed:
        return conv_transpose(b, x, w, bias, stride, padding, output_padding, groups, dilation)
    return conv(b, x, w, bias, stride, padding, dilation, groups)


def known(tensor: Any) -> Known:
    """A tensor that is known, of which an operator makes its parameters."""
    if not isinstance(tensor, Known):
        raise UnclaimedError("its weights depend on the input")
    return tensor


RULES = {
    "conv1d": conv,
    "conv2d": conv,
    "conv3d": conv,
    "conv_transpose1d": conv_transpose,
    "conv_transpose2d": conv_transpose,
    "conv_transpose3d": conv_transpose,
    "convolution": convolution,
}
