"""Three ways to the same sums: directly, one axis at a time, and by Fourier transforms; threads share the blocks."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import log2, prod
from typing import Any

import numpy as np

from cnnmath.filters.slide import Slide, even_sides
from cnnmath.numeric.engine import current
from cnnmath.numeric.methods.direct import add_products
from cnnmath.numeric.windows import Array, Slices
from cnnmath.numeric.workers import run
from cnnmath.window import Shape

ROOM = 2**16
"""Outputs of a block of the direct ways: with what they read and one product, they lie in a cache."""

SPECTRA = tuple(2**i for i in range(12, 23))
"""Numbers of a block of transforms, of which the best is taken: the longest kernels need the largest."""

TRANSFORM, SINGLE, BLOCK = 0.6, 0.65, 2e4
"""Time of one of the L log2(L) operations of a transform, in that of adding a product; what of it is left in single
precision; time of starting one block."""

SHORT, SHORT_TAP, TAP, CALL, SUM = 11, 0.3, 0.12, 9, 0.7
"""NumPy adds up to 11 taps without calling the BLAS: time of a tap there, of one beyond, of the call, and of a sum."""

SMALL = 4e6
"""Time that is not worth a second thread."""


def direct(slide: Slide) -> Array:
    """The definition, a tap at a time, on a block of outputs at a time."""
    return _blockwise(
        slide, direct_sides(slide), direct_cost(slide.outputs, slide.w.shape), lambda seen: _valid(seen, slide.w)
    )


def separable(slide: Slide, vectors: tuple[Array, ...]) -> Array:
    """Along each axis in turn with the kernel's factor of that axis, while a block lies in the cache."""
    axes = long_axes(slide.w)

    def block(seen: Array) -> Array:
        for axis in axes:
            seen = _valid(seen, vectors[axis].reshape([-1 if i == axis else 1 for i in range(seen.ndim)]))
        return seen

    return _blockwise(slide, direct_sides(slide), separable_cost(slide.outputs, slide.w.shape), block)


def fourier(slide: Slide) -> Array:
    """Overlap-save: the product of two real transforms, of which the positions that do not wrap around are kept.

    References
    ----------
    .. [1] A. V. Oppenheim and R. W. Schafer, "Discrete-Time Signal Processing", 3rd edition, section 8.7.3.
    """
    from scipy import fft

    sides, lengths = fourier_sides(slide)
    axes = long_axes(slide.w)
    whole_numbers = slide.x.dtype == np.int64
    dtype = np.dtype(float) if whole_numbers else slide.x.dtype
    h: Any = fft.rfftn(np.flip(slide.w).astype(dtype), lengths, axes=axes)

    def block(seen: Array) -> Array:
        spectrum: Any = fft.rfftn(seen.astype(dtype, copy=False), lengths, axes=axes)
        spectrum *= h
        circular: Any = fft.irfftn(spectrum, lengths, axes=axes, overwrite_x=True)
        y = circular[tuple(slice(k - 1, n) for k, n in zip(slide.w.shape, seen.shape, strict=True))]
        return np.rint(y) if whole_numbers else y

    cost = fourier_cost(slide.outputs, slide.w.shape, sides, tuple(lengths))
    return _blockwise(slide, sides, cost, block)


def direct_sides(slide: Slide) -> tuple[int, ...]:
    """Sides of the blocks of the direct ways: they hold at most `ROOM` numbers."""
    return even_sides(slide.outputs, ROOM)


