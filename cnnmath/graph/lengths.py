"""The length of every node along one axis of a network, for any length of the input, and which lengths are taken.

A length that some node refuses says how far to jump: every rule is nondecreasing, so that a node's length changes no
sooner. From where all windows fit, the answer repeats with one period; one period decides for all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import combinations
from math import lcm

from cnnmath.errors import CnnmathError, SettingError
from cnnmath.graph.architecture import INPUT, Architecture
from cnnmath.graph.opaque import Opaque
from cnnmath.graph.progression import Sizes, canonical
from cnnmath.graph.rhythm import Rhythm, constant, integers, rhythm_of
from cnnmath.graph.steps import Step, Stop, check_followed, inexact, least, rule_of, too_short, unequal
from cnnmath.ops import Expand, MatMul, Operator, SpaceToDepth
from cnnmath.ops.algebra import Shape
from cnnmath.ops.broadcast import Elementwise


@dataclass(frozen=True, slots=True)
class Track:
    """One axis of a network, ready to be asked.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> track = along(zoo.alexnet(), 0)
    >>> track.lengths(224)["features.12"], track.taken(), track.taken(exact=True)
    (6, 63 and above, n = 31 mod 32, n >= 63)
    """

    steps: Mapping[str, Step]

    def lengths(self, n: int) -> dict[str, int]:
        """Length of every node that has one, whether or not it is taken; a merge has that of its first input.

        Where inputs are repeated, it has that of the longest.
        """
        known = {INPUT: n}
        for step in self.steps.values():
            known[step.name] = step.reached(known)
        return known

    def stop(self, n: int, *, exact: bool = False) -> Stop | None:
        """First node that refuses an input of length ``n``; where that is asked, one that leaves a rest of it.

        Of several that leave a rest it is the one whose length changes last: it lets the search jump furthest.
        """
        known = {INPUT: n}
        for step in self.steps.values():
            if stop := unequal(step, known) or too_short(step, known):
                return stop
            known[step.name] = step.reached(known)
        rests = [stop for step in self.steps.values() if (stop := inexact(step, known))] if exact else []
        return min(rests, key=lambda stop: self.rhythm(stop.read).rate, default=None)

    def reach(self, node: str, length: int, start: int = 1) -> int | None:
        """Least length of the input, from ``start``, that gives a node at least this length; None where none does."""
        if self.lengths(start)[node] >= length:
            return start
        if self.rhythm(node).growth == 0:
            return None
        return least(start + 1, lambda n: self.lengths(n)[node] >= length)

    def rhythm(self, node: str) -> Rhythm:
        """Rhythm of a node's length."""
        return Rhythm() if node == INPUT else self.steps[node].rhythm

    def refusals(self, n: int, last: int, *, exact: bool = False) -> Iterator[tuple[int, Stop | None]]:
        """Lengths from ``n`` on with what refuses each, up to one that is taken; those jumped over cannot be."""
        at: int | None = n
        while at is not None and at <= last:
            stop = self.stop(at, exact=exact)
            yield at, stop
            if stop is None:
                return
            at = self.reach(stop.read, stop.least, at + 1)

    def following(self, n: int, last: int, *, exact: bool = False) -> int | None:
        """Least length that is taken from ``n`` to ``last``."""
        return next((at for at, stop in self.refusals(n, last, exact=exact) if stop is None), None)

    def settled(self) -> int:
        """Length from which on only residues decide."""
        start, known = 1, self.lengths(1)
        for step in self.steps.values():
            for shortest in (step.shortest(), step.hole()):
                if known[step.reads[0]] < shortest:
                    start = self.reach(step.reads[0], shortest, start) or start
                    known = self.lengths(start)
            for read in step.reads if step.repeats else ():
                start = self.reach(read, 2, start) or start  # a length of 1 fits any
        return start

    def horizon(self) -> int | None:
        """Length beyond which branches that grow at unequal rates never meet; None where all grow alike.

        Where lengths of 1 fit any, those that grow are above 1 beyond it; such as are always 1 meet all.
        """
        ends, first = [], self.lengths(1)
        for step in self.steps.values():
            for a, b in combinations(self._met(step, first), 2):
                if a.rate != b.rate:
                    end = max(abs(a.low - b.high), abs(a.high - b.low)) // abs(a.rate - b.rate)
                    ones = [(2 - each.low) // each.rate for each in (a, b) if each.rate and step.repeats]
                    ends.append(max([end, *ones]))
        return max(1, int(min(ends))) if ends else None

    def _met(self, step: Step, first: Mapping[str, int]) -> list[Rhythm]:
        """Rhythms of the lengths that must be equal, without those that are always 1 where these fit any."""
        met = [(self.rhythm(read), first[read]) for read in step.reads]
        asked = [constant(step.asked)] if step.asked > 1 else []
        return asked + [rhythm for rhythm, n in met if not (step.repeats and n == 1 and rhythm.growth == 0)]

    def period(self, *, exact: bool = False) -> int:
        """After how much the answer repeats: only what residues decide counts."""
        periods = [1]
        for step in self.steps.values():
            below = [self.rhythm(read) for read in step.reads]
            if len(below) > 1:
                periods += [rhythm.period for rhythm in below]
            blind = any(step.blind(m) for m in range(step.hole(), step.hole() + step.own.period))
            if blind or isinstance(step.op, SpaceToDepth) or (exact and step.own.period > 1):
                periods.append(below[0].then(step.own).period)
        return lcm(*periods)

    def last(self, *, exact: bool = False) -> int:
        """Length up to which all that is to be known shows: the horizon, or one period of what has settled."""
        return self.horizon() or self.settled() + self.period(exact=exact) - 1

    def taken(self, *, exact: bool = False) -> Sizes:
        """All lengths of the input that every node takes, or at which no window leaves a rest."""
        start, period, last = self.settled(), self.period(exact=exact), self.last(exact=exact)
        plain = not any(step.hole() > 1 or step.repeats for step in self.steps.values())
        if period == 1 and plain and not self.horizon():
            return Sizes() if self.stop(start, exact=exact) else Sizes(start=start, residues=(0,))
        few, n = [], self.following(1, last, exact=exact)
        while n is not None:
            few.append(n)
            n = self.following(n + 1, last, exact=exact)
        if self.horizon():
            return Sizes(tuple(few))
        residues = sorted(n % period for n in few if n >= start)
        return canonical(Sizes(tuple(n for n in few if n < start), start, period, tuple(residues)))


def along(net: Architecture, axis: int) -> Track:
    """One spatial axis of a network, the first one being 0.

    Raises
    ------
    SettingError, ShapeError
        For settings that are symbols, for an operator of another rank than the network, and for one behind which
        positions are other ones.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> along(zoo.lenet5(), 0).lengths(32)["pool2"]
    5
    """
    rank = len(net.input_shape) - 1
    known, steps, fixed = {INPUT: Rhythm()}, {}, dict[str, Shape]()
    for name, op in net:
        reads = tuple(read for read in net.inputs(name) if read not in fixed)
        if not reads:
            fixed[name] = op.shape(*([fixed[read] for read in net.inputs(name)] or [(1,)]))
            continue
        try:
            if isinstance(op, (Elementwise, MatMul)):
                reads = _along(net, op, reads, axis, known)
            rule = rule_of(op, rank, axis) if reads and all(read in known for read in reads) else None
            own = rhythm_of(rule, op) if rule else None
            asked = _asked(op, axis - rank, [fixed[read] for read in net.inputs(name) if read in fixed])
            if rule is None and any(read in known for read in reads):
                check_followed(op)
        except CnnmathError as error:
            raise error.at(f"{type(op).__name__.lower()} '{name}'") from None
        if rule and own:
            step = Step(name, op, reads, rule, own, Rhythm(), asked)
            merged = [known[read] for read in reads] + [constant(step.asked)] * (step.asked > 1)
            known[name] = (reduce(Rhythm.beside, merged) if step.repeats else merged[0]).then(own)
            steps[name] = replace(step, rhythm=known[name])
    return Track(steps)


def _asked(op: Operator, place: int, fixed: Sequence[Shape]) -> int:
    """Length that an expansion asks for at a place counted from the last axis, or an array that is repeated; else 1."""
    shapes = [op.sizes] if isinstance(op, Expand) else fixed if isinstance(op, Elementwise) else []
    return max(integers(op, *(shape[place] for shape in shapes if len(shape) >= -place)), default=1)


def _along(
    net: Architecture, op: Operator, reads: tuple[str, ...], axis: int, known: Collection[str]
) -> tuple[str, ...]:
    """Of what an operator of unlike inputs reads, what has a length along the axis; a single number fits any.

    Raises
    ------
    SettingError
        Where the length of one input alone is known, and that of another may be any; and where axes are mixed.
    """
    found = tuple(read for read in reads if read in known)
    if found and isinstance(op, MatMul):
        raise SettingError(
            "which sizes it takes is not known: it mixes axes.",
            rule="the columns of x1 are as many as the rows of x2",
            fix="ask the part of the network ahead of it",
        )
    if found and not all(_is_single(net, read, axis) for read in reads if read not in known):
        raise SettingError(
            "which sizes it takes is not known.",
            rule="its inputs have lengths that follow from that of the network's input, or are 1",
            fix="ask the part of the network ahead of it",
        )
    return found


def _is_single(net: Architecture, node: str, axis: int) -> bool:
    """Whether a node has a length of 1 along an axis, for the network's own input."""
    known: dict[str, Shape] = {INPUT: (1, *net.input_shape)}
    for name, op in net:
        try:
            known[name] = op.shape(*([known[read] for read in net.inputs(name)] or [(1,)]))
        except CnnmathError:
            return False
        if name == node:
            break
    rank = len(net.input_shape) + 1
    return len(known[node]) == rank and known[node][axis + 2] == 1


def least_sizes(net: Architecture) -> tuple[int, ...] | None:
    """Smallest size of each spatial axis that windows and merges take, or None where none does or some are unknown.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> least_sizes(zoo.vgg16())
    (32, 32)
    """
    if any(isinstance(op, Opaque) for _, op in net):
        return None
    try:
        tracks = [along(net, i) for i in range(len(net.input_shape) - 1)]
    except CnnmathError:
        return None
    least = [track.following(1, track.last()) for track in tracks]
    return tuple(n for n in least if n is not None) if None not in least else None
