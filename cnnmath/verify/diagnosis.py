"""Diagnosis: the counterexample in small numbers, and the known mistakes that explain it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import numpy as np

from cnnmath.verify.adapter import Tested
from cnnmath.verify.compare import compared
from cnnmath.verify.data import mode
from cnnmath.verify.guard import LIMIT, Guard
from cnnmath.verify.mistakes import explain
from cnnmath.verify.rungs.integers import drawn
from cnnmath.verify.trial import Trial
from cnnmath.verify.verdict import Counterexample, Finding

TRIALS = 3
"""Runs in which an explanation must agree."""


def explained(kernel: Tested, found: Counterexample, *, seed: int = 0, limit: float | None = LIMIT) -> Counterexample:
    """The same counterexample on numbers below ten, where these show it, with what explains it."""
    if (
        found.finding.kind not in ("value", "nan", "polynomial")
        or mode(found.case.op, *found.case.inputs) != "integers"
    ):
        return found
    trials = []
    with closing(Guard(kernel, limit)) as guard:
        for i in range(TRIALS):
            arrays, dy = drawn(found.case, np.random.default_rng([seed, i]), kernel.dtype)
            trial = Trial(found.case, arrays, dy)
            given = guard(trial, found.wrt, found.finding.rung)
            if isinstance(given, Finding):
                return found
            trials.append((trial, given))
    small = (compared(trial, found.wrt, given, found.finding.rung) for trial, given in trials)
    runs = [(trial.arrays, None if found.wrt == "y" else trial.dy, given) for trial, given in trials]
    known = explain(found.case.op, found.case.inputs, found.wrt, runs)
    return replace(
        found, finding=next((f for f in small if f), found.finding), explanations=tuple(m.says for m in known)
    )
