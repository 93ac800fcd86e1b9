"""Sight: which known mistakes of an operator the settings that were tried could have shown, and which not."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from cnnmath.errors import CnnmathError
from cnnmath.ops import Operator
from cnnmath.verify.mistakes import MISTAKES, Mistake
from cnnmath.verify.strategies import Case
from cnnmath.verify.telling import telling

BLOCK = 9
"""More samples, and more channels, than a kernel takes at a time."""


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
    tried, could = tuple(cases), [*telling(op), *(_wide(op) if wider else ())]
    own = [m for m in MISTAKES if m.kind is type(op) and m.spoils & set(wanted)]
    return [m for m in own if _shown(m, could) and not _shown(m, tried)]


def _shown(mistake: Mistake, cases: Iterable[Case]) -> bool:
    return any(mistake.shows(case.op, case.inputs) for case in cases)


def _wide(op: Operator) -> Iterable[Case]:
    """Telling inputs with more samples, and with more channels."""
    case = telling(op)[0]
    for times in ((BLOCK, 1), (1, BLOCK)):
        inputs = tuple((n * times[0], c * times[1], *rest) for n, c, *rest in case.inputs)
        try:
            op.shape(*inputs)
        except CnnmathError:
            continue
        yield Case(op, inputs)
