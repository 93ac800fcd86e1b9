"""Gradient reader: exact numbers that remember what they depend on, and how strongly.

A `Dual` carries its value and its derivative with respect to every number of the operands that took part in it. Reading
a sentence with duals differentiates it exactly: a second road to every gradient, independent of index algebra and of
the hand-written backward kernels.

References
----------
.. [1] A. Griewank and A. Walther, "Evaluating Derivatives", SIAM 2008, section 3.1 (the forward mode).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, TypeAlias

from cnnmath.ops.algebra import Number, Operator, position
from cnnmath.readers.error_function import PI
from cnnmath.readers.exact import Exact, Tensor, _range, whole

Leaf: TypeAlias = tuple[str, tuple[int, ...]]
"""An operand's name and a position in it."""


@dataclass(frozen=True, slots=True, eq=False)
class Dual:
    """A value and its partial derivatives, by leaf."""

    value: Fraction
    partials: dict[Leaf, Fraction]

    def chain(self, value: Fraction, slope: Fraction) -> Dual:
        """Result of a function of this number alone, with this derivative."""
        return Dual(value, {leaf: slope * partial for leaf, partial in self.partials.items()})

    def __add__(self, other: Number) -> Dual:
        other = _dual(other)
        return Dual(self.value + other.value, _merge(self.partials, other.partials))

    def __mul__(self, other: Number) -> Dual:
        other = _dual(other)
        left, right = self.chain(self.value, other.value), other.chain(other.value, self.value)
        return Dual(self.value * other.value, _merge(left.partials, right.partials))

    def __truediv__(self, other: Number) -> Dual:
        other = _dual(other)
        return self * other.chain(1 / other.value, -1 / other.value**2)

    def __neg__(self) -> Dual:
        return self.chain(-self.value, Fraction(-1))

    def __sub__(self, other: Number) -> Dual:
        return self + -_dual(other)

    def __rsub__(self, other: Number) -> Dual:
        return _dual(other) - self

    def __rtruediv__(self, other: Number) -> Dual:
        return _dual(other) / self

    def __gt__(self, other: Number) -> bool:
        return self.value > _dual(other).value

    __radd__, __rmul__ = __add__, __mul__


