"""Numbers for which a kernel's result is known exactly: integers with room for every sum, ties, orders, fractions."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, prod
from typing import Any

import numpy as np

from cnnmath import ops
from cnnmath.numeric.windows import Array
from cnnmath.ops import operands
from cnnmath.readers.magnitude import bounds
from cnnmath.readers.monomials import Monomial, of_gradient
from cnnmath.verify import oracle
from cnnmath.verify.data import divisor, draw, labels
from cnnmath.verify.guard import carrier
from cnnmath.verify.strategies import Case
from cnnmath.verify.trial import Trial

BITS = {"float64": 53, "float32": 24, "float16": 11, "bfloat16": 8, "int64": 62, "int32": 30, "int16": 14}
"""Integers up to 2 to this are exact in a format."""


def room(case: Case, found: frozenset[Monomial], bits: int) -> int:
    """How large integers may be so that no sum, product or gradient rounds, in whatever order.

    For a multilinear operator that subtracts nothing, the sums of absolute terms are counted by the sentence on ones,
    before any division.

    Examples
    --------
    >>> from cnnmath.ops import Conv
    >>> from cnnmath.readers.monomials import monomials
    >>> case = Case(Conv(1, (3,), bias=False), ((1, 1, 5),))
    >>> room(case, monomials(case.op, *case.inputs), 53) == int((2**53 / 3) ** 0.5)
    True
    """
    names = {name for monomial in found for name in monomial}
    factors = max([len(m) for m in found] + [len(m) for name in names for m in of_gradient(found, name)], default=1)
    divided = divisor(case.op, *case.inputs)
    multilinear = all(len(set(m)) == len(m) for m in found) and not isinstance(case.op, ops.Subtract)
    terms = max(most_terms(case, sorted(names)) if multilinear else _bounded_terms(case), divided)
    return int((2**bits / terms) ** (1 / factors) / divided)


def most_terms(case: Case, names: Sequence[str]) -> int:
    """Most terms that a number of the output or of a gradient has, as the sentence counts them on ones."""
    op, inputs = case.op, case.inputs
    levels = op.levels(*inputs)
    ones = {
        name: np.full(shape, max(map(abs, levels.get(name, [1]))), float)
        for name, shape in operands(op, *inputs).items()
    }
    dy = np.ones(op.shape(*inputs))
    counts = [oracle.output(op, dy.shape, ones), *oracle.gradients(op, dy, ones, names).values()]
    return max([1, *(ceil(max(map(abs, c.ravel().tolist()), default=0)) for c in counts)])


def _bounded_terms(case: Case) -> int:
    """The same where numbers are subtracted: coarse bounds of their size."""
    found = bounds(case.op, dict.fromkeys(operands(case.op, *case.inputs), 1), *case.inputs)
    return max([found.value, *(slope * prod(case.op.shape(*case.inputs)) for slope in found.slopes.values())])


def integers(case: Case, largest: int, generator: np.random.Generator, dtype: str) -> Trial:
    """Operands and gradient of random integers, multiples of what the operator divides by."""
    op, inputs = case.op, case.inputs
    levels, times = op.levels(*inputs), divisor(op, *inputs)

    def fill(shape: tuple[int, ...]) -> Array:
        return (generator.integers(-largest, largest + 1, shape) * times).astype(carrier(dtype))

    arrays = {
        name: labels(shape, levels[name], generator).astype(carrier(dtype)) if name in levels else fill(shape)
        for name, shape in operands(op, *inputs).items()
    }
    return Trial(case, arrays, fill(op.shape(*inputs)))


def drawn(case: Case, generator: np.random.Generator, dtype: str = "") -> tuple[dict[str, Array], Array]:
    """Operands and gradient of small numbers, as the operator's mode has them."""
    op, inputs = case.op, case.inputs
    shapes = operands(op, *inputs)
    arrays = {name: draw(op, name, shape, inputs, generator) for name, shape in shapes.items()}
    dy = draw(op, "dy", op.shape(*inputs), inputs, generator)
    if dtype:
        return {name: a.astype(carrier(dtype)) for name, a in arrays.items()}, dy.astype(carrier(dtype))
    return arrays, dy


def distinct(trial: Trial, generator: np.random.Generator, bits: int) -> Trial:
    """The same trial with inputs in random order, all different as far as the format has integers."""

    def order(array: Array) -> Array:
        ranks = generator.permutation(array.size).reshape(array.shape) - array.size // 2
        return (ranks % 2**bits if array.size > 2**bits else ranks).astype(array.dtype)

    levels = trial.case.op.levels(*trial.case.inputs)
    arrays = {n: order(a) if n.startswith("x") and n not in levels else a for n, a in trial.arrays.items()}
    return Trial(trial.case, arrays, trial.dy)


def rational(array: Array) -> Array:
    """The same numbers as fractions in an object array."""
    values: list[Any] = [v if isinstance(v, Fraction) else Fraction(v) for v in array.ravel().tolist()]
    result = np.empty(array.size, object)
    result[:] = values
    return result.reshape(array.shape)


def degree_of(found: frozenset[Monomial], wrt: str) -> int:
    """Degree of a result in all operands together."""
    return max(map(len, found if wrt == "y" else of_gradient(found, wrt)), default=0)
