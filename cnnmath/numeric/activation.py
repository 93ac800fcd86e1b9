"""Activations, written so that no intermediate overflows."""

from __future__ import annotations

import numpy as np

from cnnmath.numeric.elementwise import each, where_true
from cnnmath.numeric.scalar import constant, exp, expm1, log1p
from cnnmath.numeric.windows import Array
from cnnmath.ops import ELU, LeakyReLU, LogSigmoid, LogSoftmax, ReLU, Sigmoid, Softmax, Softplus, Tanh


def relu_forward(op: ReLU, x: Array) -> Array:
    """Zero where x is not positive; NaN passes."""
    return each(lambda x: np.maximum(x, np.zeros((), x.dtype)), x)


def relu_backward(op: ReLU, dy: Array, x: Array) -> dict[str, Array]:
    """The gradient where x is positive."""
    return {"x": each(lambda dy, x: where_true(x > 0, dy), dy, x)}


def leaky_forward(op: LeakyReLU, x: Array) -> Array:
    """The slope where x is not positive."""
    return np.where(x > 0, x, constant(op.slope, x) * x)


def leaky_backward(op: LeakyReLU, dy: Array, x: Array) -> dict[str, Array]:
    """One or the slope."""
    return {"x": np.where(x > 0, dy, constant(op.slope, dy) * dy)}


def elu_forward(op: ELU, x: Array) -> Array:
    """An exponential where x is not positive."""
    return np.where(x > 0, x, constant(op.alpha, x) * expm1(np.minimum(x, 0)))


def elu_backward(op: ELU, dy: Array, x: Array) -> dict[str, Array]:
    """One, or alpha times the exponential."""
    return {"x": np.where(x > 0, dy, dy * (constant(op.alpha, x) * exp(np.minimum(x, 0))))}


def sigmoid_forward(op: Sigmoid, x: Array) -> Array:
    """Logistic function, by the exponential of -|x|."""
    tail = exp(-np.abs(x))
    return np.where(x >= 0, tail * 0 + 1, tail) / (1 + tail)


def sigmoid_backward(op: Sigmoid, dy: Array, x: Array) -> dict[str, Array]:
    """``y (1 - y)``, by the exponential of -|x|."""
    tail = exp(-np.abs(x))
    return {"x": dy * (tail / ((1 + tail) * (1 + tail)))}


def tanh_forward(op: Tanh, x: Array) -> Array:
    """Hyperbolic tangent, by expm1 of -2|x|."""
    tail = expm1(-2 * np.abs(x))
    return np.where(x >= 0, -tail, tail) / (2 + tail)


def tanh_backward(op: Tanh, dy: Array, x: Array) -> dict[str, Array]:
    """``1 - y^2 = 4 t/(1 + t)^2`` with ``t = exp(-2|x|)``."""
    tail = exp(-2 * np.abs(x))
    return {"x": dy * (4 * tail / ((1 + tail) * (1 + tail)))}


def softplus_forward(op: Softplus, x: Array) -> Array:
    """``max(x, 0) + log(1 + exp(-|x|))``."""
    return np.maximum(x, 0) + log1p(exp(-np.abs(x)))


def softplus_backward(op: Softplus, dy: Array, x: Array) -> dict[str, Array]:
    """The logistic function."""
    return {"x": dy * sigmoid_forward(Sigmoid(), x)}


def log_sigmoid_forward(op: LogSigmoid, x: Array) -> Array:
    """``min(x, 0) - log(1 + exp(-|x|))``: no exponential overflows, and log1p keeps small ones."""
    return np.minimum(x, 0) - log1p(exp(-np.abs(x)))


def log_sigmoid_backward(op: LogSigmoid, dy: Array, x: Array) -> dict[str, Array]:
    """The logistic function of -x."""
    return {"x": dy * sigmoid_forward(Sigmoid(), -x)}


def softmax_forward(op: Softmax, x: Array) -> Array:
    """Exponentials less the greatest, over their sum."""
    if not x.size:
        return exp(x)
    share = exp(x - x.max(axis=op.axis, keepdims=True))
    return share / share.sum(axis=op.axis, keepdims=True)


def softmax_backward(op: Softmax, dy: Array, x: Array) -> dict[str, Array]:
    """``y (dy - sum of dy y)``."""
    y = softmax_forward(op, x)
    return {"x": y * (dy - (dy * y).sum(axis=op.axis, keepdims=True))}


def log_softmax_forward(op: LogSoftmax, x: Array) -> Array:
    """What each number is above the greatest, less the logarithm of the sum of exponentials of that.

    The greatest adds exactly 1 to the sum: the logarithm is that of 1 and the rest, so that a sure prediction keeps all
    digits of its small loss.
    """
    if not x.size:
        return exp(x)
    first = np.expand_dims(x.argmax(axis=op.axis), op.axis)  # 1 along the axis
    above = x - np.take_along_axis(x, first, axis=op.axis)
    rest = exp(above)
    np.put_along_axis(rest, first, 0, axis=op.axis)
    return above - log1p(rest.sum(axis=op.axis, keepdims=True))


def log_softmax_backward(op: LogSoftmax, dy: Array, x: Array) -> dict[str, Array]:
    """``dy - softmax(x) * sum of dy``."""
    return {"x": dy - softmax_forward(Softmax(op.axis), x) * dy.sum(axis=op.axis, keepdims=True)}
