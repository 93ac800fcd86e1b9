"""Numbers times gates of themselves, written so that nothing overflows and no small gate is lost in a difference."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from cnnmath.numeric.activation import sigmoid_backward, sigmoid_forward
from cnnmath.numeric.scalar import constant, erf, exp, normal, root
from cnnmath.numeric.windows import Array
from cnnmath.ops import GELU, Erf, Mish, Sigmoid, SiLU
from cnnmath.ops.smooth import CUBIC
from cnnmath.readers.error_function import PI

FAR = 12000.0
"""``exp(-12000)`` is 0 in every format."""


def erf_forward(op: Erf, x: Array) -> Array:
    """Error function."""
    return erf(x)


def erf_backward(op: Erf, dy: Array, x: Array) -> dict[str, Array]:
    """``2/sqrt(pi) exp(-x^2)``."""
    x = near(x, 110.0)
    return {"x": dy * (2 * exp(-x * x) / root(PI, x))}


def gelu_forward(op: GELU, x: Array) -> Array:
    """The number times its gate."""
    return gated(x, sigmoid_forward(Sigmoid(), _logit(x)) if op.approximate else normal(x))


def gelu_backward(op: GELU, dy: Array, x: Array) -> dict[str, Array]:
    """The gate, and the number times the derivative of the gate."""
    if op.approximate:
        z, x = _logit(x), near(x, 60.0)
        slope = 2 * root(2 / PI, x) * (1 + 3 * constant(CUBIC, x) * x * x)
        return {"x": dy * (sigmoid_forward(Sigmoid(), z) + sigmoid_backward(Sigmoid(), x * slope, z)["x"])}
    gate, x = normal(x), near(x, 160.0)
    return {"x": dy * (gate + x * exp(-x * x / 2) / root(2 * PI, x))}


def silu_forward(op: SiLU, x: Array) -> Array:
    """The number times its gate."""
    return gated(x, sigmoid_forward(Sigmoid(), _steep(op, x)))


def silu_backward(op: SiLU, dy: Array, x: Array) -> dict[str, Array]:
    """``s(z) + z s'(z)`` with ``z = beta x``."""
    z = _steep(op, x)
    return {"x": dy * (sigmoid_forward(Sigmoid(), z) + sigmoid_backward(Sigmoid(), z, z)["x"])}


def mish_forward(op: Mish, x: Array) -> Array:
    """The number times its gate, a quotient of polynomials of ``t = exp(-|x|)``."""
    _, above, below = _mish(x)
    return gated(x, above / below)


def mish_backward(op: Mish, dy: Array, x: Array) -> dict[str, Array]:
    """The gate, and ``x s(x) (1 - gate^2)``, in which nothing is subtracted."""
    t, above, below = _mish(x)
    x = near(x, FAR)
    slope = 4 * t * (1 + t) * np.where(x >= 0, t, t * 0 + 1) / (below * below)
    return {"x": dy * (above / below + x * slope)}


def gated(x: Array, gate: Array) -> Array:
    """The product; nothing comes through a gate that is shut, not even from infinity.

    Examples
    --------
    >>> gated(np.array([-np.inf, 2.0]), np.array([0.0, 0.5]))
    array([0., 1.])
    """
    return np.where(gate == 0, np.zeros((), x.dtype), x) * gate


def near(x: Array, far: float) -> Array:
    """Floats at most so far from 0, for functions that have their limits there; exact numbers as they are.

    Examples
    --------
    >>> near(np.array([-np.inf, 2.0, np.nan]), 40.0)
    array([-40.,   2.,  nan])
    """
    return x if x.dtype == object else np.clip(x, -far, far)


def _logit(x: Array) -> Array:
    """The number z of which ``(1 + tanh(z/2))/2`` is the logistic function."""
    x = near(x, 60.0)
    return 2 * root(2 / PI, x) * (x + constant(CUBIC, x) * x * x * x)


def _steep(op: SiLU, x: Array) -> Array:
    """``beta x``, where it is a float only as far as the logistic function changes."""
    beta: Any = constant(op.beta, x)
    if x.dtype == object:
        return beta * x
    return beta * near(x, min(FAR / abs(beta) if beta else inf, float(np.finfo(x.dtype).max)))


def _mish(x: Array) -> tuple[Array, Array, Array]:
    """``t = exp(-|x|)``, and numerator and denominator of ``((1 + e^x)^2 - 1)/((1 + e^x)^2 + 1)``, over e^2x or not."""
    t = exp(-np.abs(near(x, FAR)))
    above = np.where(x >= 0, 1 + 2 * t, t * (t + 2))
    return t, above, above + np.where(x >= 0, 2 * t * t, t * 0 + 2)
