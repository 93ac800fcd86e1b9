"""One operator along one axis: its length rule, and which lengths it refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from cnnmath.axis import Axis, Folded, Listed
from cnnmath.errors import SettingError
from cnnmath.graph.rhythm import Rhythm
from cnnmath.ops import Concat, Expand, Operator, Reshape, Select, Slice, SpaceToDepth
from cnnmath.ops.broadcast import Elementwise
from cnnmath.ops.pool import Pool
from cnnmath.ops.rearrange import Rearrangement
from cnnmath.window import IDENTITY, Window


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
