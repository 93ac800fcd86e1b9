"""Traces: numbers of a computation that are remembered by name, each with its derivatives by all before it.

What is marked in a trace is a leaf of the gradient reader as well: a zero is added to it, and the derivative by this
zero is the derivative by the number. So one run of a plain computation yields the gradients by all that it computes on
the way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias

from cnnmath.ops.algebra import Number
from cnnmath.readers import Tensor
from cnnmath.readers.gradient import Dual, Remembering
from cnnmath.symbolic.instance import Array, Place, Sparse

Marking: TypeAlias = Callable[[str, Place, Number], Number]
"""Remembers a number by the name of its array and its position, and gives it back."""


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

    def arrays(self, loss: Dual) -> dict[str, Array]:
        """Every array, its gradient, and its derivative by every array; zero wherever nothing is remembered."""
        names = list(self.numbers)
        values = {name: Sparse({at: n.value for at, n in self.numbers[name].items()}) for name in names}
        gradients = {f"dL/d{name}": self._by(name, loss, ()) for name in names}
        return values | gradients | {f"d{y}/d{x}": self._jacobian(y, x) for y in names for x in names}

    def _jacobian(self, y: str, x: str) -> Sparse:
        rows = (self._by(x, number, at) for at, number in self.numbers[y].items())
        return Sparse({at: n for row in rows for at, n in row.numbers.items()})

    def _by(self, name: str, number: Dual, above: Place) -> Sparse:
        """Derivatives of a number by the entries of an array, at positions that begin with those above."""
        partials: Mapping[Place, Fraction] = {at: n for (own, at), n in number.partials.items() if own == name}
        return Sparse({(*above, *at): n for at, n in partials.items()})
