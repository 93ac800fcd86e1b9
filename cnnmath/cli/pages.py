"""Commands that write files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cnnmath.cli.options import Input, Network, network, progress
from cnnmath.cli.status import end


def report(
    what: Network,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Where report.html and report.json go.")
    ],
    size: Input = None,
) -> None:
    """Write a network's report: drawing, layers, derivations, and the agreement of every kernel."""
    from cnnmath.report import write_report

    net = network(what, size)
    with progress("deriving and verifying") as told:
        written = write_report(net, output, told)
    print(f"{written.headline()}\nreport: {output / 'report.html'}")
    end(section.verdict for section in written.sections)


def plot(
    name: Network,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where the figures go.")],
    form: Annotated[str, typer.Option("--format", metavar="png|svg|pdf", help="What kind of files.")] = "svg",
    size: Input = None,
    node: Annotated[str | None, typer.Option(help="Node of the heat map; the last feature map if none.")] = None,
    image: Annotated[
        Path | None, typer.Option(metavar="FILE.png", help="Image below the heat map, as large as the input.")
    ] = None,
) -> None:
    """Write figures of a network: drawing, receptive fields, costs, and the inputs that an output depends on."""
    from cnnmath.plot import write_figures

    for path in write_figures(network(name, size), output, form, node=node, image=image):
        print(path)
