"""What can be said of a method before it runs: its cost, its scratch memory, and a bound of its error.

Costs are counted in multiply-adds of a large matrix product. Moving a number costs as much as `MOVE` of these, and a
product of few rows or short sums as much as one with `PANEL` more; these were measured, and as ratios they hold better
than times would.

Bounds are worst cases over all inputs, relative to the largest that a sum can be, ``taps * max|w| * max|x|``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from cnnmath.numeric.methods.problem import is_single
from cnnmath.window import Window

MOVE, PANEL, START = 40, 16, 3e7
"""Multiply-adds in the time of one number moved; rows of a product that its preparation is worth; and multiply-adds in
the time that starting all threads takes."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes of a convolution of one group.

    Attributes
    ----------
    windows
        The window of each axis.
    batch, channels, filters
        N, C and F of one group.
    inputs, outputs
        Spatial sizes.
    groups
        How many such groups there are.
    dtype
        Of the numbers.
    prepared
        Whether the filters are kept, so that what is made of them is made once.
    """

    windows: tuple[Window, ...]
    batch: int
    channels: int
    filters: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    groups: int
    dtype: np.dtype[Any]
    prepared: bool = False

    @property
    def kernel(self) -> tuple[int, ...]:
        """Kernel along each axis."""
        return tuple(w.kernel for w in self.windows)

    @property
    def positions(self) -> int:
        """Output positions of all samples."""
        return self.batch * prod(self.outputs)

    @property
    def taps(self) -> int:
        """Numbers that one output reads."""
        return self.channels * prod(self.kernel)

    @property
    def multiplications(self) -> int:
        """Multiply-adds of the definition."""
        return self.positions * self.filters * self.taps

    @property
    def single(self) -> bool:
        """Whether every output reads just the input at its own place."""
        return is_single(self.windows)

    @property
    def machine(self) -> bool:
        """Whether the numbers are floats of a size that the BLAS has."""
        return self.dtype in (np.float32, np.float64)

    @property
    def unit(self) -> float:
        """Unit roundoff; 0 for exact numbers."""
        return float(np.finfo(self.dtype).eps) / 2 if self.dtype.kind == "f" else 0.0


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a method would take.

    Attributes
    ----------
    method
        Its name.
    multiplications
        Products of numbers that it forms, transforms aside.
    cost
        All it does, in multiply-adds of a large matrix product.
    scratch
        Bytes that one thread takes beside operands, output and filters in another order.
    bound
        Largest error, relative to ``taps * max|w| * max|x|``.
    gradient_bound
        Largest error of the gradient by the filters, relative to ``positions * max|dy| * max|x|``.
    tile
        Outputs of a tile along each axis, where the method works on tiles.
    refused
        Why it cannot serve here; empty where it can.
    """

    method: str
    multiplications: int = 0
    cost: float = 0.0
    scratch: int = 0
    bound: float = 0.0
    gradient_bound: float = 0.0
    tile: tuple[int, ...] = ()
    refused: str = ""


def gamma(roundings: float, unit: float) -> float:
    r"""Relative error of so many roundings in a row, ``n u/(1 - n u)`` (Higham 2002, section 3.1).

    References
    ----------
    .. [1] N. J. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd edition, SIAM 2002.

    Examples
    --------
    >>> f"{gamma(100, 2.0**-24):.3g}"
    '5.96e-06'
    """
    return roundings * unit / (1 - roundings * unit) if roundings * unit < 1 else float("inf")


def too_much(method: str, least: int, scratch: int) -> Prediction | None:
    """A refusal where the least scratch memory that a method needs is more than there may be.

    Examples
    --------
    >>> too_much("fft", 3000, 2000).refused
    'it needs 3000 bytes of scratch memory, of 2000'
    """
    if least <= scratch:
        return None
    return Prediction(method, refused=f"it needs {least} bytes of scratch memory, of {scratch}")


def product(rows: float, inner: float, columns: float) -> float:
    """Cost of a matrix product: few rows and short sums cost more than their share."""
    return (rows + PANEL) * (inner + PANEL) * columns
