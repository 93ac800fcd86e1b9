"""Arithmetic on each number alone."""

from __future__ import annotations

import numpy as np

from cnnmath.numeric.elementwise import each, where_true
from cnnmath.numeric.scalar import constant, exp, log, power
from cnnmath.numeric.windows import Array
from cnnmath.ops import Abs, Affine, Clip, Exp, Log, Power
from cnnmath.ops.algebra import rational


def affine_forward(op: Affine, x: Array) -> Array:
    """Scaled and shifted; what changes nothing is left out."""
    scaled = x.copy() if op.scale == 1 else constant(op.scale, x) * x
    return scaled if op.shift == 0 else scaled + constant(op.shift, x)


def affine_backward(op: Affine, dy: Array, x: Array) -> dict[str, Array]:
    """The gradient, scaled."""
    return {"x": constant(op.scale, dy) * dy}


def power_forward(op: Power, x: Array) -> Array:
    """The power."""
    return power(x, rational(op.exponent))


def power_backward(op: Power, dy: Array, x: Array) -> dict[str, Array]:
    """The power that is one lower, times the exponent."""
    return {"x": dy * (constant(op.exponent, x) * power(x, rational(op.exponent) - 1))}


def exp_forward(op: Exp, x: Array) -> Array:
    """The exponential."""
    return exp(x)


def exp_backward(op: Exp, dy: Array, x: Array) -> dict[str, Array]:
    """The exponential again."""
    return {"x": dy * exp(x)}


def log_forward(op: Log, x: Array) -> Array:
    """The logarithm."""
    return log(x)


def log_backward(op: Log, dy: Array, x: Array) -> dict[str, Array]:
    """The reciprocal."""
    return {"x": dy / x}


def abs_forward(op: Abs, x: Array) -> Array:
    """The absolute value."""
    return np.abs(x)


def abs_backward(op: Abs, dy: Array, x: Array) -> dict[str, Array]:
    """With the sign of x, and 0 where it has none."""
    return {"x": where_true(x > 0, dy) - where_true(x < 0, dy)}


def clip_forward(op: Clip, x: Array) -> Array:
    """Bounds where x is beyond them; NaN passes."""
    low, high = (None if bound is None else constant(bound, x) for bound in (op.low, op.high))
    return each(lambda x: np.clip(x, low, high), x)


def clip_backward(op: Clip, dy: Array, x: Array) -> dict[str, Array]:
    """The gradient strictly between the bounds."""

    def between(dy: Array, x: Array) -> Array:
        inside = np.ones(x.shape, bool)
        if op.low is not None:
            inside &= x > constant(op.low, x)
        if op.high is not None:
            inside &= x < constant(op.high, x)
        return where_true(inside, dy)

    return {"x": each(between, dy, x)}
