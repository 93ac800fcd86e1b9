"""The verbs in which an operator's sentence is written, and the base of all operators.

An operator says once what *one* output number is (`Operator.element`), in the shape of its textbook formula, with plain
arithmetic and the eight verbs of `Algebra`. A reader is one implementation of the verbs: with exact numbers the
sentence is a value, with counts a cost, with sets of positions a receptive field, with SymPy a formula.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, ClassVar, Protocol, TypeAlias

from cnnmath.axis import Axis
from cnnmath.errors import SettingError, clip
from cnnmath.ops.checks import check_arity, check_shape
from cnnmath.window import IDENTITY, Shape, Size, Window

Number: TypeAlias = Any  # whatever a reader computes with


class Algebra(Protocol):
    """The eight verbs. Indices are integers or symbols; conditions are comparisons of indices or of numbers."""

    pi: ClassVar[Any]
    """The number pi."""

    def sum(
        self, body: Callable[..., Number], *extents: Size, where: Callable[..., Iterable[Any]] | None = None
    ) -> Number:
        """Sum of ``body(i, j, ...)`` over ``0 <= i < extents[0]``, ..., only ``where`` all conditions hold."""
        ...

    def max(
        self, body: Callable[..., Number], *extents: Size, where: Callable[..., Iterable[Any]] | None = None
    ) -> Number:
        """Maximum over the same range; at a tie the first in row-major order takes the whole gradient."""
        ...

    def when(self, condition: Any, then: Callable[[], Number], otherwise: Callable[[], Number]) -> Number:
        """``then()`` where the condition holds, else ``otherwise()``."""
        ...

    def let(self, name: str, over: Sequence[Size], value: Callable[[], Number]) -> Number:
        """Name a number that depends on the indices ``over`` alone, so that outputs sharing them compute it once."""
        ...

    def exp(self, x: Number) -> Number:
        """Exponential."""
        ...

    def log(self, x: Number) -> Number:
        """Natural logarithm."""
        ...

    def erf(self, x: Number) -> Number:
        """Error function, ``2/sqrt(pi)`` times the integral of ``exp(-t^2)`` from 0 to ``x``."""
        ...

    def power(self, x: Number, exponent: Fraction | int) -> Number:
        """``x``, which may be a constant, to a fixed rational power; ``power(x, 1/2)`` is the square root."""
        ...


class Operand(Protocol):
    """An array as a sentence sees it: a shape, and numbers at positions inside that shape.

    An index may be a number of another operand: ``x[n, t[n]]`` is the number of x that a label t names.
    """

    @property
    def shape(self) -> Shape:
        """One size an axis, batch first."""
        ...

    def __getitem__(self, at: Any, /) -> Number:
        """Number at a position: a tuple, or a single index where there is one axis."""
        ...


def position(at: Any) -> tuple[Any, ...]:
    """The position as a tuple, whether it was written ``w[f, c, k]`` or ``b[f]``."""
    return at if isinstance(at, tuple) else (at,)


@dataclass(frozen=True, slots=True)
class Operator(ABC):
    """An operator: a frozen record of settings, and one sentence.

    The defaults describe an operator without parameters that maps each position to itself.
    """

    indices: ClassVar[tuple[str, ...]] = ("n", "c")
    """Names of the first indices of the output, before the spatial ones."""

    reads: ClassVar[tuple[str, ...]] = ("x",)
    """Names of the inputs, in the order of `element`."""

    variadic: ClassVar[bool] = False
    """Whether it takes any number of inputs instead, from two: x1, x2, ..."""

    positive: ClassVar[tuple[str, ...]] = ()
    """Names of the operands whose numbers must be above 0, such as those that a logarithm is taken of."""

    @abstractmethod
    def element(self, m: Algebra, at: tuple[Size, ...], *operands: Any) -> Number:
        """The sentence: the output number at the position ``at``, in the verbs of ``m``."""

    def shape(self, *inputs: Shape) -> Shape:
        """Shape of the output, from the shapes of the inputs, each (N, C, *spatial)."""
        check_arity(len(inputs), self.reads, variadic=self.variadic)
        for x in inputs:
            check_shape(x)
        return self.output(*inputs)

    def output(self, *inputs: Shape) -> Shape:
        """Shape of the output, the inputs being as many as the operator takes, and shapes indeed."""
        return inputs[0]

    def parameters(self, *inputs: Shape) -> dict[str, Shape]:
        """Shapes of the trainable parameters, by name."""
        return {}

    def buffers(self, *inputs: Shape) -> dict[str, Shape]:
        """Shapes of the numbers that belong to the operator but are not trained, by name."""
        return {}

    def levels(self, *inputs: Shape) -> dict[str, Sequence[int]]:
        """Whole numbers of which a buffer's numbers must each be one, by name, for labels and masks."""
        return {}

    def windows(self, sizes: Shape) -> tuple[Window, ...] | None:
        """Window an axis through which an output sees the input; None where it sees all of it."""
        return (IDENTITY,) * len(sizes)

    def axes(self, sizes: Shape) -> tuple[Axis, ...] | None:
        """What an output reads along each axis, also where that is no window; None where nothing is spatial."""
        return self.windows(sizes)

    def views(self, *inputs: Shape) -> tuple[tuple[Axis, ...] | None, ...]:
        """What an output reads of each input along each axis: of all inputs the same, where they are alike."""
        return (self.axes(inputs[0][2:]),) * len(inputs)

    def rearranges(self, *inputs: Shape) -> bool:
        """Whether positions of the output are no positions of the input, so that no axis says what they read."""
        return False


