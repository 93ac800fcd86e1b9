"""What came of one mistake: what each rung made of it, and what a usual test did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cnnmath.verify.evidence import SHORT
from cnnmath.verify.mistakes import Mistake
from cnnmath.verify.strategies import Case


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
