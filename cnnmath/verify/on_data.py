"""A kernel on a user's own data: right or wrong on them, and whether they could have told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

import numpy as np

from cnnmath.errors import DataError
from cnnmath.numeric.arrays import declared
from cnnmath.numeric.kernels import KERNELS
from cnnmath.numeric.windows import Array
from cnnmath.ops import Operator
from cnnmath.ops.algebra import input_names
from cnnmath.ops.notation import describe
from cnnmath.verify.compare import compared
from cnnmath.verify.evidence import Evidence, Finding
from cnnmath.verify.guard import Guard, carrier
from cnnmath.verify.mistakes import mistakes
from cnnmath.verify.mistakes.diagnose import same
from cnnmath.verify.real import held
from cnnmath.verify.rounding import FORMATS, bounded
from cnnmath.verify.strategies import Case
from cnnmath.verify.subject import Subject
from cnnmath.verify.trial import Trial
from cnnmath.verify.verdict import Certificate, Counterexample, NoPower, Verdict

RUNG = 4
FACT = "on the given data, each number within the bound of its own roundings"


def on_data(
    kernel: Subject, op: Operator, data: Mapping[str, Any], wanted: Sequence[str] | None, limit: float | None
) -> Verdict:
    """The verdict on data: no power, where a known mistake would have given the same."""
    trial = _trial(kernel, op, data)
    results = tuple(wanted or kernel.results(op, *trial.case.inputs))
    with closing(Guard(kernel, limit)) as guard:
        for wrt in results:
            found = bounded(op, wrt, trial.arrays, trial.dy, FORMATS[kernel.dtype], algorithm=kernel.algorithm)
            trial.know(wrt, found.value)
            given = guard(trial, wrt, RUNG)
            if not isinstance(given, Finding):
                given = compared(trial, wrt, given, RUNG, allowed=found.bound, kind="bound")
            if given is not None:
                return Counterexample(kernel.name, trial.case, wrt, given)
    hidden = _hidden(trial, results)
    if hidden:
        fix = "give data of which no part is zero, constant or symmetric, or none: then they are drawn"
        return NoPower(
            kernel.name, (trial.case,), tuple(f"on these data it could behave as if {t}" for t in hidden), fix
        )
    evidence = tuple(Evidence(RUNG, wrt, FACT, 1, trial.truth(wrt).size) for wrt in results)
    return Certificate(kernel.name, (trial.case,), evidence)


def _trial(kernel: Subject, op: Operator, data: Mapping[str, Any]) -> Trial:
    """The data as a trial, in the kernel's format; a gradient from above that is missing is drawn."""
    if kernel.dtype not in FORMATS:
        raise DataError(
            "data are compared in floats.", here=f"dtype {kernel.dtype}", rule=f"one of {', '.join(FORMATS)}"
        )
    arrays = {name: np.asarray(array) for name, array in data.items() if name != "dy"}
    names = [name for name in arrays if name.startswith("x")] if op.variadic else input_names(op, len(op.reads))
    missing = [name for name in names if name not in arrays]
    if missing:
        raise DataError(
            f"'{missing[0]}' is missing.",
            here=f"given are {', '.join(data) or 'none'}",
            fix="give every operand by name",
        ).at(describe(op))
    checked = declared(op, tuple(arrays.pop(name) for name in names), arrays)
    given = {name: held(np.asarray(a), kernel.dtype) for name, a in checked.items()}
    for name, array in given.items():
        if not np.isfinite(array).all():
            fix = "give finite numbers; what NaN does is a matter of rung 5"
            raise DataError(f"'{name}' is not finite.", rule="exact values are known of numbers alone", fix=fix).at(
                describe(op)
            )
    case = Case(op, tuple(given[name].shape for name in names))
    dy = data.get("dy")
    drawn = np.random.default_rng(0).normal(size=op.shape(*case.inputs)) if dy is None else np.asarray(dy)
    return Trial(case, given, held(drawn, kernel.dtype))


def _hidden(trial: Trial, results: Sequence[str]) -> list[str]:
    """Known mistakes that show at the setting, and not on the data."""
    op, right = trial.case.op, KERNELS[type(trial.case.op)]
    given = {name: a.astype(carrier("float64")) for name, a in (trial.arrays | {"dy": trial.dy}).items()}
    dy = given.pop("dy")
    truth = _all(right, op, dy, given)
    hidden = []
    for mistake in mistakes(op, *trial.case.inputs):
        if mistake.rung != "exact" or not mistake.spoils & set(results):
            continue
        wrong = _all(mistake.kernel, op, dy, given)
        if all(wrt in wrong and same(wrong[wrt], truth[wrt]) for wrt in results if wrt in mistake.spoils):
            hidden.append(mistake.says)
    return hidden


def _all(kernel: Any, op: Operator, dy: Array, arrays: Mapping[str, Array]) -> dict[str, Any]:
    """All results of a kernel; those that it refuses to give are missing."""
    copies = [a.copy() for a in arrays.values()]
    found: dict[str, Any] = {}
    for compute in (lambda: {"y": kernel.forward(op, *copies)}, lambda: dict(kernel.backward(op, dy.copy(), *copies))):
        try:
            with np.errstate(all="ignore"):
                found |= compute()
        except Exception:  # whatever a wrong kernel raises
            continue
    return found
