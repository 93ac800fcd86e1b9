"""A summary as a table: one list of columns, which every format reads, and the table on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from math import prod
from typing import TYPE_CHECKING, Any, Literal

from cnnmath.graph.opaque import called
from cnnmath.graph.plain import plain
from cnnmath.graph.propagate import Layer
from cnnmath.graph.summary import Summary, field_record
from cnnmath.graph.text import axes, broken, count, output, some, times
from cnnmath.readers.cost import KINDS
from cnnmath.window import Size

if TYPE_CHECKING:
    from rich.console import Console

WIDE = 200
"""Least width where the output is no terminal: nothing is folded."""


OPERATOR = 18
"""Letters of an operator that stand in one line of a narrow terminal."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table.

    Attributes
    ----------
    name
        Its heading.
    value
        A layer's entry: a number, a formula or a text; None where there is none.
    kind
        A ``name`` stands on the left and may fold; a ``size`` stands on the right; a ``count`` too, with its thousands
        apart and nothing in place of 0.
    total
        The network's entry, where there is one.
    """

    name: str
    value: Callable[[Layer], Any]
    kind: Literal["name", "size", "count"] = "size"
    total: Callable[[Summary], Any] = lambda _: None

    def shown(self, value: Any) -> str:
        """An entry as people read it."""
        if value is None or (self.kind == "count" and value == 0):
            return ""
        return count(value) if self.kind == "count" and not isinstance(value, str) else str(value)


def _along(key: str) -> Callable[[Layer], Any]:
    """One property of a layer's receptive field: a number where the axes agree."""

    def value(layer: Layer) -> Any:
        values: Sequence[Size] = (field_record(layer.field) or {}).get(key, ())
        if not values:
            return None
        return values[0] if len(set(values)) == 1 else axes(values)

    return value


def _known(layer: Layer, value: Size) -> Any:
    return value if layer.census else "not counted"


def _operations(kind: str) -> Callable[[Layer], Any]:
    return lambda layer: getattr(layer.census, kind) if layer.census else "not counted"


COLUMNS = (
    Column("layer", lambda layer: layer.name, "name", lambda _: "total"),
    Column("operator", lambda layer: called(layer.op), "name"),
    Column("output", lambda layer: output(layer.output_shape)),
    Column("parameters", lambda layer: _known(layer, layer.parameters), "count", lambda summary: summary.parameters),
    Column("MACs", lambda layer: _known(layer, layer.macs), "count", lambda summary: summary.macs),
    Column("field", _along("size")),
    Column("stride", _along("stride")),
    Column("padding", _along("padding")),
)
"""What people read."""

ALL_COLUMNS = (
    *COLUMNS,
    Column("buffers", lambda layer: layer.buffers, "count"),
    Column("activations", lambda layer: prod(layer.output_shape), "count"),
    *(Column(kind, _operations(kind), "count") for kind in KINDS),
)
"""What programs read: the census, too."""


def cells(layer: Layer) -> list[str]:
    """A layer's row as people read it, a text for each column.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> from cnnmath.graph import propagate
    >>> cells(propagate(zoo.lenet5())[0])[:2]
    ['conv1', 'Conv']
    """
    return [column.shown(column.value(layer)) for column in COLUMNS]


def totals(summary: Summary) -> list[str]:
    """The last row, where a format has one."""
    return [column.shown(column.total(summary)) for column in COLUMNS]


def values(layer: Layer) -> list[Any]:
    """A layer's row as programs read it: numbers stay numbers, formulas are texts, what is not counted is missing."""
    found = (plain(column.value(layer)) for column in ALL_COLUMNS)
    return [None if value == "not counted" else value for value in found]


def caption(summary: Summary) -> str:
    """What the table is of.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> from cnnmath.graph import analyze
    >>> caption(analyze(zoo.lenet5()))
    'lenet5, input 1x32x32'
    """
    return f"{summary.network.name}, input {times(summary.network.input_shape)}"


def notes(summary: Summary) -> list[str]:
    """What is to be said of single layers, once for all of which it is.

    Examples
    --------
    >>> from cnnmath.graph import analyze, parse
    >>> notes(analyze(parse("globalaveragepool > relu > flatten", (3, 5, 5))))
    ['globalaveragepool1: sees the whole input']
    """
    names: dict[str, list[str]] = {}
    for name, note in summary.notes:
        names.setdefault(note.replace(f"'{name}'", "it"), []).append(name)
    return [f"{some(those)}: {note}" for note, those in names.items()]


def show(summary: Summary, console: Console | None = None) -> None:
    """Print a summary: one row a layer, totals below. Names and formulas may fold; a number is never cut.

    Notes
    -----
    *Cost*: rich lays out what folds, at a millisecond a row, and what has letters of unequal width; it is not imported
    where the output is no terminal.
    """
    rows = [[column.name for column in COLUMNS], *map(cells, summary.layers)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    wide, title = sum(widths) + 2 * (len(COLUMNS) - 1), caption(summary)
    _, *totals = repr(summary).splitlines()
    below = "\n".join(["", *totals, *(f"  {note}" for note in notes(summary))])
    even = all(text.isascii() and text.isprintable() for text in (title, *chain(*rows)))
    if even and console is None and not sys.stdout.isatty():
        print(f"{title:^{wide}}", *_aligned(rows, widths), below, sep="\n")
        return

    from rich.console import Console
    from rich.text import Text

    console = console or Console(width=None if sys.stdout.isatty() else max(WIDE, wide))
    if even and wide <= console.width:
        head, *lines = _aligned(rows, widths)
        console.print(Text(f"{title:^{wide}}\n{head}", "bold"), soft_wrap=True)
        below = "\n".join([*lines, below])
    else:
        console = _fold(title, rows, widths, console)
    console.print(below, highlight=False, markup=False, soft_wrap=True)


def _aligned(rows: Sequence[Sequence[str]], widths: Sequence[int]) -> list[str]:
    """Rows whose columns are as wide as they need, a line each."""
    signs = ["<" if column.kind == "name" else ">" for column in COLUMNS]
    line = "  ".join(f"{{:{sign}{width}}}" for sign, width in zip(signs, widths, strict=True))
    return [line.format(*row) for row in rows]


def _fold(title: str, rows: Sequence[Sequence[str]], natural: Sequence[int], console: Console) -> Console:
    """Print a table that may be too wide, and return a console that is as wide as it has become."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    least = [_least(column, cell) for column, cell in zip(COLUMNS, zip(*rows, strict=True), strict=True)]
    gaps = len(COLUMNS) - 1
    tight = sum(natural) + 2 * gaps > console.width
    table = Table(title=Text(title, style="bold"), box=None, pad_edge=False, collapse_padding=tight)
    for column, low, high in zip(COLUMNS, least, natural, strict=True):
        names = column.kind == "name"
        fixed = high if low == high and not names else None
        justify = "left" if names else "right"
        table.add_column(
            column.name, justify=justify, overflow="fold", width=fixed, min_width=None if names or fixed else low
        )
    operators = min(natural[1], OPERATOR)
    room = console.width - gaps - operators - sum(least[2:]) if tight else max(natural)
    for name, *row in rows[1:]:
        table.add_row(*map(Text, (broken(name, max(room, len(COLUMNS[0].name))), *row)))
    if console.width < sum(least) + gaps:  # the terminal breaks lines, and loses nothing
        console = Console(width=sum(least) + gaps, file=console.file)
    console.print(table)
    return console


def _least(column: Column, texts: Sequence[str]) -> int:
    """Width to which a column may shrink."""
    if column.kind == "name":
        return len(column.name)
    return max(len(text) for text in texts if not set(text) & set(" *("))
