"""What is timed beside what: both in turn, medians of the pairs, and how far their ratios spread."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

COLUMNS = ("what / beside what", "seconds", "each, in ns", "beside", "ratio", "spread of the ratio")


@dataclass(frozen=True)
class Pair:
    """Two things to do, and how many items (layers, candidates) the first one treats."""

    name: str
    ours: Callable[[], Any]
    theirs: Callable[[], Any]
    items: int = 0
    runs: int = 9


def seconds(act: Callable[[], Any], clock: Callable[[], float]) -> float:
    start = clock()
    act()
    return clock() - start


def show(title: str, pairs: Iterable[Pair], clock: Callable[[], float] = time.perf_counter) -> None:
    """Measure the pairs, one run ahead that does not count, and print a row for each."""
    table = Table(title=title, box=None)
    for column in COLUMNS:
        table.add_column(column, justify="left" if column.startswith("what") else "right")
    for pair in pairs:
        runs = [(seconds(pair.ours, clock), seconds(pair.theirs, clock)) for _ in range(pair.runs + 1)][1:]
        ratios = sorted(a / b for a, b in runs)
        a, b = (statistics.median(column) for column in zip(*runs, strict=True))
        each = f"{1e9 * a / pair.items:,.0f}" if pair.items else ""
        spread = f"{ratios[0]:.2f} .. {ratios[-1]:.2f}"
        table.add_row(pair.name, f"{a:.4f}", each, f"{b:.4f}", f"{statistics.median(ratios):.2f}", spread)
    Console().print(table)
