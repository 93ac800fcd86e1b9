"""The notebook of the site: its cells run, it stores nothing, and a cell that fails is named."""

import nbformat
import pytest
from making import notebooks

TOUR = "tour"


def test_every_cell_of_the_tour_runs():
    names = {"__name__": "__main__"}
    for code in notebooks.cells(TOUR):
        exec(compile(code, TOUR, "exec"), names)
    assert {"derivation", "average", "net"} <= set(names)


def stored(monkeypatch, folder, *cells):
    nbformat.write(nbformat.v4.new_notebook(cells=list(cells)), folder / "x.ipynb")
    monkeypatch.setattr(notebooks, "HOME", folder)


def test_a_notebook_with_stored_outputs_is_refused(monkeypatch, tmp_path):
    stored(monkeypatch, tmp_path, nbformat.v4.new_code_cell("1", execution_count=1))
    with pytest.raises(notebooks.WrongNotebookError, match="x, cell 1: outputs are stored"):
        notebooks.cells("x")


def test_a_page_has_no_styles_of_its_own():
    html = "<style>\nb{}\n</style>\n<table class='cnnmath'></table>"
    output = nbformat.v4.new_output("execute_result", {"text/html": html, "text/plain": "x"})
    cell = nbformat.v4.new_code_cell("x", outputs=[output])
    page = notebooks.markdown(nbformat.v4.new_notebook(cells=[cell]))
    assert "```\nx\n```" in page
    assert "<table class='cnnmath'></table>" in page
    assert "style" not in page


def test_a_cell_that_fails_ends_the_making_and_is_named(monkeypatch, tmp_path):
    stored(monkeypatch, tmp_path, nbformat.v4.new_markdown_cell("# x"), nbformat.v4.new_code_cell("1 / 0"))
    with pytest.raises(notebooks.WrongNotebookError, match=r"(?s)x, cell 2: .*ZeroDivisionError"):
        notebooks.page("x")
