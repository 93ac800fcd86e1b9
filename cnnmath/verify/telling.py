"""Telling inputs: sizes of one operator at which axes, strides and rests can be told apart."""

from __future__ import annotations

from cnnmath.ops import Maxout, Operator
from cnnmath.ops.algebra import check_operator, spatial_of
from cnnmath.ops.reduced import reduced
from cnnmath.verify.rungs.choice import CHOOSES
from cnnmath.verify.smallest import smallest
from cnnmath.verify.strategies import Case

BLOCK = 9
"""More samples, and times more channels, than a kernel takes at a time."""


def telling(op: Operator, rank: int = 2) -> list[Case]:
    """Settings that tell most of an operator as it is given: two, where a stride can leave a rest or none.

    Examples
    --------
    >>> from cnnmath.ops import Conv
    >>> [case.inputs for case in telling(Conv(64, 3, stride=2, padding=1, groups=2))]
    [((2, 6, 6, 8),), ((2, 6, 7, 9),)]
    """
    check_operator(op)
    forms = [reduced(op, rank, exact=exact) for exact in (False, True)]
    own = [Case(op if _fits(op, inputs) else small, inputs) for small, inputs in forms]
    if isinstance(op, CHOOSES):  # one map, in which all orders and ties can be planted
        pieces = op.pieces if isinstance(op, Maxout) else 1
        own += [Case(op, ((1, pieces, *case.inputs[0][2:]),)) for case in own[:1]]
    return list(dict.fromkeys(own))


def at_reduced_width(op: Operator, rank: int = 2) -> list[Case]:
    """The same settings at the smallest width: equal for operators that differ in nothing but their widths."""
    return list(dict.fromkeys(Case(*reduced(op, rank, exact=exact)) for exact in (False, True)))


def wide(op: Operator) -> list[Case]:
    """Settings with more samples, and more channels, than a kernel takes at a time, and as small as can be besides.

    Examples
    --------
    >>> from cnnmath.ops import Conv
    >>> [case.inputs for case in wide(Conv(4, 3, groups=2))]
    [((9, 6, 3, 3),), ((2, 54, 3, 3),)]
    """
    case = telling(op)[0]
    found = []
    for samples, channels in ((BLOCK, None), (None, BLOCK)):
        inputs = tuple((samples or n, c * (channels or 1), *_least(op, case, n, c)) for n, c, *_ in case.inputs)
        if _fits(op, inputs):
            found.append(Case(op, inputs))
    return found


def least(op: Operator) -> Case:
    """One sample, one channel a group, and along each axis the fewest inputs that give two outputs, or one.

    Examples
    --------
    >>> from cnnmath.ops import Conv
    >>> least(Conv(2, (3, 2), stride=(2, 1))).inputs
    ((1, 1, 5, 3),)
    """
    case = telling(op)[0]

    def two(c: Case) -> bool:
        outputs, now = spatial_of(op, op.shape(*c.inputs)), spatial_of(op, op.shape(*case.inputs))
        return all(o >= min(2, n) for o, n in zip(outputs, now, strict=True))

    return smallest(case, two)


def _least(op: Operator, case: Case, n: int, c: int) -> tuple[int, ...]:
    """Spatial sizes, each the smallest that the operator takes beside the others."""
    sizes = list(case.inputs[0][2:])
    for axis, most in enumerate(sizes):
        for size in range(1, most + 1):
            tried = (n, c, *sizes[:axis], size, *sizes[axis + 1 :])
            if _fits(op, (tried,) * len(case.inputs)):
                sizes[axis] = size
                break
    return tuple(sizes)


def _fits(op: Operator, inputs: tuple[tuple[int, ...], ...]) -> bool:
    """Whether the operator itself takes the inputs of its reduced form."""
    try:
        op.shape(*inputs)
    except ValueError:
        return False
    return True
