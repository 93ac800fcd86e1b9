"""Reductions over sliding windows: along one axis after the other, block by block, in the layout of the input.

A maximum or a sum over a box is one over its rows and then over its columns: kernels of k by k cost 2k passes and not
k*k, and where the channels lie first in memory only the passes along the last axis are strided.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from cnnmath.numeric.engine import current
from cnnmath.numeric.methods.problem import blocks, channels_first
from cnnmath.numeric.windows import Array, Slices, output_sizes
from cnnmath.numeric.workers import run
from cnnmath.window import Window

NUMBERS, SMALL, SHARES = 2**17, 2**15, 4
"""Numbers of a block of the input, and numbers that are not worth a second thread; shares that work is cut
into at least."""


def reduce_windows(
    windows: Sequence[Window], x: Array, combine: np.ufunc, start: object, divisor: Array | None = None
) -> Array:
    """``combine`` over the taps of each window inside the input, (N, C, O...), in the layout that x has in memory.

    With a ``divisor`` (O...), machine numbers are divided by it while they lie in the cache.

    Examples
    --------
    >>> x = np.array([[[3, 1, 4, 1, 5]]])
    >>> reduce_windows([Window(2, before=1)], x, np.maximum, -1)
    array([[[3, 3, 4, 4, 5]]])
    """
    sizes = (*x.shape[:2], *output_sizes(windows, x.shape[2:]))
    last = x.ndim > 2 and x.strides[1] < x.strides[-1]
    y = channels_first(np.empty((sizes[0], *sizes[2:], sizes[1]), x.dtype)) if last else np.empty(sizes, x.dtype)
    if not y.size:
        return y
    numbers = x.size // len(x)  # of a sample
    if last:  # whole channels, some rows
        rows = max(1, NUMBERS * sizes[2] // numbers)
        cut = [(slice(n, n + 1), slice(None), *block) for n in range(len(x)) for block in blocks(sizes[2:3], rows)]
    else:  # whole channels of some number
        some = blocks(sizes[:2], max(1, NUMBERS * sizes[1] // numbers))
        cut = [(*block, slice(0, sizes[2])) for block in some]

    def work(block: Slices) -> None:
        part = x[block[:2]]
        for axis, window in enumerate(windows, 2):
            outputs = block[2] if axis == 2 else slice(0, sizes[axis])
            out = y[block] if axis == x.ndim - 1 else None
            part = _along(part, axis, window, outputs, combine, start, out)
        if divisor is not None:
            np.divide(part, divisor[block[2]], out=part)

    run(cut, work, current().workers if x.size > SMALL else 1)
    return y


def over_maps(work: Callable[[Slices], None], x: Array, rows: int, *, apart: bool) -> None:
    """Do some work for blocks of samples, channels and rows of outputs, whatever the number of threads.

    Rows are cut only where they read nothing in common, ``apart``, and where channels lie innermost: else channels are.
    """
    n, c = x.shape[:2]
    if x.dtype == object or x.size <= SMALL:
        cut = [(slice(0, n), slice(0, c), slice(0, rows))]
    elif apart and x.strides[1] < x.strides[-1]:
        most = max(1, min(NUMBERS * rows * n // x.size, -(-rows // SHARES)))
        cut = [(sample, slice(0, c), some) for sample, some in blocks((n, rows), most)]
    else:
        most = max(1, min(NUMBERS * n * c // x.size, -(-n * c // SHARES)))
        cut = [(*block, slice(0, rows)) for block in blocks((n, c), most)]
    run(cut, work, current().workers)


def _along(
    x: Array, axis: int, window: Window, outputs: slice, combine: np.ufunc, start: object, out: Array | None
) -> Array:
    """The reduction along one axis, for some of its outputs."""
    shape = (*x.shape[:axis], outputs.stop - outputs.start, *x.shape[axis + 1 :])
    if out is None:
        out = _like(x, shape)
    ahead, fresh = (slice(None),) * axis, True
    for seen, read in _taps(window, x.shape[axis], outputs):
        here = out[(*ahead, seen)]
        if fresh and seen.stop - seen.start == shape[axis]:
            here[...] = x[(*ahead, read)]
        else:
            if fresh:
                out[...] = start
            combine(here, x[(*ahead, read)], out=here)
        fresh = False
    if fresh:
        out[...] = start
    return out


def _taps(window: Window, length: int, outputs: slice) -> list[tuple[slice, slice]]:
    """For each tap, which of some outputs see input through it, counted from the first, and which inputs they see.

    One that all these outputs see comes first.
    """
    taps = []
    for k in range(window.kernel):
        seeing = window.outputs(k, length)
        first, stop = max(seeing.start, outputs.start), min(seeing.stop, outputs.stop)
        if first < stop:
            read = slice(window.tap(first, k), window.tap(stop - 1, k) + 1, window.stride)
            taps.append((slice(first - outputs.start, stop - outputs.start), read))
    return sorted(taps, key=lambda tap: tap[0].start - tap[0].stop)


def _like(x: Array, shape: tuple[int, ...]) -> Array:
    """An array of this shape with its channels where x has them."""
    if x.strides[1] < x.strides[-1]:
        return channels_first(np.empty((shape[0], *shape[2:], shape[1]), x.dtype))
    return np.empty(shape, x.dtype)
