"""Examples of the files that the package writes, written while the page is made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from cnnmath import ops, symbolic, write_report
from cnnmath.graph import load, parse, to_json
from making import commands
from making.examples import folder
from making.show import table

SHOWN, WIDE = 24, 110
"""Lines of an example, and letters of a line."""


def network() -> str:
    """A small network's file."""
    return block("json", json.dumps(to_json(parse("conv(8, 5) > relu", (1, 12, 12), "mine"))))


def printed(line: str) -> str:
    """What a command prints, as JSON."""
    return block("json", commands.run(line))


def text(name: str) -> str:
    """What a file of the examples holds."""
    with folder():
        return Path(name).read_text(encoding="utf-8")


def arrays() -> str:
    """The arrays of a file."""
    with folder(), np.load("lenet5.npz") as file:
        rows = [[f"`{name}`", "x".join(map(str, file[name].shape)), str(file[name].dtype)] for name in file.files]
    return table(["array", "shape", "type"], rows)


def derivation() -> str:
    """A derivation's record, in brief."""
    return block("json", json.dumps(symbolic.record(symbolic.derive(ops.ReLU(), "x"))))


def campaign() -> str:
    """The first lines of a campaign's log."""
    with folder():
        commands.invoke("verify relu --settings 2 --workers 1 --log relu.jsonl")
        lines = Path("relu.jsonl").read_text(encoding="utf-8").splitlines()
    return f"```json\n{''.join(_cut(line) for line in lines[:3])}```"


def report() -> str:
    """The keys of a report's record, with what each holds."""
    with folder():
        write_report(load("mine.json"), Path("report"))
        held = json.loads(Path("report/report.json").read_text(encoding="utf-8"))
    return table(["key", "for example"], [[f"`{key}`", f"`{_brief(value)}`"] for key, value in held.items()]).replace(
        "---:", ":---"
    )


def block(language: str, written: str) -> str:
    """JSON laid out as a block of code, as far as the page shows it."""
    lines = json.dumps(json.loads(written), indent=2, ensure_ascii=False).splitlines()
    more = ["..."] if len(lines) > SHOWN else []
    return f"```{language}\n{''.join(_cut(line) for line in [*lines[:SHOWN], *more])}```"


def _cut(line: str) -> str:
    return f"{line if len(line) <= WIDE else f'{line[: WIDE - 3]}...'}\n"


def _brief(value: Any) -> str:
    written = json.dumps(value, ensure_ascii=False)
    return written if len(written) <= 60 else f"{written[:57]}..."
