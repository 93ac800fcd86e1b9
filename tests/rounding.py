"""How far a float32 result may be from the exact one, whatever the order of its sums: derived, by operator.

A sum of n products, in any order, is within ``gamma_n`` times the sum of their absolute values of the exact one
[1]_. So the bound is the operator itself, run in float64 on absolute values, times ``gamma_n``, where n is the largest
number of roundings that a term of the result passes through. Numbers that underflow are left out.

References
----------
.. [1] N. J. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd edition, SIAM 2002, section 3.1.
"""

from __future__ import annotations

from functools import singledispatch
from math import prod
from typing import Any

import numpy as np

from cnnmath import numeric, ops
from cnnmath.ops import Operator
from cnnmath.ops.algebra import operands
from tests.support import gamma

Array = np.ndarray[Any, Any]
UNIT = 2.0**-24
"""Unit roundoff of float32."""

SHIFTS = ("b", "beta", "mean")
"""Operands that are added to an input, or to its multiple."""


def forward(op: Operator, *arrays: Array) -> Array:
    """The package's kernel, for operands in the sentence's order."""
    inputs, parameters = _named(op, arrays)
    return numeric.forward(op, *inputs, **parameters)


def backward(op: Operator, dy: Array, *arrays: Array) -> dict[str, Array]:
    """Its gradients by operand."""
    inputs, parameters = _named(op, arrays)
    return numeric.backward(op, dy, *inputs, **parameters)


def forward_bound(op: Operator, *arrays: Array) -> Array:
    """Largest error of each output."""
    count = roundings(op, *(a.shape for a in arrays)).get("y", 0)
    return gamma(count, UNIT) * forward(op, *magnitudes(op, *arrays)) if count else np.zeros(_shape(op, arrays))


def backward_bound(op: Operator, dy: Array, *arrays: Array) -> dict[str, Array]:
    """Largest error of each gradient, by operand."""
    counts = roundings(op, *(a.shape for a in arrays))
    found = backward(op, np.abs(dy).astype(float), *magnitudes(op, *arrays))
    return {name: gamma(counts.get(name, 0), UNIT) * a for name, a in found.items()}


def passed_on(op: Operator, distances: list[Array], *parameters: Array) -> Array:
    """How far apart outputs may be whose inputs are at such distances, beside `forward_bound` at one of the inputs."""
    arrays = (*distances, *parameters)
    names = operands(op, *(x.shape for x in distances))
    pairs = zip(names, magnitudes(op, *arrays), strict=True)
    unshifted = [np.zeros_like(a) if name in SHIFTS else a for name, a in pairs]
    return (1 + gamma(roundings(op, *(a.shape for a in arrays)).get("y", 0), UNIT)) * forward(op, *unshifted)


@singledispatch
def magnitudes(op: Operator, *arrays: Array) -> list[Array]:
    """Operands in float64 with which every term of a result is its absolute value."""
    return [np.abs(a).astype(float) for a in arrays]


@magnitudes.register(ops.ReLU)
@magnitudes.register(ops.MaxPool)
def _(op: Operator, x: Array) -> list[Array]:
    return [x.astype(float)]  # they choose, and what they choose is exact


@magnitudes.register
def _(op: ops.BatchNorm, *arrays: Array) -> list[Array]:
    x, gamma_, beta, mean, var = (np.abs(a).astype(float) for a in arrays)
    return [x, gamma_, beta, -mean, var]  # |x - mean| is at most |x| + |mean|


@singledispatch
def roundings(op: Operator, *shapes: tuple[int, ...]) -> dict[str, int]:
    """Roundings that a term of y, or of an operand's gradient, passes through at most; 0 where none is named."""
    raise NotImplementedError(f"nobody counted the roundings of {type(op).__name__}")


@roundings.register(ops.ReLU)
@roundings.register(ops.Flatten)
@roundings.register(ops.Dropout)
def _(op: Operator, *shapes: tuple[int, ...]) -> dict[str, int]:
    return {}


@roundings.register
def _(op: ops.Conv, x: Any, w: Any, b: Any = None) -> dict[str, int]:
    positions = prod(op.shape(x)) // op.filters  # N*O
    taps = prod(op.kernel)
    return {"y": w[1] * taps + 1, "x": op.filters // op.groups * taps, "w": positions, "b": positions}


@roundings.register
def _(op: ops.Linear, x: Any, w: Any, b: Any = None) -> dict[str, int]:
    return {"y": w[1] + 1, "x": w[0], "w": x[0], "b": x[0]}


@roundings.register
def _(op: ops.BatchNorm, x: Any, *parameters: Any) -> dict[str, int]:
    positions = prod(x) // x[1]
    # epsilon, the sum, the root and the quotient; the difference or the shift, the product, the sum: 7, in any form
    return {"y": 8, "x": 8, "gamma": positions + 8, "beta": positions}


@roundings.register
def _(op: ops.MaxPool, x: Any) -> dict[str, int]:
    return {"x": prod(op.kernel)}


@roundings.register
def _(op: ops.AveragePool, x: Any) -> dict[str, int]:
    return {"y": prod(op.kernel) + 1, "x": prod(op.kernel) + 2}


@roundings.register
def _(op: ops.AdaptiveAveragePool, x: Any) -> dict[str, int]:
    longest = prod(-(-n // o) + 1 for n, o in zip(x[2:], op.outputs, strict=True))
    return {"y": longest + 1, "x": prod(op.outputs) + 2}


@roundings.register
def _(op: ops.GlobalAveragePool, x: Any) -> dict[str, int]:
    return {"y": prod(x[2:]) + 1, "x": 2}


@roundings.register
def _(op: ops.Add, *inputs: Any) -> dict[str, int]:
    return {"y": len(inputs) - 1}


def _shape(op: Operator, arrays: tuple[Array, ...]) -> tuple[int, ...]:
    """Of the output."""
    return op.shape(*(x.shape for x in _named(op, arrays)[0]))


def _named(op: Operator, arrays: tuple[Array, ...]) -> tuple[tuple[Array, ...], dict[str, Array]]:
    """Inputs, and parameters by name."""
    count = len(arrays) if op.variadic else 1
    inputs = arrays[:count]
    names = list(operands(op, *(x.shape for x in inputs)))[count:]
    return inputs, dict(zip(names, arrays[count:], strict=True))
