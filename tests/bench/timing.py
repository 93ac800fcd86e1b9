"""Runs in turn: what is timed beside what, the medians, and the ratio with its quartiles."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

PATIENCE = 5
"""A round that takes so many times the budget is the last one."""

REST = 0.05
"""Seconds ahead of each run: idle threads of the library that ran before spin for some hundredths of a second, and
would take a processor from the one that runs now."""

QUICK = 0.2
"""Where a round took fewer seconds, each run follows one that is not timed, as layers follow each other in a network:
the library's threads are awake, and its arrays in the caches."""


@dataclass(frozen=True)
class Job:
    """Something to do.

    Attributes
    ----------
    act
        What is timed.
    arrays
        What it gives, as NumPy arrays by name.
    ready
        What is done before each run and not timed; ``act`` is given its result.
    """

    act: Callable[[Any], Any]
    arrays: Callable[[Any], dict[str, Any]] = dict
    ready: Callable[[], Any] = lambda: None

    def run(self) -> dict[str, Any]:
        """Do it once."""
        return self.arrays(self.act(self.ready()))


@dataclass(frozen=True)
class Timing:
    """Seconds of rounds in which both ran, one after the other."""

    rounds: tuple[tuple[float, float], ...]

    @property
    def ours(self) -> float:
        """Median of ours."""
        return statistics.median(a for a, _ in self.rounds)

    @property
    def theirs(self) -> float:
        """Median of theirs."""
        return statistics.median(b for _, b in self.rounds)

    @property
    def quartiles(self) -> tuple[float, float, float]:
        """Quartiles of the ratios theirs/ours, the median in the middle."""
        ratios = [b / a for a, b in self.rounds]
        if len(ratios) == 1:
            return (ratios[0],) * 3
        low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
        return low, middle, high

    @property
    def ratio(self) -> float:
        """Median of the ratios: above 1, ours is faster."""
        return self.quartiles[1]


def alternate(
    ours: Job,
    theirs: Job,
    budget: float,
    least: int = 5,
    clock: Callable[[], float] = time.perf_counter,
    rest: Callable[[], None] = lambda: time.sleep(REST),
) -> Timing:
    """Run both in turn until the budget of seconds is used, at least so many rounds; who begins changes each round."""
    rounds, start = [], clock()
    for i in count():
        warm = bool(rounds) and sum(rounds[-1]) < QUICK
        turn = partial(_seconds, clock=clock, rest=rest, warm=warm)
        if i % 2 == 0:
            a, b = turn(ours), turn(theirs)
        else:
            b, a = turn(theirs), turn(ours)
        rounds.append((a, b))
        if (len(rounds) >= least and clock() - start >= budget) or a + b > PATIENCE * budget > 0:
            return Timing(tuple(rounds))
    raise AssertionError


def geometric_mean(ratios: Iterable[float]) -> float:
    """The mean of ratios for which it does not matter what is divided by what."""
    return statistics.geometric_mean(ratios)


def _seconds(job: Job, *, clock: Callable[[], float], rest: Callable[[], None], warm: bool) -> float:
    rest()
    if warm:
        job.act(job.ready())
    ready = job.ready()
    start = clock()
    job.act(ready)
    return clock() - start
