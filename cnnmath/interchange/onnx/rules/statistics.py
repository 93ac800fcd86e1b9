"""Normalisations by a sample's own statistics along chosen axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType

import numpy as np

from cnnmath.interchange.onnx.known import Known, computed_in, filled
from cnnmath.interchange.onnx.reading import Here
from cnnmath.interchange.onnx.rules.rule import Rule
from cnnmath.ops import Add, Affine, Clip, Divide, LayerNorm, Multiply, Power, Reduce, RMSNorm, Subtract
from cnnmath.ops.along import settled

SMALL = 1e-9
"""What MeanVarianceNormalization adds to the standard deviation."""


def layer_normalization(here: Here) -> Known | tuple[Known | None, ...]:
    """LayerNormalization of the last axes, and its statistics where they are read; no shift is one of zero."""
    x, gamma, beta = here.input(0), here.input(1), here.optional(2)
    axis, epsilon = _axis(here, x), here.attribute("epsilon", 1e-5)
    if axis != 0 and not any(here.node.outputs[1:]):
        return _layer(here, x, axis, epsilon)
    over = tuple(range(axis % x.rank, x.rank))
    mean = here.add(Reduce("mean", over), x, suffix="mean")
    centred = here.add(Subtract(), x, mean, suffix="centred")
    inverse = _inverse(here, centred, over, epsilon)
    if axis != 0:
        return _layer(here, x, axis, epsilon), mean, inverse
    normal = here.add(Multiply(), centred, inverse, suffix="normal")
    y = here.add(Multiply(), normal, gamma, suffix="" if beta is None else "scaled")
    return (y if beta is None else here.add(Add(), y, beta)), mean, inverse


def _layer(here: Here, x: Known, axis: int, epsilon: float) -> Known:
    gamma, beta = here.input(1), here.optional(2)
    zeros = filled(f"{gamma.name}/0", np.zeros((), "float64" if gamma.dtype == "float64" else "float32"), gamma.sizes)
    return here.add(LayerNorm(epsilon, axis=axis), x, arrays={"gamma": gamma, "beta": beta or zeros})


def rms_normalization(here: Here) -> Known:
    """RMSNormalization of the last axes; of the batch too, by a root of a mean of squares."""
    x, gamma = here.input(0), here.input(1)
    axis, epsilon = _axis(here, x), here.attribute("epsilon", 1e-5)
    if axis != 0:
        return here.add(RMSNorm(epsilon, axis=axis), x, arrays={"gamma": gamma})
    inverse = _inverse(here, x, tuple(range(x.rank)), epsilon)
    return here.add(Multiply(), here.add(Multiply(), x, inverse, suffix="normal"), gamma)


def _inverse(here: Here, x: Known, over: Sequence[int], epsilon: float) -> Known:
    """One over the root of the mean square."""
    squares = here.add(Power(2), x, suffix="squares")
    mean = here.add(Reduce("mean", tuple(over)), squares, suffix="mean_square")
    shifted = here.add(Affine(1, epsilon), mean, suffix="shifted")
    return here.add(Power(Fraction(-1, 2)), shifted, suffix="inverse")


def _axis(here: Here, x: Known) -> int:
    """The first axis, counted from the end where it is the last."""
    (axis,) = settled((here.attribute("axis", -1),), x.sizes)
    return -1 if axis == x.rank - 1 and axis > 1 else axis


def lp_normalization(here: Here) -> Known:
    """LpNormalization: a quotient by the length, or by the sum of absolute values; zeros stay zeros."""
    x = here.input(0)
    over = (here.attribute("axis", -1) % x.rank,)
    length = here.add(Reduce(f"l{here.attribute('p', 2)}", over), x, suffix="length")
    least = np.finfo(computed_in(x.dtype)).smallest_subnormal
    return here.add(Divide(), x, here.add(Clip(float(least)), length, suffix="divisor"))


def mean_variance_normalization(here: Here) -> Known:
    """MeanVarianceNormalization: a quotient by the standard deviation and a little more."""
    x = here.input(0)
    over = tuple(sorted(axis % x.rank for axis in here.attribute("axes") or (0, 2, 3)))
    mean = here.add(Reduce("mean", over), x, suffix="mean")
    centred = here.add(Subtract(), x, mean, suffix="centred")
    squares = here.add(Power(2), centred, suffix="squares")
    variance = here.add(Reduce("mean", over), squares, suffix="variance")
    deviation = here.add(Power(Fraction(1, 2)), variance, suffix="deviation")
    return here.add(Divide(), centred, here.add(Affine(1, SMALL), deviation, suffix="divisor"))


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "LayerNormalization": layer_normalization,
        "RMSNormalization": rms_normalization,
        "LpNormalization": lp_normalization,
        "MeanVarianceNormalization": mean_variance_normalization,
    }
)
"""The rules of this chapter."""
