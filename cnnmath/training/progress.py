"""What one sees while a network is trained: a bar for the batches, and a line for each epoch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from cnnmath.training.history import Epoch


@dataclass(frozen=True, slots=True)
class Watch:
    """A running display of a fit.

    Attributes
    ----------
    bar, task
        The bar, which only a terminal shows, and the fit in it.
    epochs
        How many epochs there are.
    show
        Whether anything is shown.
    """

    bar: Progress
    task: TaskID
    epochs: int
    show: bool

    def batch(self, epoch: int, loss: float) -> None:
        """One more batch is done."""
        self.bar.update(self.task, advance=1, epoch=f"epoch {epoch}/{self.epochs}", loss=f"loss {loss:.4f}")

    def epoch(self, epoch: Epoch) -> None:
        """One more epoch is done: its line stays above the bar."""
        if self.show:
            self.bar.console.print(str(epoch), highlight=False, markup=False, soft_wrap=True)


@contextmanager
def watched(name: str, epochs: int, batches: int, console: Console | None = None, *, show: bool) -> Iterator[Watch]:
    """Show a fit of so many epochs, each of so many batches; the bar goes when the fit is over.

    Examples
    --------
    >>> with watched("net", 2, 10, show=False) as watch:
    ...     watch.batch(1, 0.5)
    """
    console = console or Console()
    columns = (
        TextColumn("{task.description}", markup=False),
        TextColumn("{task.fields[epoch]}"),
        BarColumn(),
        TextColumn("{task.fields[loss]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not (show and console.is_interactive)) as bar:
        yield Watch(bar, bar.add_task(name, total=epochs * batches, epoch=f"epoch 1/{epochs}", loss=""), epochs, show)
