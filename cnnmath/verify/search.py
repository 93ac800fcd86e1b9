"""Search: settings of an operator's whole space, and the smallest one at which a kernel fails.

First come settings that cover all pairs of classes, then drawn ones. The draw is the same at every call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.errors import NoSuchExample, Unsatisfiable
from hypothesis.strategies import SearchStrategy

from cnnmath.errors import SettingError
from cnnmath.ops import Operator, operands
from cnnmath.ops.algebra import check_class
from cnnmath.verify.adapter import Adapter
from cnnmath.verify.diagnosis import explained
from cnnmath.verify.guard import LIMIT
from cnnmath.verify.ladder import asked_for, climb, shrunk
from cnnmath.verify.strategies import Case, cases, covering
from cnnmath.verify.subject import Subject, all_results, tied, under_test
from cnnmath.verify.verdict import Certificate, Counterexample, NoPower, Verdict, join
from cnnmath.window import check_at_least

RUNGS = (2,)
"""What is tried at every setting, where nothing else is said."""


def search(
    kernel: Any,
    kind: type[Operator],
    examples: int = 100,
    *,
    wrt: str | Sequence[str] | None = None,
    dtype: str | None = None,
    rungs: Sequence[int] = RUNGS,
    rank: int | None = None,
    limit: float | None = LIMIT,
) -> Verdict:
    """Try a kernel at settings of an operator's whole space; shrink a failure to a smallest setting.

    Parameters
    ----------
    kernel
        As `verify` takes it. Settings that a function does not take, by name or through ``op``, do not vary.
    kind
        The operator.
    examples
        How many settings are tried: first those that cover all pairs of classes, as far as they go, then drawn ones.
    rank
        Number of spatial axes, for a kernel that is written for one.
    wrt, dtype, rungs, limit
        As `verify` takes them.

    Examples
    --------
    >>> from cnnmath import numeric
    >>> from cnnmath.ops import ReLU
    >>> search(numeric.KERNELS[ReLU], ReLU, 20).certified
    True
    >>> search(lambda x: abs(x), ReLU).case.inputs
    ((1, 1, 2),)
    """
    check_class(kind)
    check_at_least("number of examples", examples, 1)
    subject = under_test(kernel, dtype)
    certified: list[Certificate] = []
    powerless: list[NoPower] = []

    def judge(case: Case) -> Verdict:
        verdict = climb(subject, case, wrt=wrt, rungs=rungs, limit=limit)
        if isinstance(verdict, NoPower):
            powerless.append(verdict)
        return verdict

    drawn: SearchStrategy[Any] = cases(kind).map(lambda case: _tied(subject, case, wrt, rank)).filter(bool)
    covered = taken(subject, kind, wrt, rank)
    if not covered:
        _check_asked(subject, kind, wrt)
    for case in covered[:examples]:
        verdict = judge(case)
        if isinstance(verdict, Counterexample):
            least = _least(subject, drawn, replace(verdict, settings=len(certified) + 1), limit)
            return least if rank is not None else _of_its_rank(least, covered, judge)
        if isinstance(verdict, Certificate):
            certified.append(verdict)

    def fails(case: Case) -> bool:
        verdict = judge(case)
        if isinstance(verdict, Certificate):
            certified.append(verdict)
        return isinstance(verdict, Counterexample)

    left = examples - len(certified)
    try:
        if left > 0:
            tries = len(certified)
            found = judge(find(drawn, fails, settings=_how(left)))
            if isinstance(found, Counterexample):
                return explained(subject, replace(found, settings=tries + 1), limit=limit)
    except (NoSuchExample, Unsatisfiable):
        pass
    if powerless and not certified:
        return replace(powerless[0], cases=tuple(dict.fromkeys(case for found in powerless for case in found.cases)))
    if not certified:
        raise SettingError(
            f"it takes no setting of {kind.__name__} that was drawn.",
            rule="a function takes the settings that vary, by name or through op",
            fix="give its parameters the names of settings, or verify one setting",
        ).at(subject.name)
    return join(certified)


def _check_asked(kernel: Subject, kind: type[Operator], wrt: str | Sequence[str] | None) -> None:
    """Raise where no setting has such a result, and where a kernel takes the gradient from above and none is asked."""
    case = max(covering(kind), key=lambda each: len(all_results(each.op, *each.inputs)))
    asked_for(kernel, case, wrt)
    if wrt is None and isinstance(kernel, Adapter) and (error := kernel.unasked(operands(case.op, *case.inputs))):
        raise error


def taken(kernel: Subject, kind: type[Operator], wrt: str | Sequence[str] | None, rank: int | None) -> list[Case]:
    """Settings that cover all pairs of classes, as far as the kernel takes them."""
    return list(dict.fromkeys(case for each in covering(kind) if (case := _tied(kernel, each, wrt, rank))))


def _tied(kernel: Subject, case: Case, wrt: str | Sequence[str] | None, rank: int | None) -> Case | None:
    """The setting as the kernel takes it, if it does."""
    if rank not in (None, len(case.inputs[0]) - 2):
        return None
    asked = (wrt,) if isinstance(wrt, str) else wrt or kernel.results(case.op, *case.inputs)
    if not set(asked) <= set(all_results(case.op, *case.inputs)):
        return None
    op = tied(kernel, case.op, asked if isinstance(kernel, Adapter) else ("y",), *case.inputs)
    return op and Case(op, case.inputs)


def _of_its_rank(found: Counterexample, tried: Sequence[Case], judge: Callable[[Case], Verdict]) -> Counterexample:
    """A counterexample that says so where a kernel raises at one number of spatial axes, and not at another."""
    if not _raises(found):
        return found
    ranks = {len(case.inputs[0]) - 2: case for case in reversed(tried)}
    runs = [rank for rank, case in sorted(ranks.items()) if not _raises(judge(case))]
    if not runs or len(found.case.inputs[0]) - 2 in runs:
        return found
    fix = f"it runs with {runs[0]} spatial axes: say rank={runs[0]}, in a shell --rank {runs[0]}, or give one setting"
    return replace(found, finding=replace(found.finding, lines=(*found.finding.lines, ("fix", fix))))


def _raises(verdict: Verdict) -> bool:
    return isinstance(verdict, Counterexample) and verdict.finding.kind == "raises"


def _least(kernel: Subject, drawn: SearchStrategy[Any], found: Counterexample, limit: float | None) -> Counterexample:
    """The smallest setting of the space at which the kernel is wrong in the same way."""

    def fails(case: Case) -> bool:
        verdict = climb(kernel, case, wrt=found.wrt, rungs=[found.finding.rung], limit=limit)
        return isinstance(verdict, Counterexample) and verdict.finding.kind == found.finding.kind

    if found.finding.kind == "hangs":
        return found
    try:
        case = find(drawn, fails, settings=_how(SHRINKING))
    except (NoSuchExample, Unsatisfiable):
        return shrunk(kernel, found, limit=limit)
    verdict = climb(kernel, case, wrt=found.wrt, rungs=[found.finding.rung], limit=limit)
    return explained(kernel, replace(verdict, settings=found.settings), found.case, limit=limit)  # type: ignore[arg-type]


SHRINKING = 500
"""Settings that are drawn in search of a smaller one."""


def _how(examples: int) -> settings:
    return settings(
        max_examples=examples,
        database=None,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example, HealthCheck.filter_too_much],
    )