def fourier_sides(slide: Slide) -> tuple[tuple[int, ...], list[int]]:
    """Sides of the blocks of outputs, and length of the transform along each axis of more than one tap.

    Long blocks read little twice, short ones lie in the cache and keep every thread at work: the cheapest is taken, of
    those that fit the scratch memory of a thread.
    """
    width = slide.x.itemsize if slide.x.dtype.kind == "f" else 8
    sides, lengths = _fourier_sides(slide.outputs, slide.w.shape, current().scratch // width, SPECTRA)
    return sides, list(lengths)


@lru_cache(maxsize=1024)
def _fourier_sides(outputs: Shape, kernel: Shape, numbers: int, rooms: Shape) -> tuple[Shape, Shape]:
    found = {_fourier_block(outputs, kernel, room) for room in rooms}
    fitting = [block for block in found if fourier_numbers(kernel, *block) <= numbers]
    if not fitting:
        return min(found, key=lambda block: fourier_numbers(kernel, *block))
    return min(sorted(fitting), key=lambda block: fourier_cost(outputs, kernel, *block))


def _fourier_block(outputs: Shape, kernel: Shape, room: int) -> tuple[Shape, Shape]:
    """Sides and lengths of a block of about so many numbers, in which at least half of each axis is kept."""
    from scipy.fft import next_fast_len

    axes = long_taps(kernel)
    side = round(room ** (1 / len(axes)))
    fast: Any = next_fast_len  # SciPy declares that it may return None
    sides, lengths = {}, []
    for i in axes:
        reach = kernel[i] - 1
        count = -(-outputs[i] // max(side - reach, kernel[i]))
        sides[i] = -(-outputs[i] // count)  # all blocks alike
        lengths.append(fast(sides[i] + reach, real=True))
    rest = [i for i in range(len(outputs)) if i not in sides]
    sides |= zip(rest, even_sides([outputs[i] for i in rest], max(room // prod(lengths), 1)), strict=True)
    return tuple(sides[i] for i in range(len(outputs))), tuple(lengths)


def direct_cost(outputs: Shape, kernel: Shape) -> float:
    """Time of all products and sums: a call for each row of the kernel, a product at a time where rows are single taps.

    Examples
    --------
    >>> direct_cost((100,), (10,)), direct_cost((10, 10), (3, 1))
    (300.0, 300.0)
    """
    *rows, taps = kernel
    if taps == 1 and rows:
        return float(prod(outputs) * prod(rows))
    call = SHORT_TAP * taps if taps <= SHORT else CALL + TAP * taps
    return prod(outputs) * prod(rows) * (call + SUM * bool(rows))


def separable_cost(outputs: Shape, kernel: Shape) -> float:
    """The like, along each axis in turn."""
    single = [[k if i == axis else 1 for i, k in enumerate(kernel)] for axis in long_taps(kernel)]
    return sum(direct_cost(outputs, tuple(taps)) for taps in single)


def fourier_numbers(kernel: Shape, sides: Shape, lengths: Shape) -> int:
    """Numbers that a block of transforms holds: what it reads, two spectra, a result; and the kernel's spectrum."""
    axes = long_taps(kernel)
    lines = prod(s for i, s in enumerate(sides) if i not in axes)
    return (4 * lines + 1) * prod(lengths)


def fourier_cost(outputs: Shape, kernel: Shape, sides: Shape, lengths: Shape) -> float:
    """Time of all transforms; one block more, as other threads wait for the last one."""
    axes, length = long_taps(kernel), prod(lengths)
    lines = prod(s for i, s in enumerate(sides) if i not in axes)
    return (count(outputs, sides) + 1) * (2 * TRANSFORM * lines * length * log2(2 * length) + BLOCK)


def long_axes(w: Array) -> tuple[int, ...]:
    """Axes along which a kernel has more than one tap; the first where it has one tap in all."""
    return long_taps(w.shape)


def long_taps(kernel: Shape) -> tuple[int, ...]:
    """The like for a kernel of this shape."""
    return tuple(i for i, k in enumerate(kernel) if k > 1) or (0,)


def count(outputs: Shape, sides: Shape) -> int:
    """Number of blocks."""
    return prod(-(-o // s) for o, s in zip(outputs, sides, strict=True))


def _valid(seen: Array, w: Array) -> Array:
    """Correlation at every position at which the kernel lies inside.

    Rows follow each other in memory, so that NumPy correlates all of them with a row of the kernel at once; what it
    finds where one row meets the next is dropped.
    """
    *kernel, taps = w.shape
    if not kernel:
        return np.correlate(seen, w)
    sides = tuple(n - k + 1 for n, k in zip(seen.shape, w.shape, strict=True))
    if taps == 1:
        y = np.zeros(sides, seen.dtype)
        reads = (tuple(slice(a, a + side) for a, side in zip(k, sides, strict=True)) for k in np.ndindex(w.shape))
        add_products(y, ((..., seen[read], w[k]) for k, read in zip(np.ndindex(w.shape), reads, strict=True)))
        return y
    flat, steps = seen.reshape(-1), [prod(seen.shape[i + 1 :]) for i in range(len(kernel))]
    length = sum((side - 1) * step for side, step in zip(sides, (*steps, 1), strict=True)) + 1  # up to the last output
    sums = np.empty(seen.shape, seen.dtype)
    found = sums.reshape(-1)[:length]
    for i, k in enumerate(np.ndindex(*kernel)):
        start = sum(a * step for a, step in zip(k, steps, strict=True))
        row = np.correlate(flat[start : start + length + taps - 1], w[k])
        if i:
            found += row
        else:
            found[:] = row
    return sums[tuple(slice(side) for side in sides)]


def _blockwise(slide: Slide, sides: tuple[int, ...], cost: float, block: Callable[[Array], Array]) -> Array:
    y = np.empty(slide.outputs, slide.x.dtype)  # (O...)

    def work(stretch: Slices) -> None:
        y[stretch] = block(slide.seen(stretch))

    if cost > SMALL:
        run(slide.blocks(sides), work, current().workers)
    else:
        for stretch in slide.blocks(sides):
            work(stretch)
    return y
