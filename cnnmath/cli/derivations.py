"""The command that derives: operators, and the subjects of a lecture."""

from __future__ import annotations

import inspect
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cnnmath import arguments, ops
from cnnmath.cli.encoding import with_references
from cnnmath.cli.options import network, print_columns
from cnnmath.errors import SettingError, UnknownNameError, unknown
from cnnmath.ops.algebra import Shape

if TYPE_CHECKING:
    from cnnmath.subjects import Subject
    from cnnmath.symbolic import Derivation


WIDEST = 120
"""Letters of the longest lines that are printed."""

WIDE = (ops.Conv, ops.ConvTranspose, ops.Linear, ops.RadialBasis)
"""Operators with a width of their own, which the formulas leave a symbol."""


class Form(StrEnum):
    """How derivations are printed."""

    text = "text"
    latex = "latex"
    markdown = "markdown"
    html = "html"
    json = "json"


class Detail(StrEnum):
    """How much of a derivation is printed."""

    full = "full"
    brief = "brief"


def derive(
    subject: Annotated[
        str | None,
        typer.Argument(help="An operator, such as conv or maxpool, or a subject; all are listed where none is named."),
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME=VALUE]...", help="Settings of the subject, such as m=4 r=3.")
    ] = None,
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
    groups: Annotated[int | None, typer.Option(help="Groups of channels.")] = None,
    filters: Annotated[int | None, typer.Option(help="Output channels.")] = None,
    ceil: Annotated[bool | None, typer.Option("--ceil", help="Round the output size of a pooling up.")] = None,
    count_padding: Annotated[
        bool | None, typer.Option("--count-padding/--no-count-padding", help="Whether an average counts padding.")
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(
            "--input", metavar="HxW", help="Write every entry out, at this size; CxHxW with --rank or --kernel 3x3."
        ),
    ] = None,
    channels: Annotated[int | None, typer.Option(min=1, help="Input channels of the written-out form.")] = None,
    rank: Annotated[int | None, typer.Option(min=1, max=4, help="Number of spatial axes.")] = None,
    wrt: Annotated[str | None, typer.Option(help="Only this one: y, x, w, b ...")] = None,
    node: Annotated[
        str | None, typer.Option(help="The subject is a network: derive the chain rule from the loss to this node.")
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="How to print it.")] = Form.text,
    detail: Annotated[Detail, typer.Option("--steps", help="All steps, or the result alone.")] = Detail.full,
    numbers: Annotated[bool, typer.Option("--numbers", help="Add a worked example: every step with numbers.")] = False,
) -> None:
    """Derive a formula step by step; every equation has been checked on both sides before it is printed.

    Without --kernel, kernel, stride, dilation and padding are symbols.
    """
    if subject is None:
        _check_alone({"kernel": kernel, "stride": stride, "padding": padding, "input": size, "wrt": wrt, "node": node})
        _list()
        return
    window = {
        "kernel": kernel, "stride": stride, "dilation": dilation, "padding": padding,
        "output_padding": output_padding, "groups": groups, "filters": filters,
        "ceil": ceil, "count_padding": count_padding,
    }  # fmt: skip
    given = {name: value for name, value in window.items() if value is not None}
    own = _once(arguments.setting(text) for text in settings or [])
    if node is not None:
        derived = [_of_node(subject, node, size, wrt, {**given, **own, **({"rank": rank} if rank else {})})]
    else:
        derived = list(_derivations(Request(subject, given, own, size, channels, rank, wrt)))
    _print(derived, form, full=detail is Detail.full, numbers=numbers)


@dataclass(frozen=True, slots=True)
class Request:
    """What a command line asks for: a subject, settings of its window and its own, and a size to write it out at."""

    subject: str
    window: dict[str, Any]
    own: dict[str, Any]
    size: str | None
    channels: int | None
    rank: int | None
    wrt: str | None

    @property
    def axes(self) -> int:
        """Number of spatial axes of an operator."""
        return self.rank or arguments.rank(self.size, self.window.get("kernel"))


