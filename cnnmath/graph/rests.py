"""What windows leave over along one axis: the size that leaves least, and the layers that are never exact together.

A layer leaves the same rest until the length it reads changes, so that a search can jump to where that happens.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import accumulate
from math import lcm

from cnnmath.graph.lengths import Track
from cnnmath.graph.steps import Step


def left(track: Track, n: int) -> list[tuple[Step, int]]:
    """What each layer leaves over of an input of length ``n``, where it leaves anything."""
    known = track.lengths(n)
    return [(step, rest) for step in _strided(track) if (rest := step.rest(known[step.reads[0]]))]


def leaving_least(track: Track) -> int:
    """Size at which the layers leave least over, their rests added up; the smallest of these.

    Notes
    -----
    Sizes that leave more than a bound are jumped over. Where no size is within it, the bound is raised to the least sum
    that a jump was made for: all that was jumped over leaves at least as much.
    """
    last, most = max(track.last(), track.last(exact=True)), 0
    while True:
        n, beyond = track.following(1, last), []
        while n is not None:
            rests = left(track, n)
            if sum(rest for _, rest in rests) <= most:
                return n
            slowest = sorted(rests, key=lambda pair: track.rhythm(pair[0].reads[0]).rate)
            sums = list(accumulate(rest for _, rest in slowest))
            enough = next(i for i, total in enumerate(sums) if total > most)
            beyond.append(sums[enough])
            changes = _changes(track, n, [step for step, _ in slowest[: enough + 1]])
            n = track.following(min(changes), last) if changes else None
        most = min(beyond)


def opposed(track: Track, best: int) -> tuple[Step, ...]:
    """One layer that is never exact, else the first two that never are together, else all of them.

    ``best`` is a size at which many layers are exact: what is exact there needs no search.
    """
    strided = _strided(track)
    wrong = {step.name for step, _ in left(track, best)}
    for i, b in enumerate(strided):
        for a in strided[: i + 1]:
            if wrong & {a.name, b.name} and not _together(track, (a, b)):
                alone = [step for step in (a, b) if not _together(track, (step,))]
                return (alone[0],) if alone else (a, b)
    return tuple(strided)


def _together(track: Track, steps: Collection[Step]) -> int | None:
    """Least size at which all these layers are exact."""
    periods = [track.rhythm(step.reads[0]).then(step.own).period for step in steps]
    last = track.horizon() or track.settled() + lcm(track.period(), *periods) - 1
    n = track.following(1, last)
    while n is not None:
        known = track.lengths(n)
        inexact = [step for step in steps if step.rest(known[step.reads[0]])]
        if not inexact:
            return n
        changes = _changes(track, n, inexact)
        n = track.following(max(changes), last) if len(changes) == len(inexact) else None
    return None


def _changes(track: Track, n: int, steps: Iterable[Step]) -> list[int]:
    """Sizes above ``n`` at which the lengths that these layers read change; nothing for those that never do."""
    known = track.lengths(n)
    at = [track.reach(step.reads[0], known[step.reads[0]] + 1, n + 1) for step in steps]
    return [size for size in at if size is not None]


def _strided(track: Track) -> list[Step]:
    return [step for step in track.steps.values() if step.own.period > 1]
