"""Rung 4: real numbers, each result within its own bound of what roundings may do to it.

The exact value and the bound are both read from the sentence, before the kernel runs. The bound holds for any order of
summation, any blocking and any longer format within, so that a kernel that is more accurate than others is never
refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from cnnmath.numeric.windows import Array
from cnnmath.verify.compare import compared
from cnnmath.verify.evidence import Evidence, Finding, Withheld
from cnnmath.verify.guard import Guard
from cnnmath.verify.real import extreme, real, trapped
from cnnmath.verify.rounding import FORMATS, bounded
from cnnmath.verify.strategies import Case
from cnnmath.verify.trial import ROOM, Trial, steps

RUNG = 4
WITHIN = "real numbers in {}: each within the bound of its own roundings, for sums {}"
KEPT = 64
"""Results whose bounds are kept, as several kernels or directions may be asked for them."""


def within_rounding(
    guard: Guard, case: Case, wanted: Sequence[str], generator: np.random.Generator
) -> Iterator[Evidence | Withheld | Finding]:
    """Two runs on real numbers, one with a few that are much larger; a third where extreme numbers are a trap."""
    dtype, algorithm = guard.tested.dtype, guard.tested.algorithm
    form = FORMATS.get(dtype)
    if form is None or steps(case) > ROOM:
        why = "its numbers are integers" if form is None else "bounds take long at this size: ask at smaller ones"
        yield from (Withheld(RUNG, wrt, why) for wrt in wanted)
        return
    how = f"in {algorithm}" if algorithm == "any order" else f"by {algorithm}"
    runs = 3 if trapped(case.op) else 2
    seed = int(generator.integers(1 << 62))
    for wrt in wanted:
        count, size = 0, 0
        for run in range(runs):
            trial, bound = _known(case, wrt, dtype, algorithm, seed, run)
            given = guard(trial, wrt, RUNG)
            if not isinstance(given, Finding):
                given = compared(trial, wrt, given, RUNG, allowed=bound, kind="bound")
            if given is not None:
                yield given
                return
            count, size = count + int(np.isfinite(bound).sum()), size + bound.size
        if count or not size:
            yield Evidence(RUNG, wrt, WITHIN.format(form.name, how), runs, count)
        else:
            yield Withheld(RUNG, wrt, f"its numbers could exceed {form.name}")


@lru_cache(maxsize=KEPT)
def _known(case: Case, wrt: str, dtype: str, algorithm: str, seed: int, run: int) -> tuple[Trial, Array]:
    """What a kernel is asked in one run, with its exact value known, and how far it may be from that."""
    trial = real(case, dtype, np.random.default_rng([seed, run]), large=run == 1)
    if run == 2:
        trial = extreme(trial, dtype)
    found = bounded(case.op, wrt, trial.arrays, trial.dy, FORMATS[dtype], algorithm=algorithm)
    trial.know(wrt, found.value)
    return trial, found.bound
