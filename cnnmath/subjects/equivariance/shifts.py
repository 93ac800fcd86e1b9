"""Layers and shifts by brute force: what a layer leaves of every impulse, and which shifts of its output fit.

The signals run over all integers, so that there are no borders.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any, TypeAlias

import sympy as sp

from cnnmath.subjects.signals.lattice import box, place, plus
from cnnmath.symbolic import Remark, remark
from cnnmath.symbolic.evaluate import evaluate
from cnnmath.symbolic.instance import Instance, Place, Sparse
from cnnmath.symbolic.letters import Letters
from cnnmath.symbolic.terms import Expr
from cnnmath.window import Window

Responses: TypeAlias = Mapping[Place, Mapping[Place, Any]]
"""For every input position (a channel and a place) the outputs that its impulse reaches, with their numbers."""

FAR = {1: 4, 2: 2, 3: 2}
"""How far "everywhere" reaches in the small settings of each rank."""

FURTHER = {1: 2, 2: 2, 3: 2}
"""Strides of a second shift, of another number than the first: everywhere reaches so far."""

TRIED = 3
"""Shifts of the output that are tried, to either side."""


def outputs(windows: Sequence[Window], far: int) -> list[Place]:
    """Places of the outputs: twice as far as everywhere reaches, and all that see an input of the first two strides."""
    return box(
        *(range(-max(2 * far, w.extent // w.stride), max(2 * far, 2 + w.before // w.stride) + 1) for w in windows)
    )


def responses(
    windows: Sequence[Window], weights: Iterable[tuple[int, int, Place, Any]], places: Sequence[Place]
) -> Responses:
    """What is seen of every impulse: each output reads each tap, and the weight is put down where it reads.

    Parameters
    ----------
    windows
        One an axis, all numbers.
    weights
        Filter, input channel, tap and number.
    places
        Of the outputs.

    Examples
    --------
    >>> responses([Window(2, stride=2)], [(0, 0, (0,), 5), (0, 0, (1,), 7)], [(0,), (1,)])[0, 3]
    {(0, 1): 7}
    """
    table: dict[Place, dict[Place, Any]] = {}
    for f, c, tap, number in weights:
        for o in places if number else ():
            j = (w.tap(i, k) for w, i, k in zip(windows, o, tap, strict=True))
            table.setdefault((c, *j), {})[f, *o] = number
    return table


def fitting(table: Responses, channels: int, strides: Sequence[int], t: Place) -> int:
    """Number of shifts of the output that a shift t of the input may stand for, whatever the input.

    All near ones are tried, on the impulses of one period: every signal is a sum of these and their shifts.

    Examples
    --------
    >>> table = responses([Window(2, stride=2)], [(0, 0, (0,), 5), (0, 0, (1,), 7)], box(range(-9, 10)))
    >>> [fitting(table, 1, (2,), (t,)) for t in range(5)]
    [1, 0, 1, 0, 1]
    """
    impulses = [(c, *j) for c in range(channels) for j in product(*map(range, strides))]
    pairs = [(table.get(at, {}), table.get(moved(at, t), {})) for at in impulses]
    if any(len(before) != len(after) for before, after in pairs):
        return 0
    numbers = [(o, number, after) for before, after in pairs for o, number in before.items()]
    tried = box(*[range(-TRIED, TRIED + 1)] * len(t))
    return sum(all(after.get(moved(o, u)) == number for o, number, after in numbers) for u in tried)


def moved(at: Place, t: Place) -> Place:
    """A position, its channel first, moved by t."""
    return (at[0], *plus(at[1:], t))


def shifted(x: Sparse, t: Place) -> Sparse:
    """A signal in channels, moved by t."""
    return Sparse({moved(at, t): number for at, number in x.numbers.items()})


def assumptions(letters: Letters) -> tuple[Remark, ...]:
    """That signals have no borders, and what a padding with a name stands for."""
    paddings = (pair for pair in letters.definitions.items() if pair[0] not in letters.outputs)
    return (
        remark("{} and {} run over all integers: there are no borders", sp.Symbol("x"), sp.Symbol("y")),
        *(remark("{}", sp.Eq(*pair, evaluate=False)) for pair in paddings),
    )


def counted(fits: Expr, u: tuple[Expr, ...], t: tuple[Expr, ...]) -> Remark:
    """What is counted by brute force."""
    return remark(
        "{} is the number of shifts {} of the output that fit a shift by {} of any input", fits, place(u), place(t)
    )


def concrete(letters: Letters, instance: Instance) -> list[Window]:
    """The windows of an instance, in numbers."""
    names = ("kernel", "stride", "dilation", "before", "after")
    return [Window(*(int(evaluate(getattr(w, name), instance.environment)) for name in names)) for w in letters.windows]


def chosen_shift(windows: list[Window], strides: int) -> Place:
    """A shift by so many strides, forth or back by turns; for 0, one that some stride does not divide, if any can."""
    return tuple(w.stride * strides * (-1) ** i if strides else w.stride + 1 - i for i, w in enumerate(windows))


def scaled(strides: list[Any], u: tuple[Any, ...]) -> tuple[Any, ...]:
    """Positions that lie so many strides from the origin."""
    return tuple(s * a for s, a in zip(strides, u, strict=True))
