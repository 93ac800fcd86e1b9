"""Losses from logits, so that no exponential overflows and no small loss is rounded away."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from cnnmath.errors import DataError
from cnnmath.numeric.activation import log_softmax_forward, sigmoid_forward, softmax_forward, softplus_forward
from cnnmath.numeric.scalar import constant, like
from cnnmath.numeric.windows import Array
from cnnmath.ops import BinaryCrossEntropy, CrossEntropy, LogSoftmax, Sigmoid, Softmax, Softplus, SquaredError
from cnnmath.ops.algebra import rational
from cnnmath.ops.loss import Loss


def cross_entropy_forward(op: CrossEntropy, x: Array, t: Array, weights: Array | None = None) -> Array:
    """Logarithms of the softmax, by what the truth gives each class."""
    shares, whole = _shares(op, x, t, weights)  # (N, C, *spatial), ()
    logs = log_softmax_forward(LogSoftmax(), x)  # (N, C, *spatial)
    return _reduced(op, -(shares * np.where(shares == 0, shares, logs)).sum(axis=1), whole)


def cross_entropy_backward(
    op: CrossEntropy, dy: Array, x: Array, t: Array, weights: Array | None = None
) -> dict[str, Array]:
    """``p * (sum of shares) - shares`` by the gradient of each loss: what is predicted, less what is true."""
    shares, whole = _shares(op, x, t, weights)
    above = np.expand_dims(_passed(op, dy, (x.shape[0], *x.shape[2:]), whole), 1)  # (N, 1, *spatial)
    return {"x": above * (softmax_forward(Softmax(), x) * shares.sum(axis=1, keepdims=True) - shares)}


def _shares(op: CrossEntropy, x: Array, t: Array, weights: Array | None) -> tuple[Array, Any]:
    """Share of each class in the truth, times its weight, and what a mean divides by."""
    classes, column = x.shape[1], (-1, *(1,) * (x.ndim - 2))
    keep, even = (constant(share, x) for share in (1 - rational(op.smoothing), rational(op.smoothing) / classes))
    w = like(np.ones(classes, np.int64) if weights is None else weights, x).reshape(column)  # (C, 1...)
    if op.targets == "probabilities":
        return (keep * like(t, x) + even) * w, prod((x.shape[0], *x.shape[2:]))
    labels = np.expand_dims(t.astype(np.int64), 1)  # (N, 1, *spatial)
    counted = w * like((labels != op.ignored).astype(np.int64), x)  # (N, C, *spatial)
    own = counted * like((labels == np.arange(classes).reshape(column)).astype(np.int64), x)  # (N, C, *spatial)
    return keep * own + even * counted, own.sum()


def binary_forward(op: BinaryCrossEntropy, x: Array, t: Array, weights: Array | None = None) -> Array:
    """``w t softplus(-x) + (1 - t) softplus(x)``: two terms that do not cancel."""
    yes, no = _answers(x, t, weights)
    return _reduced(op, yes * softplus_forward(Softplus(), -x) + no * softplus_forward(Softplus(), x), x.size)


def binary_backward(
    op: BinaryCrossEntropy, dy: Array, x: Array, t: Array, weights: Array | None = None
) -> dict[str, Array]:
    """``(1 - t) sigmoid(x) - w t sigmoid(-x)``."""
    yes, no = _answers(x, t, weights)
    slope = no * sigmoid_forward(Sigmoid(), x) - yes * sigmoid_forward(Sigmoid(), -x)  # (N, C, *spatial)
    return {"x": _passed(op, dy, x.shape, x.size) * slope}


def _answers(x: Array, t: Array, weights: Array | None) -> tuple[Array, Array]:
    """Weights of yes and of no."""
    t = like(t, x)
    yes = t if weights is None else t * like(weights, x).reshape(-1, *(1,) * (x.ndim - 2))
    return yes, 1 - t  # (N, C, *spatial)


def squared_forward(op: SquaredError, x: Array, t: Array) -> Array:
    """Squares."""
    missed = x - like(t, x)  # (N, C, *spatial)
    return _reduced(op, missed * missed, x.size)


def squared_backward(op: SquaredError, dy: Array, x: Array, t: Array) -> dict[str, Array]:
    """Twice what is missed."""
    return {"x": _passed(op, dy, x.shape, x.size) * (2 * (x - like(t, x)))}


def _reduced(op: Loss, losses: Array, whole: Any) -> Array:
    """The losses, their sum, or that over the whole of their weights."""
    if op.reduction == "none":
        return losses
    return np.asarray(losses.sum() / _divisor(whole) if op.reduction == "mean" else losses.sum())


def _passed(op: Loss, dy: Array, shape: tuple[int, ...], whole: Any) -> Array:
    """Gradient of every loss: its own, or that of their sum or mean."""
    above = dy / _divisor(whole) if op.reduction == "mean" else dy
    return np.broadcast_to(above, shape)


def _divisor(whole: Any) -> Any:
    """What a mean divides by."""
    if whole == 0:
        raise DataError(
            "the mean of no loss does not exist.",
            rule="mean = sum of losses / sum of weights",
            here="the weights of all that counts add up to 0",
            fix="leave such a batch out, or use reduction='sum', of which nothing is left then but 0",
        )
    return whole
