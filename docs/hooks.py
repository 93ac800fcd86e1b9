"""Pages that mkdocs generates while it builds: one for each of the operators below."""

from __future__ import annotations

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from cnnmath import ops
from cnnmath.report.operator import operator_page

OPERATORS = (ops.Conv, ops.ConvTranspose, ops.MaxPool, ops.AveragePool, ops.Subsample)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the operators' pages."""
    for kind in OPERATORS:
        name = f"operators/{kind.__name__.lower()}.md"
        files.append(File.generated(config, name, content=operator_page(kind)))
    return files
