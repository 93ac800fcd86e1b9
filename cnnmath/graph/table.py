"""A summary as a table on a terminal."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.table import Table

from cnnmath.graph.propagate import Layer
from cnnmath.graph.summary import Summary, axes, count, field_record, times

COLUMNS = ("layer", "operator", "output", "parameters", "MACs", "field", "stride", "padding")
WIDE = 200
"""Width where the output is no terminal: nothing is folded."""


def show(summary: Summary, console: Console | None = None) -> None:
    """Print a summary: one row a layer, totals below. Names may fold; a number is never cut."""
    console = console or Console(width=None if sys.stdout.isatty() else WIDE)
    rows = [cells(layer) for layer in summary.layers]
    table = Table(title=f"{summary.network.name}, input {times(summary.network.input_shape)}", box=None, pad_edge=False)
    for i, name in enumerate(COLUMNS):
        names = name in ("layer", "operator")
        width = None if names else max(len(row[i]) for row in [COLUMNS, *rows])
        table.add_column(name, justify="left" if names else "right", overflow="fold", min_width=width)
    for row in rows:
        table.add_row(*row)
    notes = [f"  {layer.name}: {layer.note}" for layer in summary.layers if layer.note]
    _, *totals = repr(summary).splitlines()
    console.print(table)
    console.print("\n".join(["", *totals, *notes]), highlight=False)


def cells(layer: Layer) -> list[str]:
    """A layer's row, a cell for each column."""
    counts = [count(n) if n != 0 else "" for n in (layer.parameters, layer.macs)]
    field = field_record(layer.field)
    spatial = [axes(values) for values in field.values()] if field else ["", "", ""]
    return [layer.name, type(layer.op).__name__, times(layer.output_shape[1:]), *counts, *spatial]
