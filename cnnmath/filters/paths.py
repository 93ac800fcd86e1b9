"""Three ways to the same sums: directly, one axis at a time, and by Fourier transforms; all in blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from math import prod
from typing import Any

import numpy as np

from cnnmath import ops
from cnnmath.filters.slide import Slide, even_sides
from cnnmath.numeric import forward
from cnnmath.numeric.windows import Array

ROOM = 2**20
"""Numbers that a block may hold."""

TAPS = 32
"""Taps of a piece of the kernel, of which each block's columns hold one."""


def direct(slide: Slide) -> Array:
    """The kernel of `cnnmath.ops.Conv`, on a block of outputs and a piece of the taps at a time."""
    pieces = [(first, _conv(piece), piece[None, None]) for first, piece in _pieces(slide.w)]

    def block(seen: Array) -> Array:
        sides = [n - k + 1 for n, k in zip(seen.shape, slide.w.shape, strict=True)]
        y: Any = 0
        for first, conv, w in pieces:  # w (1, 1, K...)
            reads = zip(first, sides, conv.kernel, strict=True)
            part = seen[tuple(slice(a, a + side + k - 1) for a, side, k in reads)]
            y = y + forward(conv, part[None, None], w=w)[0, 0]
        return y

    return _blockwise(slide, direct_sides(slide), block)


def separable(slide: Slide, vectors: tuple[Array, ...]) -> Array:
    """The direct way along each axis in turn, with the kernel's factor of that axis."""
    x = slide.x
    for axis in long_axes(slide.w):
        x = direct(slide.along(axis, x, vectors[axis]))
    return x


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
        circular: Any = fft.irfftn(spectrum * h, lengths, axes=axes)
        y = circular[tuple(slice(k - 1, n) for k, n in zip(slide.w.shape, seen.shape, strict=True))]
        return np.rint(y) if whole_numbers else y

    return _blockwise(slide, sides, block)


def direct_sides(slide: Slide) -> tuple[int, ...]:
    """Sides of the blocks of the direct way: their columns hold at most `ROOM` numbers."""
    return even_sides(slide.outputs, ROOM // min(slide.w.size, TAPS))


def fourier_sides(slide: Slide) -> tuple[tuple[int, ...], list[int]]:
    """Sides of the blocks of outputs, and length of the transform along each axis of more than one tap.

    Along these a block is no shorter than three kernels, so that little is read twice; it holds about `ROOM` numbers.
    """
    from scipy.fft import next_fast_len

    axes = long_axes(slide.w)
    side = round(ROOM ** (1 / len(axes)))
    sides = {i: min(slide.outputs[i], max(3 * slide.w.shape[i], side - slide.w.shape[i] + 1)) for i in axes}
    fast: Any = next_fast_len  # SciPy declares that it may return None
    lengths = [fast(sides[i] + slide.w.shape[i] - 1, real=True) for i in axes]
    rest = [i for i in range(slide.x.ndim) if i not in sides]
    sides |= zip(rest, even_sides([slide.outputs[i] for i in rest], max(ROOM // prod(lengths), 1)), strict=True)
    return tuple(sides[i] for i in range(slide.x.ndim)), lengths


def long_axes(w: Array) -> tuple[int, ...]:
    """Axes along which a kernel has more than one tap; the first where it has one tap in all."""
    return tuple(i for i, k in enumerate(w.shape) if k > 1) or (0,)


def count(slide: Slide, sides: tuple[int, ...]) -> int:
    """Number of blocks."""
    return prod(-(-o // s) for o, s in zip(slide.outputs, sides, strict=True))


def _pieces(w: Array) -> Iterator[tuple[tuple[int, ...], Array]]:
    """First tap of each piece of a kernel, and the piece."""
    sides = even_sides(w.shape, TAPS)
    for first in product(*(range(0, k, side) for k, side in zip(w.shape, sides, strict=True))):
        yield first, w[tuple(slice(a, a + side) for a, side in zip(first, sides, strict=True))]


def _conv(w: Array) -> ops.Conv:
    return ops.Conv(1, w.shape, bias=False)


def _blockwise(slide: Slide, sides: tuple[int, ...], block: Callable[[Array], Array]) -> Array:
    y = np.empty(slide.outputs, slide.x.dtype)  # (O...)
    for stretch in slide.blocks(sides):
        y[stretch] = block(slide.seen(stretch))
    return y