def _once(settings: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Settings by name, each given once."""
    found: dict[str, Any] = {}
    for name, value in settings:
        if name in found:
            here = f"{name}={found[name]} and {name}={value}"
            raise SettingError("a setting is given twice.", here=here, fix="leave one out")
        found[name] = value
    return found


def _check_alone(options: Mapping[str, Any]) -> None:
    """Raise where options are given without the subject that they are for."""
    for name, value in options.items():
        if value is not None:
            raise SettingError("the subject is missing.", here=f"--{name} {value}", fix="for example derive conv")


def _list() -> None:
    """All that can be derived, by chapters."""
    from cnnmath.subjects import CHAPTERS

    rows: list[tuple[str, str, str]] = []
    for chapter in CHAPTERS:
        rows += [("", "", ""), (chapter.title, "", "")]
        rows += [(f"  {s.name}", " ".join([*_takes(s), *s.settings]), s.summary) for s in chapter.subjects]
    rows += [("", "", ""), ("Operators, forward and backward", "", "")]
    rows += [
        (f"  {kind.__name__.lower()}", "", (inspect.getdoc(kind) or "").partition("\n")[0].replace("``", ""))
        for kind in ops.ALL
    ]
    print_columns(("subject", "settings", "what is derived"), rows)


def _takes(subject: Subject) -> list[str]:
    return [f"window of {subject.takes.__name__.lower()}"] if subject.takes else []


def _of_node(what: str, node: str, size: str | None, wrt: str | None, others: Mapping[str, Any]) -> Derivation:
    """The chain rule in a network, which says its settings itself."""
    from cnnmath.subjects import derive

    if others:
        first = next(iter(others))
        raise SettingError("a network has its own settings.", here=first, fix="leave it out, with --node")
    return derive(network(what, size), node, wrt)


def _derivations(wanted: Request) -> Iterator[Any]:
    """The derivations that are asked for, or their entries written out."""
    try:
        kind = ops.named(wanted.subject)
    except UnknownNameError:
        yield _of_subject(wanted)
        return
    yield from _of_operator(kind, wanted)


def _of_subject(wanted: Request) -> Derivation:
    from cnnmath import zoo
    from cnnmath.subjects import CHAPTERS, named

    try:
        subject = named(wanted.subject)
    except UnknownNameError:
        known = [s.name for chapter in CHAPTERS for s in chapter.subjects]
        error = unknown(
            "subject", wanted.subject, [*known, *(kind.__name__.lower() for kind in ops.ALL)], "cnnmath derive"
        )
        if wanted.subject in zoo.ALL or ">" in wanted.subject:
            error.lines["fix"] = "of a network, say which node: --node NAME, as `cnnmath analyze` lists them"
        elif (name := wanted.subject.partition("(")[0].strip()) != wanted.subject and arguments.is_operator(name):
            options = " --kernel 3" if "kernel" in {field.name for field in fields(ops.named(name))} else ""
            error.lines["fix"] = f"name the operator alone, its settings are options: derive {name}{options}"
        raise error from None
    own = [*wanted.own.items()]
    for option, value in {"input": wanted.size, "channels": wanted.channels, "wrt": wanted.wrt}.items():
        if value is not None:
            own.append((option, arguments.sizes(value, "--input") if option == "input" else value))
    if subject.takes is None:
        window = [(name, arguments.value(value)) for name, value in wanted.window.items()]
        rank = [] if wanted.rank is None else [("rank", wanted.rank)]
        return subject.derive(**_once([*window, *rank, *own]))
    if "filters" in wanted.window:
        raise SettingError("widths are symbols.", here="--filters", fix="leave it out").at(subject.name)
    return subject.derive(_chosen(subject.takes, wanted, written_out=False), **_once(own))


def _of_operator(kind: type[ops.Operator], wanted: Request) -> Iterator[Any]:
    """The derivation of each target, or its entries where an input is given."""
    from cnnmath import symbolic

    wanted = _sample(wanted)
    name = kind.__name__.lower()
    options = (*arguments.OPTIONS, *(arguments.FIRST if arguments.first_setting(kind) else ()), "units")
    others = [field.name for field in fields(kind) if field.name not in options]
    for setting in wanted.own:
        if setting not in others:
            listed = f"its settings of this form are {', '.join(others)}" if others else "it has none of this form"
            fix = f"{listed}; kernel, stride and the like are options: --kernel 3"
            raise SettingError("it has no such setting.", here=f"{setting}=...", fix=fix).at(name)
    widths = wanted.window.get("filters") if kind in WIDE else None
    if wanted.size is None and (widths or wanted.channels) is not None:
        raise SettingError("widths are symbols.", rule="--filters and --channels go with --input", fix="leave them out")
    op = replace(_chosen(kind, wanted, written_out=wanted.size is not None), **wanted.own)
    channels = wanted.channels or getattr(op, "groups", 1)
    inputs: tuple[Shape, ...] = arguments.inputs(op, wanted.size, channels) if wanted.size is not None else ()
    for target in [wanted.wrt] if wanted.wrt else symbolic.targets(op, rank=wanted.axes):
        derivation = symbolic.derive(op, target, rank=wanted.axes)
        yield symbolic.WrittenOut(derivation, op, inputs) if inputs else derivation


def _sample(wanted: Request) -> Request:
    """The request with an input CxHxW or 1xCxHxW taken apart, where a rank or a kernel says which axes are spatial."""
    kernel = str(wanted.window.get("kernel", "")).lower()
    axes = wanted.rank or (len(kernel.split("x")) if "x" in kernel else 0)
    given = arguments.sizes(wanted.size, "--input") if wanted.size and axes else ()
    ahead = given[:-axes] if axes else ()
    if not ahead or ahead[:-1] not in ((), (1,)):
        return wanted
    if wanted.channels not in (None, ahead[-1]):
        here = f"--input {wanted.size} --channels {wanted.channels}"
        raise SettingError("the channels are given twice.", here=here, fix="leave --channels out")
    return replace(wanted, size="x".join(map(str, given[-axes:])), channels=ahead[-1])


def _chosen(kind: type[ops.Operator], wanted: Request, *, written_out: bool) -> ops.Operator:
    """The operator with the settings that are given; with symbols where none of its window is."""
    from cnnmath import symbolic

    given = wanted.window
    if "kernel" not in {f.name for f in fields(kind)} or "kernel" in given:
        return arguments.operator(kind, wanted.axes, given)
    if written_out or {"stride", "dilation", "padding", "output_padding"} & set(given):
        raise SettingError("the kernel is missing.", rule="settings go with --kernel", fix="for example --kernel 3")
    return symbolic.general(kind, wanted.axes, **given)


def _width() -> int:
    """Letters in a line: what the terminal has, but not so many that nobody would follow the line."""
    return min(shutil.get_terminal_size().columns, WIDEST)


def _print(derived: list[Any], form: Form, *, full: bool, numbers: bool) -> None:
    from cnnmath.symbolic import WrittenOut, record
    from cnnmath.symbolic.show import document, write

    if form is Form.json:
        records = [record(d) for d in derived if not isinstance(d, WrittenOut)]
        if len(records) < len(derived):
            raise SettingError("entries written out have no record.", here="--format json", fix="leave --input out")
        print(json.dumps(records[0] if len(records) == 1 else records))
        return
    written = [
        d.write_as(form.value, numbers=numbers)
        if isinstance(d, WrittenOut)
        else write(d, form.value, full=full, numbers=numbers, width=_width())
        for d in derived
    ]
    body = "\n\n".join(written)
    print(with_references(document(body, "cnnmath derive")) if form is Form.html else body)
