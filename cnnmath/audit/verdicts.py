"""The audit: every claim is judged, and what is wrong comes with what is right and the slip that explains it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any

from cnnmath.audit.claims import Claim
from cnnmath.audit.findings import Finding, Findings, NotCoveredError, agrees, in_json
from cnnmath.audit.judges import judge
from cnnmath.audit.slips import find_slip
from cnnmath.errors import CnnmathError, check_kind
from cnnmath.notebook import table

CUT_OFF = "cut off after the last digit"


class Kind(StrEnum):
    """What can be said of a claim, the graver the later."""

    NOTHING = "nothing claimed"
    RIGHT = "right"
    CONVENTION = "right under a convention"
    NOT_COVERED = "not covered"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Part:
    """One printed thing of a claim.

    Attributes
    ----------
    name
        Its name; ``""`` where it stands alone.
    printed, right
        What is printed and what is right, as JSON has it; None where there is nothing.
    kind
        The verdict.
    why
        The convention, the slip, or the reason why it is not covered; empty where there is nothing to say.
    under
        The convention under which ``right`` is right, where the package's own has no such value: an entry x_33 of a 3x3
        input exists where indices start at 1.
    otherwise
        Of what is wrong: what would be right under further conventions, by their names.
    """

    name: str
    printed: Any
    right: Any
    kind: Kind
    why: str = ""
    under: str = ""
    otherwise: dict[str, Any] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """As JSON has it."""
        return {f.name: getattr(self, f.name) for f in fields(Part)}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A claim and what is to be said of each of its parts."""

    claim: Claim
    parts: tuple[Part, ...]

    @property
    def kind(self) -> Kind:
        """The gravest verdict of a part."""
        return max((part.kind for part in self.parts), key=list(Kind).index, default=Kind.NOTHING)

    def record(self) -> dict[str, Any]:
        """As JSON has it."""
        claim = {name: getattr(self.claim, name) for name in ("id", "source", "where", "subject")}
        return claim | {"kind": self.kind, "parts": [part.record() for part in self.parts]}


@dataclass(frozen=True, slots=True)
class Audit:
    """All verdicts, in the order of the file."""

    verdicts: tuple[Verdict, ...]

    @property
    def agrees(self) -> bool:
        """Whether nothing is wrong."""
        return all(verdict.kind is not Kind.WRONG for verdict in self.verdicts)

    @property
    def totals(self) -> dict[str, int]:
        """How many claims have each verdict."""
        kinds = [verdict.kind for verdict in self.verdicts]
        return {str(kind): kinds.count(kind) for kind in TOTALS}

    def _repr_html_(self) -> str:
        from cnnmath.audit.show import claim_rows, total

        head = ("verdict", "claim", "source", "subject", "printed", "to be said")
        rows = (row for verdict in self.verdicts for row in claim_rows(verdict))
        return table(total(self), head, rows, names=head)

    def record(self, *, only_wrong: bool = False) -> dict[str, Any]:
        """As JSON has it; the totals count all claims, even where only the wrong ones are listed."""
        listed = [v.record() for v in self.verdicts if not only_wrong or v.kind is Kind.WRONG]
        return {"totals": self.totals, "claims": listed}


TOTALS = (Kind.RIGHT, Kind.CONVENTION, Kind.WRONG, Kind.NOT_COVERED, Kind.NOTHING)
"""Verdicts in the order in which they are counted."""


def audit(claims: Sequence[Claim], progress: Callable[[int, int, str], None] = lambda *_: None) -> Audit:
    """Judge claims one by one.

    Parameters
    ----------
    claims
        The claims, from `load` or `read`.
    progress
        Called before each claim with how many are done, how many there are, and which comes next.

    Raises
    ------
    CnnmathError
        Where a claim does not give what its subject needs, or gives or prints what cannot be read; it names the place.

    Examples
    --------
    >>> from cnnmath.audit.claims import read
    >>> stated = {"id": "a", "source": "notes", "where": "page 1", "subject": "parameters of one dense layer"}
    >>> given = {"input": "100x100x3", "units": 1000}
    >>> (verdict,) = audit(read({"claims": [{**stated, "given": given, "claimed": 30_000_000}]})).verdicts
    >>> str(verdict.kind), verdict.parts[0].why, verdict.parts[0].right
    ('right under a convention', 'biases left out', 30001000)
    """
    fix = "give what audit.load, or audit.read, makes of a file of claims"
    check_kind(claims, (tuple, list), "list of claims", fix)
    for claim in claims:
        check_kind(claim, Claim, "claim", fix)
    verdicts = []
    for i, claim in enumerate(claims):
        progress(i, len(claims), claim.id)
        verdicts.append(Verdict(claim, tuple(_judged(claim))))
    return Audit(tuple(verdicts))


def _judged(claim: Claim) -> Iterable[Part]:
    printed = {} if claim.claimed is None else claim.parts
    try:
        findings = judge(claim)
    except NotCoveredError as error:
        return [Part(name, in_json(p), None, Kind.NOT_COVERED, str(error)) for name, p in claim.parts.items()]
    except CnnmathError as error:
        raise _placed(error, claim, f" '{claim.id}'") from None
    if not printed:
        return [Part(name, None, in_json(f.readings[0].value), Kind.NOTHING) for name, f in findings.items()]
    parts = [_part(claim, name, p, findings.get(name)) for name, p in printed.items()]
    followed = {part.why for part in parts if part.kind is Kind.CONVENTION}
    return [_consistent(part, findings, followed, claim) for part in parts]


def _part(claim: Claim, name: str, printed: Any, finding: Finding | None) -> Part:
    if finding is None:
        return Part(name, in_json(printed), None, Kind.NOT_COVERED, "the subject has no such part")
    first, *others = finding.readings
    right, shown = in_json(first.value), in_json(printed)
    try:
        for reading in finding.readings:
            how = agrees(reading.value, printed, endless=finding.endless)
            if how is not None:
                why = " and ".join(filter(None, (reading.name, CUT_OFF if how == "truncated" else "")))
                return Part(name, shown, right, Kind.CONVENTION if why else Kind.RIGHT, why, first.name)
        otherwise = {reading.name: in_json(reading.value) for reading in others}
        return Part(name, shown, right, Kind.WRONG, find_slip(printed, finding), first.name, otherwise)
    except NotCoveredError as error:
        return Part(name, shown, right, Kind.NOT_COVERED, str(error))
    except CnnmathError as error:
        raise _placed(error, claim, f".claimed{f'.{name}' if name else ''}") from None


def _consistent(part: Part, findings: Findings, followed: set[str], claim: Claim) -> Part:
    """The part, wrong where it does not follow a convention that another part of the claim needs."""
    if part.kind is not Kind.RIGHT:
        return part
    finding = findings[part.name]
    for reading in finding.readings:
        if reading.name in followed and not agrees(reading.value, claim.parts[part.name], endless=finding.endless):
            why = "it does not follow the convention that another part needs"
            return replace(part, right=in_json(reading.value), kind=Kind.WRONG, why=why, under=reading.name)
    return part


def _placed(error: CnnmathError, claim: Claim, there: str) -> CnnmathError:
    """The error, its place in the file first; what an operator or a node says of itself follows."""
    if not error.where.startswith(claim.place):
        error.where = ", ".join(filter(None, (claim.place + there, error.where)))
    return error
