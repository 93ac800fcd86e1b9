"""Where training begins: weights whose variance lets signals, or gradients, keep their size from layer to layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import prod, sqrt
from types import MappingProxyType
from typing import Any

import numpy as np

from cnnmath.errors import DataError, SettingError, check_known
from cnnmath.graph import Architecture
from cnnmath.graph.arrays import buffers, parameters
from cnnmath.graph.checks import check_network, check_numbers
from cnnmath.numeric.windows import Array
from cnnmath.ops import Conv, ConvTranspose, Operator, PReLU, RadialBasis, Subsample
from cnnmath.ops.algebra import Shape


@dataclass(frozen=True, slots=True)
class Scheme:
    """Mean 0 and variance ``gain / (ahead*fan_in + back*fan_out)``, normal or uniform.

    Examples
    --------
    >>> Scheme(2.0, 1, 0).variance(fan_in=200, fan_out=100)
    0.01
    """

    gain: float
    ahead: int
    back: int
    uniform: bool = False

    def variance(self, fan_in: float, fan_out: float) -> float:
        """Variance of a layer's weights."""
        return self.gain / (self.ahead * fan_in + self.back * fan_out)

    def draw(self, rng: np.random.Generator, variance: float, shape: Shape) -> Array:
        """Weights of this variance."""
        end = sqrt(3 * variance)
        return rng.uniform(-end, end, shape) if self.uniform else rng.normal(0, sqrt(variance), shape)


SCHEMES: Mapping[str, Scheme] = MappingProxyType(
    {
        "lecun": Scheme(1, 1, 0),
        "glorot": Scheme(2, 1, 1, uniform=True),
        "glorot-normal": Scheme(2, 1, 1),
        "he": Scheme(2, 1, 0),
        "he-backward": Scheme(2, 0, 1),
    }
)
"""The schemes, by the names that `initialise` takes."""

WEIGHTS = ("w", "u")
"""Operands that are drawn: weights of inputs, and of states."""

CONSTANTS: Mapping[str, float] = MappingProxyType({"b": 0.0, "beta": 0.0, "gamma": 1.0, "mean": 0.0, "var": 1.0})
"""Operands that begin as one number, in every operator that has them."""


def initialise(net: Architecture, scheme: str = "he", *, seed: int = 0, dtype: Any = np.float32) -> dict[str, Array]:
    r"""All arrays of a network, as training begins with them.

    .. math:: \operatorname{Var} w = \frac1{\text{fan-in}}, \quad \frac2{\text{fan-in} + \text{fan-out}}, \quad
       \frac2{\text{fan-in}}, \quad \frac2{\text{fan-out}}

    Parameters
    ----------
    net
        The network.
    scheme
        ``"lecun"`` for units of slope 1 at 0, normal; ``"glorot"`` between the two directions, uniform, and
        ``"glorot-normal"``; ``"he"`` for rectifiers, which let half of the signal through, normal, and
        ``"he-backward"``, which keeps the size of gradients in place of that of signals.
    seed
        Of the random numbers. Those of an array depend on the seed and on its name alone: a network that is changed
        in one place begins with the same numbers in all others.
    dtype
        Of the arrays, float32 or float64.

    Notes
    -----
    *Conventions*: biases are 0. Batch normalisation begins as the identity: scale 1, shift 0, mean 0, variance 1. A
    trained subsampling begins as the mean of its window, a trained slope of a rectifier as 1/4. The codes of radial
    basis functions are signs, at random.

    Raises
    ------
    UnknownNameError, SettingError
        For a scheme that is not there, and a seed or a dtype that is none.
    DataError, ShapeError
        For an array that no rule is known for, and a network whose sizes are symbols.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, G. Orr and K.-R. Müller, "Efficient BackProp", 1998, section 4.6.
    .. [2] X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks",
       AISTATS 2010, equations 12 and 16.
    .. [3] K. He, X. Zhang, S. Ren and J. Sun, "Delving deep into rectifiers", ICCV 2015, equations 10 and 14.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> arrays = initialise(zoo.lenet5(), "lecun", seed=1)
    >>> arrays["conv2.w"].shape, arrays["conv2.w"].dtype, float(arrays["conv2.b"].sum())
    ((16, 6, 5, 5), dtype('float32'), 0.0)
    """
    check_known("scheme", scheme, SCHEMES)
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise SettingError("the seed must be an integer of at least 0.", here=f"seed {seed!r}", fix="use seed=0")
    try:
        kind = np.dtype(dtype).kind
    except TypeError:
        kind = ""
    if kind != "f":
        raise SettingError("weights are drawn as floats.", here=f"dtype {dtype!r}", fix="use numpy.float32")
    check_numbers(check_network(net).input_shape, "initialisation", f"network '{net.name}'")
    declared = parameters(net) | buffers(net)
    return {name: _begun(net, name, shape, scheme, seed).astype(dtype) for name, shape in declared.items()}


def fans(op: Operator, shape: Shape) -> tuple[Fraction, Fraction]:
    """How many products an output sums, and in how many outputs an input takes part, away from the borders.

    Parameters
    ----------
    op
        An operator with weights.
    shape
        Shape of its weights: those of a convolution, or a matrix with a row for each output.

    Notes
    -----
    *Conventions*: a mean over positions. Behind a stride s, an input takes part in K/s outputs an axis; papers, which
    have strides of 1 in mind, count K. A transposed convolution has both the other way round.

    Raises
    ------
    SettingError
        For weights of another kind.

    Examples
    --------
    >>> fans(Conv(16, 5, stride=2), (16, 6, 5, 5))
    (Fraction(150, 1), Fraction(100, 1))
    """
    first, second, *kernel = shape if len(shape) > 1 else (0, 0)
    if isinstance(op, (Conv, ConvTranspose)):
        taps, strides = prod(kernel), prod(op.stride)
        if isinstance(op, ConvTranspose):  # w is (C, F/G, K...)
            return Fraction(first // op.groups * taps, strides), Fraction(second * taps)
        return Fraction(second * taps), Fraction(first // op.groups * taps, strides)
    if len(shape) != 2:
        raise SettingError("it has no fan-in.", here=f"{op!r}, {shape}", fix="ask for a convolution or a dense layer")
    return Fraction(second), Fraction(first)


def _begun(net: Architecture, name: str, shape: Shape, scheme: str, seed: int) -> Array:
    """One array, in float64."""
    node, _, operand = name.rpartition(".")
    op, rng = net.op(node), np.random.default_rng([seed, *name.encode()])
    if isinstance(op, Subsample) and operand == "w":
        return np.full(shape, 1 / prod(op.kernel))
    if isinstance(op, PReLU):
        return np.full(shape, 0.25)
    if isinstance(op, RadialBasis):
        return rng.choice([-1.0, 1.0], shape)
    if operand in WEIGHTS:
        of = SCHEMES[scheme]
        return of.draw(rng, of.variance(*map(float, fans(op, shape))), shape)
    if operand in CONSTANTS:
        return np.full(shape, CONSTANTS[operand])
    raise DataError(f"no rule is known for '{name}'.", here=f"{op!r}", fix="begin with numbers of your own for it").at(
        f"node '{node}'"
    )
