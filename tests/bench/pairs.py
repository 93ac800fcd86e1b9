"""What is timed beside what, a row each: both in turn, medians of the pairs, and how far their ratios spread."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tests.bench.table import Table, ratio, spread
from tests.bench.timing import Job, alternate

COLUMNS = ("what / beside what", "seconds", "each, in ns", "beside", "ratio", "quartiles of the ratio")


@dataclass(frozen=True)
class Pair:
    """Two things to do, and how many items (layers, candidates) the first one treats."""

    name: str
    ours: Callable[[], Any]
    theirs: Callable[[], Any]
    items: int = 0
    runs: int = 9


def measure(title: str, pairs: Iterable[Pair], clock: Callable[[], float] = time.perf_counter) -> Table:
    """Measure the pairs, one run ahead that does not count: a row for each."""
    rows = []
    for pair in pairs:
        pair.ours(), pair.theirs()
        ours, theirs = (Job(lambda _, act=act: act()) for act in (pair.ours, pair.theirs))
        timing = alternate(ours, theirs, 0, pair.runs, clock, lambda: None)
        each = f"{1e9 * timing.ours / pair.items:,.0f}" if pair.items else ""
        seconds = f"{timing.ours:.4f}", each, f"{timing.theirs:.4f}"
        rows.append((pair.name, *seconds, ratio(timing.ratio), spread(timing)))
    return Table(title, COLUMNS, tuple(rows))
