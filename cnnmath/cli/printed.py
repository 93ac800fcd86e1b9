"""Commands that judge printed numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from cnnmath.cli.options import AsJson, Input, Network, network, progress
from cnnmath.cli.status import DIFFERS
from cnnmath.errors import SettingError


def explain(
    what: Network,
    size: Input = None,
    macs: Annotated[str | None, typer.Option(metavar="NUMBER", help="As printed: 4111512576, 4.11e9, 3.8G.")] = None,
    parameters: Annotated[str | None, typer.Option(metavar="NUMBER", help="As printed: 25557032, 25.6M.")] = None,
    field: Annotated[str | None, typer.Option(metavar="NUMBER", help="A receptive field's size: 483.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say which convention, variant or input size a printed number comes from, or that none does (exit status 1)."""
    given = {"macs": macs, "parameters": parameters, "field": field}
    asked = [(quantity, number) for quantity, number in given.items() if number is not None]
    if not asked:
        raise SettingError("there is no number to explain.", fix="give one, as in --macs 4.11e9")

    from cnnmath.audit.explain import explain as explained
    from cnnmath.zoo.notation import is_network

    net = what if is_network(what) else network(what, size)
    shape = network(what, size).input_shape if size else None
    found = [explained(net, number, quantity, input_shape=shape) for quantity, number in asked]
    print(json.dumps([one.record() for one in found]) if as_json else "\n\n".join(map(repr, found)))
    if not all(one.explained for one in found):
        raise typer.Exit(DIFFERS)


def audit(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A JSON file of printed claims.")],
    as_json: AsJson = False,
    wrong: Annotated[bool, typer.Option("--wrong", help="Show what is wrong alone.")] = False,
) -> None:
    """Judge printed claims: right, right under a named convention, or wrong, with what is right and the slip."""
    from cnnmath import audit as auditing

    claims = auditing.load(file)
    with progress("judging") as told:
        found = auditing.audit(claims, told)
    print(json.dumps(found.record(only_wrong=wrong)) if as_json else auditing.text(found, only_wrong=wrong))
    if not found.agrees:
        raise typer.Exit(DIFFERS)
