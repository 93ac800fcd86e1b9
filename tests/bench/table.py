"""Tables: a title, headings and rows of texts, for a terminal and for a page."""

from __future__ import annotations

from dataclasses import dataclass

import rich.table
from rich.text import Text

from tests.bench.timing import Timing

Row = tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Texts in rows; the first column stands on the left, the others on the right."""

    title: str
    columns: Row
    rows: tuple[Row, ...]


def terminal(table: Table) -> rich.table.Table:
    """As rich prints it."""
    drawn = rich.table.Table(title=table.title, box=None, title_justify="left", title_style="bold")
    for i, column in enumerate(table.columns):
        drawn.add_column(column, justify="right" if i else "left", overflow="fold")
    for row in table.rows:
        drawn.add_row(*map(Text, row))
    return drawn


def markdown(table: Table) -> str:
    """As a page has it, its title as a heading."""
    rule = ("---", *("---:",) * (len(table.columns) - 1))
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in _lines(table, rule)]
    return "\n".join((f"### {table.title}", "", *lines, ""))


def milliseconds(seconds: float) -> str:
    """Three digits of a time.

    Examples
    --------
    >>> milliseconds(0.0123456), milliseconds(1.5), milliseconds(0.000054321)
    ('12.3', '1,500', '0.0543')
    """
    ms = 1e3 * seconds
    return f"{ms:,.0f}" if ms >= 100 else f"{ms:#.3g}"


def ratio(value: float) -> str:
    """Three digits of a ratio, two behind the point at least.

    Examples
    --------
    >>> ratio(0.004321), ratio(1.2345), ratio(45.678)
    ('0.00432', '1.23', '45.68')
    """
    return f"{value:,.2f}" if value >= 0.1 else f"{value:#.3g}"


def spread(timing: Timing) -> str:
    """The first and the third quartile of the ratios; how often both ran where that was once."""
    low, _, high = timing.quartiles
    return f"{ratio(low)} to {ratio(high)}" if len(timing.rounds) > 1 else "1 run"


def cell(timing: Timing) -> str:
    """A ratio, and its quartiles."""
    return f"{ratio(timing.ratio)} ({spread(timing)})"


def _lines(table: Table, rule: Row) -> tuple[Row, ...]:
    return (table.columns, rule, *table.rows)
