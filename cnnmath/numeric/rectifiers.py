"""Rectifiers with a trained slope, with an exponential or a threshold; and the softsign."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnmath.numeric.elementwise import each, where_true
from cnnmath.numeric.scalar import constant, exp, expm1
from cnnmath.numeric.windows import Array
from cnnmath.ops import CELU, SELU, PReLU, Softsign, ThresholdedReLU
from cnnmath.ops.algebra import rational


def prelu_forward(op: PReLU, x: Array, w: Array) -> Array:
    """The channel's slope where x is not positive."""
    return np.where(x > 0, x, _spread(w, x) * x)


def prelu_backward(op: PReLU, dy: Array, x: Array, w: Array) -> dict[str, Array]:
    """One or the slope; the slope gathers ``x dy`` of all numbers that are not positive."""
    own = where_true(~(x > 0), x * dy)  # (N, C, *spatial)
    others = tuple(axis for axis in range(x.ndim) if op.shared or axis != 1)
    return {
        "x": np.where(x > 0, dy, _spread(w, x) * dy),
        "w": own.sum(axis=others, keepdims=True).reshape(w.shape),
    }


def selu_forward(op: SELU, x: Array) -> Array:
    """Gamma times x, or times an exponential where x is not positive."""
    gamma, both = _constants(op, x)
    return np.where(x > 0, gamma * x, both * expm1(np.minimum(x, 0)))


def selu_backward(op: SELU, dy: Array, x: Array) -> dict[str, Array]:
    """Gamma, or gamma and alpha times the exponential."""
    gamma, both = _constants(op, x)
    return {"x": dy * np.where(x > 0, gamma, both * exp(np.minimum(x, 0)))}


def celu_forward(op: CELU, x: Array) -> Array:
    """An exponential where x is not positive."""
    alpha = constant(op.alpha, x)
    return np.where(x > 0, x, alpha * expm1(np.minimum(x, 0) / alpha))


def celu_backward(op: CELU, dy: Array, x: Array) -> dict[str, Array]:
    """One, or the exponential."""
    return {"x": np.where(x > 0, dy, dy * exp(np.minimum(x, 0) / constant(op.alpha, x)))}


def thresholded_forward(op: ThresholdedReLU, x: Array) -> Array:
    """Zero where x is not above the threshold; NaN passes."""
    return each(lambda x: where_true(~(x <= constant(op.alpha, x)), x), x)


def thresholded_backward(op: ThresholdedReLU, dy: Array, x: Array) -> dict[str, Array]:
    """The gradient where x is above the threshold."""
    return {"x": each(lambda dy, x: where_true(x > constant(op.alpha, x), dy), dy, x)}


def softsign_forward(op: Softsign, x: Array) -> Array:
    """``r/(1 + r)`` or ``1/(1 + r)``, r the lesser of ``|x|`` and ``1/|x|``: so it has its limits at infinity."""
    size = np.abs(x)
    r = np.minimum(size, 1) / np.maximum(size, 1)
    return np.sign(x) * (np.where(size > 1, r * 0 + 1, r) / (1 + r))


def softsign_backward(op: Softsign, dy: Array, x: Array) -> dict[str, Array]:
    """``1/(1 + |x|)^2``."""
    share = 1 / (1 + np.abs(x))
    return {"x": dy * (share * share)}


def _spread(w: Array, x: Array) -> Array:
    """A slope a channel, or one, against (N, C, *spatial)."""
    return w.reshape(-1, *(1,) * (x.ndim - 2))


def _constants(op: SELU, x: Array) -> tuple[Any, Any]:
    """Gamma, and gamma times alpha."""
    return constant(op.gamma, x), constant(rational(op.gamma) * rational(op.alpha), x)
