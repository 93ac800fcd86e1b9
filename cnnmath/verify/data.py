"""Data on which a kernel's result is known exactly: integers that floats hold, or exact rational numbers."""

from __future__ import annotations

from fractions import Fraction
from functools import singledispatch
from math import lcm, prod
from typing import Any, Literal, TypeAlias

import numpy as np

from cnnmath import ops
from cnnmath.ops import Operator
from cnnmath.ops.algebra import Shape, rational

Mode: TypeAlias = Literal["integers", "rationals", "digits"]
"""How numbers are compared.

``integers``: float64 arrays of integers, chosen so that no operation rounds; compared with ``==``.
``rationals``: object arrays of fractions; compared with ``==``.
``digits``: the same where a root or an exponential is irrational: compared to 40 digits, computed with 60.
"""

MODES: dict[type[Operator], Mode] = {
    ops.BatchNorm: "rationals",
    ops.LeakyReLU: "rationals",
    ops.LocalResponseNorm: "digits",
    ops.ELU: "digits",
    ops.Sigmoid: "digits",
    ops.Tanh: "digits",
    ops.Softplus: "digits",
    ops.Softmax: "digits",
}
"""Operators that do not stay among the integers."""


def mode(op: Operator) -> Mode:
    """How an operator's numbers are compared."""
    return MODES.get(type(op), "integers")


def draw(op: Operator, name: str, shape: Shape, inputs: tuple[Shape, ...], seed: np.random.Generator) -> Any:
    """An operand of small integers with many ties, times what every division in the operator divides.

    A variance is drawn so that its root is rational.
    """
    numbers = seed.integers(-4, 5, shape) * divisor(op, *inputs)
    if mode(op) == "integers":
        return numbers.astype(float)
    exact = np.array([Fraction(int(v)) for v in numbers.flat], object).reshape(shape)
    return exact * exact + 1 / Fraction(4) - rational(op.epsilon) if name == "var" else exact  # type: ignore[attr-defined]


@singledispatch
def divisor(op: Operator, *inputs: Shape) -> int:  # noqa: ARG001 - most operators divide by nothing
    """A number that every divisor in the operator divides, so that quotients of its multiples are integers."""
    return 1


@divisor.register
def _(op: ops.AveragePool, *inputs: Shape) -> int:  # noqa: ARG001 - the kernel bounds the counts
    return prod(lcm(*range(1, k + 1)) for k in op.kernel)


@divisor.register
def _(op: ops.GlobalAveragePool, *inputs: Shape) -> int:  # noqa: ARG001
    return prod(inputs[0][2:])


@divisor.register
def _(op: ops.AdaptiveAveragePool, *inputs: Shape) -> int:
    return prod(lcm(*range(1, n // o + 3)) for n, o in zip(inputs[0][2:], op.outputs, strict=True))
