"""The command that verifies kernels: the package's own, and anyone's."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cnnmath.arguments import sizes
from cnnmath.cli.options import AsJson, network, print_columns, progress, tell
from cnnmath.cli.status import DIFFERS, INTERRUPTED, NO_POWER, end
from cnnmath.errors import SettingError

if TYPE_CHECKING:
    from cnnmath.verify import Verdict
    from cnnmath.verify.command import Command
    from cnnmath.verify.network import Setting


def verify(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="[WHAT]",
            help='A kernel, "my_module:my_conv" or "file.py:my_conv"; an operator, for the package\'s own; or a '
            "file .json or .onnx, for those of all its settings.",
        ),
    ] = None,
    op: Annotated[
        str | None,
        typer.Option("--op", help='Which operator: "conv(4, (3, 2), stride=(2, 1))", or "conv" for all its settings.'),
    ] = None,
    inputs: Annotated[
        list[str] | None, typer.Option("--input", metavar="NxCxHxW", help="Shape of an input, batch first: 1x3x8x8.")
    ] = None,
    wrt: Annotated[
        list[str] | None, typer.Option("--wrt", help="y, or the operand by which the kernel gives a gradient: x, w, b.")
    ] = None,
    dtype: Annotated[str, typer.Option("--dtype", help="Of the arrays that the kernel is given.")] = "float64",
    layout: Annotated[str, typer.Option("--layout", help="NCHW, or NHWC where channels come last.")] = "NCHW",
    weights: Annotated[str | None, typer.Option("--weights", help="Order of a weight's axes, such as HWIO.")] = None,
    examples: Annotated[int, typer.Option(min=1, help="How many settings to try of each operator.")] = 100,
    rungs: Annotated[
        str | None,
        typer.Option("--rungs", help="Which rungs of the ladder to climb, as 1,2,5; of a file 1,2 at first."),
    ] = None,
    rank: Annotated[
        int | None, typer.Option(min=0, help="Number of spatial axes, for a kernel that is written for one.")
    ] = None,
    claim: Annotated[
        str, typer.Option("--claim", help="operator; or shapes, where the verdict is to speak of the inputs alone.")
    ] = "operator",
    seed: Annotated[int, typer.Option(help="Of the data.")] = 0,
    limit: Annotated[
        float | None,
        typer.Option(min=0.001, help="Seconds that one call may take, 20; of a campaign, one setting, 60."),
    ] = None,
    power: Annotated[
        bool, typer.Option("--power", help="Measure which rung sees each known mistake, beside what people usually do.")
    ] = False,
    settings: Annotated[
        int | None, typer.Option(min=1, help="A campaign: how many settings to judge of all operators together.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes of a campaign, as many as processors by default.")
    ] = None,
    log: Annotated[
        str | None, typer.Option("--log", help="File that a campaign writes, and goes on from when called again.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what may be believed of a kernel, or where it is wrong: a certificate or the smallest counterexample.

    With --settings, --workers or --log it is a campaign: very many settings, each judged in a process that may die.
    """
    climbed = sizes(rungs.replace(",", "x"), "--rungs") if rungs else ()
    if power:
        _power(what or op, climbed, seed, as_json=as_json)
        return
    if what and what.lower().endswith((".json", ".onnx")):
        given = {"op": op, "input": inputs, "wrt": wrt, "weights": weights, "rank": rank, "log": log}
        given |= {"layout": layout != "NCHW", "examples": examples != 100, "claim": claim != "operator"}
        refused = [name for name, value in (given | {"settings": settings, "workers": workers}).items() if value]
        how: dict[str, Any] = {"dtype": dtype, "seed": seed} | ({"rungs": climbed} if climbed else {})
        _of_network(what, refused, how | ({"limit": limit} if limit else {}), as_json=as_json)
        return
    from cnnmath.verify.command import Command

    shapes = tuple(sizes(text, "--input") for text in inputs or ())
    asked = Command(
        what, op, shapes, tuple(wrt or ()), dtype, layout, weights, examples, climbed, claim, seed, limit, rank
    )
    if settings or workers or log:
        _campaign(asked, settings or 10_000, workers, log, as_json=as_json)
        return
    verdicts: list[Any] = []
    with progress("verifying") as report:
        tasks = asked.tasks()
        for i, (name, task) in enumerate(tasks):
            report(i, len(tasks), name)
            verdicts.append(task())
    if as_json:
        records = [verdict.record() for verdict in verdicts]
        print(json.dumps(records[0] if asked.one else records))
    else:
        print("\n".join(map(repr, verdicts)))
    end(verdicts)