def spatial_of(op: Operator, output: Shape) -> Shape:
    """Spatial sizes of an operator's output, from its shape.

    Examples
    --------
    >>> from cnnmath.ops import Conv, CrossEntropy
    >>> spatial_of(Conv(8, 3), (1, 8, 6, 7)), spatial_of(CrossEntropy("none"), (1, 6, 7))
    ((6, 7), (6, 7))
    """
    return output[len(op.indices) :]


def operands(op: Operator, *inputs: Shape) -> dict[str, Shape]:
    """Shapes of everything the sentence reads, by name and in the order of `Operator.element`.

    Examples
    --------
    >>> from cnnmath.ops import Conv
    >>> operands(Conv(6, 5), (1, 3, 32, 32))
    {'x': (1, 3, 32, 32), 'w': (6, 3, 5, 5), 'b': (6,)}
    """
    check_operator(op)
    op.shape(*inputs)
    return operands_of(op, *inputs)


def operands_of(op: Operator, *inputs: Shape) -> dict[str, Shape]:
    """The same, where the shapes are known to fit."""
    return dict(zip(input_names(op, len(inputs)), inputs, strict=True)) | op.parameters(*inputs) | op.buffers(*inputs)


def input_names(op: Operator, count: int) -> tuple[str, ...]:
    """What the sentence calls its inputs, of which there are so many.

    Examples
    --------
    >>> from cnnmath.ops import Add, RNNCell
    >>> input_names(Add(), 3), input_names(RNNCell(8), 2)
    (('x1', 'x2', 'x3'), ('x', 'h'))
    """
    return tuple(f"x{i}" for i in range(1, count + 1)) if op.variadic else op.reads


def check_operator(op: Any) -> None:
    """Raise where something else than an operator is given."""
    if not isinstance(op, Operator):
        raise SettingError("this is no operator.", here=f"{op!r}", fix="give an instance, such as cnnmath.ops.ReLU()")


def check_class(kind: Any) -> None:
    """Raise where something else than the class of an operator is given."""
    if not (isinstance(kind, type) and issubclass(kind, Operator)):
        fix = "give a class, such as cnnmath.ops.ReLU"
        raise SettingError("this is no kind of operator.", here=clip(f"{kind!r}"), fix=fix)


@lru_cache(maxsize=1024, typed=True)  # an exact 0.1 is another number than the literal
def rational(value: float | Fraction) -> Fraction:
    """Exact number that a decimal literal means: ``1e-5`` is 1/100000, not the nearest binary fraction.

    Examples
    --------
    >>> rational(0.01)
    Fraction(1, 100)
    """
    return Fraction(str(value)) if isinstance(value, float) else Fraction(value)
