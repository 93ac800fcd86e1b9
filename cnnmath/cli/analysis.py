"""Commands that analyse networks, and answer questions about their sizes."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer

from cnnmath import arguments
from cnnmath.cli.options import AsJson, Input, Network, network, print_columns
from cnnmath.errors import SettingError
from cnnmath.window import Window


class Format(StrEnum):
    """What `analyze` prints."""

    table = "table"
    markdown = "markdown"
    csv = "csv"
    json = "json"
    html = "html"


def zoo() -> None:
    """List the networks that are built in."""
    from cnnmath import zoo as networks

    rows = ((name, entry.what, entry.source) for name, entry in networks.ALL.items())
    print_columns(("name", "what", "source"), rows)


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

    summary = analysis(network(what, size))
    if form is Format.table and not as_json:
        from cnnmath.graph.table import show

        show(summary)
    else:
        from cnnmath.graph.formats import TEXTS

        print(TEXTS["json" if as_json else form](summary))


def count(
    what: Network,
    size: Input = None,
    by: Annotated[str | None, typer.Option(metavar="NAME", help="One convention; all where none is named.")] = None,
    as_json: AsJson = False,
) -> None:
    """Count a network as tools and papers do, and the memory of its activations."""
    from cnnmath.graph import analyze as analysis
    from cnnmath.graph.conventions import PRESETS
    from cnnmath.graph.text import count as number

    summary = analysis(network(what, size))
    if by:
        one = summary.count(by)
        print(json.dumps(one.record()) if as_json else repr(one))
        return
    opened = any(hasattr(n, "free_symbols") for layer in summary.layers for n in layer.output_shape)
    counts = [summary.count(preset) for preset in PRESETS if not (opened and preset.needs_numbers)]
    if as_json:
        print(json.dumps({"name": summary.network.name, "counts": [one.record() for one in counts]}))
        return
    if opened:
        print("\n".join(f"{one.convention.name}: {one.convention.says}\n  {number(one.total)}" for one in counts))
    else:
        rows = [(one.convention.name, number(one.total), one.convention.says) for one in counts]
        print_columns(("convention", "total", "counts"), rows, right=(1,))
    if summary.uncounted:
        print(f"\nnot counted: {', '.join(summary.uncounted)}; every total is a part")
    print("\nmemory and taps inside the input need numbers for all sizes" if opened else f"\n{summary.memory()!r}")


def field(
    what: Network,
    size: Input = None,
    node: Annotated[
        str | None, typer.Option(metavar="NAME", help="A node; the last feature map where none is named.")
    ] = None,
    at: Annotated[str | None, typer.Option(metavar="HxW", help="An output position; else the middle.")] = None,
    as_json: AsJson = False,
) -> None:
    """What an output sees: hull and least field, depth, true support with holes and paths, field of each position."""
    from cnnmath.graph.seen import seen

    found = seen(network(what, size), node, arguments.sizes(at, "--at") if at else None)
    print(json.dumps(found.record()) if as_json else repr(found))


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
    net = network(name, size)
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


def flow(name: Network, size: Input = None, as_json: AsJson = False) -> None:
    """Bound what a network's activations do to gradients, node by node, over all paths to the output."""
    from cnnmath.graph.flow import flow as flow_of

    found = flow_of(network(name, size))
    print(json.dumps(found.record()) if as_json else f"{found.table()}\n\n{found!r}")
