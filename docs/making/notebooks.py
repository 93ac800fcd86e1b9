"""Notebooks, run while the site is made: each becomes a page with what its cells show."""

from __future__ import annotations

import os
import re
from pathlib import Path
from unittest import mock

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import MarkdownExporter
from traitlets.config import Config

HOME = Path(__file__).parents[1] / "notebooks"
LOCAL = Config({"KernelManager": {"transport": "ipc"}})
"""A kernel is spoken to through files, not through the network."""

DEADLINE = 120
"""Seconds that a cell may take."""

_STYLE = re.compile(r"<style[^>]*>.*?</style>", re.DOTALL)
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


class WrongNotebookError(Exception):
    """A cell of a notebook fails, or the notebook holds outputs."""


def page(name: str) -> str:
    """A notebook's page: its text, its code, and what the code shows.

    Raises
    ------
    WrongNotebookError
        Where a cell fails, naming the notebook, the cell and the error, and where outputs are stored.
    """
    notebook = read(name)
    root = str(HOME.parents[1])
    paths = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH", ""))))
    with mock.patch.dict(os.environ, {"PYTHONPATH": paths, "PYDEVD_DISABLE_FILE_VALIDATION": "1"}):
        client = NotebookClient(notebook, timeout=DEADLINE, kernel_name="python3", config=LOCAL)
        try:
            client.execute()
        except CellExecutionError as error:
            number = next(i for i, cell in enumerate(notebook.cells, 1) if _failed(cell))
            raise WrongNotebookError(f"{name}, cell {number}: {_ANSI.sub('', str(error))}") from None
    return markdown(notebook)


def read(name: str) -> nbformat.NotebookNode:
    """A notebook as it is stored: without outputs."""
    notebook = nbformat.read(HOME / f"{name}.ipynb", as_version=4)
    for number, cell in enumerate(notebook.cells, 1):
        if cell.get("outputs") or cell.get("execution_count"):
            raise WrongNotebookError(f"{name}, cell {number}: outputs are stored; clear them, the site makes its own")
    return notebook


def cells(name: str) -> list[str]:
    """The code of a notebook, cell by cell."""
    return [cell.source for cell in read(name).cells if cell.cell_type == "code"]


def markdown(notebook: nbformat.NotebookNode) -> str:
    """An executed notebook in Markdown, its results in the site's style, their headings in order."""
    config = Config({"NbConvertBase": {"display_data_priority": ["text/html", "text/markdown", "text/plain"]}})
    text, _ = MarkdownExporter(config=config).from_notebook_node(notebook)
    return _STYLE.sub("", text).replace("<h4>", "<h3>").replace("</h4>", "</h3>")


def _failed(cell: nbformat.NotebookNode) -> bool:
    return any(output.output_type == "error" for output in cell.get("outputs", ()))
