"""Functions of single numbers over whole arrays: block by block, so that what lies between stays in the cache."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cnnmath.numeric.engine import current
from cnnmath.numeric.methods.problem import blocks
from cnnmath.numeric.windows import Array, Slices
from cnnmath.numeric.workers import run

NUMBERS, SMALL = 2**17, 2**17
"""Numbers of a block, and numbers of an array that is not worth cutting."""


def each(function: Callable[..., Array], *arrays: Array) -> Array:
    """A function of numbers, over arrays of one shape; the result lies in memory as the first of them does.

    Examples
    --------
    >>> each(lambda x, y: x + 2 * y, np.arange(3), np.ones(3, int))
    array([2, 3, 4])
    """
    first = arrays[0]
    if first.size <= SMALL or any(a.dtype == object or a.shape != first.shape for a in arrays):
        return function(*arrays)
    order = sorted(range(first.ndim), key=lambda axis: -abs(first.strides[axis]))
    sorted_arrays = [a.transpose(order) for a in arrays]
    head = (slice(0, 1),) * first.ndim
    out = np.empty(sorted_arrays[0].shape, function(*(a[head] for a in sorted_arrays)).dtype)

    def work(block: Slices) -> None:
        out[block] = function(*(a[block] for a in sorted_arrays))

    run(blocks(out.shape, NUMBERS), work, current().workers)
    return out.transpose(np.argsort(order))


def where_true(condition: Array, x: Array) -> Array:
    """The numbers of x where a condition holds, and zeros: for floats by their bits, as no branch can be predicted.

    Examples
    --------
    >>> where_true(np.array([True, False]), np.array([np.inf, np.nan]))
    array([inf,  0.])
    """
    if x.dtype not in (np.float32, np.float64):
        return np.where(condition, x, np.zeros((), x.dtype))
    bits = np.dtype(f"i{x.dtype.itemsize}")
    return (x.view(bits) & -condition.astype(bits)).view(x.dtype)
