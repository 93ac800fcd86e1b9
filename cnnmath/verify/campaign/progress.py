"""What one sees while a campaign runs: a bar on standard error, gone when it is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Show: TypeAlias = Callable[[int, int, str], None]
"""Told how many settings are judged, of how many, and what is worth a word."""

WIDEST = 30
"""Letters of the campaign's name beside the bar."""


@contextmanager
def shown(name: str, progress: bool | Show) -> Iterator[Show]:  # noqa: FBT001
    """How progress is shown: on a bar, by a function of the caller's, or not at all.

    Examples
    --------
    >>> with shown("conv", print) as show:
    ...     show(1, 2, "all certified")
    1 2 all certified
    """
    if callable(progress):
        yield progress
        return
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[now]}"),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not (progress and console.is_interactive)) as bar:
        task = bar.add_task(name[:WIDEST], total=None, now="")
        yield lambda done, total, now: bar.update(task, completed=done, total=total, now=now)
