"""Cost reader: numbers are worthless, only the arithmetic on them counts.

One output is read once, with indices that have no value; a sum multiplies what its body costs by its extents. Since
nothing but ``+ *`` is done to the extents, the census is an integer for integer sizes and a formula for symbols.
Indices are free: only arithmetic on the operands' numbers is counted. Taps in the padding count like all others (the
convention of every counter but oneDNN's).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from functools import reduce, singledispatch
from itertools import product
from math import prod
from numbers import Integral
from typing import Any, ClassVar

from cnnmath.errors import SettingError
from cnnmath.ops.algebra import Number, Operator, Shape, check_operator, operands_of
from cnnmath.ops.reduction import Reduce
from cnnmath.ops.resize import Resize
from cnnmath.ops.transposed import ConvTranspose
from cnnmath.ops.unpool import MaxUnpool
from cnnmath.ops.upsample import LinearUpsample
from cnnmath.readers.error_function import PI
from cnnmath.window import Size


@dataclass(frozen=True, slots=True)
class Census:
    """How many of each kind of arithmetic operation.

    Subtractions count as additions; a power counts as one root, whatever its exponent.

    Examples
    --------
    >>> (Census(multiplications=3) + Census(multiplications=1, additions=2)).total
    6
    """

    multiplications: Size = 0
    additions: Size = 0
    divisions: Size = 0
    comparisons: Size = 0
    exponentials: Size = 0
    logarithms: Size = 0
    roots: Size = 0
    error_functions: Size = 0

    def __add__(self, other: Census) -> Census:
        return Census(*(a + b for a, b in zip(self, other, strict=True)))

    def __mul__(self, times: Size) -> Census:
        return Census(*(n and n * times if isinstance(n, int) else n * times for n in self))

    def __iter__(self) -> Iterator[Size]:
        return (getattr(self, kind) for kind in KINDS)

    @property
    def total(self) -> Size:
        """All of them together."""
        return sum(self)

    def either(self, other: Census) -> Census:
        """The dearer of two branches, kind by kind."""
        return Census(*(a if b == 0 else b if a == 0 else max(a, b) for a, b in zip(self, other, strict=True)))


KINDS = tuple(f.name for f in fields(Census))
"""The kinds of operations, in the order of the record."""


class VaryingError(Exception):
    """An extent depends on the output's position, so that one output does not stand for all."""


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """An index without a value; output indices know their extent, and so do quotients and remainders of them."""

    extent: Size = None

    def __floordiv__(self, divisor: Any) -> Index:
        if self.extent is None or isinstance(divisor, Index):
            return Index()
        return Index(-(-self.extent // divisor) if divisor else 0)

    def _index(self, _: Any) -> Index:
        return Index()

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _index
    __lt__ = __ge__ = __gt__ = __le__ = _index

    def __mod__(self, extent: Size) -> Index:
        return Index(extent)

    def __neg__(self) -> Index:
        return Index()

    def __abs__(self) -> Index:
        return Index()


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """A number that reports each operation on it."""

    count: Callable[[str], Counted]

    def __add__(self, other: Number) -> Counted:
        return self.count("additions")

    def __mul__(self, other: Number) -> Counted:
        return self.count("multiplications")

    def __truediv__(self, other: Number) -> Counted:
        return self.count("divisions")

    def __gt__(self, other: Number) -> Counted:
        return self.count("comparisons")

    def __neg__(self) -> Counted:
        return self

    __radd__ = __sub__ = __rsub__ = __add__
    __rmul__, __rtruediv__ = __mul__, __truediv__


@dataclass(frozen=True, slots=True)
class Weightless:
    """An operand of which only the shape is known."""

    shape: Shape
    number: Counted

    def __getitem__(self, at: Any) -> Counted:
        return self.number


class Cost:
    """The verbs over counts."""

    pi: ClassVar = PI

    def __init__(self) -> None:
        self.census = Census()
        self.shared: dict[str, Census] = {}

    def sum(
        self, body: Callable[..., Number], *extents: Size, where: Callable[..., Iterable[Any]] | None = None
    ) -> Number:
        """The body as often as the range is long, and one addition less."""
        return self._fold("additions", body, extents)

    def max(
        self, body: Callable[..., Number], *extents: Size, where: Callable[..., Iterable[Any]] | None = None
    ) -> Number:
        """The body as often as the range is long, and one comparison less."""
        return self._fold("comparisons", body, extents)

    def when(self, condition: Any, then: Callable[[], Number], otherwise: Callable[[], Number]) -> Number:
        """The dearer branch."""
        (_, first), (result, second) = self._apart(then), self._apart(otherwise)
        self.census = self.census + first.either(second)
        return self._number() if isinstance(result, Counted) or isinstance(condition, Counted) else result

    def let(self, name: str, over: Sequence[Any], value: Callable[[], Number]) -> Number:
        """Once for each value of the indices it depends on, whatever the number of outputs."""
        result, census = self._apart(value)
        self.shared[name] = census * _times(i.extent for i in over)
        return result

    def exp(self, x: Number) -> Number:
        """One exponential."""
        return x.count("exponentials")

    def log(self, x: Number) -> Number:
        """One logarithm."""
        return x.count("logarithms")

    def erf(self, x: Number) -> Number:
        """One error function."""
        return x.count("error_functions")

    def power(self, x: Number, exponent: Fraction | int) -> Number:
        """One root; that of a constant costs nothing."""
        return x.count("roots") if isinstance(x, Counted) else x

    def operand(self, shape: Shape) -> Weightless:
        """Let the sentence read an operand of this shape."""
        return Weightless(shape, self._number())

    def _number(self) -> Counted:
        return Counted(self._count)

    def _count(self, kind: str) -> Counted:
        self.census = replace(self.census, **{kind: getattr(self.census, kind) + 1})
        return self._number()

    def _apart(self, value: Callable[[], Number]) -> tuple[Number, Census]:
        """What a part of the sentence costs by itself."""
        before, self.census = self.census, Census()
        result = value()
        census, self.census = self.census, before
        return result, census

    def _fold(self, kind: str, body: Callable[..., Number], extents: Sequence[Any]) -> Number:
        if any(isinstance(extent, Index) for extent in extents):
            raise VaryingError
        times = _times(extents)
        result, census = self._apart(lambda: body(*(Index(extent) for extent in extents)))
        if not isinstance(result, Counted):
            return Index()
        self.census = self.census + census * times + Census(**{kind: times - 1})
        return self._number()


@singledispatch
def cost(op: Operator, *inputs: Shape, output: Shape | None = None) -> Census:
    """Arithmetic of the whole output, from the shapes of the inputs; the output's own, where it is known already.

    Examples
    --------
    >>> from cnnmath.ops import Conv
    >>> cost(Conv(64, 7, stride=2, padding=3, bias=False), (1, 3, 224, 224)).multiplications
    118013952
    """
    check_operator(op)
    return _counted(op, *inputs, output=output)


def _counted(op: Operator, *inputs: Shape, output: Shape | None) -> Census:
    """What the sentence of one output says, as often as there are outputs."""
    output = op.shape(*inputs) if output is None else output
    shapes = operands_of(op, *inputs).values()
    try:
        one = Cost()
        op.element(one, tuple(Index(size) for size in output), *map(one.operand, shapes))
        return sum(one.shared.values(), one.census * _times(output))
    except VaryingError:
        return _position_by_position(op, output, list(shapes))


@cost.register
def _(op: ConvTranspose, x: Shape, *, output: Shape | None = None) -> Census:
    """Each input number meets each tap once, which the sentence, an output at a time, does not show.

    Products that fall on one output are added up: one addition less than products, for every output that has any.
    """
    output = op.shape(x) if output is None else output
    _, filters, *taps = op.parameters(x)["w"]
    products = x[0] * x[1] * prod(x[2:]) * filters * prod(taps)
    filled = prod(axis.filled(n) for axis, n in zip(op.axes(x[2:]), x[2:], strict=True))
    bias = prod(output) if op.bias else 0
    return Census(multiplications=products, additions=products - output[0] * output[1] * filled + bias)


@cost.register
def _(op: MaxUnpool, x: Shape, *, output: Shape | None = None) -> Census:  # noqa: ARG001 - every rule is given both
    """Each number is added once where its switch says, where the sentence asks at every place for all of them."""
    return Census(additions=prod(x))


@cost.register
def _(op: LinearUpsample, x: Shape, *, output: Shape | None = None) -> Census:
    """Each output has two neighbours along every axis that grows, where the sentence asks all inputs for theirs."""
    outputs = prod(op.shape(x) if output is None else output)
    neighbours = prod(1 if s == 1 else 2 for s in op.scale)
    return Census(multiplications=outputs * neighbours, additions=outputs * (neighbours - 1), divisions=outputs)


@cost.register
def _(op: Reduce, x: Shape, *, output: Shape | None = None) -> Census:
    """Of a product, one multiplication less than there are numbers, an output: the sentence writes them out."""
    if op.how != "product":
        return _counted(op, x, output=output)
    return Census(multiplications=prod(x) - prod(op.shape(x) if output is None else output))


@cost.register
def _(op: Resize, x: Shape, *, output: Shape | None = None) -> Census:
    """Each output has as many taps everywhere, where the sentence leaves out those of no weight."""
    moving = [axis for axis in op.sampled(x[2:]) if not axis.identity]
    if op.mode == "nearest" or not moving:
        return Census()
    outputs = prod(op.shape(x) if output is None else output)
    taps = prod(axis.taps for axis in moving)
    return Census(multiplications=outputs * taps, additions=outputs * (taps - 1), divisions=outputs)


def _position_by_position(op: Operator, output: Shape, shapes: Sequence[Shape]) -> Census:
    """Add up where outputs differ: all spatial positions of one channel stand for those of every channel."""
    if not all(isinstance(n, Integral) for n in output[2:]):
        raise SettingError(
            "its outputs differ in what they cost, and how many there are is left open.",
            here=f"output of shape {output}",
            fix="give it integers",
        )
    one = Cost()
    for o in product(*map(range, output[2:])):
        op.element(one, (Index(output[0]), Index(output[1]), *o), *map(one.operand, shapes))
    return one.census * (output[0] * output[1])


def _times(extents: Iterable[Size]) -> Size:
    return reduce(lambda a, b: a * b, extents, 1)
