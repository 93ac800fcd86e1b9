"""Arithmetic of several inputs: NumPy broadcasts, and gradients are summed back over the axes that it repeated."""

from __future__ import annotations

from functools import reduce
from numbers import Rational
from typing import Any

import numpy as np

from cnnmath.errors import DataError
from cnnmath.numeric.windows import Array
from cnnmath.ops import Add, Divide, Expand, Maximum, Minimum, Multiply, Pow, Subtract
from cnnmath.ops.algebra import Shape
from cnnmath.readers.exact import Exact


def folded(g: Array, shape: Shape) -> Array:
    """A gradient by what was repeated, of this shape: the sum over the axes along which it was; always a new array.

    Examples
    --------
    >>> folded(np.ones((2, 3, 4)), (3, 1)), folded(np.array(5), ())
    (array([[8.],
           [8.],
           [8.]]), array(5))
    """
    before = g.ndim - len(shape)
    own = tuple(before + i for i, (n, m) in enumerate(zip(shape, g.shape[before:], strict=True)) if n != m)
    axes = (*range(before), *own)
    return np.array(g.sum(axis=axes, keepdims=True) if axes else g).reshape(shape)


def add_forward(op: Add, *xs: Array) -> Array:
    """Sum of the inputs."""
    return np.asarray(reduce(np.add, xs))


def add_backward(op: Add, dy: Array, *xs: Array) -> dict[str, Array]:
    """Every input receives the whole gradient."""
    return {f"x{i}": folded(dy, x.shape) for i, x in enumerate(xs, 1)}


def subtract_forward(op: Subtract, x1: Array, x2: Array) -> Array:
    """Difference of the inputs."""
    return np.asarray(x1 - x2)


def subtract_backward(op: Subtract, dy: Array, x1: Array, x2: Array) -> dict[str, Array]:
    """The first input receives the gradient, the second its negative."""
    return {"x1": folded(dy, x1.shape), "x2": folded(np.asarray(-dy), x2.shape)}


def multiply_forward(op: Multiply, x1: Array, x2: Array) -> Array:
    """Product of the inputs."""
    return np.asarray(x1 * x2)


def multiply_backward(op: Multiply, dy: Array, x1: Array, x2: Array) -> dict[str, Array]:
    """Each input receives the gradient times the other."""
    return {"x1": folded(np.asarray(dy * x2), x1.shape), "x2": folded(np.asarray(dy * x1), x2.shape)}


def divide_forward(op: Divide, x1: Array, x2: Array) -> Array:
    """Quotient of the inputs."""
    return np.asarray(x1 / x2)


def divide_backward(op: Divide, dy: Array, x1: Array, x2: Array) -> dict[str, Array]:
    """``dx1 = dy / x2`` and ``dx2 = -dy / x2 * x1 / x2``, in which no square of x2 can overflow."""
    share = dy / x2
    return {"x1": folded(np.asarray(share), x1.shape), "x2": folded(np.asarray(-share * (x1 / x2)), x2.shape)}


def pow_forward(op: Pow, x1: Array, x2: Array) -> Array:
    """Powers."""
    return _raised(x1, x2)


def pow_backward(op: Pow, dy: Array, x1: Array, x2: Array) -> dict[str, Array]:
    """``dx1 = dy x2 x1^(x2 - 1)`` and ``dx2 = dy y log(x1)``, 0 where the limit is."""
    slope = x2 * _raised(x1, x2 - (x2 != 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        growth = np.where((x1 == 0) & (x2 >= 0), np.zeros((), dy.dtype), _raised(x1, x2) * _log(x1))
    return {"x1": folded(np.asarray(dy * slope), x1.shape), "x2": folded(np.asarray(dy * growth), x2.shape)}


def maximum_forward(op: Maximum, *xs: Array) -> Array:
    """Largest of the inputs; NaN wins."""
    return np.asarray(reduce(np.maximum, xs))


def minimum_forward(op: Minimum, *xs: Array) -> Array:
    """Smallest of the inputs; NaN wins."""
    return np.asarray(reduce(np.minimum, xs))


def maximum_backward(op: Maximum, dy: Array, *xs: Array) -> dict[str, Array]:
    """The first input that holds the maximum receives the gradient."""
    return _to_the_first(dy, maximum_forward(op, *xs), *xs)


def minimum_backward(op: Minimum, dy: Array, *xs: Array) -> dict[str, Array]:
    """The first input that holds the minimum receives the gradient."""
    return _to_the_first(dy, minimum_forward(op, *xs), *xs)


def expand_forward(op: Expand, x: Array) -> Array:
    """Axes of length 1 repeated."""
    return np.broadcast_to(x, op.shape(x.shape)).copy()


def expand_backward(op: Expand, dy: Array, x: Array) -> dict[str, Array]:
    """The sum over the axes along which the input is repeated."""
    return {"x": folded(dy, x.shape)}


def _to_the_first(dy: Array, y: Array, *xs: Array) -> dict[str, Array]:
    """The gradient of each output, for the first input that equals it."""
    left, grads = np.ones(dy.shape, bool), {}
    for i, x in enumerate(xs, 1):
        won = left & ((x == y) | (x != x))
        left &= ~won
        grads[f"x{i}"] = folded(np.where(won, dy, np.zeros((), dy.dtype)), x.shape)
    return grads


def _raised(base: Array, exponent: Array) -> Array:
    """Powers: those of exact numbers to whole exponents exact, others within a relative 10^-50."""
    if base.dtype != object:
        with np.errstate(over="ignore", divide="ignore"):
            return np.asarray(base**exponent)
    return np.asarray(np.frompyfunc(_power, 2, 1)(base, exponent), object)


def _power(base: Any, exponent: Any) -> Any:
    if not (isinstance(base, Rational) and isinstance(exponent, Rational)):
        return base**exponent
    return base**exponent.numerator if exponent.denominator == 1 else Exact().exp(exponent * Exact().log(base))


def _log(base: Array) -> Array:
    """Logarithms; of exact numbers not that of 0, which is asked for where it is of no consequence."""
    if base.dtype != object:
        return np.log(base)
    if any(isinstance(value, Rational) and value < 0 for value in base.flat):
        raise DataError(
            "the gradient by the exponent is no real number where the base is negative.",
            rule="x1 >= 0, of exact numbers",
            fix="give floats, of which it is NaN there",
        )
    return np.asarray(np.frompyfunc(lambda value: Exact().log(value) if value != 0 else value, 1, 1)(base), object)
