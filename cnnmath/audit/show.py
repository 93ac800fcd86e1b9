"""An audit as text: one line a claim, grouped by source; below it conventions, what is right, and the slips."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from cnnmath.audit.findings import shown
from cnnmath.audit.verdicts import Audit, Kind, Part, Verdict
from cnnmath.errors import check_kind
from cnnmath.graph.text import plural

SIGNS: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.RIGHT: "right",
        Kind.CONVENTION: "convention",
        Kind.WRONG: "WRONG",
        Kind.NOT_COVERED: "not covered",
        Kind.NOTHING: "no claim",
    }
)
"""What stands in front of a claim."""

WIDTH = 120
INDENT = " " * 21


def text(audit: Audit, *, only_wrong: bool = False) -> str:
    """The whole report, or what is wrong alone; the last line counts all verdicts."""
    check_kind(audit, Audit, "audit", "give what cnnmath.audit.audit gives")
    lines, source = [], None
    for verdict in audit.verdicts:
        if only_wrong and verdict.kind is not Kind.WRONG:
            continue
        if verdict.claim.source != source:
            source = verdict.claim.source
            lines += ([""] if lines else []) + [source]
        lines += list(claim_lines(verdict))
    return "\n".join([*lines, *([""] if lines else []), total(audit)])


def claim_lines(verdict: Verdict) -> Iterator[str]:
    """A claim's line, and a line for each part of which there is more to say."""
    claim = verdict.claim
    printed = "" if claim.claimed is None else f": {shown(claim.claimed)}"
    yield _clipped(f"  {SIGNS[verdict.kind]:<11} {claim.id:<5} {claim.subject}{printed}")
    told = [line for part in verdict.parts if part.kind is not Kind.RIGHT for line in part_lines(part)]
    yield from (f"{INDENT}{line}" for line in dict.fromkeys(told))


def claim_rows(verdict: Verdict) -> list[tuple[str, ...]]:
    """The same as rows of a table: the claim's, with the first line that there is to say, and one for every other."""
    claim = verdict.claim
    printed = "" if claim.claimed is None else shown(claim.claimed)
    told = [line for part in verdict.parts if part.kind is not Kind.RIGHT for line in part_lines(part)]
    first, *rest = list(dict.fromkeys(told)) or [""]
    head = (SIGNS[verdict.kind], claim.id, claim.source, claim.subject, printed, first)
    return [head, *(("", "", "", "", "", line) for line in rest)]


def part_lines(part: Part) -> Iterator[str]:
    """What there is to say of a part that is not simply right."""
    name = f"{part.name} " if part.name else ""
    if part.kind is Kind.CONVENTION:
        otherwise = f" (otherwise {shown(part.right)})" if part.right != part.printed and not part.under else ""
        yield f"{name.strip()}{': ' if name else ''}{part.why}{otherwise}"
    elif part.kind is Kind.WRONG:
        under = f" ({part.under})" if part.under else ""
        yield f"{name}{shown(part.printed)} is wrong, {shown(part.right)} is right{under}"
        yield from (f"or {shown(value)} ({convention})" for convention, value in part.otherwise.items())
        yield f"slip: {part.why}" if part.why else "no simple slip explains it"
    elif part.kind is Kind.NOT_COVERED:
        yield part.why
    else:
        yield f"{name}{shown(part.right)}"


def total(audit: Audit) -> str:
    """The line of totals.

    Examples
    --------
    >>> total(Audit(()))
    '0 claims: 0 right, 0 right under a convention, 0 wrong, 0 not covered, 0 nothing claimed'
    """
    counts = ", ".join(f"{number} {kind}" for kind, number in audit.totals.items())
    return f"{plural(len(audit.verdicts), 'claim')}: {counts}"


def _clipped(line: str) -> str:
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 3]}..."
