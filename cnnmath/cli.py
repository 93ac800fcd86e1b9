"""The command line: analyse, derive, verify, report, audit.

Exit status 0 on success, 1 when something compared does not agree, 2 on wrong usage or input.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cnnmath import arguments, ops
from cnnmath.errors import CnnmathError, DerivationError, SettingError
from cnnmath.window import Window

app = typer.Typer(
    name="cnnmath",
    help="The mathematics of convolutional networks: analysed, derived, verified.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Network = Annotated[
    str,
    typer.Argument(
        metavar="WHAT",
        help='A network of `cnnmath zoo`, "resnet50(classes=10)", "conv(8, 5) > relu > maxpool(2)", or a file .json.',
    ),
]
Input = Annotated[
    str | None,
    typer.Option("--input", metavar="CxHxW", help="Shape of the input: 3x224x224, or 3xHxW for sizes left open."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]


class Format(StrEnum):
    """What `analyze` prints."""

    table = "table"
    markdown = "markdown"
    csv = "csv"
    json = "json"
    html = "html"


def main() -> None:
    """Run the command line; what the user got wrong goes to standard error, without a traceback."""
    try:
        _run()
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except CnnmathError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(1 if isinstance(error, DerivationError) else 2)
    except OSError as error:
        print(f"cnnmath: {error.strerror}", file=sys.stderr)
        sys.exit(2)


def _run() -> None:
    """Run a command and write out all that it prints, so that a closed pipe is seen here and not at the very end."""
    try:
        app()
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # typer and rich make a status of 1 of it
            raise end.__context__ from None
        sys.stdout.flush()
        raise


@app.command()
def zoo() -> None:
    """List the networks that are built in."""
    from cnnmath import zoo as networks

    names, whats = (max(map(len, column)) for column in (networks.ALL, [e.what for e in networks.ALL.values()]))
    for name, entry in networks.ALL.items():
        print(f"{name:<{names}}  {entry.what:<{whats}}  {entry.source}")


@app.command()
def analyze(
    what: Network,
    size: Input = None,
    as_json: AsJson = False,
    form: Annotated[Format, typer.Option("--format", help="How the layers are written.")] = Format.table,
) -> None:
    """Analyse a network: shapes, parameters, multiply-accumulates and receptive fields, layer by layer."""
    if as_json and form not in (Format.table, Format.json):
        raise SettingError("there are two formats.", here=f"--json --format {form}", fix="leave one of them out")

    from cnnmath.graph import analyze as analysis

    summary = analysis(arguments.network(what, size))
    if form is Format.table and not as_json:
        from cnnmath.graph.table import show

        show(summary)
    else:
        from cnnmath.graph.formats import TEXTS

        print(TEXTS["json" if as_json else form](summary))


@app.command()
def derive(
    operator: Annotated[str, typer.Argument(metavar="OP", help="An operator, such as conv or maxpool.")],
    kernel: Annotated[
        str | None, typer.Option(help="3 or 3x2; also adaptive outputs, scales, channels, and the size of an LRN.")
    ] = None,
    stride: Annotated[str | None, typer.Option(help="2 or 2x1.")] = None,
    dilation: Annotated[str | None, typer.Option(help="2 or 2x1.")] = None,
    padding: Annotated[
        str | None, typer.Option(help="1, 1x0, 1:0x2:1 (before:after), same, same_lower, valid.")
    ] = None,
    output_padding: Annotated[str | None, typer.Option(help="1 or 1x0, of a transposed convolution.")] = None,
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
        "kernel": kernel, "stride": stride, "dilation": dilation, "padding": padding,
        "output_padding": output_padding, "groups": groups, "filters": filters,
        "ceil": ceil, "count_padding": count_padding,
    }  # fmt: skip
    given = {name: value for name, value in settings.items() if value is not None}
    sliding = "kernel" in {f.name for f in fields(kind)}
    if size is None and (filters or channels) is not None:
        raise SettingError("widths are symbols.", rule="--filters and --channels go with --input", fix="leave them out")
    if (
        sliding
        and kernel is None
        and size is None
        and not {"stride", "dilation", "padding", "output_padding"} & set(given)
    ):
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
    what: Network,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Where report.html and report.json go.")
    ],
    size: Input = None,
) -> None:
    """Write a network's report: drawing, layers, derivations, and the agreement of every kernel."""
    from cnnmath.report import write_report

    network = arguments.network(what, size)
    with _progress("deriving and verifying") as progress:
        written = write_report(network, output, progress)
    print(f"{written.headline()}\nreport: {output / 'report.html'}")
    if not written.agrees:
        raise typer.Exit(1)


