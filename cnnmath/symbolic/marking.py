"""What the exact readers say of the numbers that a sentence names: their values, and the gradients by them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import cache
from itertools import product
from typing import TypeAlias

from cnnmath.ops import Operator
from cnnmath.ops.algebra import Number
from cnnmath.readers import Tensor
from cnnmath.readers.exact import Exact
from cnnmath.readers.gradient import ONE, Dual, Gradient, Leaf, Remembering
from cnnmath.symbolic.instance import Array, Lazy, Place, plain
from cnnmath.symbolic.lets import MEANINGS

Named: TypeAlias = dict[str, dict[Place, Number]]


class Marking(Exact):
    """The exact reader, which keeps each number that a sentence names."""

    def __init__(self) -> None:
        self.numbers: Named = {}

    def let(self, name: str, over: Sequence[int], value: Callable[[], Number]) -> Number:
        """Computed once, and kept."""
        known, at = self.numbers.setdefault(name, {}), tuple(map(int, over))
        if at not in known:
            known[at] = value()
        return known[at]


class Varying(Gradient):
    """The gradient reader, to which each number that a sentence names is a leaf too, beside what it is made of."""

    def __init__(self) -> None:
        self.numbers: dict[Leaf, Number] = {}

    def let(self, name: str, over: Sequence[int], value: Callable[[], Number]) -> Number:
        """Computed once; what is added to it is its own leaf."""
        leaf = name, tuple(map(int, over))
        if leaf not in self.numbers:
            self.numbers[leaf] = Dual(Fraction(0), {leaf: ONE}) + value()
        return self.numbers[leaf]


def named(op: Operator, output: Sequence[int], operands: dict[str, Tensor], dy: Tensor) -> dict[str, Array]:
    """Arrays of the numbers that a sentence names, where derivations keep their names, and of the gradients by them.

    Examples
    --------
    >>> from cnnmath.ops import BatchNorm
    >>> x, one = Tensor((4, 1), [0, 2, 4, 6]), Tensor((1,), [1])
    >>> arrays = named(BatchNorm(4, training=True), (4, 1), {"x": x, "gamma": one, "beta": one}, x)
    >>> arrays["mean"][0,], arrays["var"][0,], arrays["xhat"][3, 0]
    (3, 5, 1)
    """
    marking, read = Marking(), list(operands.values())
    first, *others = product(*map(range, output))
    op.element(marking, first, *read)
    if not marking.numbers.keys() & MEANINGS.keys():
        return {}
    for at in others:
        op.element(marking, at, *read)
    known = {name: numbers for name, numbers in marking.numbers.items() if name in MEANINGS}
    gradients = cache(lambda: _gradients(op, operands, dy))
    arrays: dict[str, Array] = {}
    for name, numbers in known.items():
        shape, array = _shape(numbers), MEANINGS[name].array
        arrays[array] = Lazy(shape, lambda at, numbers=numbers: plain(numbers[at]))
        arrays[f"dL/d{array}"] = Lazy(shape, lambda at, name=name: plain(gradients().get((name, at), Fraction(0))))
    return arrays


def _gradients(op: Operator, operands: dict[str, Tensor], dy: Tensor) -> dict[Leaf, Fraction]:
    """Gradient of ``sum(dy * y)`` by each number that the sentence names."""
    varying, total = Varying(), dict[Leaf, Fraction]()
    read = [Remembering(name, tensor, asked=False) for name, tensor in operands.items()]
    for at, above in zip(dy.positions(), dy.values, strict=True):
        number = op.element(varying, at, *read) if above else None
        for leaf, partial in number.partials.items() if isinstance(number, Dual) else ():
            total[leaf] = total.get(leaf, Fraction(0)) + above * partial
    return total


def _shape(positions: Iterable[Place]) -> tuple[int, ...]:
    return tuple(max(places) + 1 for places in zip(*positions, strict=True))
