"""Sight: which known mistakes of an operator the settings that were tried could have shown, and which not."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from cnnmath.ops import Operator
from cnnmath.verify.mistakes import MISTAKES, Mistake
from cnnmath.verify.strategies import Case
from cnnmath.verify.telling import telling, wide


def unseen(op: Operator, cases: Iterable[Case], wanted: Collection[str], *, wider: bool = False) -> list[Mistake]:
    """Mistakes that telling inputs of the operator show, and the cases do not.

    Parameters
    ----------
    op
        The operator.
    cases
        Settings that were tried.
    wanted
        Results that were judged.
    wider
        Whether many samples and many channels may show them too.

    Examples
    --------
    >>> from cnnmath.ops import Conv
    >>> op = Conv(1, 3, padding=((1, 0), (0, 1)))
    >>> unseen(op, telling(op), ["y", "x", "w", "b"])
    []
    """
    tried, could = tuple(cases), [*telling(op), *(wide(op) if wider else ())]
    own = [m for m in MISTAKES if m.kind is type(op) and m.spoils & set(wanted)]
    return [m for m in own if _shown(m, could) and not _shown(m, tried)]


def square(cases: Iterable[Case]) -> list[str]:
    """What cannot be seen where all axes of every input are equally long.

    Examples
    --------
    >>> from cnnmath.ops import ReLU
    >>> square([Case(ReLU(), ((2, 3, 4, 4),))]), square([Case(ReLU(), ((2, 3, 4, 5),))])
    (['the length of one axis were taken for another'], [])
    """
    sizes = [x[2:] for case in cases for x in case.inputs if len(x) > 3]
    return ["the length of one axis were taken for another"] if sizes and all(len(set(s)) == 1 for s in sizes) else []


def _shown(mistake: Mistake, cases: Iterable[Case]) -> bool:
    return any(mistake.shows(case.op, case.inputs) for case in cases)
