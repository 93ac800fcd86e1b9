"""How lengths grow: what an operator makes of a length along one axis, after which period, and by how much.

Every length rule f is nondecreasing, and f(m + p) = f(m) + q for its period p and growth q: a window has p = stride and
q = 1, a transposed one p = 1 and q = stride, bins q = 0. Both properties survive composition.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from math import gcd, lcm
from typing import Any

from cnnmath.axis import Axis, Bins, Folded, Stretched, Transposed, Whole
from cnnmath.errors import SettingError
from cnnmath.ops import Operator, Select, Slice, Tile
from cnnmath.sampling import Sampled
from cnnmath.window import Window


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How a length grows: f(n + period) = f(n) + growth, and rate*n + low <= f(n) <= rate*n + high."""

    period: int = 1
    growth: int = 1
    low: Fraction = Fraction(0)
    high: Fraction = Fraction(0)

    @property
    def rate(self) -> Fraction:
        """Growth of the length for each unit of the input."""
        return Fraction(self.growth, self.period)

    def then(self, second: Rhythm) -> Rhythm:
        """Rhythm of the second rule after this one."""
        low, high = second.rate * self.low + second.low, second.rate * self.high + second.high
        if self.growth * second.growth == 0:
            return Rhythm(1, 0, low, high)
        common = gcd(self.growth, second.period)
        return Rhythm(self.period * second.period // common, second.growth * self.growth // common, low, high)

    def beside(self, other: Rhythm) -> Rhythm:
        """Rhythm of the longer of two lengths, from where the one that grows faster is the longer.

        Examples
        --------
        >>> Rhythm().beside(Rhythm(1, 0, Fraction(1), Fraction(1)))
        Rhythm(period=1, growth=1, low=Fraction(0, 1), high=Fraction(1, 1))
        """
        slow, fast = sorted((self, other), key=lambda rhythm: rhythm.rate)
        high = max(slow.high, fast.high)
        if slow.rate < fast.rate:
            return replace(fast, high=high)
        period = lcm(slow.period, fast.period)
        return Rhythm(period, int(fast.rate * period), max(slow.low, fast.low), high)


def constant(length: int) -> Rhythm:
    """Rhythm of a length that does not grow."""
    return Rhythm(1, 0, Fraction(length), Fraction(length))


def rhythm_of(rule: Callable[[int], Axis], op: Operator) -> Rhythm:
    """How a rule's length grows with what it reads.

    Examples
    --------
    >>> from cnnmath.ops import MaxPool
    >>> rhythm_of(lambda m: Window(2, stride=2), MaxPool(2))
    Rhythm(period=2, growth=1, low=Fraction(-1, 2), high=Fraction(0, 1))
    """
    if isinstance(op, (Slice, Select, Tile)):
        return _rhythm_of_a_choice(rule, op)
    first: Any = rule(1)
    if _is_fixed(first) or _is_fixed(rule(2)):  # as many outputs as positions are a window
        return constant(integers(op, first.placements(1))[0])
    if isinstance(first, Whole):
        return Rhythm()
    period, growth = _growth(first)
    integers(op, period, growth, first.placements(1))
    offsets = [rule(m).placements(m) - Fraction(growth * m, period) for m in range(1, period + 1)]
    return Rhythm(period, growth, min(offsets), max(offsets))


def _rhythm_of_a_choice(rule: Callable[[int], Axis], op: Slice | Select | Tile) -> Rhythm:
    """How a slice, a list or copies grow with what they are taken from: read off lengths of which none is too short."""
    period = lcm(*op.steps) if isinstance(op, Slice) else 1
    ends = [abs(end) for end in (*op.starts, *op.ends) if end is not None] if isinstance(op, Slice) else []
    start = max(ends, default=0) + 1
    lengths = [rule(m).placements(m) for m in range(start, start + period + 1)]
    growth = lengths[-1] - lengths[0]
    if growth < 0:
        raise SettingError(
            "it takes the less, the longer its input is.", here=f"{op!r}", fix="count start and end from the same side"
        )
    offsets = [n - Fraction(growth * m, period) for m, n in enumerate(lengths, start)]
    return (
        Rhythm(period, growth, min(offsets), max(offsets)) if growth else Rhythm(1, 0, *map(Fraction, lengths[:1] * 2))
    )


def integers(op: Operator, *lengths: Any) -> tuple[int, ...]:
    """The lengths; raise where one is left open."""
    if not all(isinstance(n, int) for n in lengths):
        raise SettingError("its lengths are formulas.", here=f"{op!r}", fix="give it integers")
    return lengths


def _is_fixed(axis: Axis) -> bool:
    """Whether there are as many outputs whatever the length."""
    if isinstance(axis, Whole):
        return axis.outputs is not None
    return isinstance(axis, Bins) or (isinstance(axis, Sampled) and axis.scale is None)


def _growth(axis: Window | Transposed | Folded | Stretched | Sampled) -> tuple[int, int]:
    """A period, and by how much the output grows in it."""
    if isinstance(axis, Sampled):
        p, q = axis.ratio
        return q, p
    if isinstance(axis, Transposed):
        return 1, axis.window.stride
    if isinstance(axis, Stretched):
        return 1, axis.scale
    return (1 if isinstance(axis, Folded) else axis.stride), 1
