"""The oracle: what the sentence says of an operator's numbers, exactly; never what a kernel says.

Small settings are read by `readers.exact` and `readers.gradient`, in plain loops over fractions; larger ones by the
same sentence over index grids, which the tests hold to the loops.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np

from cnnmath.numeric.windows import Array
from cnnmath.ops import Operator
from cnnmath.ops.algebra import Shape
from cnnmath.readers import Tensor, exact, gradient
from cnnmath.verify import grid

SMALL = 300
"""Numbers of operands and output up to which the readers in plain Python are asked."""


def output(op: Operator, shape: Shape, arrays: Mapping[str, Array]) -> Array:
    """The output: fractions in an object array, or float64 where the operands are; exact while no number rounds."""
    if _small(shape, arrays):
        return _array(exact.forward(op, shape, *(Tensor.of(a) for a in arrays.values())))
    return grid.forward(op, _wide(arrays))


def gradients(op: Operator, dy: Array, arrays: Mapping[str, Array], wanted: Sequence[str]) -> dict[str, Array]:
    """Gradients of ``sum(dy * y)`` by the operands that are asked for."""
    if _small(dy.shape, arrays):
        found = gradient.backward(op, Tensor.of(dy), {name: Tensor.of(a) for name, a in arrays.items()}, wanted)
        return {name: _array(found[name]) for name in wanted}
    return grid.gradient(op, _wide({"": dy})[""], _wide(arrays), wanted)


def _small(shape: Shape, arrays: Mapping[str, Array]) -> bool:
    return prod(shape) + sum(a.size for a in arrays.values()) <= SMALL


def _wide(arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Numbers of every format as float64, in which they are the same."""
    return {name: a if a.dtype.kind == "O" else a.astype(np.float64) for name, a in arrays.items()}


def _array(tensor: Tensor) -> Array:
    array = np.empty(prod(tensor.shape), object)
    array[:] = tensor.values
    return array.reshape(tensor.shape)
