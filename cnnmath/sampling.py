"""One axis of a resize: where its outputs lie among the inputs, and what the inputs around them weigh.

Places are exact rational numbers, kept as a numerator and a denominator, so that a half is rounded as the rule says.
All of it is plain arithmetic of integers, and works for symbols and for arrays of positions as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from numbers import Integral
from typing import Any, TypeAlias

from cnnmath.window import Size

Place: TypeAlias = tuple[Size, Size]
"""A numerator and a denominator: the quotient is counted in inputs from the first one."""

MODES = ("nearest", "linear", "cubic")
PLACES = ("half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric", "crop")
ROUNDINGS = ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")


@dataclass(frozen=True, slots=True)
class Sampling:
    """The rules of a resize that all its axes share; what they mean is said at `cnnmath.ops.Resize`."""

    mode: str = "linear"
    places: str = "half_pixel"
    nearest: str = "round_prefer_floor"
    a: Fraction = Fraction(-3, 4)
    exclude_outside: bool = False
    antialias: bool = False

    @property
    def support(self) -> int:
        """How far from an output an input may lie that counts, exclusively: in inputs, unless the weights are wider."""
        return 2 if self.mode == "cubic" else 1

    @property
    def excluding(self) -> bool:
        """Whether nothing outside the input weighs anything; the nearest input is one in any case."""
        return self.exclude_outside and self.mode != "nearest"

    @property
    def divided(self) -> bool:
        """Whether weights are divided by their sum, which need not be 1."""
        return self.excluding or self.antialias


@dataclass(frozen=True, slots=True)
class Sampled:
    """One axis of a resize.

    Parameters
    ----------
    n, outputs
        Lengths of the input and of the output.
    by
        The rules.
    scale
        Outputs for each input, where that is given; else it is ``outputs/n``.
    crop
        First and last place of the output, as shares of the way from the first input to the last.

    Examples
    --------
    >>> double = Sampled(3, 6, Sampling(), Fraction(2))
    >>> [double.reads(o) for o in range(6)]
    [[0], [0, 1], [0, 1], [1, 2], [1, 2], [2]]
    >>> halves = [Sampled(4, 2, Sampling("nearest", nearest=word)) for word in ("round_prefer_floor", "floor", "ceil")]
    >>> [[axis.reads(o) for o in range(2)] for axis in halves]
    [[[0], [2]], [[0], [2]], [[1], [3]]]
    """

    n: Size
    outputs: Size
    by: Sampling = Sampling()
    scale: Fraction | None = None
    crop: tuple[Fraction, Fraction] | None = None

    @property
    def ratio(self) -> Place:
        """Outputs for each input."""
        return (self.outputs, self.n) if self.scale is None else self.scale.as_integer_ratio()

    @property
    def identity(self) -> bool:
        """Whether every output lies on its input."""
        p, q = self.ratio
        return self.crop is None and bool(p == q)

    @property
    def repeats(self) -> bool:
        """Whether what an output reads repeats along the axis, whatever the size of the input."""
        p, q = self.ratio
        aligned = self.by.places in ("half_pixel", "asymmetric")
        return self.scale is not None and (aligned or (self.by.places == "pytorch_half_pixel" and p * self.n != q))

    def placements(self, n: Size) -> Size:
        """Length of the output for an input of length ``n``."""
        if self.scale is None:
            return self.outputs
        p, q = self.ratio
        return self.outputs if n == self.n else p * n // q

    def place(self, o: Size) -> Place:
        """Where output ``o`` lies.

        Examples
        --------
        >>> thirds = Sampled(4, 6, Sampling(), Fraction(3, 2))
        >>> [Fraction(*thirds.place(o)) for o in range(3)]
        [Fraction(-1, 6), Fraction(1, 2), Fraction(7, 6)]
        """
        n, outputs, (p, q) = self.n, self.outputs, self.ratio
        match self.by.places:
            case "crop":
                return self._cropped(o)
            case "asymmetric":
                return o * q, p
            case "align_corners":
                return (0, 1) if outputs == 1 else (o * (n - 1) * q, p * n - q)
            case "half_pixel_symmetric":
                return (n - 1) * p + (2 * o + 1 - outputs) * q, 2 * p
            case "pytorch_half_pixel" if _surely(p * n <= q):
                return 0, 1
        return (2 * o + 1) * q - p, 2 * p

    def nearest(self, o: Size) -> Size:
        """The position that the place of output ``o`` is rounded to, which may lie outside the input."""
        at, parts = self.place(o)
        match self.by.nearest:
            case "floor":
                return at // parts
            case "ceil":
                return -(-at // parts)
            case "round_prefer_ceil":
                return (2 * at + parts) // (2 * parts)
        return -((parts - 2 * at) // (2 * parts))

    @property
    def taps(self) -> Size:
        """Positions around an output that may weigh something."""
        return 1 if self.by.mode == "nearest" else 2 * self._half()

    def tap(self, o: Size, t: Size) -> Size:
        """Position, inside the input or outside, that output ``o`` reads through tap ``t``."""
        if self.by.mode == "nearest":
            return self.nearest(o)
        at, parts = self.place(o)
        return at // parts - self._half() + 1 + t

    def distance(self, o: Size, i: Size) -> Place:
        """How far the place of output ``o`` is from position ``i``, in units in which the weights are not widened."""
        at, parts = self.place(o)
        narrow, wide = self._widening()
        return abs(i * parts - at) * narrow, parts * wide

    def near(self, o: Size, i: Size) -> Any:
        """Whether position ``i`` is near enough to output ``o`` to weigh something."""
        if self.by.mode == "nearest":
            return i == self.nearest(o)
        distance, unit = self.distance(o, i)
        return distance < self.by.support * unit

    def inside(self, place: Place) -> Iterator[Any]:
        """Conditions under which a place lies between the first input and the last."""
        at, parts = place
        yield at >= 0
        yield at <= (self.n - 1) * parts

    def outside(self, o: int) -> bool:
        """Whether output ``o`` of a box reads nothing, as its place lies outside the input."""
        return self.crop is not None and not all(self.inside(self.place(o)))

    def beyond(self) -> tuple[bool, bool]:
        """Whether some output may read ahead of the first input, and behind the last."""
        if self.by.excluding:
            return False, False
        if isinstance(self.n, Integral) and isinstance(self.outputs, Integral):
            ends = (0, int(self.outputs) - 1)
            first, last = (min(self.tap(o, 0) for o in ends), max(self.tap(o, self.taps - 1) for o in ends))
            return first < 0, last >= self.n
        rounded = self.by.mode == "nearest" and self.by.nearest.startswith("round")
        never = rounded and self.by.places in ("half_pixel", "align_corners")
        return not never, not never

    def reads(self, o: int) -> list[int]:
        """Inputs that output ``o`` reads; what lies ahead of them or behind is the first or the last."""
        if self.outside(o):
            return []
        positions = [i for t in range(self.taps) if self.near(o, i := self.tap(o, t))]
        if self.by.excluding:
            return [i for i in positions if 0 <= i < self.n]
        return sorted({min(max(i, 0), self.n - 1) for i in positions})

    @property
    def inner(self) -> Repeating:
        """The same far from the border, for one that repeats."""
        p, q = self.ratio
        positions = ([self.tap(o, t) for t in range(self.taps)] for o in range(p))
        return Repeating(q, tuple(tuple(i for i in every if self.near(o, i)) for o, every in enumerate(positions)))

    def _half(self) -> Size:
        """Taps on each side of an output."""
        narrow, wide = self._widening()
        return -(-self.by.support * wide // narrow)

    def _widening(self) -> Place:
        """By what distances are multiplied: where there are fewer outputs than inputs, by their ratio, or by 1."""
        if not self.by.antialias:
            return 1, 1
        p, q = self.ratio
        return (p + q - abs(p - q)) // 2, q  # min(p, q), for symbols too

    def _cropped(self, o: Size) -> Place:
        start, end = self.crop or (Fraction(0), Fraction(1))
        whole = start.denominator * end.denominator
        first, last = start.numerator * end.denominator, end.numerator * start.denominator
        if self.outputs == 1:
            return (first + last) * (self.n - 1), 2 * whole
        steps = self.outputs - 1
        return (self.n - 1) * (first * steps + o * (last - first)), whole * steps


@dataclass(frozen=True, slots=True)
class Repeating:
    """What outputs of one period read, before ``shift`` inputs further on the next begins.

    Examples
    --------
    >>> Sampled(3, 6, Sampling(), Fraction(2)).inner.reads(5)
    [2, 3]
    """

    shift: int
    taps: tuple[tuple[int, ...], ...]

    @property
    def period(self) -> int:
        """Outputs after which the reads repeat."""
        return len(self.taps)

    def reads(self, o: int) -> list[int]:
        """Positions that output ``o`` reads; those outside the input lie beyond its border."""
        times, phase = divmod(o, self.period)
        return [i + times * self.shift for i in self.taps[phase]]


def _surely(condition: Any) -> bool:
    """Whether a condition holds for certain: one of symbols does not."""
    return condition in (True, False) and bool(condition)
