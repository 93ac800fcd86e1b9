"""Known mistakes tried by each rung of the ladder alone, and by what people usually do."""

from __future__ import annotations

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
from cnnmath.verify.evidence import Finding
from cnnmath.verify.guard import Guard
from cnnmath.verify.mistakes import MISTAKES, Mistake
from cnnmath.verify.power.row import Attempt, Habit, Row
from cnnmath.verify.power.table import Power
from cnnmath.verify.rungs import LADDER
from cnnmath.verify.strategies import Case, cases, covering
from cnnmath.verify.subject import Wrapped, all_results, under_test
from cnnmath.verify.telling import at_reduced_width
from cnnmath.verify.usual import LAX, STRICT, Tolerance, allclose, gradcheck, has_torch, usual

DRAWN = 300
"""Settings that are drawn in search of one at which a mistake shows."""

PATIENCE = 4
"""Settings at which a mistake shows, after which a rung that has not seen it gives up."""

COMPARISONS: Mapping[str, Tolerance] = MappingProxyType({"allclose": STRICT, "allclose, lax": LAX})
"""Fixed tolerances that people use."""


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
                return Attempt(len(subject.called), case)
    return Attempt(len(subject.called))


@dataclass(frozen=True, slots=True)
class Counted(Wrapped):
    """A kernel under test that remembers which results it was called for."""

    called: list[str] = field(default_factory=list)

    def call(self, op: Operator, wrt: str, arrays: Mapping[str, Array], dy: Array | None) -> Any:
        """What the kernel gives."""
        self.called.append(wrt)
        return self.tested.call(op, wrt, arrays, dy)


@cache
def drawn(kind: type[Operator]) -> tuple[Case, ...]:
    """Settings of an operator's whole space, the same at every call."""
    found: dict[Case, None] = {}
    how = settings(
        max_examples=DRAWN, database=None, derandomize=True, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),  # type: ignore[arg-type]  # an enumeration of all
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
