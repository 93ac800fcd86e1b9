"""Options that commands share, and the progress bar of long ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

Network = Annotated[
    str,
    typer.Argument(
        metavar="WHAT",
        help='A network of `cnnmath zoo`, "resnet50(classes=10)", "conv(8, 5) > relu > maxpool(2)", or a file .json.',
    ),
]
Input = Annotated[
    str | None,
    typer.Option("--input", metavar="CxHxW", help="Shape of the input: 3x224x224, or 3xHxW for sizes left open."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int, str], None]]:
    """A progress bar on standard error, gone when the work is done."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[now]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None, now="")
        yield lambda done, total, now: bar.update(task, completed=done, total=total, now=now)
