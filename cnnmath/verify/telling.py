"""Telling inputs: sizes of one operator at which axes, strides and rests can be told apart."""

from __future__ import annotations

from cnnmath.ops import Maxout, Operator
from cnnmath.ops.reduced import reduced
from cnnmath.verify.rungs.choice import CHOOSES
from cnnmath.verify.strategies import Case


def telling(op: Operator, rank: int = 2) -> list[Case]:
    """Settings that tell most of an operator as it is given: two, where a stride can leave a rest or none.

    Examples
    --------
    >>> from cnnmath.ops import Conv
    >>> [case.inputs for case in telling(Conv(64, 3, stride=2, padding=1, groups=2))]
    [((2, 6, 6, 8),), ((2, 6, 7, 9),)]
    """
    forms = [reduced(op, rank, exact=exact) for exact in (False, True)]
    own = [Case(op if _fits(op, inputs) else small, inputs) for small, inputs in forms]
    if isinstance(op, CHOOSES):  # one map, in which all orders and ties can be planted
        pieces = op.pieces if isinstance(op, Maxout) else 1
        own += [Case(op, ((1, pieces, *case.inputs[0][2:]),)) for case in own[:1]]
    return list(dict.fromkeys(own))


def at_reduced_width(op: Operator, rank: int = 2) -> list[Case]:
    """The same settings at the smallest width: equal for operators that differ in nothing but their widths."""
    return list(dict.fromkeys(Case(*reduced(op, rank, exact=exact)) for exact in (False, True)))


def _fits(op: Operator, inputs: tuple[tuple[int, ...], ...]) -> bool:
    """Whether the operator itself takes the inputs of its reduced form."""
    try:
        op.shape(*inputs)
    except ValueError:
        return False
    return True
