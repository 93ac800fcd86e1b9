"""The smallest inputs of one operator at which a kernel is still wrong in the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cnnmath.errors import CnnmathError
from cnnmath.ops.algebra import Shape
from cnnmath.verify.strategies import Case


def smallest(case: Case, fails: Callable[[Case], bool]) -> Case:
    """Make one axis after the other as small as it can be, until none can be made smaller.

    Examples
    --------
    >>> from cnnmath.ops import Conv
    >>> case = Case(Conv(4, (3, 2)), ((2, 3, 6, 7),))
    >>> smallest(case, lambda c: c.inputs[0][3] > 4).inputs
    ((1, 1, 3, 5),)
    """
    while True:
        smaller = next((c for c in _smaller(case) if fails(c)), None)
        if smaller is None:
            return case
        case = smaller


def _smaller(case: Case) -> Iterator[Case]:
    """Settings with one axis shorter, the shortest first; inputs that agree in it go on to agree."""
    for i, inputs in enumerate(case.inputs):
        for axis, size in enumerate(inputs):
            for less in range(1, size):
                shapes = tuple(
                    _with(s, axis, less) if j >= i and _at(s, axis) == size else s for j, s in enumerate(case.inputs)
                )
                if _fits(case, shapes):
                    yield Case(case.op, shapes)


def _with(shape: Shape, axis: int, size: int) -> Shape:
    return (*shape[:axis], size, *shape[axis + 1 :])


def _at(shape: Shape, axis: int) -> int | None:
    return shape[axis] if axis < len(shape) else None


def _fits(case: Case, shapes: tuple[Shape, ...]) -> bool:
    try:
        case.op.shape(*shapes)
        case.op.parameters(*shapes)
    except CnnmathError:
        return False
    return True
