"""Monomial reader: numbers are the products of operands that occur in them, to know which polynomial an operator is.

One output is read once, with indices that have no value. A sum has the monomials of its body, a product those of both
factors multiplied; a maximum, a comparison, a quotient by a number, an exponential, a logarithm, an error function or a
root is no polynomial. Labels, masks and switches are no unknowns: they are numbers that are given, and may decide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, TypeAlias

from cnnmath.ops.algebra import Number, Operator, Shape, operands_of
from cnnmath.readers.cost import Index
from cnnmath.readers.error_function import PI
from cnnmath.window import Size

Monomial: TypeAlias = tuple[str, ...]
"""The operands that are multiplied, each as often as it occurs, in alphabetical order."""

ONE = frozenset({()})
"""A constant: the empty product."""


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """The monomials of a number; None where it is no polynomial."""

    of: frozenset[Monomial] | None

    def __add__(self, other: Number) -> Kind:
        a, b = self.of, kind(other).of
        return Kind(None if a is None or b is None else a | b)

    def __mul__(self, other: Number) -> Kind:
        a, b = self.of, kind(other).of
        return Kind(None if a is None or b is None else frozenset(tuple(sorted(p + q)) for p in a for q in b))

    def __truediv__(self, other: Number) -> Kind:
        return self if kind(other).constant else Kind(None)

    def __rtruediv__(self, other: Number) -> Kind:
        return kind(other) / self

    def __neg__(self) -> Kind:
        return self

    def __gt__(self, other: Number) -> Kind:
        return self if self.constant and kind(other).constant else Kind(None)

    def __eq__(self, other: object) -> Any:
        return self > other

    @property
    def constant(self) -> bool:
        """Whether it depends on no operand."""
        return self.of == ONE

    __lt__ = __ge__ = __le__ = __gt__
    __radd__ = __sub__ = __rsub__ = __add__
    __rmul__ = __mul__


@dataclass(frozen=True, slots=True)
class Unknown:
    """An operand of which only the shape is known."""

    shape: Shape
    number: Kind

    def __getitem__(self, at: Any) -> Kind:
        return self.number


class Monomials:
    """The verbs over monomials."""

    pi: ClassVar = PI

    def sum(
        self, body: Callable[..., Number], *extents: Size, where: Callable[..., Iterable[Any]] | None = None
    ) -> Number:
        """The body's."""
        return body(*map(Index, extents))

    def max(
        self, body: Callable[..., Number], *extents: Size, where: Callable[..., Iterable[Any]] | None = None
    ) -> Number:
        """A choice: none."""
        return Kind(None)

    def when(self, condition: Any, then: Callable[[], Number], otherwise: Callable[[], Number]) -> Number:
        """Those of both branches, unless numbers decide."""
        first, second = then(), otherwise()
        if not any(isinstance(v, Kind) for v in (first, second, condition)):
            return Index()
        decided = isinstance(condition, Kind) and not condition.constant
        return Kind(None) if decided else kind(first) + second

    def let(self, name: str, over: Sequence[Any], value: Callable[[], Number]) -> Number:
        """The value's."""
        return value()

    def exp(self, x: Number) -> Number:
        """None, unless of a constant."""
        return kind(x) if kind(x).constant else Kind(None)

    def log(self, x: Number) -> Number:
        """None, unless of a constant."""
        return self.exp(x)

    def erf(self, x: Number) -> Number:
        """None, unless of a constant."""
        return self.exp(x)

    def power(self, x: Number, exponent: Fraction | int) -> Number:
        """A product with itself, where the power is whole."""
        exponent, x = Fraction(exponent), kind(x)
        if x.constant:
            return x
        if exponent.denominator != 1 or exponent < 0:
            return Kind(None)
        result = Kind(ONE)
        for _ in range(int(exponent)):
            result = result * x
        return result


def monomials(op: Operator, *inputs: Shape) -> frozenset[Monomial] | None:
    """The products of operands of which an operator's output is a sum; None where it is no polynomial.

    Examples
    --------
    >>> from cnnmath.ops import Conv, MaxPool, RadialBasis
    >>> sorted(monomials(Conv(8, 3), (1, 3, 9, 8)))
    [('b',), ('w', 'x')]
    >>> sorted(monomials(RadialBasis(4), (1, 3))), monomials(MaxPool(2), (1, 1, 4, 5))
    ([('w', 'w'), ('w', 'x'), ('x', 'x')], None)
    """
    given = op.levels(*inputs)
    operands = [
        Unknown(shape, Kind(ONE if name in given else frozenset({(name,)})))
        for name, shape in operands_of(op, *inputs).items()
    ]
    return kind(op.element(Monomials(), tuple(map(Index, op.shape(*inputs))), *operands)).of


def of_gradient(found: Iterable[Monomial], wrt: str) -> frozenset[Monomial]:
    """Monomials of the gradient by an operand: the one taken out, that from above, ``dy``, put in.

    Examples
    --------
    >>> sorted(of_gradient({("b",), ("w", "x")}, "x")), sorted(of_gradient({("b",), ("w", "x")}, "b"))
    ([('dy', 'w')], [('dy',)])
    """
    taken = []
    for m in (m for m in found if wrt in m):
        i = m.index(wrt)
        taken.append(tuple(sorted((*m[:i], *m[i + 1 :], "dy"))))
    return frozenset(taken)


def kind(number: Any) -> Kind:
    """A number as its monomials: an index, or a constant, is the empty product."""
    return number if isinstance(number, Kind) else Kind(ONE)
