"""Power, measured: known mistakes in a right kernel, and which rung of the ladder sees each, after how many calls.

Every mistake of the library is a mutant of the package's own kernel. It is tried by each rung alone, and by what people
usually do: numbers within a fixed tolerance, and PyTorch's gradcheck.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import cache
from itertools import chain, islice
from types import MappingProxyType
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.errors import NoSuchExample

from cnnmath.numeric.windows import Array
from cnnmath.ops import Operator
from cnnmath.verify.adapter import Tested, all_results, under_test
from cnnmath.verify.guard import Guard
from cnnmath.verify.mistakes import MISTAKES, Mistake
from cnnmath.verify.rungs import LADDER
from cnnmath.verify.strategies import Case, cases, covering
from cnnmath.verify.telling import at_reduced_width
from cnnmath.verify.usual import LAX, STRICT, Tolerance, allclose, gradcheck, has_torch, usual
from cnnmath.verify.verdict import SHORT, Finding, result_name

DRAWN = 300
"""Settings that are drawn in search of one at which a mistake shows."""

PATIENCE = 4
"""Settings at which a mistake shows, after which a rung that has not seen it gives up."""

COMPARISONS: Mapping[str, Tolerance] = MappingProxyType({"allclose": STRICT, "allclose, lax": LAX})
"""Fixed tolerances that people use."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one rung made of a mistake.

    Attributes
    ----------
    calls
        Evaluations of the kernel until it was seen, or given up.
    case
        Where it was seen, if it was.
    """

    calls: int
    case: Case | None = None

    @property
    def caught(self) -> bool:
        """Whether it was seen."""
        return self.case is not None


@dataclass(frozen=True, slots=True)
class Habit:
    """What a usual test made of a mistake: whether it was caught, None where that was not or cannot be tried.

    Attributes
    ----------
    usual
        At the setting with which kernels of this operator are commonly tested.
    shown
        At the first setting of the ladder at which the mistake shows.
    """

    usual: bool | None = None
    shown: bool | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One mistake, and who has seen it.

    Attributes
    ----------
    mistake
        Its kernel is the mutant.
    rungs
        What each rung made of it, alone.
    habits
        What people usually do, by name.
    """

    mistake: Mistake
    rungs: Mapping[int, Attempt]
    habits: Mapping[str, Habit] = field(default_factory=dict)

    @property
    def caught(self) -> bool:
        """Whether any rung has seen it."""
        return self.first is not None

    @property
    def spoilt(self) -> list[str]:
        """The results that may be wrong, the output first."""
        return sorted(self.mistake.spoils, key=lambda wrt: (wrt != "y", wrt != "x", wrt))

    @property
    def first(self) -> int | None:
        """The first rung of the ladder that sees it."""
        return next((rung for rung, attempt in sorted(self.rungs.items()) if attempt.caught), None)

    @property
    def calls(self) -> int | None:
        """Evaluations of the kernel after which that rung sees it."""
        return None if self.first is None else self.rungs[self.first].calls

    def record(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "mistake": self.mistake.name,
            "operator": self.mistake.kind.__name__,
            "says": self.mistake.says,
            "spoils": self.spoilt,
            "caught": self.caught,
            "rung": self.first and SHORT[self.first],
            "evaluations": self.calls,
            "rungs": {
                SHORT[rung]: {"caught": a.caught, "evaluations": a.calls, "setting": a.case and str(a.case)}
                for rung, a in self.rungs.items()
            },
            "habits": {
                name: {"usual setting": habit.usual, "where it shows": habit.shown}
                for name, habit in self.habits.items()
            },
        }


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


def power(
    mistakes: Sequence[Mistake] = MISTAKES,
    *,
    rungs: Sequence[int] = tuple(LADDER),
    peers: bool = True,
    seed: int = 0,
    told: Callable[[int, int, str], None] = lambda *_: None,
) -> Power:
    """Try every mistake with each rung alone, and with what people usually do.

    A rung is given the settings of `attempts` one after the other, and only those at which the mistake shows: elsewhere
    the kernel is right, and `verify` says of such settings that they have no power. It gives up after a few.

    Parameters
    ----------
    mistakes
        The mutants.
    rungs
        Of the ladder.
    peers
        Whether usual tests are tried as well: comparisons, and PyTorch's gradcheck where it is installed.
    seed
        Of all data.
    told
        What has been done, and of how much: ``told(done, total, name)``.

    Examples
    --------
    >>> from cnnmath.verify.mistakes import named
    >>> power([named("linear-weights-transposed")], rungs=[2], peers=False)
    Linear                         spoils    exact
      linear-weights-transposed    y             1
    <BLANKLINE>
    Numbers are calls of the kernel until a rung alone sees the mistake, - is where it does not.
    <BLANKLINE>
    1 of 1 caught, first: 1 by exact
    each rung alone: exact 1
    """
    rows = []
    for i, mistake in enumerate(mistakes):
        told(i, len(mistakes), str(mistake))
        habits = _habits(mistake, seed) if peers else {}  # first: a mistake may remember what it was given
        rows.append(Row(mistake, {rung: attempt(mistake, rung, seed) for rung in rungs}, habits))
    return Power(tuple(rows), has_torch())


