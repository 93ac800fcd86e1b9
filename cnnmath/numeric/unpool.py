"""Max unpooling: a scatter to the switches, and backward a gather from there."""

from __future__ import annotations

from math import prod

import numpy as np

from cnnmath.numeric.windows import Array
from cnnmath.ops import MaxUnpool


def forward(op: MaxUnpool, x: Array, switches: Array) -> Array:
    """Every number is added where its switch says."""
    places = _places(op, switches)  # (N, C, J)
    rows = np.arange(prod(x.shape[:2])).reshape(*x.shape[:2], 1) * prod(op.outputs)  # (N, C, 1)
    y = np.zeros(prod(op.shape(x.shape)), x.dtype)  # (N*C*I,)
    np.add.at(y, (rows + places).ravel(), x.ravel())
    return y.reshape(op.shape(x.shape))


def backward(op: MaxUnpool, dy: Array, x: Array, switches: Array) -> dict[str, Array]:
    """The gradient is read at the switches."""
    maps = dy.reshape(*dy.shape[:2], prod(op.outputs))  # (N, C, I)
    return {"x": np.take_along_axis(maps, _places(op, switches), axis=2).reshape(x.shape)}


def _places(op: MaxUnpool, switches: Array) -> Array:
    """The switches as integers, (N, C, J)."""
    return switches.astype(np.int64).reshape(*switches.shape[:2], prod(switches.shape[2:]))
