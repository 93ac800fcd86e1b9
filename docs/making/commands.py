"""The command line's page: every command's synopsis, arguments, options and defaults, and examples that are run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import EnumType
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

import typer
from typer.testing import CliRunner

from cnnmath.cli import PANELS, app
from cnnmath.cli.status import STATUSES
from cnnmath.errors import CnnmathError
from making.examples import Command, folder

EXAMPLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "zoo": ("zoo",),
        "analyze": ("analyze mine.json", 'analyze "conv(8, 5) > relu > maxpool(2)" --input 1x12x12 --format csv'),
        "count": ("count lenet5", "count lenet5 --by macs --json"),
        "field": ("field lenet5 --node pool1 --at 3x3",),
        "sizes": ("sizes lenet5", "sizes alexnet --output 6x6"),
        "flow": ("flow lenet5",),
        "run": ("run model.onnx --input x.npy --output y.npy",),
        "export": ("export lenet5 --weights lenet5.npz --output lenet5.onnx",),
        "diff": ("diff vgg11 vgg13",),
        "window": ("window --kernel 3 --dilation 2", "window --kernel 3 --stride 2 --field 427"),
        "derive": ("derive conv --wrt x --steps brief", "derive conv --kernel 2 --stride 2 --input 4 --wrt x"),
        "verify": (
            'verify my_module:my_conv --op "conv(4, (3, 2), stride=(2, 1))"',
            'verify my_module:my_conv --op "conv(4, 3, dilation=2)"',
        ),
        "explain": ("explain resnet50 --macs 3.8e9",),
        "audit": ("audit claims.json",),
        "report": ("report mine.json --output report",),
        "plot": ("plot lenet5 --output figures",),
    }
)
"""One or two command lines of each command, in a folder with the files of `making.files`."""

VALUES: Mapping[Any, str] = MappingProxyType({int: "N", float: "NUMBER", str: "TEXT", Path: "FILE"})
"""What stands for a value of a kind, where the program says nothing better."""

LONGEST = 24
"""Lines of output that the page shows of an example."""


def page() -> str:
    """All commands, grouped as the help groups them."""
    parts = []
    for panel, commands in PANELS.items():
        parts.append(f"## {panel}")
        parts += [section(command.__name__) for command in commands]
    return "\n\n".join(parts)


def statuses() -> str:
    """What a command may end with, as a table."""
    rows = [f"| {status} | {says} |" for status, says in STATUSES.items()]
    return "\n".join(["| status | what it says |", "| :--- | :--- |", *rows])


def section(name: str) -> str:
    """One command: what it does, how it is called, what it takes, and what examples of it print."""
    command = typer.main.get_group(app).commands[name]
    words = [f"cnnmath {name}", *(_metavar(p) for p in _arguments(command)), *_has_options(command)]
    return "\n\n".join(
        [
            f"### `{name}`",
            " ".join((command.help or "").split()),
            f"```text\n{' '.join(words)}\n```",
            *([_table(command)] if command.params else []),
            *(f"```console\n$ cnnmath {line}\n{_cut(run(line))}```" for line in EXAMPLES[name]),
        ]
    )


def run(line: str) -> str:
    """What a command line prints, run in a folder of its own.

    Raises
    ------
    RuntimeError
        Where it is wrong, or ends with another status than 0 or 1; names the command and the error.
    """
    with folder():
        return invoke(line)


def invoke(line: str) -> str:
    """What a command line prints, run in the present folder; see `run`."""
    result = CliRunner().invoke(app, Command(line, "").words)
    if isinstance(result.exception, CnnmathError) or result.exit_code not in (0, 1):
        raise RuntimeError(f"$ cnnmath {line}\nfailed: {result.exception}")
    return result.stdout


def _cut(printed: str) -> str:
    """Output as far as the page shows it, lines without the blanks that fill a terminal."""
    lines = [text.rstrip() for text in printed.rstrip().splitlines()]
    return "".join(f"{text}\n" for text in [*lines[:LONGEST], *(["..."] if len(lines) > LONGEST else [])])


def _table(command: Any) -> str:
    """Arguments, then options: a row each with what it is, and the default where there is one."""
    rows = [f"| {' | '.join(_row(parameter))} |" for parameter in command.params]
    return "\n".join(["| takes | default | what |", "| :--- | :--- | :--- |", *rows])


def _row(parameter: Any) -> Iterator[str]:
    names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
    if parameter.param_type_name == "argument":
        yield f"`{_metavar(parameter)}`"
    else:
        yield names if parameter.is_flag else f"{names} `{_metavar(parameter)}`"
    default = getattr(parameter.default, "value", parameter.default)
    shown = default not in (None, False, ()) and not callable(default)
    yield "required" if parameter.required else f"`{default}`" if shown else ""
    yield escape(parameter.help or "", quote=False).replace("|", "\\|")


def _has_options(command: Any) -> list[str]:
    return ["[OPTIONS]"] * (len(command.params) > len(_arguments(command)))


def _arguments(command: Any) -> list[Any]:
    return [p for p in command.params if p.param_type_name == "argument"]


def _metavar(parameter: Any) -> str:
    """What stands for the value: what the program says, or the choices, or the kind."""
    if parameter.metavar:
        return parameter.metavar
    kind = parameter.type_descriptor.annotation
    kinds = [kind, *get_args(kind)]
    choices = [str(member) for k in kinds if isinstance(k, EnumType) for member in k]
    return "|".join(choices) or next((VALUES[k] for k in kinds if k in VALUES), parameter.name.upper())
