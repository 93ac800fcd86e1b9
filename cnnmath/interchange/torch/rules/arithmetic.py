"""Arithmetic: with single numbers, with arrays of the module, and of several values."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import zip_longest
from typing import Any

from cnnmath.interchange.torch.build import Builder, Value, check_value
from cnnmath.interchange.torch.rules.response import response
from cnnmath.interchange.torch.tensors import Known
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops import Add, Affine, Divide, Maximum, Minimum, Multiply, Operator, Pow, Power, Subtract
from cnnmath.ops.algebra import rational

HALF = Fraction(1, 2)


def add(b: Builder, x: Any, y: Any, *, alpha: float = 1) -> Value:
    """Sum, the second term times a number."""
    if (number := single(y)) is not None:
        return b.each(Affine(1, number * rational(alpha)), x)
    if (number := single(x)) is not None:
        return b.each(Affine(alpha, number), y)
    return both(b, Add(), x, scaled(b, y, alpha))


def sub(b: Builder, x: Any, y: Any, *, alpha: float = 1) -> Value:
    """Difference."""
    if (number := single(y)) is not None:
        return b.each(Affine(1, -number * rational(alpha)), x)
    if (number := single(x)) is not None:
        return b.each(Affine(-rational(alpha), number), y)
    return both(b, Subtract(), x, scaled(b, y, alpha))


def rsub(b: Builder, x: Any, y: Any, *, alpha: float = 1) -> Value:
    """Difference, the other way round."""
    return sub(b, y, x, alpha=alpha)


def mul(b: Builder, x: Any, y: Any) -> Value:
    """Product."""
    if (number := single(y)) is not None:
        return b.each(Affine(number), x)
    if (number := single(x)) is not None:
        return b.each(Affine(number), y)
    return both(b, Multiply(), x, y)


def div(b: Builder, x: Any, y: Any, *, rounding_mode: str | None = None) -> Value:
    """Quotient."""
    if rounding_mode is not None:
        raise UnclaimedError("it rounds")
    if (number := single(y)) is not None and number != 0:
        return b.each(Affine(1 / number), x)
    if (number := single(x)) is not None:
        return mul(b, b.each(Power(-1), y), number)
    return response(b, x, y) or both(b, Divide(), x, y)


def power(b: Builder, x: Any, y: Any) -> Value:
    """Power."""
    if (number := single(y)) == 1:
        return check_value(x)
    return b.each(Power(number), x) if number else both(b, Pow(), x, y)


def raised(exponent: Fraction | int) -> Any:
    """Rule for a power that has a name."""
    return lambda b, x: b.each(Power(exponent), x)


def scaled(b: Builder, x: Any, alpha: float) -> Any:
    """A term times a number."""
    if alpha == 1:
        return x
    if isinstance(x, Known):
        raise UnclaimedError(f"an array of the module is multiplied by {alpha}")
    return b.each(Affine(alpha), x)


def single(x: Any) -> Fraction | None:
    """The number that an argument is, or that a tensor consists of which is not trained; else None."""
    if isinstance(x, Known) and not x.names and x.shape == ():
        x = x.tensor.item()
    return rational(x) if isinstance(x, (int, float)) and not isinstance(x, bool) and x - x == 0 else None


def both(b: Builder, op: Operator, *values: Any) -> Value:
    """An operator of several values, or arrays of the module; axes of length 1 are repeated."""
    varying = [value for value in values if isinstance(value, Value)]
    if not varying:
        raise UnclaimedError("an operand does not depend on the input")
    layout = varying[0].layout
    order = [layout.axis(i) for i in range(len(layout.groups))]
    lazy = all(value.layout == layout for value in varying) and None not in order and len(order) == len(layout.source)
    if not lazy:
        varying = [b.plain(b.apart(value)) for value in varying]
        layout, order = varying[0].layout, list(range(max(len(value.shape) for value in varying)))
    given = iter(varying)
    found = [next(given) if isinstance(v, Value) else _constant(b, v, order) for v in values]
    if lazy:
        return b.kept(op, *found, layout=layout)
    result = b.apply(op, *found)
    return b.looked(result, result.layout.reshaped(_joint([value.shape for value in values])))


def _joint(shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """The shape to which shapes are repeated, aligned at the last axes."""
    columns = zip_longest(*(reversed(shape) for shape in shapes), fillvalue=1)
    return tuple(max(column) for column in columns)[::-1]


def _constant(b: Builder, array: Any, order: list[Any]) -> Value:
    """An array of the module, its axes in the order of the array that is there."""
    if not isinstance(array, Known):
        raise UnclaimedError("an operand is no tensor")
    rank = len(order)
    if len(array.shape) > rank:
        raise UnclaimedError("an array of the module has more axes than what it meets")
    axes = [order.index(axis) for axis in range(rank)]
    return b.constant(array.view("aligned", lambda t: t[(None,) * (rank - t.ndim)].permute(axes)))


RULES = {
    "add": add,
    "sub": sub,
    "rsub": rsub,
    "mul": mul,
    "div": div,
    "neg": lambda b, x: b.each(Affine(-1), x),
    "pow": power,
    "square": raised(2),
    "sqrt": raised(HALF),
    "rsqrt": raised(-HALF),
    "reciprocal": raised(-1),
    "maximum": lambda b, x, y: both(b, Maximum(), x, y),
    "minimum": lambda b, x, y: both(b, Minimum(), x, y),
}
