"""Real data: numbers that round, as a format holds them."""

from __future__ import annotations

from math import log

import numpy as np

from cnnmath import ops
from cnnmath.numeric.windows import Array
from cnnmath.ops import Operator, operands
from cnnmath.ops.recurrent import Cell
from cnnmath.verify.data import labels
from cnnmath.verify.guard import carrier
from cnnmath.verify.rounding import FORMATS
from cnnmath.verify.strategies import Case
from cnnmath.verify.trial import Trial

DIGITS = {"float16": 11, "bfloat16": 8}
"""Binary digits of the formats in which NumPy computes slowly, or not at all."""

LARGE = 50
"""How many times larger the few large numbers are."""

EXPONENTIAL = (
    *(ops.SELU, ops.CELU),
    *(ops.ELU, ops.Sigmoid, ops.Tanh, ops.Softplus, ops.LogSigmoid, ops.Softmax, ops.LogSoftmax),
    *(ops.Erf, ops.GELU, ops.SiLU, ops.Mish, ops.CrossEntropy, ops.BinaryCrossEntropy),
)
"""Operators whose sentence has an exponential of the input that may be beyond a format, though the output is not."""

SMALL = (Cell, ops.Exp, ops.Power)
"""Operators that get no large numbers: gates would be shut, exponentials and powers beyond a format."""

CENTRED = (ops.BatchNorm, ops.GroupNorm, ops.InstanceNorm, ops.LayerNorm, ops.RadialBasis)
"""Operators that square differences, of numbers that may all be far from zero."""

STEEP = (ops.Erf, ops.GELU)
"""Operators whose exponents are squares or cubes of the input: numbers of moderate size are extreme for them."""


def trapped(op: Operator) -> bool:
    """Whether a sentence that is computed as one writes it fails where numbers are extreme."""
    return isinstance(op, CENTRED) or _exponential(op)


def _exponential(op: Operator) -> bool:
    return isinstance(op, EXPONENTIAL) or (isinstance(op, ops.Reduce) and op.how == "log_sum_exp")


def real(case: Case, dtype: str, generator: np.random.Generator, *, large: bool = False) -> Trial:
    """Operands and gradient from a normal distribution, with a few much larger numbers where that is asked.

    Labels, masks and switches are what they may be, variances and weights positive, targets fractions of one.
    """
    op, inputs = case.op, case.inputs
    levels = op.levels(*inputs)

    def fill(name: str, shape: tuple[int, ...]) -> Array:
        if name in levels:
            return labels(shape, levels[name], generator).astype(float)
        a = generator.normal(size=shape)
        if name in ("var", "weights", *op.positive):
            return abs(a) + 0.5
        if name == "t" and isinstance(op, (ops.CrossEntropy, ops.BinaryCrossEntropy)):
            return generator.integers(0, 5, shape) / 4
        spread = large and not isinstance(op, (*SMALL, *STEEP))
        return np.where(generator.random(shape) < 0.1, LARGE * a, a) if spread else a

    arrays = {name: held(fill(name, shape), dtype) for name, shape in operands(op, *inputs).items()}
    return Trial(case, arrays, held(generator.normal(size=op.shape(*inputs)), dtype))


def extreme(trial: Trial, dtype: str) -> Trial:
    """The same with an input for which an operator is hard to compute.

    Most exponentials, or their inverses, are beyond the format; or all numbers are so far from zero that their squares
    leave no digit of their differences.
    """
    form, arrays = FORMATS[dtype], trial.arrays
    if _exponential(trial.case.op):
        scale = (2 * log(form.largest)) ** (1 / 3 if isinstance(trial.case.op, STEEP) else 1)
        changed = {"x": scale * arrays["x"].astype(float)}
    else:
        changed = {name: form.unit**-0.5 + arrays[name].astype(float) for name in ("x", "w", "mean") if name in arrays}
    return Trial(trial.case, arrays | {name: held(a, dtype) for name, a in changed.items()}, trial.dy)


def held(array: Array, dtype: str) -> Array:
    """The numbers of a format that are nearest, ties to even, in the type that carries them.

    Examples
    --------
    >>> float(held(np.array(1 + 2**-8), "bfloat16")), float(held(np.array(1.1), "float16"))
    (1.0, 1.099609375)
    """
    if dtype not in DIGITS:
        return np.asarray(array).astype(dtype)
    fraction, exponent = np.frexp(np.asarray(array, float))
    scale = 2.0 ** DIGITS[dtype]
    rounded = np.ldexp(np.rint(fraction * scale) / scale, exponent)
    if dtype == "float16":
        quantum, largest = FORMATS[dtype].smallest, FORMATS[dtype].largest
        rounded = np.where(np.abs(rounded) < 2.0**-14, np.rint(np.asarray(array, float) / quantum) * quantum, rounded)
        rounded = np.where(np.abs(rounded) > largest, np.inf * np.sign(rounded), rounded)
    return rounded.astype(carrier(dtype))
