"""One operator along one axis: its length rule, how the length grows, and which lengths it refuses.

Every length rule f is nondecreasing, and f(m + p) = f(m) + q for its period p and growth q: a window has p = stride and
q = 1, a transposed one p = 1 and q = stride, bins q = 0. Both properties survive composition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from math import gcd, lcm
from typing import Any

from cnnmath.axis import Axis, Bins, Folded, Listed, Stretched, Transposed, Whole
from cnnmath.errors import SettingError
from cnnmath.ops import Concat, Expand, Operator, Reshape, Select, Slice, SpaceToDepth, Tile
from cnnmath.ops.broadcast import Elementwise
from cnnmath.ops.pool import Pool
from cnnmath.ops.rearrange import Rearrangement
from cnnmath.sampling import Sampled
from cnnmath.window import IDENTITY, Window


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


@dataclass(frozen=True, slots=True)
class Step:
    """One node along one axis: what it reads, its rule, the rhythm of this rule, and that of its length.

    An expansion asks for a length; all others for 1.
    """

    name: str
    op: Operator
    reads: tuple[str, ...]
    axis: Callable[[int], Axis]
    own: Rhythm
    rhythm: Rhythm
    asked: int = 1

    @property
    def repeats(self) -> bool:
        """Whether lengths of 1 fit any."""
        return isinstance(self.op, (Elementwise, Expand))

    def length(self, m: int) -> int:
        """Length of the output where it reads a length of ``m``."""
        return self.axis(m).placements(m)

    def reached(self, known: Mapping[str, int]) -> int:
        """Length of the output where the lengths of what it reads are known: the longest where 1 fits any."""
        if self.repeats:
            return max([known[read] for read in self.reads] + [self.asked] * (self.asked > 1))
        return self.length(known[self.reads[0]])

    def blind(self, m: int) -> bool:
        """Whether a pooling has a window of padding alone."""
        axis = self.axis(m)
        return isinstance(self.op, Pool) and isinstance(axis, Window) and axis.blind(m) is not None

    def folds(self, m: int) -> bool:
        """Whether an axis that is folded at the border is too short for that."""
        axis = self.axis(m)
        return isinstance(axis, Folded) and m < axis.least

    def reaches_out(self, m: int) -> bool:
        """Whether a slice or a list takes what lies outside."""
        axis = self.axis(m)
        if isinstance(axis, Listed):
            return m < axis.least or min(axis.places, default=0) < 0
        return isinstance(self.op, Slice) and isinstance(axis, Window) and max(axis.before, axis.after) > 0

    def uneven(self, m: int) -> bool:
        """Whether blocks that have to cover it all do not."""
        return isinstance(self.op, SpaceToDepth) and self.rest(m) != 0

    def rest(self, m: int) -> int:
        """Positions of the padded input that the last window leaves over."""
        axis = self.axis(m)
        return (m + axis.before + axis.after - axis.extent) % axis.stride if isinstance(axis, Window) else 0

    def shortest(self) -> int:
        """Least length that it takes."""
        return 1 if self.own.growth == 0 else least(1, lambda m: self.length(m) >= 1)

    def hole(self) -> int:
        """Length from which on no window of a pooling steps over its input, the dilation, and all can be folded."""
        axis = self.axis(1)
        if isinstance(axis, Folded):
            return axis.least
        if isinstance(self.op, (Slice, Select)):
            return least(1, lambda m: not self.reaches_out(m))
        return axis.dilation if isinstance(self.op, Pool) and isinstance(axis, Window) else 1

    def __str__(self) -> str:
        return f"{type(self.op).__name__.lower()} '{self.name}'"


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a length is refused, why, and the least length of ``read`` at which that can change."""

    step: Step
    read: str
    least: int
    reason: str


def least(start: int, holds: Callable[[int], bool]) -> int:
    """Least integer from ``start`` at which a condition holds that, once it holds, goes on to hold.

    Examples
    --------
    >>> least(1, lambda n: n * n >= 1000)
    32
    """
    step = 1
    while not holds(start + step - 1):
        step *= 2
    low, high = start + step // 2 - 1, start + step - 1
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high if step > 1 else start


def rule_of(op: Operator, rank: int, axis: int) -> Callable[[int], Axis] | None:
    """What an operator reads along an axis, by the length below it; None where nothing is spatial.

    Examples
    --------
    >>> from cnnmath.ops import MaxPool
    >>> rule = rule_of(MaxPool(2), 2, 0)
    >>> rule and rule(8)
    Window(kernel=2, stride=2, dilation=1, before=0, after=0)
    """
    try:
        if op.axes((2,) * rank) is None:  # a size at which positions differ
            return None
    except ValueError:
        op.shape((1, 1, *(1,) * rank))  # its own check says which rank it takes
        raise
    return cache(lambda m: (op.axes((m,) * rank) or (IDENTITY,) * rank)[axis])


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


def check_followed(op: Operator) -> None:
    """Raise where lengths cannot be followed through an operator, because positions behind it are other ones.

    Raises
    ------
    SettingError
        For such an operator; a row of all that there is, of any length, is none.
    """
    mixing = isinstance(op, Rearrangement) or (isinstance(op, Concat) and op.axis > 1)
    row = isinstance(op, Reshape) and op.start + len(op.sizes) <= 2 and -1 in op.sizes
    if mixing and not row:
        raise SettingError(
            "positions behind it are not those ahead of it, so that no length can be followed.",
            here=f"{op!r}",
            fix="ask the part of the network ahead of it",
        )


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


def unequal(step: Step, known: Mapping[str, int]) -> Stop | None:
    """Refusal of a merge whose inputs have unequal lengths: the shortest has to grow to the longest.

    Where lengths of 1 fit any, they do.
    """
    reads = [read for read in step.reads if not (step.repeats and known[read] == 1)]
    if not reads:
        return None
    short, long = min(reads, key=known.__getitem__), max(reads, key=known.__getitem__)
    if step.asked not in (1, known[long]):
        least = step.asked if known[long] < step.asked else known[long] + 1
        return Stop(step, long, least, f"'{long}' has length {known[long]}, it takes 1 and {step.asked}")
    if known[short] == known[long]:
        return None
    return Stop(step, short, known[long], f"'{short}' has length {known[short]}, '{long}' {known[long]}")


def too_short(step: Step, known: Mapping[str, int]) -> Stop | None:
    """Refusal of an input that no window fits, or at which a pooling sees padding alone."""
    m = known[step.reads[0]]
    if step.length(m) < 1:
        return Stop(
            step, step.reads[0], step.shortest(), f"its input has length {m}, it takes {step.shortest()} and above"
        )
    if step.reaches_out(m):
        return Stop(step, step.reads[0], step.hole(), f"at length {m} it takes what lies outside")
    if step.uneven(m):
        return Stop(step, step.reads[0], m + 1, f"its blocks do not divide a length of {m}")
    if step.folds(m):
        return Stop(step, step.reads[0], step.hole(), f"at length {m} there is too little to mirror")
    if step.blind(m):
        return Stop(step, step.reads[0], m + 1, f"at length {m} a window covers padding alone")
    return None


def inexact(step: Step, known: Mapping[str, int]) -> Stop | None:
    """Refusal of an input of which the last window leaves a rest."""
    m = known[step.reads[0]]
    rest = step.rest(m)
    return Stop(step, step.reads[0], m + 1, f"at length {m} it leaves {rest}") if rest else None
