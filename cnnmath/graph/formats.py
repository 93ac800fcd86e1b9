"""A summary in the formats of documents and programs: Markdown, CSV, JSON, HTML, a data frame."""

from __future__ import annotations

import csv as files
import io
import json as data
import re
from collections.abc import Callable, Mapping
from html import escape
from importlib import import_module
from types import MappingProxyType
from typing import Any

from cnnmath.errors import missing_extra
from cnnmath.graph.summary import Summary
from cnnmath.graph.table import ALL_COLUMNS, COLUMNS, caption, cells, notes, totals, values
from cnnmath.notebook import table


def markdown(summary: Summary) -> str:
    """A table of Markdown with its caption above, totals in the last row and notes below.

    Examples
    --------
    >>> from cnnmath.graph import analyze, parse
    >>> print(markdown(analyze(parse("conv(4, 3) > flatten > linear(10)", (1, 6, 6)))))
    **network, input 1x6x6**
    <BLANKLINE>
    | layer | operator | output | parameters | MACs | field | stride | padding |
    | :--- | :--- | ---: | ---: | ---: | ---: | ---: | ---: |
    | conv1 | Conv | 4x4x4 | 40 | 576 | 3 | 1 | 0 |
    | flatten1 | Flatten | 64 |  |  |  |  |  |
    | linear1 | Linear | 10 | 650 | 640 |  |  |  |
    | total |  |  | 690 | 1,216 |  |  |  |
    """
    head = [[column.name for column in COLUMNS], [":---" if c.kind == "name" else "---:" for c in COLUMNS]]
    body = [[_marked(cell) for cell in row] for row in [*map(cells, summary.layers), totals(summary)]]
    rows = [f"| {' | '.join(row)} |" for row in head + body]
    below = ["", *(f"- {_marked(note)}" for note in notes(summary))] if notes(summary) else []
    return "\n".join([f"**{_marked(caption(summary))}**", "", *rows, *below])


def csv(summary: Summary) -> str:
    """A table of comma-separated values: one row a layer, numbers without separators.

    Examples
    --------
    >>> from cnnmath.graph import analyze, parse
    >>> head, conv, relu = csv(analyze(parse("conv(40, 3) > relu", (3, 32, 32)))).splitlines()
    >>> print(head[:59], conv, sep="\\n")
    layer,operator,output,parameters,MACs,field,stride,padding,
    conv1,Conv,40x30x30,1120,972000,3,1,0,0,36000,972000,972000,0,0,0,0,0,0
    """
    text = io.StringIO()
    writer = files.writer(text, lineterminator="\n")
    writer.writerows([[column.name for column in ALL_COLUMNS], *map(values, summary.layers)])
    return text.getvalue().rstrip("\n")


def json(summary: Summary) -> str:
    """The record of a summary as one JSON value.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> from cnnmath.graph import analyze
    >>> data.loads(json(analyze(zoo.lenet5())))["parameters"]
    61706
    """
    return data.dumps(summary.record())


def html(summary: Summary) -> str:
    """A table of HTML that stands in any page: caption, headings of columns and rows, totals, notes.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> from cnnmath.graph import analyze
    >>> html(analyze(zoo.lenet5())).count("<tr>")
    14
    """
    words = [column.name for column in COLUMNS if column.kind == "name"]
    head, rows = [column.name for column in COLUMNS], map(cells, summary.layers)
    return table(caption(summary), head, rows, totals(summary), notes(summary), names=words)


def page(summary: Summary) -> str:
    """The table as a whole page.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> from cnnmath.graph import analyze
    >>> page(analyze(zoo.lenet5())).splitlines()[4]
    '<title>lenet5, input 1x32x32</title>'
    """
    return (
        "<!DOCTYPE html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n"
        f"<title>{escape(caption(summary))}</title>\n</head>\n<body style='font-family:system-ui,sans-serif'>\n"
        f"{html(summary)}\n</body>\n</html>"
    )


def dataframe(summary: Summary) -> Any:
    """A data frame of pandas: one row a layer, integers as integers, also where some are missing.

    Raises
    ------
    MissingExtraError
        Where pandas is not installed.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> from cnnmath.graph import analyze
    >>> int(dataframe(analyze(zoo.lenet5()))["parameters"].sum())
    61706
    """
    try:
        pandas = import_module("pandas")
    except ImportError:
        raise missing_extra("pandas is not installed.", "pandas", rule="a data frame is one of pandas") from None
    rows = [values(layer) for layer in summary.layers]
    return pandas.DataFrame(rows, columns=[column.name for column in ALL_COLUMNS], dtype=object).convert_dtypes()


TEXTS: Mapping[str, Callable[[Summary], str]] = MappingProxyType(
    {"markdown": markdown, "csv": csv, "json": json, "html": page}
)
"""Formats that are one text, by the name that a command line gives them."""


def _marked(text: str) -> str:
    """Text in which nothing is taken for Markdown."""
    return re.sub(r"([\\`*_\[\]<>|])", r"\\\1", " ".join(text.split()))
