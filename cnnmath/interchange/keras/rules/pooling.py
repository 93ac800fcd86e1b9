"""Pools: sliding and global."""

from __future__ import annotations

from cnnmath.interchange.keras.build import Builder, Value
from cnnmath.interchange.keras.rules.settings import Settings, channels_ahead, per_axis
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops import AdaptiveMaxPool, AveragePool, GlobalAveragePool, MaxPool, Operator, Reduce


def max_pool(b: Builder, c: Settings, x: Value) -> Value:
    """Largest number of each window."""
    kernel, stride = _window(c, len(x.shape) - 2)
    return b.apply(MaxPool(kernel, stride=stride, padding=c["padding"]), x, order=channels_ahead(b, c, x))


def average_pool(b: Builder, c: Settings, x: Value) -> Value:
    """Mean of each window, of the numbers that are there: padding does not count."""
    kernel, stride = _window(c, len(x.shape) - 2)
    op = AveragePool(kernel, stride=stride, padding=c["padding"], count_padding=False)
    return b.apply(op, x, order=channels_ahead(b, c, x))


def global_average_pool(b: Builder, c: Settings, x: Value) -> Value:
    """Mean of each channel."""
    return _over_positions(b, c, x, GlobalAveragePool())


def global_max_pool(b: Builder, c: Settings, x: Value) -> Value:
    """Largest number of each channel."""
    return _over_positions(b, c, x, AdaptiveMaxPool((1,) * (len(x.shape) - 2)))


def mean(b: Builder, c: Settings, x: Value) -> Value:
    """Mean along some axes; over all positions, that of each channel."""
    return _reduced(b, c, x, "mean", GlobalAveragePool())


def largest(b: Builder, c: Settings, x: Value) -> Value:
    """Largest number along some axes."""
    return _reduced(b, c, x, "max", AdaptiveMaxPool((1,) * (len(x.shape) - 2)))


def _reduced(b: Builder, c: Settings, x: Value, how: str, whole: Operator) -> Value:
    rank, order = len(x.shape), b.best(x)
    given = c.get("axis")
    axes = sorted(i % rank for i in ((given,) if isinstance(given, int) else given or range(rank)))
    if 0 in axes:
        raise UnclaimedError("it mixes the samples of a batch")
    op = whole if axes == sorted(order[2:]) else Reduce(how, tuple(order.index(i) for i in axes))
    y = b.apply(op, x, order=order)
    return y if c.get("keepdims") else b.reshape(y, tuple(n for i, n in enumerate(x.shape) if i not in axes))


def _over_positions(b: Builder, c: Settings, x: Value, op: Operator) -> Value:
    order = channels_ahead(b, c, x)
    y = b.apply(op, x, order=order)
    return y if c.get("keepdims") else b.reshape(y, (x.shape[0], x.shape[order[1]]))


def _window(c: Settings, rank: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Kernel and stride; the stride is the kernel where there is none."""
    kernel = per_axis(c["pool_size"], rank)
    return kernel, per_axis(c["strides"], rank) if c.get("strides") else kernel


RULES = {
    **{f"MaxPooling{d}D": max_pool for d in (1, 2, 3)},
    **{f"AveragePooling{d}D": average_pool for d in (1, 2, 3)},
    **{f"GlobalAveragePooling{d}D": global_average_pool for d in (1, 2, 3)},
    **{f"GlobalMaxPooling{d}D": global_max_pool for d in (1, 2, 3)},
    "ops.Mean": mean,
    "ops.Max": largest,
}
