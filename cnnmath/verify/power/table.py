"""What came of all mistakes: the figures, as a table, as JSON and in a few lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cnnmath.ops import Operator
from cnnmath.verify.evidence import SHORT, result_name
from cnnmath.verify.mistakes import Mistake
from cnnmath.verify.power.row import Row

LEGEND = "Numbers are calls of the kernel until a rung alone sees the mistake, - is where it does not."
LEGEND_OF_HABITS = "yes / no is whether a usual test sees it: at the usual setting / at one where it shows."


@dataclass(frozen=True, slots=True, repr=False)
class Power:
    """Which mistakes are seen, and by whom; reads as a table.

    Attributes
    ----------
    rows
        One for each mistake.
    torch
        Whether PyTorch was there, so that its gradcheck could be asked.
    """

    rows: tuple[Row, ...]
    torch: bool = True

    @property
    def caught(self) -> bool:
        """Whether the ladder has seen every mistake."""
        return all(row.caught for row in self.rows)

    @property
    def missed(self) -> tuple[Mistake, ...]:
        """Mistakes that no rung has seen."""
        return tuple(row.mistake for row in self.rows if not row.caught)

    def by_rung(self) -> dict[int, int]:
        """How many mistakes each rung is the first to see."""
        return dict(sorted(Counter(row.first for row in self.rows if row.first is not None).items()))

    def alone(self) -> dict[int, int]:
        """How many mistakes each rung sees without the others."""
        rungs = dict.fromkeys(rung for row in self.rows for rung in row.rungs)
        return {rung: sum(row.rungs[rung].caught for row in self.rows if rung in row.rungs) for rung in sorted(rungs)}

    def by_habit(self) -> dict[str, tuple[int, int]]:
        """How many mistakes each usual test sees: at usual settings, and where they show."""
        names = dict.fromkeys(name for row in self.rows for name in row.habits)
        found = {name: [row.habits[name] for row in self.rows if name in row.habits] for name in names}
        return {name: (sum(bool(h.usual) for h in of), sum(bool(h.shown) for h in of)) for name, of in found.items()}

    def by_operator(self) -> dict[type[Operator], list[Row]]:
        """The rows of each operator."""
        found: dict[type[Operator], list[Row]] = {}
        for row in self.rows:
            found.setdefault(row.mistake.kind, []).append(row)
        return found

    def summary(self) -> str:
        """The figures, in a few lines."""
        return "\n".join(_summary(self))

    def record(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "mistakes": len(self.rows),
            "caught": sum(row.caught for row in self.rows),
            "missed": [str(mistake) for mistake in self.missed],
            "first": {SHORT[rung]: count for rung, count in self.by_rung().items()},
            "alone": {SHORT[rung]: count for rung, count in self.alone().items()},
            "habits": {name: {"usual setting": a, "where it shows": b} for name, (a, b) in self.by_habit().items()},
            "torch": self.torch,
            "rows": [row.record() for row in self.rows],
        }

    def __repr__(self) -> str:
        return "\n".join(_table(self))


def _summary(found: Power) -> Iterator[str]:
    """How many are caught, by whom, and by what people usually do."""
    total = len(found.rows)
    firsts = ", ".join(f"{count} by {SHORT[rung]}" for rung, count in found.by_rung().items())
    alone = ", ".join(f"{SHORT[rung]} {count}" for rung, count in found.alone().items())
    yield f"{sum(row.caught for row in found.rows)} of {total} caught{', first: ' if firsts else ''}{firsts}"
    yield f"each rung alone: {alone}"
    for name, (common, shown) in found.by_habit().items():
        yield f"{name}: {common} of {total} at usual settings, {shown} at settings where the mistake shows"
    if not found.torch:
        yield "gradcheck: PyTorch is not installed"
    if found.missed:
        yield f"NOT CAUGHT: {', '.join(map(str, found.missed))}"


def _table(found: Power) -> Iterator[str]:
    """A line for each mistake, those of an operator together."""
    names = max([len(row.mistake.name) for row in found.rows], default=0) + 4
    spoilt = max([len(results(row)) for row in found.rows], default=0)
    heads = [SHORT[rung] for rung in found.alone()] + list(found.by_habit())
    widths = [names, max(spoilt, len("spoils")), *(max(len(head), len("no / no")) for head in heads)]
    for kind, rows in found.by_operator().items():
        yield _line([kind.__name__, "spoils", *heads], widths)
        for row in rows:
            calls = [str(a.calls) if a.caught else "-" for a in row.rungs.values()]
            seen = [f"{said(h.usual)} / {said(h.shown)}" for h in row.habits.values()]
            yield _line([f"  {row.mistake.name}", results(row), *calls, *seen], widths)
        yield ""
    yield LEGEND
    if found.by_habit():
        yield LEGEND_OF_HABITS
    yield ""
    yield from _summary(found)


def results(row: Row) -> str:
    """What a mistake spoils, as one writes it."""
    return " ".join(map(result_name, row.spoilt))


def said(caught: bool | None) -> str:  # noqa: FBT001 - the answer is the one thing that is said
    """Whether something was caught, in a word."""
    return "?" if caught is None else "yes" if caught else "no"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Two columns on the left, the others on the right."""
    texts = [f"{cell:<{w}}" if i < 2 else f"{cell:>{w}}" for i, (cell, w) in enumerate(zip(cells, widths, strict=True))]
    return "  ".join(texts).rstrip()
