"""The length of every node along one axis of a network, for any length of the input, and which lengths are taken.

A length that some node refuses says how far to jump: every rule is nondecreasing, so that a node's length changes no
sooner. From where all windows fit, the answer repeats with one period; one period decides for all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import lcm

from cnnmath.errors import CnnmathError
from cnnmath.graph.architecture import INPUT, Architecture
from cnnmath.graph.opaque import Opaque
from cnnmath.graph.progression import Sizes, canonical
from cnnmath.graph.steps import Rhythm, Step, Stop, inexact, least, rhythm_of, rule_of, too_short, unequal


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
        """Length of every node that has one, whether or not it is taken; a merge has that of its first input."""
        known = {INPUT: n}
        for step in self.steps.values():
            known[step.name] = step.length(known[step.reads[0]])
        return known

    def stop(self, n: int, *, exact: bool = False) -> Stop | None:
        """First node that refuses an input of length ``n``; where that is asked, one that leaves a rest of it.

        Of several that leave a rest it is the one whose length changes last: it lets the search jump furthest.
        """
        known = {INPUT: n}
        for step in self.steps.values():
            if stop := unequal(step, known) or too_short(step, known):
                return stop
            known[step.name] = step.length(known[step.reads[0]])
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
        return start

    def horizon(self) -> int | None:
        """Length beyond which branches that grow at unequal rates never meet; None where all grow alike."""
        ends = []
        for step in self.steps.values():
            for a, b in pairwise([self.rhythm(read) for read in step.reads]):
                if a.rate != b.rate:
                    ends.append(max(abs(a.low - b.high), abs(a.high - b.low)) // abs(a.rate - b.rate))
        return max(1, int(min(ends))) if ends else None

    def period(self, *, exact: bool = False) -> int:
        """After how much the answer repeats: only what residues decide counts."""
        periods = [1]
        for step in self.steps.values():
            below = [self.rhythm(read) for read in step.reads]
            if len(below) > 1:
                periods += [rhythm.period for rhythm in below]
            blind = any(step.blind(m) for m in range(step.hole(), step.hole() + step.own.period))
            if blind or (exact and step.own.period > 1):
                periods.append(below[0].then(step.own).period)
        return lcm(*periods)

    def last(self, *, exact: bool = False) -> int:
        """Length up to which all that is to be known shows: the horizon, or one period of what has settled."""
        return self.horizon() or self.settled() + self.period(exact=exact) - 1

    def taken(self, *, exact: bool = False) -> Sizes:
        """All lengths of the input that every node takes, or at which no window leaves a rest."""
        start, period, last = self.settled(), self.period(exact=exact), self.last(exact=exact)
        if period == 1 and not self.horizon() and not any(step.hole() > 1 for step in self.steps.values()):
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
        For settings that are symbols, and for an operator of another rank than the network.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> along(zoo.lenet5(), 0).lengths(32)["pool2"]
    5
    """
    rank = len(net.input_shape) - 1
    known, steps, fixed = {INPUT: Rhythm()}, {}, set[str]()
    for name, op in net:
        reads = tuple(read for read in net.inputs(name) if read not in fixed)
        if not reads:
            fixed.add(name)
            continue
        try:
            rule = rule_of(op, rank, axis) if all(read in known for read in reads) else None
            own = rhythm_of(rule, op) if rule else None
        except CnnmathError as error:
            raise error.at(f"{type(op).__name__.lower()} '{name}'") from None
        if rule and own:
            known[name] = known[reads[0]].then(own)
            steps[name] = Step(name, op, reads, rule, own, known[name])
    return Track(steps)


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
