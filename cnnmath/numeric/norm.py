"""Batch normalisation, by stored statistics or in training by those of the batch; local response normalisation."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from cnnmath.errors import DataError
from cnnmath.numeric import statistics
from cnnmath.numeric.scalar import constant, power
from cnnmath.numeric.windows import Array, tap_slices
from cnnmath.ops import BatchNorm, LocalResponseNorm
from cnnmath.ops.algebra import rational


def batch_forward(
    op: BatchNorm, x: Array, gamma: Array, beta: Array, mean: Array | None = None, var: Array | None = None
) -> Array:
    """Scale and shift each channel."""
    if mean is None or var is None:
        return statistics.forward(op, x, gamma, beta)
    scale = gamma / _deviation(op, var)  # (C,)
    return (x - _spread(mean, x)) * _spread(scale, x) + _spread(beta, x)  # (N, C, *spatial)


def batch_backward(
    op: BatchNorm,
    dy: Array,
    x: Array,
    gamma: Array,
    beta: Array,
    mean: Array | None = None,
    var: Array | None = None,
) -> dict[str, Array]:
    """Gradients of the input, the scale and the shift; mean and var are constants at inference."""
    if mean is None or var is None:
        return statistics.backward(op, dy, x, gamma, beta)
    deviation = _deviation(op, var)  # (C,)
    rest = (0, *range(2, x.ndim))
    return {
        "x": dy * _spread(gamma / deviation, x),  # (N, C, *spatial)
        "gamma": (dy * (x - _spread(mean, x))).sum(axis=rest) / deviation,  # (C,)
        "beta": dy.sum(axis=rest),  # (C,)
    }


def response_forward(op: LocalResponseNorm, x: Array) -> Array:
    """Divide by a power of the neighbours' sum of squares."""
    return x / power(_base(op, x), rational(op.beta))


def response_backward(op: LocalResponseNorm, dy: Array, x: Array) -> dict[str, Array]:
    """``dx_j = dy_j B_j^-beta - 2 alpha beta/m x_j sum over c near j of dy_c x_c B_c^(-beta-1)``."""
    base = _base(op, x)  # (N, C, *spatial)
    shrunk = dy / power(base, rational(op.beta))
    pull = shrunk * x / base
    near = np.zeros(pull.shape, pull.dtype)
    for _, (outputs,), (inputs,) in tap_slices([op.neighbours()], x.shape[1:2]):
        near[:, inputs] += pull[:, outputs]
    return {"x": shrunk - constant(2 * rational(op.alpha) * rational(op.beta) / op.size, x) * x * near}


def _base(op: LocalResponseNorm, x: Array) -> Array:
    total = np.zeros(x.shape, x.dtype)  # (N, C, *spatial)
    for _, (outputs,), (inputs,) in tap_slices([op.neighbours()], x.shape[1:2]):
        total[:, outputs] += x[:, inputs] * x[:, inputs]
    return constant(op.k, x) + constant(rational(op.alpha) / op.size, x) * total


def _deviation(op: BatchNorm, var: Array) -> Array:
    total = var + constant(op.epsilon, var)
    if (total <= 0).any():
        raise DataError(
            "a variance is negative.",
            here=f"var + epsilon = {total.min()}",
            rule="var + epsilon > 0",
            fix="check 'var'",
        )
    return power(total, Fraction(1, 2))


def _spread(a: Array, x: Array) -> Array:
    """A number a channel, against (N, C, *spatial)."""
    return a.reshape(-1, *(1,) * (x.ndim - 2))
