"""A summary as a table on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from cnnmath.graph.propagate import Layer
from cnnmath.graph.summary import Summary, axes, field_record, times

COLUMNS = ("layer", "operator", "output", "parameters", "MACs", "field", "stride", "padding")


def show(summary: Summary, console: Console | None = None) -> None:
    """Print a summary: one row a layer, totals below."""
    console = console or Console()
    table = Table(title=f"{summary.network.name}, input {times(summary.network.input_shape)}", box=None, pad_edge=False)
    for name in COLUMNS:
        table.add_column(name, justify="left" if name in ("layer", "operator") else "right", no_wrap=True)
    for layer in summary.layers:
        table.add_row(*cells(layer))
    console.print(table)
    _, *totals = repr(summary).splitlines()
    console.print("\n" + "\n".join(totals), highlight=False)


def cells(layer: Layer) -> list[str]:
    """A layer's row, a cell for each column."""
    counts = [f"{n:,}" if n else "" for n in (layer.parameters, layer.macs)]
    field = field_record(layer.field)
    spatial = [axes(values) for values in field.values()] if field else ["", "", ""]
    return [layer.name, type(layer.op).__name__, times(layer.output_shape[1:]), *counts, *spatial]
