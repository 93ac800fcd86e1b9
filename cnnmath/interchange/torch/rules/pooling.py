"""Pools: sliding, adaptive and global."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cnnmath.interchange.torch.build import Builder, Value, check_value
from cnnmath.interchange.torch.refused import Refused
from cnnmath.interchange.torch.rules.convolution import Sizes, axes
from cnnmath.ops import AdaptiveAveragePool, AdaptiveMaxPool, AveragePool, GlobalAveragePool, MaxPool


def max_pool(
    b: Builder,
    x: Value,
    kernel: Sizes,
    stride: Sizes = (),
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil: bool = False,
) -> Value:
    """Largest number of each window; PyTorch writes no stride as an empty list."""
    rank = _rank(x)
    kernel = axes(kernel, rank)
    stride = axes(stride, rank) or kernel
    op = MaxPool(kernel, stride=stride, padding=axes(padding, rank), dilation=axes(dilation, rank), ceil=ceil)
    return b.apply(op, x)


def max_pool_with_indices(b: Builder, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
    """The same; where the indices are used, nothing reads them here."""
    return (max_pool(b, *args, **kwargs), None)


def avg_pool(
    b: Builder,
    x: Value,
    kernel: Sizes,
    stride: Sizes = (),
    padding: Sizes = 0,
    ceil: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Value:
    """Mean of each window."""
    if divisor_override is not None:
        raise Refused("its divisor is given")
    rank = _rank(x)
    kernel = axes(kernel, rank)
    stride = axes(stride, rank) or kernel
    op = AveragePool(kernel, stride=stride, padding=axes(padding, rank), ceil=ceil, count_padding=count_include_pad)
    return b.apply(op, x)


def adaptive_avg_pool(b: Builder, x: Value, outputs: Sizes) -> Value:
    """Mean of each bin; of one bin, the global mean."""
    bins = _bins(x, outputs)
    return b.apply(GlobalAveragePool() if set(bins) == {1} else AdaptiveAveragePool(bins), x)


def adaptive_max_pool(b: Builder, x: Value, outputs: Sizes) -> tuple[Any, ...]:
    """Largest number of each bin, and where it was, which nothing reads here."""
    return (b.apply(AdaptiveMaxPool(_bins(x, outputs)), x), None)


def mean(b: Builder, x: Value, dims: Sequence[int] | int | None = None, keepdim: bool = False) -> Value:
    """Mean over all positions of each channel."""
    return _over_positions(b, GlobalAveragePool(), x, dims, keep=keepdim)


def amax(b: Builder, x: Value, dims: Sequence[int] | int = (), keepdim: bool = False) -> Value:
    """Largest number of all positions of each channel."""
    return _over_positions(b, AdaptiveMaxPool((1,) * _rank(x)), x, dims, keep=keepdim)


def _over_positions(b: Builder, op: Any, x: Value, dims: Any, *, keep: bool) -> Value:
    """What an operator makes of each channel's positions, where these are the axes that are named."""
    count = len(check_value(x).shape)
    named = [i % count for i in ((dims,) if isinstance(dims, int) else dims or range(count))]
    if {x.layout.axis(i) for i in named} != set(range(2, len(x.layout.source))):
        raise Refused(f"it is over axes {', '.join(map(str, named))}")
    return b.looked(b.kept(op, x, layout=x.layout.without(named, keep=True)), x.layout.without(named, keep=keep))


def _bins(x: Value, outputs: Sizes) -> tuple[int, ...]:
    """How many bins along each axis; None means as many as there are numbers."""
    rank = _rank(x)
    given = axes(outputs, rank)
    return tuple(n if size is None else size for size, n in zip(given, x.shape[2:], strict=True))


def _rank(x: Value) -> int:
    return len(check_value(x).shape) - 2


RULES = {
    **{f"max_pool{d}d": max_pool for d in (1, 2, 3)},
    **{f"max_pool{d}d_with_indices": max_pool_with_indices for d in (1, 2, 3)},
    **{f"avg_pool{d}d": avg_pool for d in (1, 2, 3)},
    **{f"{name}adaptive_avg_pool{d}d": adaptive_avg_pool for d in (1, 2, 3) for name in ("", "_")},
    **{f"adaptive_max_pool{d}d": adaptive_max_pool for d in (1, 2, 3)},
    "mean": mean,
    "amax": amax,
}
