"""Diagnosis: the counterexample in small numbers, and the known mistakes that explain it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import numpy as np

from cnnmath.numeric.windows import Array
from cnnmath.verify.compare import compared
from cnnmath.verify.data import mode
from cnnmath.verify.evidence import Finding
from cnnmath.verify.guard import LIMIT, Guard
from cnnmath.verify.mistakes import explain
from cnnmath.verify.rungs.draws import drawn
from cnnmath.verify.subject import Subject
from cnnmath.verify.trial import Trial
from cnnmath.verify.verdict import Counterexample

EXPLAINED = ("value", "nan", "polynomial", "shape")
"""Kinds of findings that known mistakes can explain."""

TRIALS = 3
"""Runs in which an explanation must agree."""


def explained(kernel: Subject, found: Counterexample, *, seed: int = 0, limit: float | None = LIMIT) -> Counterexample:
    """The same counterexample on numbers below ten, where these show it, with what explains it."""
    exact = mode(found.case.op, *found.case.inputs) == "integers"
    if found.finding.kind not in EXPLAINED or not exact:
        return found
    trials = []
    with closing(Guard(kernel, limit)) as guard:
        for i in range(TRIALS):
            arrays, dy = drawn(found.case, np.random.default_rng([seed, i]), kernel.dtype)
            trial = Trial(found.case, arrays, dy)
            given = guard(trial, found.wrt, found.finding.rung)
            if isinstance(given, Finding):
                given = _of_another_shape(guard, trial, found)
            if given is None:
                return found
            trials.append((trial, given))
    fitting = [(trial, given) for trial, given in trials if given.shape == trial.shape(found.wrt)]
    small = (compared(trial, found.wrt, given, found.finding.rung) for trial, given in fitting)
    runs = [(trial.arrays, None if found.wrt == "y" else trial.dy, given) for trial, given in trials]
    known = explain(found.case.op, found.case.inputs, found.wrt, runs)
    return replace(
        found, finding=next((f for f in small if f), found.finding), explanations=tuple(m.says for m in known)
    )


def _of_another_shape(guard: Guard, trial: Trial, found: Counterexample) -> Array | None:
    """A result that has the wrong shape, where that is what is wrong with it."""
    if found.finding.kind != "shape":
        return None
    result = guard.result(trial, found.wrt, trial.arrays, None if found.wrt == "y" else trial.dy)
    return result if isinstance(result, np.ndarray) else None
