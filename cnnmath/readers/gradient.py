"""Gradient reader: exact numbers that remember what they depend on, and how strongly.

A `Dual` carries its value and its derivative with respect to every number of the operands that took part in it. Reading
a sentence with duals differentiates it exactly: a second road to every gradient, independent of index algebra and of
the hand-written backward kernels.

References
----------
.. [1] A. Griewank and A. Walther, "Evaluating Derivatives", SIAM 2008, section 3.1 (the forward mode).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, TypeAlias

from cnnmath.errors import check_kind, check_known
from cnnmath.ops.algebra import Number, Operator, position
from cnnmath.readers.error_function import PI
from cnnmath.readers.exact import Exact, Tensor, _range, check_operands, fraction, total, whole

Leaf: TypeAlias = tuple[str, tuple[int, ...]]
"""An operand's name and a position in it."""

ONE = Fraction(1)
"""Derivative of a leaf by itself: whatever it is multiplied by takes its place."""


@dataclass(frozen=True, slots=True, eq=False)
class Dual:
    """A value and its partial derivatives, by leaf."""

    value: Fraction
    partials: dict[Leaf, Fraction]

    def chain(self, value: Fraction, slope: Fraction) -> Dual:
        """Result of a function of this number alone, with this derivative."""
        return Dual(value, _times(slope, self.partials))

    def __add__(self, other: Number) -> Dual:
        other = _dual(other)
        partials = dict(self.partials)
        _collect(partials, other.partials.items())
        return Dual(self.value + other.value, partials)

    def __mul__(self, other: Number) -> Dual:
        other = _dual(other)
        partials = _times(other.value, self.partials)
        _collect(partials, _times(self.value, other.partials).items())
        return Dual(self.value * other.value, partials)

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
    """An operand whose numbers are leaves; constants, where nobody asks for derivatives by them."""

    name: str
    tensor: Tensor
    asked: bool = True

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the operand."""
        return self.tensor.shape

    def __getitem__(self, at: Any) -> Dual:
        at = tuple(whole(i.value) if isinstance(i, Dual) else i for i in position(at))
        return Dual(fraction(self.tensor[at]), {(self.name, at): ONE} if self.asked else {})


class Gradient:
    """The verbs over duals."""

    pi: ClassVar = PI

    def sum(
        self, body: Callable[..., Number], *extents: int, where: Callable[..., Iterable[Any]] | None = None
    ) -> Number:
        """Add values, and partials by leaf."""
        terms = [_dual(body(*at)) for at in _range(extents, where)]
        partials: dict[Leaf, Fraction] = {}
        for term in terms:
            _collect(partials, term.partials.items())
        return Dual(total(term.value for term in terms), partials)

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


def partials(
    op: Operator, at: tuple[int, ...], operands: dict[str, Tensor], wrt: Collection[str] | None = None
) -> dict[Leaf, Fraction]:
    """Derivatives of one output with respect to every number that takes part in it: a Jacobian's row.

    Parameters
    ----------
    op, at
        The operator, and the position of the output.
    operands
        By name, in the order of the sentence.
    wrt
        Names of the operands whose numbers count; all of them, if none are given.

    Examples
    --------
    >>> from cnnmath.ops import MaxPool
    >>> partials(MaxPool((2,)), (0, 0, 0), {"x": Tensor((1, 1, 2), [5, 5])})
    {('x', (0, 0, 0)): Fraction(1, 1)}
    """
    read = (Remembering(name, tensor, wrt is None or name in wrt) for name, tensor in operands.items())
    return _dual(op.element(Gradient(), at, *read)).partials


def backward(
    op: Operator, dy: Tensor, operands: dict[str, Tensor], wrt: Collection[str] | None = None
) -> dict[str, Tensor]:
    """Gradient of ``sum(dy * y)`` with respect to every operand, or to those that are asked for, exactly.

    Examples
    --------
    >>> from cnnmath.ops import Conv
    >>> x, w = Tensor((1, 1, 3), [1, 2, 3]), Tensor((1, 1, 2), [10, 1])
    >>> grads = backward(Conv(1, (2,), bias=False), Tensor((1, 1, 2), [1, 100]), {"x": x, "w": w})
    >>> [int(v) for v in grads["x"].values], [int(v) for v in grads["w"].values]
    ([10, 1001, 100], [201, 302])
    """
    check_kind(dy, Tensor, "gradient from above", "give a Tensor of the output's shape")
    check_kind(operands, dict, "dict of operands", 'give them by name, as in {"x": x, "w": w}')
    check_operands(op, operands.values())
    for name in wrt or ():
        check_known("operand", name, operands)
    terms: dict[Leaf, list[Fraction]] = {}
    for at, above in zip(dy.positions(), map(fraction, dy.values), strict=True):
        for leaf, partial in partials(op, at, operands, wrt).items() if above else ():
            terms.setdefault(leaf, []).append(above if partial is ONE else above * partial)
    found = {leaf: total(many) for leaf, many in terms.items()}
    return _gathered(found, operands if wrt is None else {name: operands[name] for name in wrt})


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
    check_kind(loss, Callable, "loss", "give a function of an algebra and of the operands by their names")  # type: ignore[arg-type]
    check_kind(operands, dict, "dict of operands", 'give them by name, as in {"x": x, "w": w}')
    remembering = {name: Remembering(name, tensor) for name, tensor in operands.items()}
    return _gathered(_dual(loss(Gradient(), **remembering)).partials, operands)


def _gathered(total: dict[Leaf, Fraction], operands: dict[str, Tensor]) -> dict[str, Tensor]:
    """Derivatives by leaf as one tensor an operand."""
    return {
        name: Tensor(tensor.shape, [total.get((name, at), Fraction(0)) for at in tensor.positions()])
        for name, tensor in operands.items()
    }


def _dual(number: Number) -> Dual:
    return number if isinstance(number, Dual) else Dual(fraction(number), {})


def _times(slope: Fraction, partials: dict[Leaf, Fraction]) -> dict[Leaf, Fraction]:
    return {leaf: slope if partial is ONE else slope * partial for leaf, partial in partials.items()}


def _collect(total: dict[Leaf, Fraction], partials: Iterable[tuple[Leaf, Fraction]]) -> None:
    """Add derivatives to those collected so far; one that is the first of its leaf is taken over as it is."""
    for leaf, partial in partials:
        total[leaf] = total[leaf] + partial if leaf in total else partial
