"""Rung 2 for operators that choose: every position wins, and every two that can meet tie.

A maximum is no polynomial, and chance says little of it. Instead, every position of the input is made the largest of
all its windows, and every two positions that share a window are made the largest together, upon other numbers that are
all different. Positions whose windows have nothing in common are planted in one run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from math import prod

import numpy as np

from cnnmath import ops
from cnnmath.numeric.windows import Array
from cnnmath.readers.reach import reach
from cnnmath.verify.strategies import Case
from cnnmath.verify.trial import Trial

Position = tuple[int, ...]
CHOOSES = (ops.MaxPool, ops.AdaptiveMaxPool, ops.Maxout)
"""Operators whose output is one of their inputs."""

MOST = 120
"""Positions of an input above which not all pairs are planted."""

AT_ONCE = 64
"""Trials of which the definition is asked together."""


def planted(case: Case, generator: np.random.Generator, highest: int) -> Iterator[Array]:
    """Inputs of which some positions, alone or two at a time, are the largest of all windows that see them.

    Examples
    --------
    >>> case = Case(ops.MaxPool((2,)), ((1, 1, 4),))
    >>> for x in planted(case, np.random.default_rng(0), 99):
    ...     print([i for i, v in enumerate(x.ravel()) if v == 99])
    [0, 2]
    [1, 3]
    [0, 1, 2, 3]
    """
    if not isinstance(case.op, CHOOSES) or prod(case.inputs[0]) > MOST:
        return
    (shape,) = case.inputs
    windows = [sorted(reach(case.op, at, shape)) for at in np.ndindex(case.op.shape(shape))]
    alone = dict.fromkeys((p,) for window in windows for p in window)
    pairs = dict.fromkeys(pair for window in windows for pair in combinations(window, 2))
    for group in [*apart(alone, windows), *apart(pairs, windows)]:
        x = generator.permutation(prod(shape)).reshape(shape).astype(float) - prod(shape)
        for plant in group:
            for at in plant:
                x[at] = highest
        yield x


def apart(
    plants: Iterable[Sequence[Position]], windows: Sequence[Sequence[Position]]
) -> list[list[Sequence[Position]]]:
    """Plants in groups of which no two are seen by one window: each goes into the first group that has room."""
    seen_by: dict[Position, set[int]] = {}
    for i, window in enumerate(windows):
        for at in window:
            seen_by.setdefault(at, set()).add(i)
    groups: list[tuple[set[int], list[Sequence[Position]]]] = []
    for plant in plants:
        eyes = set().union(*(seen_by[at] for at in plant))
        room = next((group for group in groups if not group[0] & eyes), None)
        if room is None:
            groups.append(room := (set(), []))
        room[0].update(eyes)
        room[1].append(plant)
    return [group for _, group in groups]


def know(trials: Sequence[Trial], wanted: Sequence[str]) -> None:
    """Compute what the sentence says in many trials at once, as one batch: no choice is made between samples."""
    for first in range(0, len(trials), AT_ONCE):
        some = trials[first : first + AT_ONCE]
        op, (n, *rest) = some[0].case.op, some[0].case.inputs[0]
        x = np.concatenate([trial.arrays["x"] for trial in some])
        batch = Trial(Case(op, ((n * len(some), *rest),)), {"x": x}, np.concatenate([trial.dy for trial in some]))
        batch.prepare(wanted)
        for wrt in wanted:
            for trial, truth in zip(some, np.split(batch.truth(wrt), len(some)), strict=True):
                trial.know(wrt, truth)
