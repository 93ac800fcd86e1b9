"""Traces: numbers of a computation that are remembered by name, each with its derivatives by all before it.

What is marked in a trace is a leaf of the gradient reader as well: a zero is added to it, and the derivative by this
zero is the derivative by the number. So one run of a plain computation yields the gradients by all that it computes on
the way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from typing import Any, TypeAlias

from cnnmath.ops.algebra import Number
from cnnmath.readers import Tensor
from cnnmath.readers.gradient import Dual, Remembering
from cnnmath.symbolic.instance import Array, Place, Sparse

Marking: TypeAlias = Callable[[str, Place, Number], Number]
"""Remembers a number by the name of its array and its position, and gives it back."""


@dataclass(frozen=True, slots=True)
class Boxed(Sparse):
    """Numbers at positions of a box, which may begin at time -1; zero where none is given, and nothing outside.

    Examples
    --------
    >>> h = Boxed({(-1, 0): 4}, box=(range(-1, 3), range(2)))
    >>> h[-1, 0], h[2, 1]
    (4, 0)
    """

    box: tuple[range, ...] = ()

    def __getitem__(self, at: Place) -> Any:
        if len(at) != len(self.box) or not all(i in extent for i, extent in zip(at, self.box, strict=True)):
            raise IndexError(f"position {at} lies outside {self.box}")
        return self.numbers.get(tuple(map(int, at)), 0)

    def continued(self, number: Fraction) -> Boxed:
        """The same array with this number everywhere at one time more, after its last."""
        first, *others = self.box
        later = {(first.stop, *rest): number for rest in product(*others)}
        return Boxed({**self.numbers, **later}, box=(range(first.start, first.stop + 1), *others))

    def plain(self) -> Sparse:
        """The same array, with a shape where it begins at 0 along each axis."""
        if any(extent.start for extent in self.box):
            return self
        return Sparse(self.numbers, tuple(extent.stop for extent in self.box))


@dataclass(frozen=True, slots=True)
class Trace:
    """Numbers of one computation, by array and position.

    Examples
    --------
    >>> trace = Trace()
    >>> x = trace.operands(x=Tensor((1,), [Fraction(3)]))["x"]
    >>> square = trace.mark("y", (0,), x[0] * x[0])
    >>> arrays = trace.arrays(square * square)
    >>> [int(n) for n in (arrays["y"][0,], arrays["dL/dy"][0,], arrays["dL/dx"][0,], arrays["dy/dx"][0, 0])]
    [9, 18, 108, 6]
    """

    numbers: dict[str, dict[Place, Dual]] = field(default_factory=dict)

    def mark(self, name: str, at: Place, number: Number) -> Dual:
        """Remember a number, which becomes a leaf."""
        marked = number + Dual(Fraction(0), {(name, at): Fraction(1)})
        self.numbers.setdefault(name, {})[at] = marked
        return marked

    def operands(self, **tensors: Tensor) -> dict[str, Remembering]:
        """What the computation reads: leaves too, and remembered."""
        read = {name: Remembering(name, tensor) for name, tensor in tensors.items()}
        for name, tensor in tensors.items():
            self.numbers[name] = {at: read[name][at] for at in tensor.positions()}
        return read

    def arrays(self, loss: Dual, later: Mapping[str, Fraction] | None = None) -> dict[str, Array]:
        """Every array, its gradient, and its derivative by every array: there is nothing outside what was remembered.

        Parameters
        ----------
        loss
            What the gradients are of.
        later
            What stands at the time after the last, in the arrays that are read there.
        """
        names = list(self.numbers)
        values = {
            name: Boxed({at: n.value for at, n in self.numbers[name].items()}, box=self._box(name)) for name in names
        }
        gradients = {f"dL/d{name}": Boxed(_by(name, loss, ()), box=self._box(name)) for name in names}
        arrays = values | gradients | {f"d{y}/d{x}": self._jacobian(y, x) for y in names for x in names}
        arrays |= {name: arrays[name].continued(number) for name, number in (later or {}).items()}
        return {name: array.plain() for name, array in arrays.items()}

    def _jacobian(self, y: str, x: str) -> Boxed:
        rows = (_by(x, number, at) for at, number in self.numbers[y].items())
        return Boxed({at: n for row in rows for at, n in row.items()}, box=(*self._box(y), *self._box(x)))

    def _box(self, name: str) -> tuple[range, ...]:
        """From the least to the greatest remembered position of an array, along each axis."""
        return tuple(range(min(axis), max(axis) + 1) for axis in zip(*self.numbers[name], strict=True))


def _by(name: str, number: Dual, above: Place) -> dict[Place, Fraction]:
    """Derivatives of a number by the entries of an array, at positions that begin with those above."""
    return {(*above, *at): n for (own, at), n in number.partials.items() if own == name}
