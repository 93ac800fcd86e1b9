"""Diagnosis: the counterexample in small numbers, and the known mistakes that explain it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np

from cnnmath.errors import CnnmathError
from cnnmath.numeric.windows import Array
from cnnmath.verify.compare import compared
from cnnmath.verify.data import mode
from cnnmath.verify.evidence import Finding
from cnnmath.verify.guard import LIMIT, Guard
from cnnmath.verify.mistakes import MISTAKES, explain
from cnnmath.verify.rungs.draws import drawn
from cnnmath.verify.smallest import smallest
from cnnmath.verify.strategies import Case
from cnnmath.verify.subject import Subject
from cnnmath.verify.trial import ROOM, Trial, steps
from cnnmath.verify.verdict import Counterexample

EXPLAINED = ("value", "nan", "polynomial", "shape")
"""Kinds of findings that known mistakes can explain."""

TRIALS = 3
"""Runs in which an explanation must agree."""


def explained(
    kernel: Subject, found: Counterexample, first: Case | None = None, *, seed: int = 0, limit: float | None = LIMIT
) -> Counterexample:
    """The same counterexample on numbers below ten, where these show it, with what explains it.

    At the smallest setting several mistakes may do the same, or none that is known may fit at all. So those are told
    that explain what the kernel does at a larger setting too; and where it takes a larger one to name the mistake, the
    counterexample is the smallest at which it is named.

    Parameters
    ----------
    kernel
        The kernel.
    found
        The counterexample, as small as can be.
    first
        Where the kernel was seen to be wrong at first.
    seed, limit
        Of the data, and of the seconds that a call may take.
    """
    witness = _Witness(kernel, found.wrt, found.finding.rung, seed, limit)
    here = witness.at(found.case) if found.finding.kind in EXPLAINED else None
    if (here is None and found.finding.kind != "raises") or (here is not None and here.finding is None):
        return found
    known = here.explanations if here else ()
    for case in _larger(found.case, first, named=bool(known)):
        there = witness.at(case)
        if there is None or not there.explanations:
            continue
        if here is not None and known:
            return here.told(found, there.explanations)
        least = smallest(case, lambda c, there=there: witness.sees(c, there.explanations[0]))
        if (seen := witness.at(least)) is not None:
            return seen.told(replace(found, case=least), there.explanations)
    return here.told(found) if here else found


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a kernel does at a setting: what is wrong with it in small numbers, and which known mistakes do the same."""

    finding: Finding | None
    explanations: tuple[str, ...]

    def told(self, found: Counterexample, elsewhere: tuple[str, ...] = ()) -> Counterexample:
        """The counterexample with this; of the explanations those that hold elsewhere too, where there are such."""
        both = tuple(text for text in self.explanations if text in elsewhere)
        known = sum(m.kind is type(found.case.op) and found.wrt in m.spoils for m in MISTAKES)
        finding = self.finding or found.finding
        return replace(found, finding=finding, explanations=both or self.explanations, known=known)


@dataclass(frozen=True, slots=True)
class _Witness:
    """Runs of a kernel for one result, compared with all known mistakes."""

    kernel: Subject
    wrt: str
    rung: int
    seed: int
    limit: float | None

    def at(self, case: Case) -> _Seen | None:
        """What is seen at a setting; None where numbers are not exact, or the kernel gives none."""
        if mode(case.op, *case.inputs) != "integers":
            return None
        runs, found = [], None
        with closing(Guard(self.kernel, self.limit)) as guard:
            for i in range(TRIALS):
                arrays, dy = drawn(case, np.random.default_rng([self.seed, i]), self.kernel.dtype)
                trial = Trial(case, arrays, dy)
                given = guard(trial, self.wrt, self.rung)
                if isinstance(given, Finding):
                    found, given = given, self._of_another_shape(guard, trial, given)
                elif found is None:
                    found = compared(trial, self.wrt, given, self.rung)
                if given is None:
                    return None
                runs.append((arrays, None if self.wrt == "y" else dy, given))
        return _Seen(found, tuple(m.says for m in explain(case.op, case.inputs, self.wrt, runs)))

    def sees(self, case: Case, text: str) -> bool:
        """Whether a mistake explains what the kernel does at a setting."""
        seen = self.at(case)
        return seen is not None and text in seen.explanations

    def _of_another_shape(self, guard: Guard, trial: Trial, found: Finding) -> Array | None:
        """A result that has the wrong shape, where that is what is wrong with it."""
        if found.kind != "shape":
            return None
        result = guard.result(trial, self.wrt, trial.arrays, None if self.wrt == "y" else trial.dy)
        return result if isinstance(result, np.ndarray) else None


def _larger(least: Case, first: Case | None, *, named: bool) -> Iterator[Case]:
    """Larger settings that tell more: for what has no name, with room on all axes; and where it was wrong at first."""
    roomy = None if named else _roomy(least)
    yield from (case for case in (roomy, first) if case is not None and case != least and steps(case) <= ROOM)


def _roomy(case: Case) -> Case | None:
    """The same window on axes that are all long enough for the settings of any."""
    n, c, *sizes = case.inputs[0]
    if len(sizes) < 2 or not hasattr(case.op, "kernel"):
        return None
    longer = Case(case.op, ((n, c, *(max(sizes) + 2 + axis for axis in range(len(sizes)))),))
    try:
        case.op.shape(*longer.inputs)
    except CnnmathError:
        return None
    return longer
