"""Where a kernel slides: modes, boundaries, and the blocks in which the output is computed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from types import MappingProxyType

import numpy as np

from cnnmath.errors import ShapeError, check_known
from cnnmath.numeric.windows import Array, Slices
from cnnmath.ops.checks import axis_names
from cnnmath.window import Window

MODES = MappingProxyType(
    {
        "full": "every position at which the kernel touches the input: N + K - 1 outputs",
        "same": "as many outputs as inputs; of an even kernel, the tap after the middle lies on the output's position",
        "valid": "every position at which the kernel lies inside the input: N - K + 1 outputs",
    }
)
"""Which positions of a kernel count; "same" is said for correlation, and convolution reverses the kernel first."""

BOUNDARIES = MappingProxyType(
    {
        "zero": "0 0 0 | a b c | 0 0 0",
        "edge": "a a a | a b c | c c c",
        "symmetric": "c b a | a b c | c b a",
        "reflect": "b c b | a b c | b a b",
        "wrap": "a b c | a b c | a b c",
    }
)
"""What lies beyond the border of a signal a b c, by the names of `numpy.pad`."""


@dataclass(frozen=True, slots=True)
class Slide:
    """A kernel that slides over an extended input: ``y[o] = sum of w[k] * x[o + k - before]`` over all taps k.

    Examples
    --------
    >>> slide = Slide.of(np.arange(1, 6), np.array([1, 2, 4]), "same", "zero")
    >>> slide.before, slide.outputs
    ((1,), (5,))
    """

    x: Array
    w: Array
    before: tuple[int, ...]
    outputs: tuple[int, ...]
    boundary: str

    @classmethod
    def of(cls, x: Array, w: Array, mode: str, boundary: str) -> Slide:
        """Check the mode, the boundary and the sizes of a correlation.

        Raises
        ------
        UnknownNameError, ShapeError
            For a name that is not in the lists, and where a kernel fits nowhere inside the input.
        """
        check_known("mode", mode, MODES)
        check_known("boundary", boundary, BOUNDARIES)
        windows = [_window(k, mode) for k in w.shape]
        outputs = tuple(window.placements(n) for window, n in zip(windows, x.shape, strict=True))
        for axis, k, n, o in zip(axis_names(x.ndim), w.shape, x.shape, outputs, strict=True):
            if o < 1:
                raise ShapeError(
                    "the kernel lies nowhere inside the input.",
                    input=f"{axis} {n}, kernel {k}",
                    rule="mode 'valid' has N - K + 1 >= 1 outputs",
                    here=f"{n} - {k} + 1 = {o}",
                    fix="use mode 'same' or 'full', or a kernel of at most the input's size",
                )
        return cls(x, w, tuple(window.before for window in windows), outputs, boundary)

    def blocks(self, sides: Sequence[int]) -> Iterator[Slices]:
        """Stretches of the output that together are all of it, with sides of at most so much."""
        starts = (range(0, o, side) for o, side in zip(self.outputs, sides, strict=True))
        for first in product(*starts):
            yield tuple(slice(a, min(a + s, o)) for a, s, o in zip(first, sides, self.outputs, strict=True))

    def seen(self, block: Slices) -> Array:
        """The extended input that a block of outputs reads: a view where it lies inside, else a copy."""
        reads = zip(block, self.before, self.w.shape, self.x.shape, strict=True)
        ranges = [(a.start - b, a.stop - b + k - 1, n) for a, b, k, n in reads]
        inside = [start >= 0 and stop <= n for start, stop, n in ranges]
        seen = self.x[tuple(slice(*r[:2]) if here else slice(None) for r, here in zip(ranges, inside, strict=True))]
        if self.boundary == "zero":
            return seen if all(inside) else _with_zeros(seen, ranges, inside)
        for axis, (start, stop, n) in enumerate(ranges):
            if not inside[axis]:
                seen = _extended(seen, axis, np.arange(start, stop), n, self.boundary)
        return seen


def _with_zeros(x: Array, ranges: Sequence[tuple[int, int, int]], inside: Sequence[bool]) -> Array:
    """A range of positions of x along each axis, zeros beyond its border; axes that are cut already stay."""
    shape = [stop - start for start, stop, _ in ranges]
    seen = np.zeros(shape, x.dtype)
    target, source = [], []
    for (start, stop, n), cut in zip(ranges, inside, strict=True):
        first = 0 if cut else min(max(start, 0), n)
        last = stop - start if cut else max(min(stop, n), first)
        source.append(slice(first, last))
        target.append(slice(0, last) if cut else slice(first - start, last - start))
    seen[tuple(target)] = x[tuple(source)]
    return seen


def _extended(x: Array, axis: int, places: Array, n: int, boundary: str) -> Array:
    """Positions along one axis, some beyond the border."""
    ahead: Slices = (slice(None),) * axis
    first, last = np.searchsorted(places, (0, n))
    seen = np.empty((*x.shape[:axis], len(places), *x.shape[axis + 1 :]), x.dtype)
    seen[(*ahead, slice(first, last))] = x[(*ahead, slice(places[0] + first, places[0] + last))]
    for ends in (slice(0, first), slice(last, None)):
        seen[(*ahead, ends)] = x.take(reflected(places[ends], n, boundary), axis)
    return seen


def reflected(i: Array, n: int, boundary: str) -> Array:
    """Positions of an axis of length n whose numbers stand at the positions i, which may lie beyond the border.

    For zeros, the nearest position: what it holds does not count.

    Examples
    --------
    >>> reflected(np.arange(-3, 6), 3, "reflect")
    array([1, 2, 1, 0, 1, 2, 1, 0, 1])
    """
    if boundary == "wrap":
        return i % n
    if boundary == "symmetric":
        return np.minimum(i % (2 * n), 2 * n - 1 - i % (2 * n))
    if boundary == "reflect":
        period = max(2 * n - 2, 1)
        return np.minimum(i % period, period - i % period)
    return i.clip(0, n - 1)


def even_sides(outputs: Sequence[int], room: int) -> tuple[int, ...]:
    """Sides of a block of at most so many outputs, whole rows where they fit.

    Examples
    --------
    >>> even_sides((1000, 1000), 2500)
    (2, 1000)
    """
    sides: list[int] = []
    for o in reversed(outputs):
        sides.append(min(o, max(room // prod(sides), 1)))
    return tuple(reversed(sides))


def _window(k: int, mode: str) -> Window:
    before, after = {"full": (k - 1, k - 1), "same": (k // 2, (k - 1) // 2), "valid": (0, 0)}[mode]
    return Window(k, before=before, after=after)
