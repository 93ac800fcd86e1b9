"""Broadcasting: axes of length 1 are repeated, by one rule for all operators of several inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from numbers import Integral
from typing import Any

from cnnmath.axis import Axis, Whole
from cnnmath.errors import ShapeError
from cnnmath.ops.algebra import Number, Operand, Operator, Shape
from cnnmath.ops.checks import same
from cnnmath.window import IDENTITY, Size


def broadcast(*inputs: Shape) -> Shape:
    """The shape to which all inputs are repeated: shapes are aligned at the last axes, and a length of 1 fits any.

    Parameters
    ----------
    *inputs
        The shapes; what a shorter one lacks in front counts as axes of length 1.

    Notes
    -----
    *Conventions*: NumPy's and ONNX's. A symbol is not 1, and equals itself alone; many candidates equal others where
    all of them do.

    Raises
    ------
    ShapeError
        Where two lengths of an axis are unequal, and neither is 1.

    References
    ----------
    .. [1] ONNX, "Broadcasting in ONNX", multidirectional broadcasting.

    Examples
    --------
    >>> broadcast((8, 256, 7, 7), (8, 256, 1, 1)), broadcast((2, 3, 5), (3, 1), (4, 1, 1, 1))
    ((8, 256, 7, 7), (4, 2, 3, 5))
    """
    output = []
    for back, sizes in enumerate(zip_longest(*(reversed(x) for x in inputs), fillvalue=1), 1):
        long: Size = 1
        for size in sizes:
            if is_one(long):
                long = size
            elif not is_one(size) and not same((size,), (long,)):
                raise ShapeError(
                    "the inputs have unequal shapes.",
                    input="  and  ".join(map(str, inputs)),
                    rule="lengths of an axis, counted from the last, are equal or 1",
                    here=f"axis {-back}: {long} against {size}",
                    fix="bring the branches to one shape, with a strided 1x1 Conv as a projection or with padding",
                )
        output.append(long)
    return tuple(reversed(output))


def is_one(size: Size) -> bool:
    """Whether a length is the number 1: a symbol is not, nor are all candidates at once."""
    return isinstance(size, Integral) and size == 1


def place(at: Sequence[Any], shape: Shape) -> tuple[Any, ...]:
    """Position that an operand of this shape is read at, for the output at ``at``: 0 where its axis is repeated.

    Examples
    --------
    >>> place((7, 2, 5, 3), (64, 1, 1)), place((7, 2, 5, 3), ())
    ((2, 0, 0), ())
    """
    last = at[len(at) - len(shape) :]
    return tuple(0 if is_one(size) else i for i, size in zip(last, shape, strict=True))


def read(at: Sequence[Any], *xs: Operand) -> list[Number]:
    """The number of each operand that the output at ``at`` is made of."""
    return [x[place(at, x.shape)] for x in xs]


def view(x: Shape, output: Shape) -> tuple[Axis, ...] | None:
    """What an output reads of an input along each spatial axis; None where the input has other axes than the output.

    Examples
    --------
    >>> view((2, 8, 1, 7), (2, 8, 5, 7)) == (Whole(1, 5), IDENTITY)
    True
    """
    if len(x) != len(output):
        return None
    return tuple(
        Whole(1, n) if is_one(m) and not is_one(n) else IDENTITY for m, n in zip(x[2:], output[2:], strict=True)
    )


@dataclass(frozen=True, slots=True)
class Elementwise(Operator):
    """A function of the numbers that several inputs have at one position, each input repeated to a common shape."""

    def output(self, *inputs: Shape) -> Shape:
        """The shape to which all inputs are repeated."""
        return broadcast(*inputs)

    def views(self, *inputs: Shape) -> tuple[tuple[Axis, ...] | None, ...]:
        """Of each input the same position, and of an axis that is repeated all there is."""
        output = broadcast(*inputs)
        return tuple(view(x, output) for x in inputs)
