"""The oracle: what the sentence says of an operator's numbers, exactly; never what a kernel says.

Small settings are read by `readers.exact` and `readers.gradient`, in plain loops over fractions; larger ones by the
same sentence over index grids, which the tests hold to the loops.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import prod
from typing import Any, TypeAlias

import numpy as np

from cnnmath.numeric.windows import Array
from cnnmath.ops import Operator
from cnnmath.ops.algebra import Shape
from cnnmath.readers import Tensor, exact, gradient
from cnnmath.readers.exact import fraction
from cnnmath.verify import grid

SMALL = 300
"""Numbers of operands and output up to which the readers in plain Python are asked."""

KEPT = 512
"""Small answers that are kept: all kernels of an operator are judged on the same numbers."""

Numbers: TypeAlias = tuple[tuple[str, Shape, tuple[Any, ...]], ...]
"""Operands as a key: name, shape and numbers of each."""


def output(op: Operator, shape: Shape, arrays: Mapping[str, Array]) -> Array:
    """The output: fractions in an object array, or float64 where the operands are; exact while no number rounds."""
    if _small(shape, arrays):
        return _array(_output(op, shape, _numbers(arrays)))
    return grid.forward(op, _wide(arrays))


def gradients(op: Operator, dy: Array, arrays: Mapping[str, Array], wanted: Sequence[str]) -> dict[str, Array]:
    """Gradients of ``sum(dy * y)`` by the operands that are asked for."""
    if _small(dy.shape, arrays):
        found = _gradients(op, _numbers({"": dy}), _numbers(arrays), tuple(wanted))
        return {name: _array(tensor) for name, tensor in found.items()}
    return grid.gradient(op, _wide({"": dy})[""], _wide(arrays), wanted)


@lru_cache(maxsize=KEPT)
def _output(op: Operator, shape: Shape, given: Numbers) -> Tensor:
    return exact.forward(op, shape, *_tensors(given).values())


@lru_cache(maxsize=KEPT)
def _gradients(op: Operator, dy: Numbers, given: Numbers, wanted: tuple[str, ...]) -> Mapping[str, Tensor]:
    (above,) = _tensors(dy).values()
    return gradient.backward(op, above, _tensors(given), wanted)


def _numbers(arrays: Mapping[str, Array]) -> Numbers:
    return tuple((name, a.shape, tuple(a.ravel().tolist())) for name, a in arrays.items())


def _tensors(given: Numbers) -> dict[str, Tensor]:
    return {name: Tensor(shape, [fraction(v) for v in values]) for name, shape, values in given}


def _small(shape: Shape, arrays: Mapping[str, Array]) -> bool:
    return prod(shape) + sum(a.size for a in arrays.values()) <= SMALL


def _wide(arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Numbers of every format as float64, in which they are the same."""
    return {name: a if a.dtype.kind == "O" else a.astype(np.float64) for name, a in arrays.items()}


def _array(tensor: Tensor) -> Array:
    array = np.empty(prod(tensor.shape), object)
    array[:] = tensor.values
    return array.reshape(tensor.shape)
