"""Lines cut off at 0 and at 1, and numbers times such a gate."""

from __future__ import annotations

import numpy as np

from cnnmath.numeric.scalar import constant
from cnnmath.numeric.smooth import gated
from cnnmath.numeric.windows import Array
from cnnmath.ops import HardSigmoid, HardSwish


def sigmoid_forward(op: HardSigmoid, x: Array) -> Array:
    """The line between its bounds; NaN passes."""
    return np.clip(_line(op, x), 0, 1)


def sigmoid_backward(op: HardSigmoid, dy: Array, x: Array) -> dict[str, Array]:
    """The slope between the bounds."""
    z = _line(op, x)
    return {"x": np.where((z > 0) & (z < 1), constant(op.slope, dy) * dy, np.zeros((), dy.dtype))}


def swish_forward(op: HardSwish, x: Array) -> Array:
    """The number times its gate."""
    return gated(x, sigmoid_forward(HardSigmoid(), x))


def swish_backward(op: HardSwish, dy: Array, x: Array) -> dict[str, Array]:
    """``x/3 + 1/2`` between -3 and 3, and 0 or 1 outside."""
    slope = x / constant(3, x) + constant(0.5, x)
    return {"x": np.where(x <= -3, np.zeros((), dy.dtype), np.where(x >= 3, dy, dy * slope))}


def _line(op: HardSigmoid, x: Array) -> Array:
    """The line; what is beyond a format is beyond its bounds."""
    with np.errstate(over="ignore"):
        return constant(op.slope, x) * x + constant(op.shift, x)
