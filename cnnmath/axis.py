"""What an output reads along one axis, where that is no window: the transpose of a window, and bins.

`Window`, `Transposed` and `Bins` answer the same question, ``reads(o)``: the input positions of output ``o``, one entry
a path, padding included. Receptive fields of whole networks are made of these answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

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

    def reads(self, j: int) -> list[int]:
        """Inputs that output ``j`` reads, one entry a tap; those outside the input lie beyond its border."""
        w = self.window
        quotients = (divmod(j + w.before - w.dilation * k, w.stride) for k in range(w.kernel))
        return [o for o, rest in quotients if rest == 0]


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


Axis: TypeAlias = Window | Transposed | Bins
