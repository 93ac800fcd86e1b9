"""Normalisation by the statistics of a block: one kernel for batch, group, instance and layer normalisation.

The variance takes two passes, the mean first and then the squared deviations from it: the mean of the squares less the
square of the mean loses as many digits as the mean is larger than the deviation. Sums of float32 run in float64,
since NumPy adds in pairs along contiguous axes alone, and one by one along the others.

References
----------
.. [1] T. Chan, G. Golub and R. LeVeque, "Algorithms for computing the sample variance", The American Statistician 1983.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import singledispatch
from math import prod
from typing import Any, TypeAlias

import numpy as np

from cnnmath.errors import ShapeError
from cnnmath.numeric.scalar import constant, power
from cnnmath.numeric.windows import Array
from cnnmath.ops import BatchNorm, GroupNorm, InstanceNorm, LayerNorm
from cnnmath.ops.algebra import Operator

Normalisation: TypeAlias = BatchNorm | GroupNorm | InstanceNorm | LayerNorm


@dataclass(frozen=True, slots=True)
class Frame:
    """How an input is laid out for its normalisation.

    Attributes
    ----------
    shape
        Of the input, groups of channels on an axis of their own.
    block
        Axes over which mean and variance are taken.
    affine
        Shape of scale and shift beside it.
    """

    shape: tuple[int, ...]
    block: tuple[int, ...]
    affine: tuple[int, ...]

    @property
    def count(self) -> int:
        """Numbers of a block."""
        return prod(self.shape[axis] for axis in self.block)

    @property
    def shared(self) -> tuple[int, ...]:
        """Axes along which scale and shift are the same."""
        return tuple(axis for axis, n in enumerate(self.affine) if n == 1)


@singledispatch
def frame(op: Operator, x: tuple[int, ...]) -> Frame:
    """The frame of an input of shape ``x``.

    Examples
    --------
    >>> frame(GroupNorm(2), (5, 6, 7))
    Frame(shape=(5, 2, 3, 7), block=(2, 3), affine=(1, 2, 3, 1))
    """
    raise NotImplementedError(f"{type(op).__name__} normalises by no statistics of its own")


@frame.register
def _(op: BatchNorm, x: tuple[int, ...]) -> Frame:
    rest = tuple(range(2, len(x)))
    return Frame(x, (0, *rest), (1, x[1], *(1 for _ in rest)))


@frame.register
def _(op: GroupNorm, x: tuple[int, ...]) -> Frame:
    apart = (op.groups, x[1] // op.groups)
    return Frame((x[0], *apart, *x[2:]), tuple(range(2, len(x) + 1)), (1, *apart, *(1 for _ in x[2:])))


@frame.register
def _(op: InstanceNorm, x: tuple[int, ...]) -> Frame:
    rest = tuple(range(2, len(x)))
    return Frame(x, rest, (1, x[1], *(1 for _ in rest)))


@frame.register
def _(op: LayerNorm, x: tuple[int, ...]) -> Frame:
    if op.each_position:
        return Frame(x, (1,), (1, x[1], *(1 for _ in x[2:])))
    first = op.first(x)
    return Frame(x, tuple(range(first, len(x))), (1,) * first + x[first:])


def forward(op: Normalisation, x: Array, gamma: Array, beta: Array) -> Array:
    """The input less the mean of its block, over the block's deviation, scaled and shifted."""
    at = framed(op, x)
    deviations, scale = _deviations(op, x.reshape(at.shape), at)  # at.shape; 1 along the block
    y = deviations * (scale * gamma.reshape(at.affine)) + beta.reshape(at.affine)
    return y.reshape(x.shape)


def backward(op: Normalisation, dy: Array, x: Array, gamma: Array, beta: Array) -> dict[str, Array]:
    r"""The gradient through the numbers themselves, through the mean, and through the variance.

    .. math:: dx = \frac{1}{\sqrt{\sigma^2 + \epsilon}} \Big( g - \overline{g} - \hat x\, \overline{g \hat x} \Big),
       \quad g = \gamma\, dy

    where a bar is the mean over the block.
    """
    at = framed(op, x)
    deviations, scale = _deviations(op, x.reshape(at.shape), at)  # at.shape; 1 along the block
    hat, above = deviations * scale, dy.reshape(at.shape)
    g = above * gamma.reshape(at.affine)  # at.shape
    dx = scale * (g - _mean(g, at) - hat * _mean(g * hat, at))
    return {
        "x": dx.reshape(x.shape),
        "gamma": summed(above * hat, at.shared).reshape(gamma.shape),
        "beta": summed(above, at.shared).reshape(beta.shape),
    }


def moments(x: Array, at: Frame) -> tuple[Array, Array, Array]:
    """Mean of each block of an input in its frame, deviations from it, and their mean square: the biased variance."""
    mean = _mean(x, at)  # 1 along the block
    deviations = x - mean  # at.shape
    return mean, deviations, _mean(deviations * deviations, at)


def framed(op: Operator, x: Array) -> Frame:
    """The frame of an input; a batch of one number a channel is refused, which would be 0 whatever it is."""
    at = frame(op, x.shape)
    if isinstance(op, BatchNorm) and at.count < 2:
        raise ShapeError(
            "the batch has fewer than two numbers a channel: less its own mean, nothing is left of one.",
            input=f"x {x.shape}",
            rule="in training, N times the spatial sizes >= 2",
            here=f"{'*'.join(str(x.shape[axis]) for axis in at.block)} = {at.count} < 2",
            fix="train on more samples at once, or normalise by stored statistics: training=False",
        )
    return at


def _deviations(op: Normalisation, x: Array, at: Frame) -> tuple[Array, Array]:
    """The input less the mean of its block, and what brings the block's variance to 1, but for epsilon."""
    _, deviations, variance = moments(x, at)
    return deviations, 1 / power(variance + constant(op.epsilon, variance), Fraction(1, 2))


def summed(a: Array, axes: tuple[int, ...], count: int = 1) -> Array:
    """Sum along axes, which are kept, over a count; of shorter floats it runs in float64."""
    total = a.sum(axis=axes, keepdims=True, dtype=_wide(a))
    total = total if count == 1 else total / count
    return total.astype(a.dtype) if a.dtype.kind == "f" else total


def _mean(a: Array, at: Frame) -> Array:
    return summed(a, at.block, max(at.count, 1))


def _wide(a: Array) -> np.dtype[Any]:
    """What sums run in: float64 for shorter floats."""
    return np.promote_types(a.dtype, np.float64) if a.dtype.kind == "f" else a.dtype
