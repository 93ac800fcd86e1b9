"""The ladder: one call that says what may be believed of a kernel, and how surely; or where it is wrong, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any, Literal, get_args

import numpy as np

from cnnmath.errors import CnnmathError, SettingError, check_kind
from cnnmath.ops import Operator
from cnnmath.ops.algebra import Shape, check_operator
from cnnmath.ops.notation import describe
from cnnmath.verify.diagnosis import explained
from cnnmath.verify.evidence import Evidence, Finding, Withheld
from cnnmath.verify.guard import LIMIT, Guard
from cnnmath.verify.on_data import on_data
from cnnmath.verify.rungs import LADDER
from cnnmath.verify.sight import square, unseen
from cnnmath.verify.smallest import smallest
from cnnmath.verify.strategies import Case
from cnnmath.verify.subject import Subject, all_results, under_test
from cnnmath.verify.telling import least, telling, wide
from cnnmath.verify.verdict import Certificate, Counterexample, NoPower, Verdict, join

ALL = tuple(LADDER)
ORDER = (1, 2, 5, 4, 3)
"""In which rungs are climbed: what is wrong with memory would break laws too, and say less."""

Claim = Literal["operator", "shapes"]


def verify(
    kernel: Any,
    op: Operator,
    *inputs: Shape,
    wrt: str | Sequence[str] | None = None,
    dtype: str | None = None,
    rungs: Sequence[int] = ALL,
    claim: Claim = "operator",
    data: Mapping[str, Any] | None = None,
    seed: int = 0,
    limit: float | None = LIMIT,
) -> Verdict:
    """Say what may be believed of a kernel, and how surely; or where it is wrong, and why.

    Parameters
    ----------
    kernel
        A function, whose parameters are called as what they want (see `Adapter`); an `Adapter`, where they are not, or
        for another layout, another dtype or another library; or a `cnnmath.numeric.Kernel`, a pair of forward and
        backward.
    op
        The operator that it should compute.
    *inputs
        Shapes of its inputs; where none are given, sizes at which axes, strides and rests can be told apart.
    wrt
        ``"y"`` for the output, which is the default of a function; or the operand by which it gives the gradient of
        ``sum(dy * y)``: ``"x"``, ``"w"``, ``"b"``; or several of them. Of a pair, all are judged.
    dtype
        Of the arrays that a function is given, ``float64`` by default.
    rungs
        Which rungs of the ladder are climbed.
    claim
        ``"operator"`` where the verdict is to speak of the kernel: inputs that hide known mistakes from view, by equal
        axes or sizes that a stride divides, have no power to certify it. ``"shapes"`` where it is to speak of these
        shapes alone.
    data
        Arrays of one's own, by operand, and ``dy``: then the kernel is judged on these alone.
    seed
        Of the data that are drawn.
    limit
        Seconds that one call of the kernel may take; None for no limit.

    Returns
    -------
    Certificate, Counterexample or NoPower
        A value that reads as a report, and is true where the kernel may be believed; ``.record()`` is JSON.

    Raises
    ------
    SettingError
        Where the kernel cannot be called for this operator.
    ShapeError
        Where the inputs do not fit the operator.

    Examples
    --------
    >>> from cnnmath.ops import ReLU
    >>> verify(lambda x: np.where(x > 0, x, 0), ReLU(), (1, 2, 3), rungs=[2])
    Certificate: <lambda> computes y of relu() on (1, 2, 3)
      2 exact     equal to the definition on integers in random order, and on integers with many ties (2 runs, 12
      numbers)
    >>> verify(lambda dy, x: dy * (x >= 0), ReLU(), (1, 2, 3), wrt="x", rungs=[2])  # doctest: +ELLIPSIS
    Counterexample: <lambda> is not dx of relu() on (1, 1, 1)
      wrong     dx[0, 0, 0] is ..., but the definition gives 0
      ...
    """
    check_operator(op)
    if claim not in get_args(Claim):
        raise SettingError("there is no such claim.", here=f"claim {claim!r}", rule='"operator" or "shapes"')
    if data is not None:
        return on_data(under_test(kernel, dtype), op, data, (wrt,) if isinstance(wrt, str) else wrt, limit)
    cases = [_case(op, inputs)] if inputs else telling(op)
    subject = under_test(kernel, dtype)
    verdict = judge(subject, cases, wrt=wrt, rungs=rungs, seed=seed, limit=limit)
    if not inputs:
        for rung, more in ((1, [least(op)]), (2, wide(op))):
            if rung in rungs and isinstance(verdict, Certificate) and not (rung == 1 and verdict.rung == 1):
                verdict = _joined(verdict, judge(subject, more, wrt=wrt, rungs=[rung], seed=seed, limit=limit))
    return weighed(verdict, op, claim) if isinstance(verdict, Certificate) else verdict


def _joined(certificate: Certificate, more: Verdict) -> Verdict:
    """A certificate of more settings; where they have nothing to say, it stays as it is."""
    if isinstance(more, Certificate):
        return join([certificate, more])
    return more if isinstance(more, Counterexample) else certificate


def weighed(certificate: Certificate, op: Operator, claim: Claim = "operator") -> Certificate | NoPower:
    """A certificate that says what its settings could not have shown; none, where that is too much for the claim."""
    cases, results = certificate.cases, certificate.results
    if not any(e.numbers for e in certificate.evidence):
        fix = "give inputs of which no size is 0"
        return NoPower(certificate.kernel, cases, ("there is no number to compare",), fix)
    hidden = (*square(cases), *(m.says for m in unseen(op, cases, results)))
    if hidden and claim == "operator":
        better = tuple(telling(op))
        such = " and ".join(" ".join(map(str, case.inputs)) for case in better)
        fix = f'inputs such as {such}, or claim="shapes" to certify these shapes alone'
        why = tuple(f"it could behave as if {text}" for text in hidden)
        return NoPower(certificate.kernel, cases, why, fix, better)
    return replace(certificate, blind=tuple(m.says for m in unseen(op, cases, results, wider=True)))


def judge(
    kernel: Any,
    cases: Iterable[Case],
    *,
    wrt: str | Sequence[str] | None = None,
    rungs: Sequence[int] = ALL,
    seed: int = 0,
    limit: float | None = LIMIT,
) -> Verdict:
    """One verdict for several settings: the first that is no certificate, or all certificates in one."""
    check_kind(cases, Iterable, "list of settings", "give Case(op, inputs), each with its operator and shapes")  # type: ignore[arg-type]
    subject, found = under_test(kernel), []
    for case in cases:
        verdict = climb(subject, case, wrt=wrt, rungs=rungs, seed=seed, limit=limit)
        if isinstance(verdict, Counterexample):
            return shrunk(subject, verdict, seed=seed, limit=limit)
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
    """The verdict at one setting, as it is: a counterexample is not made smaller, nor explained."""
    check_kind(case, Case, "setting", "give a Case(op, inputs), an operator and the shapes of its inputs")
    subject = under_test(kernel)
    wanted = asked_for(subject, case, wrt)
    said: list[Evidence | Withheld] = []
    check_kind(rungs, Collection, "list of rungs", "give some of them, as in rungs=[1, 2]")
    if not rungs or not all(rung in tuple(LADDER) for rung in rungs):
        raise SettingError(
            "there is no such rung.", here=f"rungs {list(rungs)}", rule=f"some of {', '.join(map(str, LADDER))}"
        )
    with closing(Guard(subject, limit)) as guard:
        for rung in sorted(rungs, key=ORDER.index):
            for item in LADDER[rung](guard, case, wanted, np.random.default_rng([seed, rung])):
                if isinstance(item, Finding):
                    return Counterexample(subject.name, case, item.wrt, item)
                said.append(item)
    evidence = tuple(e for e in said if isinstance(e, Evidence))
    if not evidence:
        return NoPower(subject.name, (case,), tuple(dict.fromkeys(w.why for w in said if isinstance(w, Withheld))))
    return Certificate(subject.name, (case,), evidence, tuple(w for w in said if isinstance(w, Withheld)))


def shrunk(kernel: Subject, found: Counterexample, *, seed: int = 0, limit: float | None = LIMIT) -> Counterexample:
    """A counterexample at the smallest inputs that are wrong in the same way, explained."""

    def again(case: Case) -> Counterexample | None:
        verdict = climb(kernel, case, wrt=found.wrt, rungs=[found.finding.rung], seed=seed, limit=limit)
        if isinstance(verdict, Counterexample) and verdict.finding.kind == found.finding.kind:
            return verdict
        return None

    hanging = found.finding.kind == "hangs"
    case = found.case if hanging else smallest(found.case, lambda c: again(c) is not None)
    least = None if hanging else again(case)
    least = replace(found if least is None else least, settings=found.settings)
    return explained(kernel, least, found.case, seed=seed, limit=limit)


def asked_for(kernel: Subject, case: Case, wrt: str | Sequence[str] | None) -> tuple[str, ...]:
    """The results that are judged, each of which the operator must have."""
    check_kind(wrt, (str, tuple, list, type(None)), "result", 'ask for "y", or for an operand, as in wrt="x"')
    wanted = kernel.results(case.op, *case.inputs) if wrt is None else (wrt,) if isinstance(wrt, str) else tuple(wrt)
    known = all_results(case.op, *case.inputs)
    for name in wanted:
        if name not in known:
            raise SettingError(
                f"there is no result by '{name}'.",
                rule=f"wrt is one of {', '.join(known)}",
                fix='ask for "y", the output, or for an operand whose gradient the kernel gives',
            ).at(describe(case.op))
    return wanted


def _case(op: Operator, inputs: tuple[Shape, ...]) -> Case:
    try:
        op.shape(*inputs)
    except CnnmathError as error:
        raise error.at(describe(op)) from None
    return Case(op, inputs)
