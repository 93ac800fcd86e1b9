"""Which way a convolution takes: the multiplications, the time, the memory and the rounding of each, side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import log2, prod
from types import MappingProxyType

import numpy as np

from cnnmath.errors import DataError, unknown
from cnnmath.filters.factor import TOLERANCE, factors
from cnnmath.filters.paths import (
    SINGLE,
    count,
    direct_cost,
    direct_sides,
    fourier_cost,
    fourier_numbers,
    fourier_sides,
    long_axes,
    separable_cost,
)
from cnnmath.filters.rounding import fourier_error, rounding
from cnnmath.filters.slide import Slide

METHODS = ("direct", "separable", "fft")
EXACTLY = 0.25
"""Error of a transform below which integers are found by rounding: half of what would do."""

START = 5e4
"""Products of the direct way in the time in which another way gets ready."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way: its multiplications, its time, its scratch memory, a bound on its error, and why it cannot be taken.

    The time is counted in multiplications of the direct way over images. The memory is that of a thread, in bytes. The
    bound holds for the absolute error of every output, if nothing overflows or underflows.
    """

    method: str
    multiplications: int
    cost: float
    scratch: int
    error: float
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """The ways of one convolution, and the one that is taken: the possible one that takes the least time."""

    title: str
    ways: tuple[Way, ...]

    @property
    def method(self) -> str:
        """Name of the way that is taken; the first of equals."""
        return min((way for way in self.ways if not way.refused), key=lambda way: way.cost).method

    def __getitem__(self, method: str) -> Way:
        for way in self.ways:
            if way.method == method:
                return way
        raise unknown("method", method, METHODS)

    def __repr__(self) -> str:
        head = f"  {'method':<10}{'multiplications':>18}{'cost':>18}{'scratch':>11}   error at most"
        return "\n".join([f"{self.title}: {self.method}", head, *map(_row, self.ways)])


def choice(slide: Slide, word: str = "correlation", mode: str = "") -> Choice:
    """The three ways of a slide."""
    sizes = f"{_sizes(slide.x.shape)} with {_sizes(slide.w.shape)}"
    dtype = "fractions" if slide.x.dtype == object else str(slide.x.dtype)
    title = f"{word} of {sizes}, {dtype}{mode and ', ' + mode}"
    return Choice(title, (_direct(slide), _separable(slide), _fourier(slide)))


def taken(slide: Slide, method: str) -> str:
    """Name of the way that a caller asks for; nothing is found out that the answer does not need.

    Raises
    ------
    UnknownNameError, DataError
        For a name that is not in the list, and for a way that cannot be taken.
    """
    if method == "auto":
        return _quickest(slide)
    if method not in METHODS:
        raise unknown("method", method, ("auto", *METHODS))
    if not SERVES[method](slide):
        found = choice(slide)
        raise DataError(
            f"the method '{method}' cannot be taken.",
            here=found[method].refused,
            fix=f"use method 'auto', which takes '{found.method}' here",
        )
    return method


def _quickest(slide: Slide) -> str:
    """The way that `Choice.method` names."""
    costs = {"direct": _direct_cost(slide)}
    if costs["direct"] <= _start(slide):
        return "direct"
    costs |= {"separable": _separable_cost(slide), "fft": _fourier_cost(slide)}
    return next(method for method in sorted(costs, key=lambda method: costs[method]) if SERVES[method](slide))


def _start(slide: Slide) -> float:
    """Exact numbers take so long that getting ready is nothing beside them."""
    return 0.0 if slide.x.dtype == object else START


def _direct(slide: Slide) -> Way:
    """One product a tap and an output, zeros included; each output is rounded once a tap."""
    products = prod(slide.outputs) * slide.w.size
    return Way("direct", products, _direct_cost(slide), _block(slide), rounding(slide, slide.w.size))


def _direct_cost(slide: Slide) -> float:
    return direct_cost(slide.outputs, slide.w.shape)


def _separable(slide: Slide) -> Way:
    """The direct way along each axis, the first ones over all that the later ones read."""
    vectors = factors(slide.w)
    if vectors is None:
        return Way("separable", 0, 0.0, 0, 0.0, "the kernel is no outer product of one factor an axis")
    axes = long_axes(slide.w)
    roundings = sum(len(vectors[axis]) for axis in axes) + (TOLERANCE if len(axes) > 1 else 0)
    scratch = 2 * _block(slide)
    return Way("separable", _passes(slide), _separable_cost(slide), scratch, rounding(slide, roundings))


def _separable_cost(slide: Slide) -> float:
    return _start(slide) + separable_cost(slide.outputs, slide.w.shape)


def _passes(slide: Slide) -> int:
    """Products of all axes."""
    sides = direct_sides(slide)
    read = [o + -(-o // s) * (k - 1) for o, s, k in zip(slide.outputs, sides, slide.w.shape, strict=True)]
    return sum(
        prod(slide.outputs[: axis + 1]) * prod(read[axis + 1 :]) * slide.w.shape[axis] for axis in long_axes(slide.w)
    )


def _fourier(slide: Slide) -> Way:
    """Two real transforms a block and one of the kernel, of L log2(L) products each, and 2 L to multiply spectra.

    So many has the radix-2 algorithm; those that are used have somewhat fewer.
    """
    sides, lengths = fourier_sides(slide)
    length = prod(lengths)
    lines = prod(s for i, s in enumerate(sides) if i not in long_axes(slide.w))
    blocks = count(slide.outputs, sides) * lines
    products = round((2 * blocks + 1) * length * log2(length) + 2 * blocks * length)
    numbers = fourier_numbers(slide.w.shape, sides, tuple(lengths))
    scratch = numbers * (slide.x.itemsize if slide.x.dtype.kind == "f" else 8)
    cost = _fourier_cost(slide)
    if slide.x.dtype == object:
        return Way("fft", products, cost, scratch, 0.0, "a transform of exact numbers would round them")
    error = fourier_error(slide, lengths)
    if not np.isfinite(error):
        refused = "NaN, infinite or huge numbers would spread over all outputs"
        return Way("fft", products, cost, scratch, error, refused)
    if slide.x.dtype.kind == "f":
        return Way("fft", products, cost, scratch, error)
    refused = (
        "" if error < EXACTLY else f"rounding to integers is not sure: the error may be {error:.2g}, not below 1/4"
    )
    return Way("fft", products, cost, scratch, 0.0, refused)


def _fourier_cost(slide: Slide) -> float:
    sides, lengths = fourier_sides(slide)
    cost = fourier_cost(slide.outputs, slide.w.shape, sides, tuple(lengths))
    return _start(slide) + cost * (SINGLE if slide.x.dtype == np.float32 else 1)


def _fourier_serves(slide: Slide) -> bool:
    """Whether the error is bounded, for integers below `EXACTLY`: first by a bound that is found at a glance."""
    if slide.x.dtype == object:
        return False
    lengths, most = fourier_sides(slide)[1], np.inf if slide.x.dtype.kind == "f" else EXACTLY
    return any(fourier_error(slide, lengths, sharp=sharp) < most for sharp in (False, True))


SERVES: Mapping[str, Callable[[Slide], bool]] = MappingProxyType(
    {
        "direct": lambda _: True,
        "separable": lambda slide: factors(slide.w) is not None,
        "fft": _fourier_serves,
    }
)
"""Whether each way can be taken."""


def _block(slide: Slide) -> int:
    """Bytes of a block of the direct way: what it reads, as many sums, and a row's part of them."""
    sides = direct_sides(slide)
    reads = prod(s + k - 1 for s, k in zip(sides, slide.w.shape, strict=True))
    return 3 * reads * slide.x.itemsize


def _row(way: Way) -> str:
    if way.refused:
        return f"  {way.method:<10}{'-':>18}{'-':>18}{'-':>11}   {way.refused}"
    error = "exact" if way.error == 0 else f"{way.error:.1e}"
    return f"  {way.method:<10}{way.multiplications:>18,}{way.cost:>18,.0f}{_bytes(way.scratch):>11}   {error}"


def _bytes(n: int) -> str:
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if n >= size:
            return f"{n / size:.1f} {unit}"
    return f"{n} B"


def _sizes(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