def attempts(mistake: Mistake) -> Iterator[Case]:
    """Settings at which a mistake shows: telling inputs, those that cover all pairs of classes, and drawn ones."""
    kind = mistake.kind
    tried = chain(at_reduced_width(usual(kind).op), covering(kind), _later(lambda: drawn(kind)))
    return (case for case in tried if mistake.shows(case.op, case.inputs))


def attempt(mistake: Mistake, rung: int, seed: int = 0) -> Attempt:
    """Try one mistake with one rung alone, at most so many times."""
    subject = Counted(under_test(mistake.kernel))
    for case in islice(attempts(mistake), PATIENCE):
        with closing(Guard(subject)) as guard, np.errstate(all="ignore"):
            said = LADDER[rung](guard, case, all_results(case.op, *case.inputs), np.random.default_rng([seed, rung]))
            if any(isinstance(item, Finding) for item in said):
                return Attempt(subject.calls, case)
    return Attempt(subject.calls)


@dataclass(slots=True)
class Counted:
    """A kernel under test that counts how often it is called."""

    tested: Tested
    calls: int = 0

    @property
    def name(self) -> str:
        """As the kernel has it."""
        return self.tested.name

    @property
    def dtype(self) -> str:
        """As the kernel has it."""
        return self.tested.dtype

    @property
    def algorithm(self) -> str:
        """As the kernel has it."""
        return self.tested.algorithm

    def results(self, op: Operator, *inputs: tuple[int, ...]) -> tuple[str, ...]:
        """As the kernel has it."""
        return self.tested.results(op, *inputs)

    def takes(self, op: Operator) -> frozenset[str]:
        """As the kernel has it."""
        return self.tested.takes(op)

    def axes(self, op: Operator, name: str, rank: int) -> tuple[int, ...]:
        """As the kernel has it."""
        return self.tested.axes(op, name, rank)

    def call(self, op: Operator, wrt: str, arrays: Mapping[str, Array], dy: Array | None) -> Any:
        """What the kernel gives."""
        self.calls += 1
        return self.tested.call(op, wrt, arrays, dy)


@cache
def drawn(kind: type[Operator]) -> tuple[Case, ...]:
    """Settings of an operator's whole space, the same at every call."""
    found: dict[Case, None] = {}
    how = settings(
        max_examples=DRAWN, database=None, derandomize=True, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    with suppress(NoSuchExample):
        find(cases(kind), lambda case: bool(found.setdefault(case)), settings=how)
    return tuple(found)


def _later(made: Callable[[], Sequence[Case]]) -> Iterator[Case]:
    """What is made when it is asked for."""
    yield from made()


def _habits(mistake: Mistake, seed: int) -> dict[str, Habit]:
    """Usual tests, each at both settings; where a mistake does not show, the kernel is right."""
    common, shown = usual(mistake.kind), next(attempts(mistake), None)
    names = [*COMPARISONS, *(["gradcheck"] if has_torch() else [])]

    def seen(case: Case) -> list[bool]:
        passed = allclose(mistake.kernel, case, tuple(COMPARISONS.values()), seed)
        if has_torch():
            passed.append(gradcheck(mistake.kernel, case, seed))
        return [not passes for passes in passed]

    at_usual = seen(common) if mistake.shows(common.op, common.inputs) else [False] * len(names)
    where_shown = [None] * len(names) if shown is None else at_usual if shown == common else seen(shown)
    return {name: Habit(a, b) for name, a, b in zip(names, at_usual, where_shown, strict=True)}


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


LEGEND = "Numbers are calls of the kernel until a rung alone sees the mistake, - is where it does not."
LEGEND_OF_HABITS = "yes / no is whether a usual test sees it: at the usual setting / at one where it shows."


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