def _of_network(what: str, refused: Sequence[str], how: Mapping[str, Any], *, as_json: bool) -> None:
    """Verify the package's kernels at each distinct setting of a network; after Ctrl-C, say what is done."""
    from cnnmath.graph import analyze
    from cnnmath.verify.network import settings, verified

    if refused:
        fix = "leave it out: a network has its own settings"
        raise SettingError("a network is verified at the settings that it has.", here=f"--{refused[0]}", fix=fix)
    summary = analyze(network(what))
    distinct, found = settings(summary), []
    stopped = False
    try:
        with progress("verifying") as told:
            found.extend(verified(distinct, told, **how))
    except KeyboardInterrupt:
        stopped = True
    if as_json:
        print(json.dumps([verdict.record() | {"nodes": list(setting.nodes)} for setting, verdict in found]))
    else:
        _show(found, summary.uncounted)
    if stopped:
        tell(f"interrupted: {len(found)} of {len(distinct)} settings verified")
        raise typer.Exit(INTERRUPTED)
    end([verdict for _, verdict in found])


def _show(found: Sequence[tuple[Setting, Verdict]], unknown: Sequence[str]) -> None:
    """A line for each setting, and below it what is to be said of those that do not agree, and of all."""
    from cnnmath.graph.text import some
    from cnnmath.ops.notation import describe
    from cnnmath.verify.network import in_words

    rows = [(describe(s.op), in_words(verdict), f"{len(s.nodes)}", some(s.nodes, 1)) for s, verdict in found]
    if rows:
        print_columns(("setting, at its smallest width", "kernel", "nodes", "which"), rows, right=(2,))
    for _, verdict in found:
        if not verdict.certified:
            print(f"\n{verdict!r}")
    agreeing = sum(verdict.certified for _, verdict in found)
    print(f"\n{agreeing} of {len(found)} settings agree with their definitions, forward and backward")
    if unknown:
        print(f"not verified, for they are not known: {', '.join(unknown)}")


def _power(what: str | None, rungs: tuple[int, ...], seed: int, *, as_json: bool) -> None:
    """Try the ladder on known mistakes, of all operators or of one."""
    from cnnmath import ops
    from cnnmath.verify.mistakes import MISTAKES
    from cnnmath.verify.power import power
    from cnnmath.verify.rungs import LADDER

    kinds = [ops.named(what)] if what else ops.ALL
    with progress("trying mistakes") as report:
        own = [mistake for mistake in MISTAKES if mistake.kind in kinds]
        found = power(own, rungs=rungs or tuple(LADDER), seed=seed, told=report)
    print(json.dumps(found.record()) if as_json else repr(found))
    if not found.caught:
        raise typer.Exit(DIFFERS)


def _campaign(asked: Command, settings: int, workers: int | None, log: str | None, *, as_json: bool) -> None:
    """Judge very many settings, and print the report, or how to go on after Ctrl-C."""
    try:
        found = asked.campaign(settings, workers, log)
    except KeyboardInterrupt:  # while settings were drawn
        print("interrupted: no setting judged", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    if found.stopped:
        how = "the same command goes on from here" if log else "with --log FILE, the same command could go on from here"
        print(f"interrupted: {len(found.records)} of {found.settings} settings judged; {how}", file=sys.stderr)
        raise typer.Exit(INTERRUPTED)
    print(json.dumps(found.record()) if as_json else found)
    if not found.certified:
        raise typer.Exit(NO_POWER if found.powerless else DIFFERS)
