"""Arrays drawn as grids of cells: an SVG an array, in a row that wraps where a screen is narrow."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from html import escape
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

Place: TypeAlias = tuple[int, int]

MARKS = ("window", "result", "padding", "zero", "lost", "first", "second", "third", "fourth")
"""What a cell can be; the style sheet has a look for each, which differs in more than its colour where it matters."""

CELL, LETTER, HEAD = 30.0, 8.2, 16.0
"""Side of a cell, width of a letter, and room for the heads of columns: pixels."""


@dataclass(frozen=True, slots=True)
class Grid:
    """An array of at most two axes, to be drawn.

    Parameters
    ----------
    rows
        What stands in the cells.
    title
        What stands above it.
    marks
        Cells that look different: by their place, one of `MARKS`.
    heads, sides
        What stands above the columns, and to the left of the rows.

    Examples
    --------
    >>> Grid.of([1, -2]).rows
    (('1', '−2'),)
    """

    rows: tuple[tuple[str, ...], ...]
    title: str = ""
    marks: Mapping[Place, str] = field(default_factory=lambda: MappingProxyType({}))
    heads: tuple[str, ...] = ()
    sides: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        array: Any,
        title: str = "",
        *,
        heads: Iterable[Any] = (),
        sides: Iterable[Any] = (),
        **marks: Collection[Place],
    ) -> Grid:
        """A grid of numbers or words; a list is one row, and places are given by the name of their mark."""
        rows = np.atleast_2d(np.array(array, dtype=object))
        return cls(
            tuple(tuple(map(written, row)) for row in rows.tolist()),
            title,
            MappingProxyType({place: mark for mark, places in marks.items() for place in places}),
            tuple(map(written, heads)),
            tuple(map(written, sides)),
        )

    def svg(self) -> str:
        """The grid as an SVG, hidden from readers of screens: the row that it stands in has words for it."""
        letters = max((len(cell) for row in self.rows for cell in row), default=1)
        wide = max(CELL, 10 + LETTER * letters)
        left = 8 + LETTER * max(map(len, self.sides)) if self.sides else 0.0
        top = HEAD * bool(self.heads)
        height, width = CELL * len(self.rows), wide * len(self.rows[0])
        parts = [
            *(self._cell(place, left + wide * place[1], top + CELL * place[0], wide) for place in self.marks),
            f'<path d="{_lines(left, top, wide, len(self.rows), len(self.rows[0]))}"/>',
            *(
                _text(cell, left + wide * (j + 0.5), top + CELL * (i + 0.5), self.marks.get((i, j), ""))
                for i, row in enumerate(self.rows)
                for j, cell in enumerate(row)
                if cell
            ),
            *(_text(head, left + wide * (j + 0.5), 7, "head") for j, head in enumerate(self.heads)),
            *(_text(side, left / 2, top + CELL * (i + 0.5), "head") for i, side in enumerate(self.sides)),
            *map(self._outline(left, top, wide), _boxes(self.marks)),
        ]
        size = f'width="{left + width + 2:g}" height="{top + height + 2:g}"'
        box = f'viewBox="-1 -1 {left + width + 2:g} {top + height + 2:g}"'
        return f'<svg class="grid" aria-hidden="true" {size} {box}>{"".join(parts)}</svg>'

    def _cell(self, place: Place, x: float, y: float, wide: float) -> str:
        return f'<rect class="{self.marks[place]}" x="{x:g}" y="{y:g}" width="{wide:g}" height="{CELL:g}"/>'

    @staticmethod
    def _outline(left: float, top: float, wide: float) -> Any:
        def drawn(box: tuple[int, int, int, int]) -> str:
            i, j, rows, columns = box
            place = f'x="{left + wide * j:g}" y="{top + CELL * i:g}"'
            return f'<rect class="outline" {place} width="{wide * columns:g}" height="{CELL * rows:g}"/>'

        return drawn


def row(items: Sequence[Grid | str], alt: str, caption: str = "") -> str:
    """Grids and the signs between them as one figure, which wraps where a screen is narrow.

    Parameters
    ----------
    items
        Grids, and signs or words.
    alt
        What is shown, for those who do not see it.
    caption
        What stands below it.
    """
    said = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return f'<figure class="drawn">{laid(items, alt)}{said}</figure>\n'


def laid(items: Sequence[Grid | str], alt: str) -> str:
    """Grids and signs in a row, with its alternative text, and no figure around it."""
    return f'<div class="grids" role="img" aria-label="{escape(alt)}">{"".join(map(_item, items))}</div>'


def written(value: Any) -> str:
    """A number as it is read: with a minus sign, and no more digits than it has.

    Examples
    --------
    >>> [written(v) for v in (-3, 0.5, "w00", np.int64(7), 2.0)]
    ['−3', '0.5', 'w00', '7', '2']
    """
    if isinstance(value, float | Fraction) and value == int(value):
        value = int(value)
    return value if isinstance(value, str) else str(value).replace("-", "−")


def products(left: Iterable[Any], right: Iterable[Any]) -> str:
    """A sum of products, written out with its value.

    Examples
    --------
    >>> products([1, -2], [3, 4])
    '1·3 + (−2)·4 = −5'
    """
    pairs = list(zip(left, right, strict=True))
    return f"{' + '.join(f'{_factor(a)}·{_factor(b)}' for a, b in pairs)} = {written(sum(a * b for a, b in pairs))}"


def block(first: Place, shape: Place, step: int = 1) -> list[Place]:
    """Places of a block of cells, ``step`` apart.

    Examples
    --------
    >>> block((1, 0), (2, 2), 2)
    [(1, 0), (1, 2), (3, 0), (3, 2)]
    """
    return [(first[0] + step * i, first[1] + step * j) for i in range(shape[0]) for j in range(shape[1])]


def _factor(value: Any) -> str:
    return f"({written(value)})" if value < 0 else written(value)


def _item(item: Grid | str) -> str:
    if isinstance(item, str):
        return f"<span>{escape(item)}</span>"
    title = f"<span>{escape(item.title)}</span>" if item.title else ""
    return f"<div>{title}{item.svg()}</div>"


def _lines(left: float, top: float, wide: float, rows: int, columns: int) -> str:
    across = (f"M{left:g} {top + CELL * i:g}h{wide * columns:g}" for i in range(rows + 1))
    down = (f"M{left + wide * j:g} {top:g}v{CELL * rows:g}" for j in range(columns + 1))
    return "".join((*across, *down))


def _text(said: str, x: float, y: float, kind: str) -> str:
    look = f' class="{kind}"' if kind else ""
    return f'<text{look} x="{x:g}" y="{y:g}">{escape(said)}</text>'


def _boxes(marks: Mapping[Place, str]) -> list[tuple[int, int, int, int]]:
    """What gets a thick outline: the hull of the window, and each result."""
    window = [place for place, mark in marks.items() if mark == "window"]
    boxes = [(*place, 1, 1) for place, mark in marks.items() if mark == "result"]
    if window:
        (top, left), (bottom, right) = map(min, zip(*window, strict=True)), map(max, zip(*window, strict=True))
        boxes.append((top, left, bottom - top + 1, right - left + 1))
    return boxes
