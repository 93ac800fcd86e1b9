"""Options that commands share, and the progress bar of long ones."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from cnnmath import arguments

if TYPE_CHECKING:
    from cnnmath.graph import Architecture

Network = Annotated[
    str,
    typer.Argument(
        metavar="WHAT",
        help='A network of `cnnmath zoo`, "resnet50(classes=10)", "conv(8, 5) > relu > maxpool(2)", or a file .json '
        "or .onnx.",
    ),
]
Input = Annotated[
    str | None,
    typer.Option("--input", metavar="CxHxW", help="Shape of the input: 3x224x224, or 3xHxW for sizes left open."),
]
WIDE = 250
"""Width where the output is no terminal."""

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]


def network(what: str, size: str | None = None) -> Architecture:
    """The network that a command line means; what is to be said of it goes to standard error."""
    return arguments.network(what, size, tell)


def tell(text: str) -> None:
    """Say something beside what the command prints."""
    print(text, file=sys.stderr)


def print_columns(headings: Sequence[str], rows: Iterable[Sequence[str]], right: Collection[int] = ()) -> None:
    """Print rows of text; on a terminal the last columns fold, elsewhere nothing does."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for i, heading in enumerate(headings):
        table.add_column(
            heading, justify="right" if i in right else "left", overflow="fold", no_wrap=i == 0 or i in right
        )
    for row in rows:
        table.add_row(*map(Text, row))
    Console(width=None if sys.stdout.isatty() else WIDE, soft_wrap=False).print(table)


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int, str], None]]:
    """A progress bar on standard error, where that is a terminal; gone when the work is done."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[now]}"))
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None, now="")
        yield lambda done, total, now: bar.update(task, completed=done, total=total, now=now)
