"""Expansion: an input repeated along its axes of length 1."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cnnmath.axis import Axis
from cnnmath.errors import SettingError
from cnnmath.ops.algebra import Algebra, Number, Operand, Operator, Shape
from cnnmath.ops.broadcast import broadcast, read, view
from cnnmath.ops.checks import integer
from cnnmath.window import IDENTITY, Size, Window


@dataclass(frozen=True, slots=True)
class Expand(Operator):
    r"""Input repeated along its axes of length 1.

    .. math:: y_{n,c,o} = x_{n,c,0}

    Parameters
    ----------
    sizes
        Lengths of the last axes of the output; 1 keeps the length that the input has.

    Notes
    -----
    *Shape*: x and the sizes are aligned at the last axes: where x has a length of 1 the output has that of the sizes,
    and more sizes than axes make new axes in front. See `broadcast`. *Cost*: none.

    *Conventions*: the gradient by x is the sum over the axes along which it is repeated.

    Raises
    ------
    SettingError, ShapeError
        Where no size is given, and where a length of x is neither 1 nor the size.

    References
    ----------
    .. [1] ONNX, operator ``Expand``.

    Examples
    --------
    >>> Expand((7, 7)).shape((2, 256, 1, 1)), Expand((8, 1, 1)).shape((3, 5))
    ((2, 256, 7, 7), (8, 3, 5))
    """

    sizes: tuple[Size, ...]

    def __post_init__(self) -> None:
        if isinstance(self.sizes, str) or not isinstance(self.sizes, Iterable):
            raise SettingError(
                "the sizes must be a tuple.", here=f"sizes {self.sizes!r}", fix="for the last axis alone give (7,)"
            )
        sizes = tuple(integer("size", size, 1) for size in self.sizes)
        if not sizes:
            raise SettingError("no size is given.", here="sizes ()", fix="give that of the last axis at least")
        object.__setattr__(self, "sizes", sizes)

    def output(self, x: Shape) -> Shape:
        """The shape to which the input is repeated."""
        return broadcast(x, self.sizes)

    def windows(self, sizes: Shape) -> tuple[Window, ...] | None:
        """The same position, see `views`; None where the output has axes that the input does not have."""
        return (IDENTITY,) * len(sizes) if len(self.sizes) <= len(sizes) + 2 else None

    def views(self, x: Shape) -> tuple[tuple[Axis, ...] | None, ...]:
        """The same position, and of an axis that is repeated all there is."""
        return (view(x, self.output(x)),)

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output: the input at the same position, the first of a repeated axis."""
        (number,) = read(at, x)
        return number
