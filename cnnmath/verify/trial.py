"""A trial: a setting, the numbers that go in, and what the sentence makes of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import prod

from cnnmath.numeric.windows import Array
from cnnmath.ops import operands
from cnnmath.ops.algebra import Shape
from cnnmath.readers.cost import cost
from cnnmath.verify.oracle import gradients, output
from cnnmath.verify.strategies import Case


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What a kernel is asked.

    Attributes
    ----------
    case
        The operator and its input shapes.
    arrays
        Operands by name, in the order of the sentence.
    dy
        The gradient from above: every gradient is that of ``sum(dy * y)``.
    """

    case: Case
    arrays: dict[str, Array]
    dy: Array
    _truths: dict[str, Array] = field(default_factory=dict, repr=False)

    def shape(self, wrt: str) -> Shape:
        """Shape of a result: ``y``, or the operand whose gradient is wanted."""
        return self.dy.shape if wrt == "y" else self.arrays[wrt].shape

    def given(self, wrt: str) -> dict[str, Array]:
        """All arrays that go into a result, by name."""
        return self.arrays if wrt == "y" else {"dy": self.dy} | self.arrays

    def truth(self, wrt: str) -> Array:
        """What the sentence says of a result, computed once."""
        if wrt not in self._truths:
            self.prepare([wrt])
        return self._truths[wrt]

    def know(self, wrt: str, truth: Array) -> None:
        """Take note of a result that was computed elsewhere."""
        self._truths[wrt] = truth

    def prepare(self, wanted: Iterable[str]) -> None:
        """Compute what the sentence says of several results at once, as gradients share their work."""
        missing = [wrt for wrt in wanted if wrt not in self._truths]
        if "y" in missing:
            self._truths["y"] = output(self.case.op, self.dy.shape, self.arrays)
        slopes = [wrt for wrt in missing if wrt != "y"]
        if slopes:
            self._truths.update(gradients(self.case.op, self.dy, self.arrays, slopes))


def size(case: Case) -> int:
    """How many numbers go in and come out at a setting."""
    return sum(map(prod, operands(case.op, *case.inputs).values())) + prod(case.op.shape(*case.inputs))


ROOM = 40_000
"""Most operations of a setting of which every rounding is followed."""


def steps(case: Case) -> int:
    """How many operations the definition takes at a setting, for all outputs."""
    return int(cost(case.op, *case.inputs).total) + size(case)