@dataclass(frozen=True, slots=True)
class Remembering:
    """An operand whose numbers are leaves."""

    name: str
    tensor: Tensor

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the operand."""
        return self.tensor.shape

    def __getitem__(self, at: Any) -> Dual:
        at = tuple(whole(i.value) if isinstance(i, Dual) else i for i in position(at))
        return Dual(self.tensor[at], {(self.name, at): Fraction(1)})


class Gradient:
    """The verbs over duals."""

    pi: ClassVar = PI

    def sum(
        self, body: Callable[..., Number], *extents: int, where: Callable[..., Iterable[Any]] | None = None
    ) -> Number:
        """Add values and partials, in one pass."""
        value, partials = Fraction(0), {}
        for at in _range(extents, where):
            term = _dual(body(*at))
            value += term.value
            _collect(partials, term.partials.items())
        return Dual(value, partials)

    def max(
        self, body: Callable[..., Number], *extents: int, where: Callable[..., Iterable[Any]] | None = None
    ) -> Number:
        """First of the largest, with its partials alone."""
        return max((body(*at) for at in _range(extents, where)), key=lambda term: term.value)

    def when(self, condition: bool, then: Callable[[], Number], otherwise: Callable[[], Number]) -> Number:
        """One branch only: the one-sided derivative of the branch that holds at the kink."""
        return then() if condition else otherwise()

    def let(self, name: str, over: Sequence[int], value: Callable[[], Number]) -> Number:
        """Compute it again."""
        return value()

    def exp(self, x: Number) -> Number:
        """Its own derivative."""
        y = Exact().exp(x.value)
        return x.chain(y, y)

    def log(self, x: Number) -> Number:
        """Derivative 1/x."""
        return x.chain(Exact().log(x.value), 1 / x.value)

    def erf(self, x: Number) -> Number:
        """Derivative 2/sqrt(pi)*exp(-x^2)."""
        return x.chain(Exact().erf(x.value), bell(x.value))

    def power(self, x: Number, exponent: Fraction | int) -> Number:
        """Derivative e*x^(e-1), written e*x^e/x so that an exact root stays exact."""
        x = _dual(x)
        y = Exact().power(x.value, exponent)
        return x.chain(y, exponent * y / x.value)


def bell(x: Fraction) -> Fraction:
    """Derivative of the error function."""
    m = Exact()
    return 2 * m.exp(-x * x) / m.power(m.pi, Fraction(1, 2))


def partials(op: Operator, at: tuple[int, ...], operands: dict[str, Tensor]) -> dict[Leaf, Fraction]:
    """Derivatives of one output with respect to every number of the operands that takes part in it: a Jacobian's row.

    Examples
    --------
    >>> from cnnmath.ops import MaxPool
    >>> partials(MaxPool((2,)), (0, 0, 0), {"x": Tensor((1, 1, 2), [5, 5])})
    {('x', (0, 0, 0)): Fraction(1, 1)}
    """
    return _dual(op.element(Gradient(), at, *(Remembering(*operand) for operand in operands.items()))).partials


def backward(op: Operator, dy: Tensor, operands: dict[str, Tensor]) -> dict[str, Tensor]:
    """Gradient of ``sum(dy * y)`` with respect to every operand, exactly.

    Examples
    --------
    >>> from cnnmath.ops import Conv
    >>> x, w = Tensor((1, 1, 3), [1, 2, 3]), Tensor((1, 1, 2), [10, 1])
    >>> grads = backward(Conv(1, (2,), bias=False), Tensor((1, 1, 2), [1, 100]), {"x": x, "w": w})
    >>> [int(v) for v in grads["x"].values], [int(v) for v in grads["w"].values]
    ([10, 1001, 100], [201, 302])
    """
    total: dict[Leaf, Fraction] = {}
    for at in (at for at in dy.positions() if dy[at]):
        row = partials(op, at, operands)
        _collect(total, ((leaf, dy[at] * partial) for leaf, partial in row.items()))
    return _gathered(total, operands)


def gradients(loss: Callable[..., Number], operands: dict[str, Tensor]) -> dict[str, Tensor]:
    """Gradient of one number with respect to every operand, exactly.

    Parameters
    ----------
    loss
        The number, as a function of the verbs of an `Algebra` and of the operands by their names.
    operands
        What it is computed from.

    Examples
    --------
    >>> square = lambda m, x: m.sum(lambda i: x[i] * x[i], 3)
    >>> [int(v) for v in gradients(square, {"x": Tensor((3,), [1, 2, 3])})["x"].values]
    [2, 4, 6]
    """
    remembering = {name: Remembering(name, tensor) for name, tensor in operands.items()}
    return _gathered(_dual(loss(Gradient(), **remembering)).partials, operands)


def _gathered(total: dict[Leaf, Fraction], operands: dict[str, Tensor]) -> dict[str, Tensor]:
    """Derivatives by leaf as one tensor an operand."""
    return {
        name: Tensor(tensor.shape, [total.get((name, at), Fraction(0)) for at in tensor.positions()])
        for name, tensor in operands.items()
    }


def _dual(number: Number) -> Dual:
    return number if isinstance(number, Dual) else Dual(Fraction(number), {})


def _merge(a: dict[Leaf, Fraction], b: dict[Leaf, Fraction]) -> dict[Leaf, Fraction]:
    merged = dict(a)
    _collect(merged, b.items())
    return merged


def _collect(total: dict[Leaf, Fraction], partials: Iterable[tuple[Leaf, Fraction]]) -> None:
    """Add derivatives to those collected so far; one that is the first of its leaf is taken over as it is."""
    for leaf, partial in partials:
        total[leaf] = total[leaf] + partial if leaf in total else partial
