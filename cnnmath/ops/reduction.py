"""Reductions: one number made of all the numbers along some axes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from functools import reduce
from itertools import product as every
from math import prod
from numbers import Integral
from operator import mul
from types import MappingProxyType

from cnnmath.axis import Axis, Bins
from cnnmath.errors import SettingError, ShapeError
from cnnmath.ops.algebra import Algebra, Number, Operand, Operator, Shape
from cnnmath.ops.along import AxisNumbers, axis_numbers, settled
from cnnmath.ops.checks import check_flag, check_word
from cnnmath.ops.statistics import HALF
from cnnmath.window import IDENTITY, Size, Window

SPATIAL = 2
"""The first axis behind the batch and the channels."""


@dataclass(frozen=True, slots=True)
class Reduce(Operator):
    r"""One number made of all the numbers along some axes: their sum, their mean, their maximum and others.

    ================  ====================================================================
    ``how``           y, of the numbers x along the axes
    ================  ====================================================================
    ``sum``           :math:`\sum x`
    ``mean``          :math:`\frac1M \sum x`, where M is how many they are
    ``max``, ``min``  :math:`\max x` and :math:`\min x = -\max(-x)`
    ``product``       :math:`\prod x`
    ``l1``            :math:`\sum |x|`
    ``l2``            :math:`\sqrt{\sum x^2}`
    ``sum_square``    :math:`\sum x^2`
    ``log_sum``       :math:`\log \sum x`
    ``log_sum_exp``   :math:`\log \sum e^x`
    ================  ====================================================================

    Parameters
    ----------
    how
        What is made of the numbers: a word of the table.
    over
        The axes that are reduced, an integer or a tuple: 0 is the batch, 1 the channels, 2 the first spatial axis, and
        -1 the last axis. None stands for all axes; the empty tuple for none, so that every number is one by itself.
    keep
        Whether these axes are kept, with size 1.

    Notes
    -----
    *Shape*: that of x, with 1 for each of the axes; or without them.

    *Cost*: one addition less than there are numbers, an output, and what is done to each number before; one comparison
    or multiplication less for ``max``, ``min`` and ``product``; one division, root or logarithm an output.

    *Conventions*: of equal maxima or minima the first in row-major order takes the whole gradient, where PyTorch's
    ``amax`` and ``amin`` share it out and its ``max`` over a single axis does not; NaN wins. The derivative is 0 where
    the numbers of ``l2`` are all zero, and where a number of ``l1`` is zero. A product has a formula only where its
    length is a number: it is written out.

    Raises
    ------
    SettingError, ShapeError
        For another word, for an axis that is not there or named twice, and where there is nothing along the axes.

    References
    ----------
    .. [1] ONNX operators ReduceSum, ReduceMean, ReduceMax, ReduceMin, ReduceProd, ReduceL1, ReduceL2, ReduceSumSquare,
       ReduceLogSum and ReduceLogSumExp.

    Examples
    --------
    >>> Reduce("mean", (2, 3)).shape((1, 64, 7, 7)), Reduce("max", -1, keep=False).shape((1, 64, 7, 7))
    ((1, 64, 1, 1), (1, 64, 7))
    """

    how: str
    over: AxisNumbers | None = None
    _: KW_ONLY
    keep: bool = True

    def __post_init__(self) -> None:
        check_word("reduction", self.how, tuple(HOW))
        if self.over is not None:
            object.__setattr__(self, "over", axis_numbers("over", self.over))
        check_flag("keep", self.keep)

    @property
    def indices(self) -> tuple[str, ...]:  # type: ignore[override]  # an axis that is not kept has none
        """Names of the first indices of the output."""
        gone = () if self.keep else self.along((1,) * SPATIAL) if self.over is None else self.over
        return tuple(name for axis, name in enumerate(Operator.indices) if axis not in gone)

    @property
    def positive(self) -> tuple[str, ...]:  # type: ignore[override]  # a logarithm is taken of the sum
        """Names of the operands whose numbers must be above 0."""
        return ("x",) if self.how == "log_sum" else ()

    @property
    def irrational(self) -> bool:
        """Whether a root, an exponential or a logarithm is taken."""
        return self.how in ("l2", "log_sum", "log_sum_exp")

    def along(self, x: Shape) -> tuple[int, ...]:
        """The axes that are reduced, counted from 0 and in this order, of an input of this shape."""
        return tuple(range(len(x))) if self.over is None else tuple(sorted(settled(self.over, x)))

    def output(self, x: Shape) -> Shape:
        """Shape of the output: 1 for each of the axes, or without them."""
        along = self.along(x)
        for axis in along:
            if isinstance(x[axis], Integral) and x[axis] == 0:
                raise ShapeError(
                    "there is nothing along an axis.",
                    input=f"shape {x}",
                    rule=f"a {self.how} of at least one number",
                    here=f"axis {axis} has size 0",
                    fix="give every axis that is reduced a size of 1",
                )
        if self.keep:
            return tuple(1 if axis in along else n for axis, n in enumerate(x))
        return tuple(n for axis, n in enumerate(x) if axis not in along)

    def windows(self, sizes: Shape) -> tuple[Window, ...] | None:
        """Its own position, or None where an output sees all of a spatial axis, and where axes are not kept."""
        axes = self.axes(sizes)
        return None if axes is None or any(isinstance(axis, Bins) for axis in axes) else (IDENTITY,) * len(sizes)

    def axes(self, sizes: Shape) -> tuple[Axis, ...] | None:
        """One bin for a spatial axis that is reduced, else its own position; None where axes are not kept."""
        along = self.along((1,) * SPATIAL + tuple(sizes))
        if along and not self.keep:
            return None
        return tuple(Bins(n, 1) if axis in along else IDENTITY for axis, n in enumerate(sizes, SPATIAL))

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output: what is made of the numbers along the axes."""
        along, rank = self.along(x.shape), len(x.shape)
        kept = [axis for axis in range(rank) if axis not in along]
        own = [at[axis] for axis in kept] if self.keep else at

        def number(*i: Size) -> Number:
            place = dict(zip((*kept, *along), (*own, *i), strict=True))
            return x[tuple(place[axis] for axis in range(rank))]

        return HOW[self.how](Line(m, number, tuple(x.shape[axis] for axis in along)))


