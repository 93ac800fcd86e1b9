"""Sums, means and maxima along axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cnnmath.interchange.torch.build import Builder, Value, check_value
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops import GlobalAveragePool, Reduce


def reduced(how: str) -> Callable[..., Value]:
    """Rule for a reduction; the mean over all positions is a pool."""

    def rule(b: Builder, x: Value, dims: Sequence[int] | int | None = None, keepdim: bool = False) -> Value:
        count = len(check_value(x).shape)
        named = [i % count for i in ((dims,) if isinstance(dims, int) else dims or range(count))]
        if any(x.layout.axis(i) is None for i in named):
            x = b.plain(x)
        over = sorted(axis for axis in map(x.layout.axis, named) if axis is not None)
        if not over or over[0] == 0:
            raise UnclaimedError("it mixes the samples of a batch")
        positions = over == [*range(2, len(x.layout.source))]
        op = GlobalAveragePool() if how == "mean" and positions else Reduce(how, tuple(over))
        found = b.kept(op, x, layout=x.layout.without(named, keep=True))
        return b.looked(found, x.layout.without(named, keep=keepdim))

    return rule


def extreme(how: str) -> Callable[..., Any]:
    """Rule for the largest or the smallest number along one axis, and where it was, which nothing reads here."""
    return lambda b, x, dim, keepdim=False: (reduced(how)(b, x, dim, keepdim), None)


def norm(b: Builder, x: Value, order: float = 2, dims: Any = None, keepdim: bool = False) -> Value:
    """Length of a vector."""
    if order not in (1, 2):
        raise UnclaimedError(f"it is of order {order}")
    return reduced(f"l{int(order)}")(b, x, dims, keepdim)


RULES = {
    "mean": reduced("mean"),
    "sum": reduced("sum"),
    "amax": reduced("max"),
    "amin": reduced("min"),
    "max": extreme("max"),
    "min": extreme("min"),
    "prod": reduced("product"),
    "logsumexp": reduced("log_sum_exp"),
    "linalg_vector_norm": norm,
    "norm": norm,
}