@app.command()
def sizes(
    name: Network,
    size: Input = None,
    output: Annotated[
        str | None, typer.Option("--output", metavar="HxW", help="Ask which inputs give this output, as in 7x7.")
    ] = None,
    node: Annotated[
        str | None, typer.Option(metavar="NAME", help="The output of this node; else of the last feature map.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Which input sizes a network takes, which leave nothing over, and which give a wanted output."""
    from cnnmath.graph import accepted_inputs, exact_inputs, inputs_for

    if node is not None and output is None:
        raise SettingError("the output is missing.", rule="--node goes with --output", fix="for example --output 7x7")
    net = arguments.network(name, size)
    answers = {"accepted": accepted_inputs(net), "exact": exact_inputs(net)}
    if output is not None:
        wanted = arguments.sizes(output, "--output")
        answers["output"] = inputs_for(net, wanted[0] if len(wanted) == 1 else wanted, node)
    least = [n if isinstance(n, int) else str(n) for n in answers["accepted"].least or ()]
    if as_json:
        records = {question: answer.record() for question, answer in answers.items()}
        print(json.dumps({"name": net.name, "smallest_input": least} | records))
    else:
        print("\n".join([f"{net.name}: smallest input {'x'.join(map(str, least))}", *map(repr, answers.values())]))


@app.command()
def window(
    kernel: Annotated[int, typer.Option(help="Kernel along one axis.")],
    stride: Annotated[int, typer.Option(help="Stride.")] = 1,
    dilation: Annotated[int, typer.Option(help="Dilation.")] = 1,
    field: Annotated[int | None, typer.Option(help="Ask how many such layers reach this receptive field.")] = None,
    size: Annotated[
        int | None, typer.Option("--input", metavar="N", help="Ask which padding keeps this size, or divides it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Which padding keeps a window's size, and how many of its layers reach a receptive field."""
    from cnnmath.inverse import layers_for, same_padding

    answers = {}
    if field is None or size is not None:
        answers["padding"] = same_padding(kernel, dilation, stride, size)
    if field is not None:
        answers["depth"] = layers_for(Window(kernel, stride, dilation), field)
    records = {question: answer.record() for question, answer in answers.items()}
    print(json.dumps(records) if as_json else "\n".join(map(repr, answers.values())))


@app.command()
def flow(name: Network, size: Input = None, as_json: AsJson = False) -> None:
    """Bound what a network's activations do to gradients, node by node, over all paths to the output."""
    from cnnmath.graph.flow import flow as flow_of

    found = flow_of(arguments.network(name, size))
    print(json.dumps(found.record()) if as_json else f"{found.table()}\n\n{found!r}")


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
def audit(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A JSON file of printed claims.")],
    as_json: AsJson = False,
    wrong: Annotated[bool, typer.Option("--wrong", help="Show what is wrong alone.")] = False,
) -> None:
    """Judge printed claims: right, right under a named convention, or wrong, with what is right and the slip."""
    from cnnmath import audit as auditing

    claims = auditing.load(file)
    with _progress("judging") as progress:
        found = auditing.audit(claims, progress)
    print(json.dumps(found.record(only_wrong=wrong)) if as_json else auditing.text(found, only_wrong=wrong))
    if not found.agrees:
        raise typer.Exit(1)


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
