"""What a command ends with, so that a script can go on from there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from cnnmath.verify import Verdict

AGREES, DIFFERS, WRONG, NO_POWER, INTERRUPTED = 0, 1, 2, 3, 130

STATUSES: Mapping[int, str] = MappingProxyType(
    {
        AGREES: "success, and all that was compared agrees",
        DIFFERS: "something compared does not agree: a wrong kernel, a wrong claim, a number that nothing explains, "
        "two networks that differ, a known mistake that no rung sees, a step of a derivation that its check refutes",
        WRONG: "wrong usage or input; standard error says what",
        NO_POWER: "no kernel was found wrong, and of some nothing can be said at the settings that were tried",
        INTERRUPTED: "Ctrl-C",
    }
)
"""Every exit status that a command may have, and what it means."""


def end(verdicts: Iterable[Verdict]) -> None:
    """End with the status of the worst verdict: a counterexample, no power, or all certified."""
    from cnnmath.verify import NoPower

    uncertified = [verdict for verdict in verdicts if not verdict.certified]
    if uncertified:
        raise typer.Exit(NO_POWER if all(isinstance(verdict, NoPower) for verdict in uncertified) else DIFFERS)
