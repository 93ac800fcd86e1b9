"""Reach reader: a number is the set of input positions that it depends on.

Reading the sentence of one output gives its receptive field, holes and border included, with no formula for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any, ClassVar

from cnnmath.errors import ShapeError
from cnnmath.ops.algebra import Number, Operator, Shape, check_operator, operands, position
from cnnmath.readers.error_function import PI
from cnnmath.readers.exact import _range


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """Positions of the inputs that took part; all arithmetic joins them."""

    positions: frozenset[tuple[int, ...]]

    def _join(self, other: Number) -> Reached:
        return Reached(self.positions | other.positions) if isinstance(other, Reached) else self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _join
    __gt__ = _join

    def __neg__(self) -> Reached:
        return self


@dataclass(frozen=True, slots=True)
class Traced:
    """An operand that remembers where it was read; parameters are read without a trace."""

    shape: tuple[int, ...]
    traced: bool

    def __getitem__(self, at: Any) -> Reached:
        """One position; where an index is a number of another operand, all that it may name."""
        at = position(at)
        choices = (range(n) if isinstance(i, Reached) else (i,) for i, n in zip(at, self.shape, strict=True))
        return Reached(frozenset(product(*choices) if self.traced else []))


class Reach:
    """The verbs over sets."""

    pi: ClassVar = PI

    def sum(
        self, body: Callable[..., Number], *extents: int, where: Callable[..., Iterable[Any]] | None = None
    ) -> Number:
        """Union over the range."""
        terms = [body(*at) for at in _range(extents, where)]
        if not all(isinstance(term, Reached) for term in terms):
            return len(terms)
        return Reached(frozenset().union(*(term.positions for term in terms)))

    def max(
        self, body: Callable[..., Number], *extents: int, where: Callable[..., Iterable[Any]] | None = None
    ) -> Number:
        """Union: any of them may win."""
        return self.sum(body, *extents, where=where)

    def when(self, condition: Any, then: Callable[[], Number], otherwise: Callable[[], Number]) -> Number:
        """The branch that an index decides; both, and the condition, where a number does."""
        if not isinstance(condition, Reached):
            return then() if condition else otherwise()
        return self._all(condition, then(), otherwise())

    def let(self, name: str, over: Sequence[int], value: Callable[[], Number]) -> Number:
        """What the value depends on."""
        return value()

    def exp(self, x: Number) -> Number:
        """What x depends on."""
        return x

    def log(self, x: Number) -> Number:
        """What x depends on."""
        return x

    def erf(self, x: Number) -> Number:
        """What x depends on."""
        return x

    def power(self, x: Number, exponent: Fraction | int) -> Number:
        """What x depends on."""
        return x

    def _all(self, *numbers: Number) -> Reached:
        return Reached(frozenset().union(*(n.positions for n in numbers if isinstance(n, Reached))))


def reach(op: Operator, at: tuple[int, ...], *inputs: Shape) -> frozenset[tuple[int, ...]]:
    """Input positions that the output at ``at`` depends on.

    Examples
    --------
    >>> from cnnmath.ops import MaxPool
    >>> sorted(reach(MaxPool((2,), dilation=2), (0, 0, 1), (1, 1, 6)))
    [(0, 0, 2), (0, 0, 4)]
    """
    check_operator(op)
    output = op.shape(*inputs)
    if len(at) != len(output) or not all(0 <= i < n for i, n in zip(at, output, strict=True)):
        raise ShapeError("there is no such output.", here=f"position {tuple(at)}", rule=f"the output is {output}")
    shapes = operands(op, *inputs).values()
    arrays = [Traced(shape, traced=i < len(inputs)) for i, shape in enumerate(shapes)]
    number = op.element(Reach(), at, *arrays)
    return number.positions if isinstance(number, Reached) else frozenset()  # a constant depends on nothing
