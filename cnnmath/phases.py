"""Receptive fields along one axis: a window as long as windows follow each other, else a field that repeats."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import TypeAlias

from cnnmath.axis import Axis, Bins, Folded, Listed, Stretched, Transposed, Whole
from cnnmath.primes import primes
from cnnmath.sampling import Repeating, Sampled
from cnnmath.window import IDENTITY, Window


@dataclass(frozen=True, slots=True)
class Phases:
    """Receptive field along one axis that repeats: output ``o + period`` sees what ``o`` sees, ``shift`` inputs on.

    Behind a transposed convolution or an upsampling neighbouring outputs may see fields of different sizes; after
    ``period`` outputs they repeat. A window is the case of period 1.

    Parameters
    ----------
    shift
        How far the field moves on in one period.
    spans
        First and last input that each output of the first period sees, padding included; None where it sees nothing.

    Examples
    --------
    >>> up = Phases.of(Transposed(Window(3, stride=2, before=1, after=1)))
    >>> up.spans, up.stride, up.extent
    (((0, 0), (0, 1)), Fraction(1, 2), 2)
    """

    shift: int
    spans: tuple[tuple[int, int] | None, ...]

    @classmethod
    def of(cls, axis: Window | Transposed | Repeating) -> Phases:
        """The field of one operator alone."""
        period, shift = _period(axis)
        return cls(shift, tuple(_span(axis.reads(o)) for o in range(period)))

    @property
    def period(self) -> int:
        """Outputs after which the field repeats."""
        return len(self.spans)

    @property
    def stride(self) -> Fraction | int:
        """Inputs that the field moves on from one output to the next, on average."""
        stride = Fraction(self.shift, self.period)
        return stride.numerator if stride.denominator == 1 else stride

    @property
    def extent(self) -> int:
        """Size of the largest field of the period."""
        return max((last - first + 1 for first, last in filter(None, self.spans)), default=0)

    @property
    def before(self) -> int:
        """Inputs ahead of the first one that the first output sees."""
        return -self.spans[0][0] if self.spans[0] else 0

    def span(self, o: int) -> tuple[int, int] | None:
        """First and last input that output ``o`` sees.

        Examples
        --------
        >>> up = Phases.of(Transposed(Window(3, stride=2, before=1, after=1)))
        >>> up.span(0), up.span(5)
        ((0, 0), (2, 3))
        """
        q, phase = divmod(o, self.period)
        span = self.spans[phase]
        return span and (span[0] + q * self.shift, span[1] + q * self.shift)

    def then(self, axis: Window | Transposed | Repeating) -> AxisField:
        """Field of an operator that reads what this is the field of.

        Examples
        --------
        >>> up = Phases.of(Transposed(Window(2, stride=2)))
        >>> up.then(Window(2, stride=2))
        Window(kernel=1, stride=1, dilation=1, before=0, after=0)
        """
        own, shift = _period(axis)
        times = self.period // gcd(self.period, shift)
        spans = (hull(self.span(i) for i in axis.reads(o)) for o in range(own * times))
        return Phases(shift * times * self.shift // self.period, tuple(spans)).simplest()

    def union(self, other: Phases) -> AxisField:
        """Smallest field that holds two of equal stride."""
        period = lcm(self.period, other.period)
        spans = (hull([self.span(o), other.span(o)]) for o in range(period))
        return Phases(self.shift * period // self.period, tuple(spans)).simplest()

    def simplest(self) -> AxisField:
        """The same field with the shortest period; a window where that is 1.

        Its periods are the multiples of the shortest, so that primes are divided out one by one: those that divide the
        shift too, as it stays an integer.

        Examples
        --------
        >>> Phases(2, ((0, 1), (1, 2))).simplest()
        Window(kernel=2, stride=1, dilation=1, before=0, after=0)
        """
        least = self
        for prime in primes(gcd(self.period, self.shift)):
            while (shorter := least.divided(prime)) is not None:
                least = shorter
        span = least.spans[0]
        if least.period == 1 and span:
            return Window(span[1] - span[0] + 1, least.shift, before=-span[0])
        return least

    def divided(self, prime: int) -> Phases | None:
        """The same field with a period shorter by this factor, or None where it does not repeat so soon."""
        if self.period % prime or self.shift % prime:
            return None
        shorter = Phases(self.shift // prime, self.spans[: self.period // prime])
        return shorter if all(shorter.span(o) == span for o, span in enumerate(self.spans)) else None


AxisField: TypeAlias = Window | Phases


def behind(field: AxisField, axis: Axis) -> AxisField | None:
    """Receptive field behind an operator: the field below it, then what it reads itself.

    None behind what depends on the size of the input, bins, stretches and all of it, behind a list, and behind what
    repeats where a size is left open. Behind a fold
    or a resize it is that of the outputs that see nothing of the border.

    Examples
    --------
    >>> behind(Window(3, before=1, after=1), Transposed(Window(2, stride=2)))
    Phases(shift=1, spans=((-1, 1), (-1, 1)))
    """
    if isinstance(axis, (Bins, Listed, Stretched, Whole)):
        return None
    if isinstance(axis, Sampled):
        return phases(field).then(axis.inner) if axis.repeats else None
    if isinstance(axis, Folded):
        return behind(field, axis.window)
    if isinstance(axis, Window) and isinstance(field, Window):
        return field if axis == IDENTITY else field.then(axis)
    own = (field.kernel, field.stride, field.dilation, field.before) if isinstance(field, Window) else ()
    if not all(isinstance(n, int) for n in (*own, *_period(axis))):
        return None
    return phases(field).then(axis)


def by_size(axis: Axis) -> bool:
    """Whether what an output reads depends on the size of the input.

    Examples
    --------
    >>> by_size(Bins(4, 2)), by_size(Window(3))
    (True, False)
    """
    return not axis.repeats if isinstance(axis, Sampled) else isinstance(axis, (Bins, Stretched, Whole))


def phases(field: AxisField) -> Phases:
    """A field in its periodic form.

    Examples
    --------
    >>> phases(Window(3, before=1, after=1))
    Phases(shift=1, spans=((-1, 1),))
    """
    return field if isinstance(field, Phases) else Phases.of(field)


def union(a: AxisField, b: AxisField) -> AxisField:
    """Smallest field that holds two of equal stride.

    Output o of a window sees ``s*o - before .. s*o - before + extent - 1``: the union of windows is of the same form.

    Examples
    --------
    >>> union(Window(1), Window(3, before=1, after=1))
    Window(kernel=3, stride=1, dilation=1, before=1, after=1)
    """
    if isinstance(a, Phases) or isinstance(b, Phases):
        return phases(a).union(phases(b))
    before, after = max(a.before, b.before), max(a.after, b.after)
    end = max(a.extent - a.before, b.extent - b.before)
    return Window(end + before, a.stride, before=before, after=after)


def hull(spans: Iterable[tuple[int, int] | None]) -> tuple[int, int] | None:
    """Smallest span that holds all; None where there is none.

    Examples
    --------
    >>> hull([(0, 2), None, (5, 6)])
    (0, 6)
    """
    known = [span for span in spans if span]
    return (min(first for first, _ in known), max(last for _, last in known)) if known else None


def _span(positions: list[int]) -> tuple[int, int] | None:
    return (min(positions), max(positions)) if positions else None


def _period(axis: Window | Transposed | Repeating) -> tuple[int, int]:
    """Outputs after which the reads of an operator repeat, and how far they have moved on."""
    if isinstance(axis, Repeating):
        return axis.period, axis.shift
    return (1, axis.stride) if isinstance(axis, Window) else (axis.window.stride, 1)
