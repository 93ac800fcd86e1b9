"""How results show themselves in a notebook: tables of HTML that stand in any page, without scripts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

STYLE = """<style>
.cnnmath{border-collapse:collapse;font-variant-numeric:tabular-nums}
.cnnmath caption{text-align:left;font-weight:bold;padding:.3em .6em}
.cnnmath th,.cnnmath td{padding:.15em .6em;text-align:right;vertical-align:top;font-weight:normal}
.cnnmath th{white-space:nowrap}
.cnnmath .name{text-align:left}
.cnnmath thead th,.cnnmath tfoot th,.cnnmath tfoot td{font-weight:bold}
.cnnmath thead{border-bottom:1px solid}
.cnnmath tfoot{border-top:1px solid}
</style>"""


def table(
    caption: str,
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    foot: Sequence[str] = (),
    notes: Iterable[str] = (),
    *,
    names: Sequence[str] = (),
) -> str:
    """A table with a caption, headings of columns and rows, totals in a last row, and notes below.

    Parameters
    ----------
    caption
        What it shows.
    head, rows, foot
        Texts of the columns' headings, of the rows, of which the first heads its row, and of the totals.
    notes
        Sentences below it.
    names
        Headings of the columns that hold words, which stand to the left; numbers stand to the right.

    Examples
    --------
    >>> print(table("a & b", ["layer", "paths"], [["conv1", "9"]], names=["layer"]).removeprefix(STYLE))
    <BLANKLINE>
    <table class='cnnmath'>
    <caption>a &amp; b</caption>
    <thead><tr><th scope='col' class='name'>layer</th><th scope='col'>paths</th></tr></thead>
    <tbody>
    <tr><th scope='row' class='name'>conv1</th><td>9</td></tr>
    </tbody>
    </table>
    """
    sides = [" class='name'" if name in names else "" for name in head]
    headings = "".join(f"<th scope='col'{side}>{escape(name)}</th>" for name, side in zip(head, sides, strict=True))
    body = "\n".join(_row(row, sides) for row in rows)
    said = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return (
        f"{STYLE}\n<table class='cnnmath'>\n<caption>{escape(caption)}</caption>\n"
        f"<thead><tr>{headings}</tr></thead>\n<tbody>\n{body}\n</tbody>\n"
        + (f"<tfoot>{_row(foot, sides)}</tfoot>\n" if foot else "")
        + "</table>"
        + (f"\n<ul>{said}</ul>" if said else "")
    )


def report(caption: str, rows: Iterable[tuple[str, str]]) -> str:
    """Labelled sentences under a caption, as a table of two columns.

    Examples
    --------
    >>> print(report("Is it?", [("why", "x < y")]).removeprefix(STYLE))
    <BLANKLINE>
    <table class='cnnmath'>
    <caption>Is it?</caption>
    <tbody>
    <tr><th scope='row' class='name'>why</th><td class='name'>x &lt; y</td></tr>
    </tbody>
    </table>
    """
    left = [" class='name'"] * 2
    body = "\n".join(_row(row, left) for row in rows)
    return (
        f"{STYLE}\n<table class='cnnmath'>\n<caption>{escape(caption)}</caption>\n<tbody>\n{body}\n</tbody>\n</table>"
    )


def _row(row: Sequence[str], sides: Sequence[str]) -> str:
    first, *rest = map(escape, row)
    entries = "".join(f"<td{side}>{cell}</td>" for cell, side in zip(rest, sides[1:], strict=True))
    return f"<tr><th scope='row'{sides[0]}>{first}</th>{entries}</tr>"
