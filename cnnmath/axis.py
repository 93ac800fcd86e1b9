"""What an output reads along one axis, where that is no window: transposes, bins, folds, stretches, lists, all of it.

`Window` and the classes below answer the same question, ``reads(o)``: the input positions of output ``o``, one entry
a path, padding included. Receptive fields of whole networks are made of these answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from numbers import Integral
from typing import TypeAlias

from cnnmath.errors import SettingError
from cnnmath.sampling import Sampled
from cnnmath.window import Size, Window


@dataclass(frozen=True, slots=True)
class Transposed:
    """One axis of a transposed convolution: output ``j`` reads input ``o`` through tap ``k`` iff ``tap(o, k) == j``.

    Nearest-neighbour upsampling by ``s`` is the transpose of a window with kernel and stride ``s``.

    Parameters
    ----------
    window
        The window of the convolution whose transpose it is.
    extra
        Output padding: positions added at the end.

    References
    ----------
    .. [1] V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285,
       relation 14.

    Examples
    --------
    >>> up = Transposed(Window(3, stride=2, before=1, after=1), extra=1)
    >>> up.placements(5), [up.reads(j) for j in range(4)]
    (10, [[0], [1, 0], [1], [2, 1]])
    """

    window: Window
    extra: Size = 0

    def placements(self, n: Size) -> Size:
        """Length of the output for an input of length ``n``."""
        w = self.window
        return w.stride * (n - 1) + w.extent - w.before - w.after + self.extra

    def spread(self, j: Size, k: Size) -> Size:
        """The stride times the input that output ``j`` reads through tap ``k``: none where that is no multiple."""
        return j + self.window.before - self.window.dilation * k

    def reads(self, j: int) -> list[int]:
        """Inputs that output ``j`` reads, one entry a tap; those outside the input lie beyond its border."""
        quotients = (divmod(self.spread(j, k), self.window.stride) for k in range(self.window.kernel))
        return [o for o, rest in quotients if rest == 0]

    def filled(self, n: Size) -> Size:
        """Number of outputs that read at least one of ``n`` inputs, where nothing is cut off by padding.

        Notes
        -----
        With g = gcd(s, d), the taps fall into R = min(k, s/g) classes of remainders modulo s. Within a class, each tap
        puts n outputs in a row, d/g further than the tap before: n for the first, min(n, d/g) more for each other one.

        Examples
        --------
        >>> Transposed(Window(2, stride=3)).filled(4), Transposed(Window(3, stride=2)).filled(4)
        (8, 9)
        """
        w = self.window
        if not all(isinstance(v, Integral) for v in (w.kernel, w.stride, w.dilation)):
            raise SettingError(
                "how many outputs are filled depends on a common divisor.",
                here=f"kernel {w.kernel}, stride {w.stride}, dilation {w.dilation}",
                fix="give numbers for them; sizes and channels may be symbols",
            )
        common = gcd(w.stride, w.dilation)
        classes, step = min(w.kernel, w.stride // common), w.dilation // common
        least = (n + step - abs(n - step)) // 2  # min(n, step), for symbols too
        return classes * n + (w.kernel - classes) * least


@dataclass(frozen=True, slots=True)
class Bins:
    """One axis of an adaptive pooling: ``n`` inputs fall into ``outputs`` bins as evenly as possible.

    Examples
    --------
    >>> bins = Bins(7, 3)
    >>> [bins.reads(o) for o in range(3)]
    [[0, 1, 2], [2, 3, 4], [4, 5, 6]]
    """

    n: int
    outputs: int

    def placements(self, n: Size) -> Size:  # noqa: ARG002 - the number of bins is fixed
        """Length of the output, whatever the input."""
        return self.outputs

    def reads(self, o: int) -> list[int]:
        """Inputs in the bin of output ``o``."""
        return list(range(o * self.n // self.outputs, -(-(o + 1) * self.n // self.outputs)))


@dataclass(frozen=True, slots=True)
class Whole:
    """One axis of which every output reads all ``n`` inputs: that of a normalisation, of a product, or a repeated one.

    Parameters
    ----------
    n
        Length of the input.
    outputs
        Length of the output; without one, that of the input.

    Examples
    --------
    >>> Whole(3).placements(3), Whole(3).reads(0), Whole(1, 5).placements(1), Whole(1, 5).reads(4)
    (3, [0, 1, 2], 5, [0])
    """

    n: Size
    outputs: Size | None = None

    def placements(self, n: Size) -> Size:
        """Length of the output: that of the input, unless it has its own."""
        return n if self.outputs is None else self.outputs

    def reads(self, o: int) -> list[int]:  # noqa: ARG002 - the same for every output
        """All inputs."""
        return list(range(self.n))


@dataclass(frozen=True, slots=True)
class Folded:
    """One axis of a padding by the input's own numbers: what lies outside ``n`` inputs is read inside.

    It is a window of one tap wherever that lies inside. Ahead of the padding and behind it nothing is folded.

    Parameters
    ----------
    n, before, after
        Length of the input, and of the padding at both ends.
    mirrored
        Whether positions are mirrored at the first and the last input, or these two are repeated.

    Examples
    --------
    >>> mirror, edge = Folded(4, 2, 1, mirrored=True), Folded(4, 2, 1, mirrored=False)
    >>> [mirror.reads(o) for o in range(7)], [edge.reads(o) for o in range(7)]
    ([[2], [1], [0], [1], [2], [3], [2]], [[0], [0], [0], [1], [2], [3], [3]])
    """

    n: int
    before: int
    after: int
    mirrored: bool

    @property
    def window(self) -> Window:
        """The window of the outputs that lie inside."""
        return Window(1, before=self.before, after=self.after)

    @property
    def least(self) -> int:
        """Least length of the input that it takes: a mirror needs a number for each that it adds, beside the last."""
        return max(self.before, self.after) + 1 if self.mirrored else 1

    def placements(self, n: Size) -> Size:
        """Length of the output for an input of length ``n``."""
        return self.window.placements(n)

    def reads(self, o: int) -> list[int]:
        """The one input that output ``o`` reads."""
        j, last = o - self.before, self.n - 1
        if 0 <= o < self.placements(self.n) and not 0 <= j <= last:
            first, end = (-j, 2 * last - j) if self.mirrored else (0, last)
            return [first if j < 0 else end]
        return [j]


@dataclass(frozen=True, slots=True)
class Wrapped(Folded):
    """One axis of a padding by the input's other end, as if ``n`` inputs lay on a circle.

    Examples
    --------
    >>> ring = Wrapped(4, 2, 1)
    >>> [ring.reads(o) for o in range(7)]
    [[2], [3], [0], [1], [2], [3], [0]]
    """

    mirrored: bool = False

    @property
    def least(self) -> int:
        """Least length of the input that it takes: as much as it adds at either end."""
        return max(self.before, self.after, 1)

    def reads(self, o: int) -> list[int]:
        """The one input that output ``o`` reads."""
        j = o - self.before
        return [j % self.n if 0 <= o < self.placements(self.n) else j]


@dataclass(frozen=True, slots=True)
class Stretched:
    """One axis of a linear upsampling whose corners are aligned: output ``j`` lies at ``j*(n - 1)/(scale*n - 1)``.

    Examples
    --------
    >>> [Stretched(3, 2).reads(j) for j in range(6)], Stretched(1, 2).reads(1)
    ([[0], [0, 1], [0, 1], [1, 2], [1, 2], [2]], [0])
    """

    n: int
    scale: int

    def placements(self, n: Size) -> Size:
        """Length of the output for an input of length ``n``."""
        return self.scale * n

    def reads(self, j: int) -> list[int]:
        """The inputs on both sides of output ``j``, or the one that it lies on."""
        below, above = divmod(j * (self.n - 1), self.scale * self.n - 1)
        return [below, below + 1] if above else [below]


@dataclass(frozen=True, slots=True)
class Listed:
    """One axis of a choice: every output reads the one input of a list, in any order, some of them several times.

    Examples
    --------
    >>> backwards = Listed((2, 1, 0))
    >>> backwards.placements(3), [backwards.reads(o) for o in range(3)], backwards.least
    (3, [[2], [1], [0]], 3)
    """

    places: tuple[int, ...]

    @property
    def least(self) -> int:
        """Least length of the input that has them all."""
        return max(self.places, default=-1) + 1

    def placements(self, n: Size) -> Size:  # noqa: ARG002 - the list has a length
        """Length of the output, whatever the input."""
        return len(self.places)

    def reads(self, o: int) -> list[int]:
        """The one input of output ``o``."""
        return [self.places[o]]


Axis: TypeAlias = Window | Transposed | Bins | Whole | Folded | Stretched | Listed | Sampled
