"""Rung 4: real numbers, each result within its own bound of what roundings may do to it.

The exact value and the bound are both read from the sentence, before the kernel runs. The bound holds for any order of
summation, any blocking and any longer format within, so that a kernel that is more accurate than others is never
refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

import numpy as np

from cnnmath.verify.compare import compared
from cnnmath.verify.guard import Guard
from cnnmath.verify.real import real
from cnnmath.verify.rounding import FORMATS, bounded
from cnnmath.verify.strategies import Case
from cnnmath.verify.trial import ROOM, steps
from cnnmath.verify.verdict import Evidence, Finding, Withheld

RUNG = 4
WITHIN = "real numbers in {}: each within the bound of its own roundings, for sums {}"


def within_rounding(
    guard: Guard, case: Case, wanted: Sequence[str], generator: np.random.Generator
) -> Iterator[Evidence | Withheld | Finding]:
    """Two runs on real numbers, one of them with a few that are much larger than the others."""
    form = FORMATS.get(guard.tested.dtype)
    if form is None or steps(case) > ROOM:
        why = "its numbers are integers" if form is None else "bounds take long at this size: ask at smaller ones"
        yield from (Withheld(RUNG, wrt, why) for wrt in wanted)
        return
    algorithm = guard.tested.algorithm
    how = f"in {algorithm}" if algorithm == "any order" else f"by {algorithm}"
    said = dict.fromkeys(wanted, 0)
    for large in (False, True):
        trial = real(case, guard.tested.dtype, generator, large=large)
        for wrt in wanted:
            found = bounded(case.op, wrt, trial.arrays, trial.dy, form, algorithm=algorithm)
            trial.know(wrt, found.value)
            given = guard(trial, wrt, RUNG)
            if not isinstance(given, Finding):
                given = compared(trial, wrt, given, RUNG, allowed=found.bound, kind="bound")
            if given is not None:
                yield given
                return
            said[wrt] += int(np.isfinite(found.bound).sum())
    for wrt in wanted:
        if said[wrt] or not prod(trial.shape(wrt)):
            yield Evidence(RUNG, wrt, WITHIN.format(form.name, how), 2, said[wrt])
        else:
            yield Withheld(RUNG, wrt, f"its numbers could exceed {form.name}")
