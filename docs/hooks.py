"""What mkdocs generates while it builds: operators, chapters of derivations, the reference of the audit, a figure."""

from __future__ import annotations

from io import BytesIO

from making import notebooks
from making.examples import WrongExampleError, check, told
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from cnnmath import ops
from cnnmath.audit.reference import reference_page, schema
from cnnmath.plot.views import filtered
from cnnmath.report.lecture import chapter_page, page_name
from cnnmath.report.operator import operator_page
from cnnmath.subjects import CHAPTERS

OPERATORS = (ops.Conv, ops.ConvTranspose, ops.MaxPool, ops.AveragePool, ops.Subsample)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages, and the figure."""
    for kind in OPERATORS:
        name = f"operators/{kind.__name__.lower()}.md"
        files.append(File.generated(config, name, content=operator_page(kind)))
    for chapter in CHAPTERS:
        files.append(File.generated(config, page_name(chapter), content=chapter_page(chapter)))
    files.append(File.generated(config, "audit-reference.md", content=reference_page()))
    files.append(File.generated(config, "claims.schema.json", content=schema()))
    files.append(File.generated(config, "filters.png", content=figure()))
    files.append(File.generated(config, "notebooks/tour.md", content=notebook("tour")))
    return files


def notebook(name: str) -> str:
    """A notebook's page; a cell that fails ends the build and is named."""
    try:
        return notebooks.page(name)
    except notebooks.WrongNotebookError as error:
        raise PluginError(str(error)) from None


def figure() -> bytes:
    """The figure of the page on filters."""
    image = BytesIO()
    filtered().savefig(image, format="png", metadata={"Software": None}, dpi=200)
    return image.getvalue()


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Run the examples of a page; one that prints something else than the page says ends the build and names it."""
    try:
        check(markdown, page.file.src_uri, made=page.file.generated_by is not None)
    except WrongExampleError as error:
        raise PluginError(str(error)) from None
    return told(markdown)
