"""Max unpooling: a scatter to the switches, and backward a gather from there."""

from __future__ import annotations

from math import prod

import numpy as np

from cnnmath.errors import DataError
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
    """The switches as integers, (N, C, J), once they are known to be places of the output."""
    inside = (switches >= 0) & (switches < prod(op.outputs))
    if inside.all():
        places = switches.astype(np.int64)
        inside = places == switches
        if inside.all():
            return places.reshape(*switches.shape[:2], prod(switches.shape[2:]))
    at = tuple(int(axis[0]) for axis in np.nonzero(~inside))
    raise DataError(
        "a switch is no place of the output.",
        input=f"switches{list(at)} = {switches[at]}, output {op.outputs}",
        rule="an integer, 0 <= switch < product of the output's sizes",
        here=f"not 0 <= {switches[at]} < {prod(op.outputs)}, or no integer",
        fix="give MaxUnpool the sizes of what was pooled, and the switches of cnnmath.numeric.switches",
    )
