"""A network drawn as a figure: one row for each operator that changes shape, with what follows pointwise beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

from cnnmath.graph.architecture import INPUT
from cnnmath.graph.opaque import described
from cnnmath.graph.propagate import Layer
from cnnmath.graph.summary import Summary
from cnnmath.graph.text import beginning, ending, output, times
from cnnmath.ops import BatchNorm, Dropout, GroupNorm, InstanceNorm, LayerNorm, RMSNorm
from cnnmath.ops.activation import ELU, LeakyReLU, LogSigmoid, ReLU, Sigmoid, Softplus, Tanh
from cnnmath.ops.hard import HardSigmoid, HardSwish
from cnnmath.ops.kinds import kind
from cnnmath.ops.pointwise import Abs, Affine, Clip, Exp, Log, Power
from cnnmath.ops.rectifiers import CELU, SELU, PReLU, Softsign, ThresholdedReLU
from cnnmath.ops.smooth import GELU, Erf, Mish, SiLU

POINTWISE = (
    *(BatchNorm, GroupNorm, InstanceNorm, LayerNorm, RMSNorm),
    *(Dropout, ReLU, LeakyReLU, ELU, Sigmoid, Tanh, Softplus),
    *(Abs, Affine, Clip, Exp, Log, Power),
    *(PReLU, SELU, CELU, ThresholdedReLU, Softsign),
    *(Erf, GELU, SiLU, Mish, HardSigmoid, HardSwish),
    LogSigmoid,
)
"""Drawn as a chip behind the row that they follow."""

LETTERS, LEAST = 61, 16
"""Letters that a box holds, and how many of them are the operator's in any case."""

ROW, WIDTH, LEFT, BOX, CHIP, LETTER = 30, 900, 110, 440, 88, 7.2
"""Height of a row, least width of the drawing, room for connections on the left, width of a box, a chip, a letter."""


@dataclass(slots=True)
class Row:
    """An operator, and the pointwise ones that only its output passes through."""

    layer: Layer
    chips: list[Layer] = field(default_factory=list)

    @property
    def last(self) -> str:
        """Node that leaves the row."""
        return self.chips[-1].name if self.chips else self.layer.name


def draw(summary: Summary) -> str:
    """Draw a network as an SVG that stands in a page; its colours are the page's (``--convolution``, ``--dense`` ...).

    Examples
    --------
    >>> from cnnmath import zoo
    >>> from cnnmath.graph import analyze
    >>> draw(analyze(zoo.lenet5())).count("<g class='row")
    9
    """
    rows = rows_of(summary)
    leaving = {row.last: i for i, row in enumerate(rows)} | {INPUT: -1}
    lines = [_connection(leaving[read], i) for i, row in enumerate(rows) for read in row.layer.inputs]
    height = (len(rows) + 1) * ROW + 8
    title = f"{summary.network.name}: {len(rows)} rows from input {times(summary.network.input_shape)}"
    width = max([WIDTH, *(_chip(len(row.chips)) + int(LETTER * len(_shape(row))) + 10 for row in rows)])
    body = "".join(lines) + _input(summary, width) + "".join(_row(i, row, width) for i, row in enumerate(rows))
    size = f"viewBox='0 0 {width} {height}' width='{width}' height='{height}'"
    head = f"<svg xmlns='http://www.w3.org/2000/svg' class='network' role='img' {size}>"
    return f"{head}<title>{escape(title)}</title>{body}</svg>"


def rows_of(summary: Summary) -> list[Row]:
    """Rows of the drawing, in topological order.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> from cnnmath.graph import analyze
    >>> [chip.name for chip in rows_of(analyze(zoo.lenet5()))[0].chips]
    ['tanh1']
    """
    rows: list[Row] = []
    readers = summary.network.readers()
    for layer in summary.layers:
        follows = bool(rows) and layer.inputs == (rows[-1].last,) and len(readers[rows[-1].last]) == 1
        if follows and isinstance(layer.op, POINTWISE):
            rows[-1].chips.append(layer)
        else:
            rows.append(Row(layer))
    return rows


def _row(i: int, row: Row, width: int) -> str:
    y, op, name = (i + 1) * ROW, row.layer.op, ending(row.layer.name, LETTERS - LEAST)
    said = beginning(described(op), LETTERS - len(name))
    parts = [
        f"<title>{escape(row.layer.name)}</title>" if name != row.layer.name else "",
        f"<rect x='{LEFT}' y='{y}' width='{BOX}' height='{ROW - 8}' rx='4'/>",
        f"<text x='{LEFT + 10}' y='{y + 15}'>{escape(name)}</text>",
        f"<text x='{LEFT + BOX - 10}' y='{y + 15}' class='op'>{escape(said)}</text>",
    ]
    for j, chip in enumerate(row.chips):
        x = _chip(j)
        parts.append(f"<rect x='{x}' y='{y}' width='{CHIP}' height='{ROW - 8}' rx='11' class='chip'/>")
        parts.append(f"<text x='{x + CHIP / 2}' y='{y + 15}' class='chip'>{type(chip.op).__name__}</text>")
    parts.append(f"<text x='{width - 10}' y='{y + 15}' class='shape'>{_shape(row)}</text>")
    return f"<g class='row {kind(op)}'>{''.join(parts)}</g>"


def _chip(j: int) -> int:
    """Where chip number j begins."""
    return LEFT + BOX + 6 + j * (CHIP + 4)


def _shape(row: Row) -> str:
    return output((row.chips[-1] if row.chips else row.layer).output_shape)


def _input(summary: Summary, width: int) -> str:
    return (
        f"<g class='row input'><rect x='{LEFT}' y='0' width='{BOX}' height='{ROW - 8}' rx='4'/>"
        f"<text x='{LEFT + 10}' y='15'>input</text>"
        f"<text x='{width - 10}' y='15' class='shape'>{times(summary.network.input_shape)}</text></g>"
    )


def _connection(start: int, end: int) -> str:
    """Down to the next row, or around those in between."""
    out, into = (start + 1) * ROW + ROW - 8, (end + 1) * ROW
    if end == start + 1:
        return f"<path d='M {LEFT + 24} {out} V {into}'/>"
    bend = LEFT - 16 - min(12 * (end - start), LEFT - 24)
    a, b = out - (ROW - 8) / 2, into + (ROW - 8) / 2
    return f"<path class='skip' d='M {LEFT} {a} C {bend} {a}, {bend} {b}, {LEFT} {b}'/>"
