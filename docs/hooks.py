"""What mkdocs generates while it builds: operators, chapters of derivations, the reference of the audit, a figure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from io import BytesIO
from multiprocessing import get_context

from making import notebooks
from making.examples import WrongExampleError, check, told
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from cnnmath import ops
from cnnmath.audit.reference import reference_page, schema
from cnnmath.errors import CnnmathError
from cnnmath.ops import Operator
from cnnmath.plot.views import filtered
from cnnmath.report.families import FAMILIES
from cnnmath.report.lecture import chapter_page, page_name
from cnnmath.report.operator import OperatorPage, operator_page, overview, page_path
from cnnmath.subjects import CHAPTERS

OPERATORS, OVERVIEW = "Operators", "operators/index.md"
"""Section of the navigation that lists the operators, and the page that it begins with."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """List the pages of operators in the navigation, by family."""
    for section in config.nav or ():
        if OPERATORS in section:
            families = [{name: [page_path(kind.__name__) for kind in kinds]} for name, kinds in FAMILIES.items()]
            section[OPERATORS] = [OVERVIEW, *families]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages, and the figure; operators are examined by two processes beside this one."""
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        pages = pool.map(operator_page, examined(config))
        for chapter in CHAPTERS:
            files.append(File.generated(config, page_name(chapter), content=chapter_page(chapter)))
        add_operators(files, config, pages)
    files.append(File.generated(config, "audit-reference.md", content=reference_page()))
    files.append(File.generated(config, "claims.schema.json", content=schema()))
    files.append(File.generated(config, "filters.png", content=figure()))
    files.append(File.generated(config, "notebooks/tour.md", content=notebook("tour")))
    return files


def examined(config: MkDocsConfig) -> Sequence[type[Operator]]:
    """All operators; none where the navigation has no place for them, as of a site that is made for a glance at it."""
    return ops.ALL if any(OPERATORS in section for section in config.nav or ()) else ()


def add_operators(files: Files, config: MkDocsConfig, pages: Iterable[OperatorPage]) -> None:
    """Add the pages of operators and their overview; one that cannot be made ends the build and is named.

    Raises
    ------
    PluginError
        Where a kernel or a derivation is wrong.
    """
    try:
        made = list(pages)
    except CnnmathError as error:
        raise PluginError(str(error)) from None
    for page in made:
        files.append(File.generated(config, page.path, content=page.markdown))
    if made:
        files.append(File.generated(config, OVERVIEW, content=overview(made)))


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


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Name the theme's search, for those who hear the page."""
    return output.replace(
        'data-md-component="search" role="dialog"', 'data-md-component="search" role="dialog" aria-label="Search"'
    )
