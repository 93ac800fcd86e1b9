"""The command line: analyse, derive, verify, report.

Exit status 0 on success, 1 when something compared does not agree, 2 on wrong usage or input.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Annotated

import typer

from cnnmath import arguments, ops
from cnnmath.errors import CnnmathError, DerivationError, SettingError

app = typer.Typer(
    name="cnnmath",
    help="The mathematics of convolutional networks: analysed, derived, verified.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Network = Annotated[str, typer.Argument(metavar="NAME", help="A network of `cnnmath zoo`.")]
Input = Annotated[str | None, typer.Option("--input", metavar="CxHxW", help="Shape of the input, as in 3x224x224.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]


def main() -> None:
    """Run the command line; what the user got wrong goes to standard error, without a traceback."""
    try:
        app()
    except CnnmathError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(1 if isinstance(error, DerivationError) else 2)
    except OSError as error:
        print(f"cnnmath: {error.strerror}", file=sys.stderr)
        sys.exit(2)


@app.command()
def zoo() -> None:
    """List the networks that are built in."""
    from cnnmath import zoo as networks

    names, whats = (max(map(len, column)) for column in (networks.ALL, [e.what for e in networks.ALL.values()]))
    for name, entry in networks.ALL.items():
        print(f"{name:<{names}}  {entry.what:<{whats}}  {entry.source}")


@app.command()
def analyze(name: Network, size: Input = None, as_json: AsJson = False) -> None:
    """Analyse a network: shapes, parameters, multiply-accumulates and receptive fields, layer by layer."""
    from cnnmath.graph import analyze as analysis

    summary = analysis(arguments.network(name, size))
    if as_json:
        print(json.dumps(summary.record()))
    else:
        from cnnmath.graph.table import show

        show(summary)


@app.command()
def derive(
    operator: Annotated[str, typer.Argument(metavar="OP", help="An operator, such as conv or maxpool.")],
    kernel: Annotated[str | None, typer.Option(help="3 or 3x2; also adaptive outputs, and the size of an LRN.")] = None,
    stride: Annotated[str | None, typer.Option(help="2 or 2x1.")] = None,
    dilation: Annotated[str | None, typer.Option(help="2 or 2x1.")] = None,
    padding: Annotated[
        str | None, typer.Option(help="1, 1x0, 1:0x2:1 (before:after), same, same_lower, valid.")
    ] = None,
    groups: Annotated[int | None, typer.Option(help="Groups of a convolution.")] = None,
    filters: Annotated[int | None, typer.Option(help="Output channels.")] = None,
    ceil: Annotated[bool | None, typer.Option("--ceil", help="Round the output size of a pooling up.")] = None,
    count_padding: Annotated[
        bool | None, typer.Option("--count-padding/--no-count-padding", help="Whether an average counts padding.")
    ] = None,
    size: Annotated[
        str | None, typer.Option("--input", metavar="HxW", help="Write every entry out, at this size.")
    ] = None,
    channels: Annotated[int | None, typer.Option(min=1, help="Input channels of the written-out form.")] = None,
    rank: Annotated[int | None, typer.Option(min=1, max=4, help="Number of spatial axes.")] = None,
    wrt: Annotated[str | None, typer.Option(help="Only this one: y, x, w, b ...")] = None,
    latex: Annotated[bool, typer.Option("--latex", help="Print LaTeX.")] = False,
) -> None:
    """Derive an operator's output and its gradients, step by step; every step has been checked.

    Without --kernel, kernel, stride, dilation and padding are symbols.
    """
    from cnnmath import symbolic
    from cnnmath.symbolic.notations import Latex, Text

    kind = ops.named(operator)
    axes = rank or arguments.rank(size, kernel)
    settings = {
        "kernel": kernel, "stride": stride, "dilation": dilation, "padding": padding, "groups": groups,
        "filters": filters, "ceil": ceil, "count_padding": count_padding,
    }  # fmt: skip
    given = {name: value for name, value in settings.items() if value is not None}
    sliding = "kernel" in {f.name for f in fields(kind)}
    if size is None and (filters or channels) is not None:
        raise SettingError("widths are symbols.", rule="--filters and --channels go with --input", fix="leave them out")
    if sliding and kernel is None and size is None and not {"stride", "dilation", "padding"} & set(given):
        op = symbolic.general(kind, axes, **given)
    elif sliding and kernel is None:
        raise SettingError("the kernel is missing.", rule="settings go with --kernel", fix="for example --kernel 3")
    else:
        op = arguments.operator(kind, axes, given)
    inputs = arguments.inputs(op, size, channels or (groups or 1)) if size is not None else ()
    blocks = []
    for target in [wrt] if wrt else symbolic.targets(op, rank=axes):
        derivation = symbolic.derive(op, target, rank=axes)
        if inputs:
            written = symbolic.WrittenOut(derivation, op, inputs)
            blocks.append(written.write(Latex() if latex else Text()))
        else:
            blocks.append(derivation.latex() if latex else derivation.text())
    print("\n\n".join(blocks))


@app.command()
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
    with _progress("verifying") as report:
        for i, kind in enumerate(kinds):
            report(i, len(kinds), kind.__name__)
            results.append(search(kind, examples))
    print(json.dumps([result.record() for result in results]) if as_json else "\n".join(map(repr, results)))
    if not all(result.agrees for result in results):
        raise typer.Exit(1)


@app.command()
def report(
    name: Network,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Where report.html and report.json go.")
    ],
    size: Input = None,
) -> None:
    """Write a network's report: drawing, layers, derivations, and the agreement of every kernel."""
    from cnnmath.report import write_report

    network = arguments.network(name, size)
    with _progress("deriving and verifying") as progress:
        written = write_report(network, output, progress)
    print(f"{written.headline()}\nreport: {output / 'report.html'}")
    if not written.agrees:
        raise typer.Exit(1)


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int, str], None]]:
    """A progress bar on standard error, gone when the work is done."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[now]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None, now="")
        yield lambda done, total, now: bar.update(task, completed=done, total=total, now=now)


@app.command()
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

    for path in write_figures(arguments.network(name, size), output, form, node=node, image=image):
        print(path)
