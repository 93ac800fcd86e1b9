"""What every method of a convolution is given: a correlation of channels-last arrays, to be written into a third.

Channels lie innermost, so that each window is read in runs of channels. The layout is one of memory alone: the
package's arrays are (N, C, *spatial), and these are views of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cnnmath.numeric.windows import Array, Slices
from cnnmath.numeric.workers import pieces
from cnnmath.window import Window


class NotFiniteError(ArithmeticError):
    """An infinity or NaN is where a method would spread it over outputs that do not read it."""


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """A correlation ``y = w * x``, group by group.

    Attributes
    ----------
    windows
        The window of each axis.
    x, w, y
        Input (N, \\*spatial, C), filters (F, C/groups, \\*kernel) and the output to be written, (N, \\*outputs, F).
    groups
        Number of groups.
    remembered
        What methods have made of the filters, by a name, where the filters are kept from call to call; else None.
    finish
        What is still to be done to a block of the output, while it lies in the cache: it is given the block, which it
        changes, and where the block lies in the output.
    scratch
        Bytes that one thread may use beside these.
    threads
        Number of threads.
    """

    windows: tuple[Window, ...]
    x: Array
    w: Array
    y: Array
    groups: int
    finish: Callable[[Array, Slices], None]
    scratch: int
    threads: int
    remembered: dict[Any, Any] | None = None

    def check_filters(self) -> None:
        """Raise where a filter is not finite; filters that are kept are looked at once."""
        if self.remembered is None or "finite" not in self.remembered:
            check_finite(self.w)
            if self.remembered is not None:
                self.remembered["finite"] = True

    @property
    def keeps(self) -> bool:
        """Whether what is made of the filters outlives the call."""
        return self.remembered is not None

    @property
    def taps(self) -> int:
        """Numbers that one output reads, C times the kernel."""
        return prod(self.w.shape[1:])

    def parts(self) -> Iterator[Problem]:
        """The problem of each group."""
        if self.groups == 1:
            yield self
            return
        c, f = self.w.shape[1], len(self.w) // self.groups
        for g in range(self.groups):
            inputs, outputs = slice(g * c, (g + 1) * c), slice(g * f, (g + 1) * f)
            yield replace(
                self,
                x=self.x[..., inputs],
                w=self.w[outputs],
                y=self.y[..., outputs],
                groups=1,
                finish=partial(_within, self.finish, outputs.start),
                remembered=None if self.remembered is None else self.remembered.setdefault(g, {}),
            )

    def remember(self, name: Any, make: Callable[[], Array]) -> Array:
        """What was made of the filters under this name, for these numbers, or is made now."""
        if self.remembered is None:
            return make()
        key = name, self.w.dtype
        if key not in self.remembered:
            self.remembered[key] = make()
        return self.remembered[key]

    @property
    def kernel(self) -> tuple[int, ...]:
        """Kernel along each axis."""
        return tuple(w.kernel for w in self.windows)


def _within(finish: Callable[[Array, Slices], None], first: int, y: Array, where: Slices) -> None:
    """Finish a block of a group whose filters begin with the first."""
    start = first + (where[-1].start or 0)
    finish(y, (*where[:-1], slice(start, start + y.shape[-1])))


def channels_last(x: Array) -> Array:
    """View (N, C, \\*spatial) as (N, \\*spatial, C).

    Examples
    --------
    >>> channels_last(np.zeros((2, 3, 5, 7))).shape
    (2, 5, 7, 3)
    """
    return x.transpose(0, *range(2, x.ndim), 1)


def channels_first(x: Array) -> Array:
    """View (N, \\*spatial, C) as (N, C, \\*spatial)."""
    return x.transpose(0, x.ndim - 1, *range(1, x.ndim - 1))


def by_channel(x: Array) -> Array:
    """View an array with its last axis first."""
    return x.transpose(x.ndim - 1, *range(x.ndim - 1))


def across_channels(x: Array) -> Array:
    """View an array with its first axis last: the inverse of `by_channel`."""
    return x.transpose(*range(1, x.ndim), 0)


def blocks(sizes: Sequence[int], most: int) -> Iterator[Slices]:
    """Cut an array of positions into blocks of at most so many, whole along the last axes, in row-major order.

    Examples
    --------
    >>> list(blocks((2, 3), 3))
    [(slice(0, 1, None), slice(0, 3, None)), (slice(1, 2, None), slice(0, 3, None))]
    """
    cuts: list[list[slice]] = []
    for size in reversed(sizes):
        cut = pieces(size, most)
        cuts.insert(0, cut)
        most = most // size if len(cut) == 1 and size else 1
    return product(*cuts)


def extents(block: Slices) -> tuple[int, ...]:
    """Lengths of a block along its axes."""
    return tuple(s.stop - s.start for s in block)


def fill(strip: Array, x: Array, starts: Sequence[int]) -> None:
    """Copy the stretch of x that begins at these positions into a strip, with zeros beyond the ends of x.

    Both have the batch first; the other axes of the strip cover the stretch.

    Examples
    --------
    >>> strip = np.empty((1, 4, 1))
    >>> fill(strip, np.array([[[1.0], [2.0]]]), (-1,))
    >>> strip.ravel()
    array([0., 1., 2., 0.])
    """
    inside: list[slice] = []
    source: list[slice] = []
    for axis, start in enumerate(starts, 1):
        low, high = max(start, 0), max(min(start + strip.shape[axis], x.shape[axis]), max(start, 0))
        here = (slice(None), *inside)
        strip[(*here, slice(0, low - start))] = 0
        strip[(*here, slice(high - start, None))] = 0
        inside.append(slice(low - start, high - start))
        source.append(slice(low, high))
    strip[(slice(None), *inside)] = x[(slice(None), *source)]


def patches(strip: Array, windows: Sequence[Window], sizes: Sequence[int]) -> Array:
    """View of all windows over a strip: (n, \\*sizes, \\*kernel, ...) of (n, \\*lengths, ...), nothing being copied.

    Examples
    --------
    >>> patches(np.arange(5).reshape(1, 5), [Window(2, stride=2)], [2])[0]
    array([[0, 1],
           [2, 3]])
    """
    n, *axes = strip.strides[: 1 + len(windows)]
    steps = [s * w.stride for s, w in zip(axes, windows, strict=True)]
    taps = [s * w.dilation for s, w in zip(axes, windows, strict=True)]
    rest = 1 + len(windows)
    shape = (len(strip), *sizes, *(w.kernel for w in windows), *strip.shape[rest:])
    return as_strided(strip, shape, (n, *steps, *taps, *strip.strides[rest:]), writeable=False)


def covered(windows: Sequence[Window], block: Slices) -> tuple[list[int], list[int]]:
    """Where the stretch of input begins that a block of outputs reads, and how long it is, along each axis."""
    starts = [w.tap(s.start, 0) for w, s in zip(windows, block, strict=True)]
    lengths = [w.stride * (s.stop - s.start - 1) + w.extent for w, s in zip(windows, block, strict=True)]
    return starts, lengths


def fitting(windows: Sequence[Window], sizes: Sequence[int], most: int, room: int) -> int:
    r"""So many of at most so many outputs (n, \*sizes) of a block that the input which it reads fits into some room.

    Examples
    --------
    >>> fitting([Window(3, stride=2)], (1, 100), 50, 65), fitting([Window(3)], (1, 100), 50, 65)
    (25, 50)
    """
    while most > 1:
        block = extents(next(blocks(sizes, most)))  # the first is the largest
        _, lengths = covered(windows, tuple(slice(0, size) for size in block[1:]))
        if block[0] * prod(lengths) <= room:
            break
        most //= 2
    return max(1, most)


def is_single(windows: Sequence[Window]) -> bool:
    """Whether every output reads just the input at its own place."""
    return all((w.kernel, w.stride, w.before, w.after) == (1, 1, 0, 0) for w in windows)


def check_finite(*arrays: Array) -> None:
    """Raise where an array may hold an infinity or NaN: where its sum of squares is none."""
    for array in arrays:
        if array.dtype.kind == "f":
            flat = array.ravel(order="K")
            with np.errstate(over="ignore", invalid="ignore"):
                finite = np.isfinite(np.dot(flat, flat))
            if not finite:
                raise NotFiniteError
