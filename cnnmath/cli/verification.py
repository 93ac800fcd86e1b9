"""The command that verifies kernels."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from cnnmath import ops
from cnnmath.cli.options import AsJson, progress


def verify(
    operator: Annotated[
        str | None, typer.Argument(metavar="[OP]", help="One operator; all where none is named.")
    ] = None,
    examples: Annotated[int, typer.Option(min=1, help="How many settings to draw for each operator.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Compare numeric kernels with the operators' definitions, exactly, over drawn settings."""
    kinds = [ops.named(operator)] if operator else list(ops.ALL)

    from cnnmath.verify import search

    results = []
    with progress("verifying") as report:
        for i, kind in enumerate(kinds):
            report(i, len(kinds), kind.__name__)
            results.append(search(kind, examples))
    print(json.dumps([result.record() for result in results]) if as_json else "\n".join(map(repr, results)))
    if not all(result.agrees for result in results):
        raise typer.Exit(1)
