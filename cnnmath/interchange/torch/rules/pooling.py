"""Pools: sliding, adaptive and global."""

from __future__ import annotations

from typing import Any

from cnnmath.interchange.torch.build import Builder, Value, check_value
from cnnmath.interchange.torch.rules.convolution import Sizes, axes
from cnnmath.interchange.unclaimed import UnclaimedError
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
        raise UnclaimedError("its divisor is given")
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
    **{f"adaptive_avg_pool{d}d": adaptive_avg_pool for d in (1, 2, 3)},
    **{f"_adaptive_avg_pool{d}d": adaptive_avg_pool for d in (2, 3)},
    **{f"adaptive_max_pool{d}d": adaptive_max_pool for d in (1, 2, 3)},
}
