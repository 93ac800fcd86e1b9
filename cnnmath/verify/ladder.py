"""The ladder: one call that says what may be believed of a kernel, and how surely; or where it is wrong, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Any

import numpy as np

from cnnmath.errors import CnnmathError, SettingError
from cnnmath.ops import Operator
from cnnmath.ops.algebra import Shape, check_operator
from cnnmath.ops.notation import describe
from cnnmath.verify.adapter import tested
from cnnmath.verify.guard import LIMIT, Guard
from cnnmath.verify.rungs import LADDER
from cnnmath.verify.strategies import Case
from cnnmath.verify.telling import telling
from cnnmath.verify.trial import results
from cnnmath.verify.verdict import RUNGS, Certificate, Counterexample, Evidence, Finding, Verdict, Withheld, join

ALL = tuple(LADDER)


def verify(
    kernel: Any,
    op: Operator,
    *inputs: Shape,
    wrt: str | Sequence[str] | None = None,
    rungs: Sequence[int] = ALL,
    dtype: str | None = None,
    seed: int = 0,
    limit: float | None = LIMIT,
) -> Verdict:
    """Say what may be believed of a kernel, and how surely; or where it is wrong."""
    check_operator(op)
    cases = [_case(op, inputs)] if inputs else telling(op)
    subject = tested(kernel, dtype)
    found = []
    for i, case in enumerate(cases):
        verdict = climb(subject, case, wrt=wrt, rungs=rungs, seed=seed, limit=limit)
        if not isinstance(verdict, Certificate):
            return verdict
        found.append(verdict)
    return join(found)


def climb(
    kernel: Any,
    case: Case,
    *,
    wrt: str | Sequence[str] | None = None,
    rungs: Sequence[int] = ALL,
    seed: int = 0,
    limit: float | None = LIMIT,
) -> Verdict:
    """The verdict at one setting."""
    subject = tested(kernel)
    wanted = results(case, wrt, subject.results(case.op, *case.inputs))
    said: list[Evidence | Withheld] = []
    with closing(Guard(subject, limit)) as guard:
        for rung in rungs:
            for item in LADDER[rung](guard, case, wanted, np.random.default_rng([seed, rung])):
                if isinstance(item, Finding):
                    return Counterexample(subject.name, case, item.wrt, item)
                said.append(item)
    evidence = tuple(e for e in said if isinstance(e, Evidence))
    return Certificate(subject.name, (case,), evidence, tuple(w for w in said if isinstance(w, Withheld)))


def _case(op: Operator, inputs: tuple[Shape, ...]) -> Case:
    try:
        op.shape(*inputs)
    except CnnmathError as error:
        raise error.at(describe(op)) from None
    return Case(op, inputs)