@dataclass(frozen=True, slots=True)
class Line:
    """The numbers that one output is made of.

    Attributes
    ----------
    m
        The verbs.
    number
        The number at a position along the axes.
    sizes
        Of the axes.
    """

    m: Algebra
    number: Callable[..., Number]
    sizes: Shape

    def sum(self, of: Callable[[Number], Number] = lambda x: x) -> Number:
        """Sum of a function of the numbers."""
        return self.m.sum(lambda *i: of(self.number(*i)), *self.sizes)

    def max(self, of: Callable[[Number], Number] = lambda x: x) -> Number:
        """Maximum of a function of the numbers."""
        return self.m.max(lambda *i: of(self.number(*i)), *self.sizes)

    def product(self) -> Number:
        """The numbers multiplied one by one: no verb stands for it."""
        if not all(isinstance(n, Integral) for n in self.sizes):
            raise SettingError(
                "a product is written out, so that its length must be a number.",
                here=f"sizes {self.sizes}",
                fix="put numbers in",
            )
        return reduce(mul, (self.number(*i) for i in every(*map(range, self.sizes))))


def absolute(m: Algebra, x: Number) -> Number:
    """The number without its sign, with the derivative 0 at 0."""
    return m.when(x > 0, lambda: x, lambda: m.when(-x > 0, lambda: -x, lambda: 0))


def length(m: Algebra, squares: Number) -> Number:
    """The root of a sum of squares, with the derivative 0 where all of them are 0."""
    return m.when(squares > 0, lambda: m.power(squares, HALF), lambda: 0)


def square(x: Number) -> Number:
    """The number times itself."""
    return x * x


HOW: Mapping[str, Callable[[Line], Number]] = MappingProxyType(
    {
        "sum": lambda x: x.sum(),
        "mean": lambda x: x.sum() / prod(x.sizes),
        "max": lambda x: x.max(),
        "min": lambda x: -x.max(lambda number: -number),
        "product": lambda x: x.product(),
        "l1": lambda x: x.sum(lambda number: absolute(x.m, number)),
        "l2": lambda x: length(x.m, x.sum(square)),
        "sum_square": lambda x: x.sum(square),
        "log_sum": lambda x: x.m.log(x.sum()),
        "log_sum_exp": lambda x: x.m.log(x.sum(x.m.exp)),
    }
)
"""What is made of the numbers along the axes, by the word for it."""
