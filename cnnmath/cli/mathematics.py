"""Commands that derive formulas and verify kernels."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from typing import Annotated, Any

import typer

from cnnmath import arguments, ops
from cnnmath.cli.options import AsJson, progress
from cnnmath.errors import SettingError
from cnnmath.ops.algebra import Shape


def derive(
    operator: Annotated[str, typer.Argument(metavar="OP", help="An operator, such as conv or maxpool.")],
    kernel: Annotated[
        str | None,
        typer.Option(help="3 or 3x2; also adaptive outputs, scales, channels, pieces, and the size of an LRN."),
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
    kind = ops.named(operator)
    axes = rank or arguments.rank(size, kernel)
    settings = {
        "kernel": kernel, "stride": stride, "dilation": dilation, "padding": padding,
        "output_padding": output_padding, "groups": groups, "filters": filters,
        "ceil": ceil, "count_padding": count_padding,
    }  # fmt: skip
    if size is None and (filters or channels) is not None:
        raise SettingError("widths are symbols.", rule="--filters and --channels go with --input", fix="leave them out")
    given = {name: value for name, value in settings.items() if value is not None}
    op = _chosen(kind, axes, given, written_out=size is not None)
    inputs = arguments.inputs(op, size, channels or (groups or 1)) if size is not None else ()
    print("\n\n".join(_blocks(op, axes, inputs, wrt, latex=latex)))


def _chosen(kind: type[ops.Operator], axes: int, given: dict[str, Any], *, written_out: bool) -> ops.Operator:
    """The operator with the settings that are given; with symbols where none of its window is."""
    from cnnmath import symbolic

    if "kernel" not in {f.name for f in fields(kind)} or "kernel" in given:
        return arguments.operator(kind, axes, given)
    if written_out or {"stride", "dilation", "padding", "output_padding"} & set(given):
        raise SettingError("the kernel is missing.", rule="settings go with --kernel", fix="for example --kernel 3")
    return symbolic.general(kind, axes, **given)


def _blocks(op: ops.Operator, axes: int, inputs: tuple[Shape, ...], wrt: str | None, *, latex: bool) -> Iterator[str]:
    """The derivation of each target, or its entries where inputs are given."""
    from cnnmath import symbolic
    from cnnmath.symbolic.notations import Latex, Text

    for target in [wrt] if wrt else symbolic.targets(op, rank=axes):
        derivation = symbolic.derive(op, target, rank=axes)
        if inputs:
            yield symbolic.WrittenOut(derivation, op, inputs).write(Latex() if latex else Text())
        else:
            yield derivation.latex() if latex else derivation.text()


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
