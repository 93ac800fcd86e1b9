"""Root mean square normalisation; sums of float32 run in float64, as those of other normalisations do."""

from __future__ import annotations

from fractions import Fraction
from math import prod

from cnnmath.numeric.scalar import constant, power
from cnnmath.numeric.statistics import summed
from cnnmath.numeric.windows import Array
from cnnmath.ops import RMSNorm


def forward(op: RMSNorm, x: Array, gamma: Array) -> Array:
    """The input over the root mean square of its part, scaled."""
    return x * scale(op, x) * gamma


def backward(op: RMSNorm, dy: Array, x: Array, gamma: Array) -> dict[str, Array]:
    r"""The gradient through the numbers themselves, and through their mean square.

    .. math:: dx = s \Big( g - \hat x\, \overline{g \hat x} \Big), \quad g = \gamma\, dy, \quad \hat x = s x

    where s is what brings the mean square to 1, but for epsilon, and a bar is the mean over a part.
    """
    part = scale(op, x)  # 1 along what is normalised
    hat, g = x * part, dy * gamma
    return {
        "x": part * (g - hat * _mean(op, g * hat)),
        "gamma": summed(dy * hat, tuple(range(op.first(x.shape)))).reshape(gamma.shape),
    }


def scale(op: RMSNorm, x: Array) -> Array:
    """One over the root mean square of each part."""
    mean = _mean(op, x * x)
    return 1 / power(mean + constant(op.epsilon, mean), Fraction(1, 2))


def _mean(op: RMSNorm, a: Array) -> Array:
    first = op.first(a.shape)
    return summed(a, tuple(range(first, a.ndim)), max(prod(a.shape[first:]), 1))
