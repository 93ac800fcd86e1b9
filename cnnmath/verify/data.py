"""Data on which a kernel's result is known exactly: integers that floats hold, or exact rational numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from fractions import Fraction
from functools import singledispatch
from math import lcm, prod
from typing import Any, Literal, TypeAlias

import numpy as np

from cnnmath import ops
from cnnmath.numeric.pool import divisor as pool_divisor
from cnnmath.ops import Operator
from cnnmath.ops.algebra import Shape, rational
from cnnmath.ops.recurrent import Cell

Mode: TypeAlias = Literal["integers", "rationals", "digits"]
"""How numbers are compared.

``integers``: float64 arrays of integers, chosen so that no operation rounds; compared with ``==``.
``rationals``: object arrays of fractions; compared with ``==``.
``digits``: the same where a root or an exponential is irrational: compared to 40 digits, computed with 60.
"""

MODES: dict[type[Operator], Mode] = {
    ops.BatchNorm: "rationals",
    ops.LeakyReLU: "rationals",
    ops.LpPool: "digits",
    ops.GroupNorm: "digits",
    ops.InstanceNorm: "digits",
    ops.LayerNorm: "digits",
    ops.RMSNorm: "digits",
    ops.LocalResponseNorm: "digits",
    ops.ELU: "digits",
    ops.SELU: "digits",
    ops.CELU: "digits",
    ops.ThresholdedReLU: "rationals",
    ops.Clip: "rationals",
    ops.Sigmoid: "digits",
    ops.Tanh: "digits",
    ops.Softplus: "digits",
    ops.LogSigmoid: "digits",
    ops.Softsign: "rationals",
    ops.Erf: "digits",
    ops.GELU: "digits",
    ops.SiLU: "digits",
    ops.Mish: "digits",
    ops.HardSigmoid: "rationals",
    ops.HardSwish: "rationals",
    ops.Softmax: "digits",
    ops.LogSoftmax: "digits",
    ops.Affine: "rationals",
    ops.Power: "digits",
    ops.Exp: "digits",
    ops.Log: "digits",
    ops.CrossEntropy: "digits",
    ops.BinaryCrossEntropy: "digits",
    ops.SquaredError: "rationals",
    ops.Divide: "rationals",
    ops.Pow: "digits",
    ops.RNNCell: "digits",
    ops.LSTMCell: "digits",
}
"""Operators that do not stay among the integers."""


def mode(op: Operator, *inputs: Shape) -> Mode:
    """How an operator's numbers are compared.

    The deviation of a batch is irrational, unlike a stored one, which is drawn; averages by many unlike numbers outgrow
    the integers that floats hold.
    """
    if isinstance(op, ops.BatchNorm) and op.training:
        return "digits"
    if isinstance(op, ops.Resize) and op.mode != "nearest":
        return "rationals"
    if isinstance(op, ops.Dropout) and op.training:
        return "rationals"
    if isinstance(op, (ops.Affine, ops.Clip, ops.ThresholdedReLU)) and all(map(_is_whole, astuple(op))):
        return "integers"
    if isinstance(op, ops.Power) and op.whole:
        return "integers" if 0 < op.exponent <= HIGHEST else "rationals"
    if isinstance(op, ops.Reduce) and (op.irrational or op.how == "product"):
        return "digits" if op.irrational else "rationals"
    large = divisor(op, *inputs) * 9 * prod(inputs[0][2:]) >= 1 << 53 if inputs else False
    return MODES.get(type(op), "rationals" if large else "integers")


def draw(op: Operator, name: str, shape: Shape, inputs: tuple[Shape, ...], seed: np.random.Generator) -> Any:
    """An operand of small integers, many equal ones among the inputs, times what divisions in the operator divide.

    A variance has a rational root, weights are positive, labels and masks are what they may be; a cell gets
    eighths, so that its gates are neither open nor shut.
    """
    levels = op.levels(*inputs).get(name)
    if levels is not None:
        return labels(shape, levels, seed)
    if name == "x" and (near := around(op)):
        chosen = np.array([near[i] for i in seed.integers(0, len(near), prod(shape))], object).reshape(shape)
        return chosen.astype(float) if mode(op, *inputs) == "integers" else chosen
    most = 4 if name.startswith("x") else 9
    numbers = seed.integers(-most, most + 1, shape)
    if numbers.size < FEW and not name.startswith("x"):
        numbers = numbers + (numbers >= 0)
    if isinstance(op, ops.Reduce) and op.how == "product" and name == "x":
        numbers = _factors(op, numbers, seed)
    if mode(op, *inputs) == "integers":
        return numbers.astype(float) * divisor(op, *inputs)
    exact = np.array([Fraction(int(v)) for v in numbers.flat], object).reshape(shape)
    if name == "weights" or name in op.positive:
        return abs(exact) + 1
    if isinstance(op, Cell):
        return exact / Fraction(8)
    return exact * exact + 1 / Fraction(4) - rational(op.epsilon) if name == "var" else exact  # type: ignore[attr-defined]


def _factors(op: ops.Reduce, numbers: Any, seed: np.random.Generator) -> Any:
    """None, one or two factors of each product are 0: in the gradient each of these is another case."""
    factors, along = numbers + (numbers >= 0), op.along(numbers.shape)
    for _ in range(2):
        lot = seed.random(numbers.shape)
        most = lot.max(axis=along, keepdims=True, initial=0)
        factors[(lot == most) & (seed.random(most.shape) < 1 / 2)] = 0
    return factors


def around(op: Operator) -> list[Fraction]:
    """The numbers at which an operator that has bounds treats its input otherwise, and one on both sides of each.

    Examples
    --------
    >>> [int(v) for v in around(ops.Clip(0, 6))], around(ops.ReLU())
    ([-1, 0, 1, 5, 6, 7], [])
    """
    bounds = astuple(op) if isinstance(op, (ops.Clip, ops.ThresholdedReLU)) else ()
    return sorted({rational(b) + step for b in bounds if b is not None for step in (-1, 0, 1)})


def _is_whole(setting: float | Fraction | None) -> bool:
    return setting is None or rational(setting).denominator == 1


def labels(shape: Shape, levels: Sequence[int], seed: np.random.Generator) -> Any:
    """Fractions that are each one of the levels; the first is the first of them, so that not every label is ignored."""
    chosen = [levels[i] for i in seed.integers(0, len(levels), prod(shape))]
    return np.array([Fraction(v) for v in (*levels[:1], *chosen[1:])], object)[: prod(shape)].reshape(shape)


HIGHEST = 4
"""Highest power for which the integers that are drawn stay among those that floats hold."""

FEW = 8
"""Fewer parameters or gradients from above than these are never zero, which would tell nothing."""


@singledispatch
def divisor(op: Operator, *inputs: Shape) -> int:  # noqa: ARG001 - most operators divide by nothing
    """A number that every divisor in the operator divides, so that quotients of its multiples are integers."""
    return 1


@divisor.register
def _(op: ops.AveragePool, *inputs: Shape) -> int:
    return lcm(*np.unique(pool_divisor(op, inputs[0][2:])).tolist())


@divisor.register
def _(op: ops.LinearUpsample, *inputs: Shape) -> int:
    return prod(op.parts(inputs[0][2:]))


@divisor.register
def _(op: ops.GlobalAveragePool, *inputs: Shape) -> int:  # noqa: ARG001 - it divides by all positions
    return prod(inputs[0][2:])


@divisor.register
def _(op: ops.Reduce, *inputs: Shape) -> int:
    return prod(inputs[0][axis] for axis in op.along(inputs[0])) if op.how == "mean" else 1


@divisor.register
def _(op: ops.AdaptiveAveragePool, *inputs: Shape) -> int:
    _, lengths = op.bins(inputs[0][2:], [np.arange(o) for o in op.outputs])
    return prod(lcm(*np.unique(length).tolist()) for length in lengths)
