"""Rectifiers and their derivatives: hard, leaky and bent.

References
----------
.. [1] X. Glorot, A. Bordes and Y. Bengio, "Deep sparse rectifier neural networks", AISTATS 2011.
.. [2] A. Maas, A. Hannun and A. Ng, "Rectifier nonlinearities improve neural network acoustic models", ICML 2013.
.. [3] D. Clevert, T. Unterthiner and S. Hochreiter, "Fast and accurate deep network learning by exponential linear
   units", arXiv:1511.07289, section 3.
"""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import Any

import sympy as sp

from cnnmath.errors import SettingError
from cnnmath.ops import ELU, LeakyReLU, ReLU
from cnnmath.readers import Tensor, gradients
from cnnmath.subjects.activations.elementwise import N, backward, dy, dz, elementwise, every, instances, slope, y, z
from cnnmath.subjects.scalar import Given, positive, real, settled
from cnnmath.symbolic import Derivation, remark, step
from cnnmath.symbolic.instance import Instance, drawn, values
from cnnmath.symbolic.oracle import told
from cnnmath.symbolic.terms import Bracket, Maximum, Partial, Sigma, array, index, size

C, n, c = size("C"), index("n"), index("c")
h = sp.Symbol("h", real=True, nonzero=True)


def relu_derivative() -> Derivation:
    r"""The rectifier's derivative, what is agreed on at its kink, and how a unit dies.

    .. math:: y = \max(0, z), \qquad \partial y/\partial z = [z > 0], \qquad
       \partial L/\partial w_c = \sum_{n:\, z_n > 0} \partial L/\partial y_n \, x_{n,c}

    Examples
    --------
    >>> relu_derivative().steps[-2]
    Weights: dL/dw[c] = sum{n<N | z[n] > 0} dL/dy[n]*x[n,c]
    """
    b, x, w = real("b"), array("x"), array("w")
    zn, dyn, dw = array("z")[n], array("dL/dy")[n], array("dL/dw")[c]
    return Derivation(
        "The derivative of the rectifier",
        (
            remark(
                "{} {}, {} {}, {} and {} {}",
                *map(sp.Symbol, "x"),
                sp.Tuple(N, C),
                sp.Symbol("w"),
                sp.Tuple(C),
                *map(sp.Symbol, "zy"),
                sp.Tuple(N),
            ),
            remark("One unit with the bias {}, on {} samples.", b, N),
        ),
        (
            step("Unit", "a weighted sum of the inputs.", array("z")[n], b + Sigma(w[c] * x[n, c], [(c, C)]), [(n, N)]),
            step("Definition", "the rectifier cuts off what is below 0.", array("y")[n], sp.Max(0, zn), [(n, N)]),
            step(
                "Kink",
                "at 0 the difference quotient is 1 from the right and 0 from the left: there is no derivative.",
                (sp.Max(0, 0 + h) - sp.Max(0, 0)) / h,
                Bracket(h > 0),
            ),
            step(
                "Derivative",
                "the slope is 1 above 0 and 0 below; at 0 it is taken to be 0.",
                Partial(array("y")[n], zn),
                Bracket(zn > 0),
                [(n, N)],
            ),
            step(
                "Mask",
                "the output is positive where the input is: the output alone says where gradients pass.",
                array("dL/dz")[n],
                dyn * Bracket(array("y")[n] > 0),
                [(n, N)],
            ),
            step(
                "Weights",
                "only the samples for which the unit is active train it.",
                dw,
                Sigma(dyn * x[n, c], [(n, N)], [zn > 0]),
                [(c, C)],
            ),
            step(
                "Dead unit",
                "where it is active for no sample the sum is empty: the weights stay as they are, for ever.",
                Bracket(Maximum(zn, [(n, N)]) <= 0) * dw,
                0,
                [(c, C)],
            ),
        ),
        (_unit(1, 0), _unit(-1, 1)),
        (remark("The derivative at 0 is 0, as implementations have it; any number from 0 to 1 is a subgradient."),),
    )


def _unit(zero: int, seed: int) -> Instance:
    """A rectified unit on some samples, and the gradient of a weighted sum of its outputs.

    Its bias is such that this one of its sums, in ascending order, is 0; the unit is dead where that is the last.
    """
    samples, channels, draw = 5, 3, Random(seed)
    x, w, above = drawn((samples, channels), draw), drawn((channels,), draw, 1, 3), drawn((samples,), draw, 1, 4)
    sums = [sum(w[q] * x[m, q] for q in range(channels)) for m in range(samples)]
    bias = -sorted(sums)[zero]
    before = Tensor((samples,), [bias + total for total in sums])

    def loss(m: Any, w: Any) -> Any:
        def unit(k: int) -> Any:
            return bias + m.sum(lambda q: w[q] * x[k, q], channels)

        return m.sum(lambda k: above[k] * m.when(unit(k) > 0, lambda: unit(k), lambda: 0), samples)

    return Instance(
        {**values(N=samples, C=channels), real("b"): bias, h: Fraction(-1 if seed else 1, 9)},
        {
            "x": x, "w": w, "z": before, "dL/dy": above, "dL/dw": gradients(loss, {"w": w})["w"],
            **told(ReLU(), before.shape, {"z": before}, above),
        },
    )  # fmt: skip


def leaky_relu_derivative(slope: Given = None) -> Derivation:
    r"""The leaky rectifier's derivative, which is never 0.

    .. math:: y = \max(z, \alpha z), \qquad \partial y/\partial z = \alpha + (1 - \alpha)\,[z > 0]

    Parameters
    ----------
    slope
        Slope alpha below 0, between 0 and 1; a letter where it is not given.

    Raises
    ------
    SettingError
        For a slope that is not between 0 and 1.

    Examples
    --------
    >>> leaky_relu_derivative(Fraction(1, 10)).steps[1]
    Derivative: dy[i]/dz[i] = (1 if z[i] > 0 else 1/10)
    """
    symbol = positive("alpha")
    a = settled(symbol, slope, "slope")
    if slope is not None and a >= 1:
        raise SettingError(
            "the slope of a leaky rectifier lies between 0 and 1.",
            rule="max(z, slope*z) is z above 0 and slope*z below only for 0 < slope < 1",
            here=f"slope {slope}",
            fix="use 1/100; for slope 0 derive relu-derivative",
        )
    whole = Partial(y, z)
    return Derivation(
        "The derivative of the leaky rectifier",
        (*elementwise(), *([remark("{} lies between 0 and 1.", symbol)] if slope is None else [])),
        (
            step("Definition", "below 0 it goes on with a small slope.", y, sp.Max(z, a * z), every),
            step(
                "Derivative",
                "each branch is linear; 0 belongs to the lower one.",
                whole,
                sp.Piecewise((1, z > 0), (a, True)),
                every,
            ),
            step(
                "One formula",
                "a part that always passes, and a part that the rectifier passes.",
                whole,
                a + (1 - a) * Bracket(z > 0),
                every,
            ),
            step(
                "No dead units",
                "no gradient is lost: what comes back is at least this part of it.",
                sp.Abs(dz),
                a * sp.Abs(dy),
                every,
                ">=",
            ),
            step(
                "Mask",
                "the output has the sign of the input, so that the output alone is needed.",
                whole,
                a + (1 - a) * Bracket(y > 0),
                every,
            ),
            backward(sp.Piecewise((1, y > 0), (a, True))),
        ),
        instances(LeakyReLU, symbol, slope, (Fraction(1, 5), Fraction(1, 100))),
        (remark("The derivative at 0 is that of the lower branch."),),
    )


def elu_derivative(alpha: Given = None) -> Derivation:
    r"""The exponential linear unit's derivative, in its own output, and the jump that it has at 0.

    .. math:: \partial y/\partial z = \begin{cases} 1 & z > 0 \\ y + \alpha & z \le 0 \end{cases}, \qquad
       \lim_{z \downarrow 0} \partial y/\partial z - \lim_{z \uparrow 0} \partial y/\partial z = 1 - \alpha

    Parameters
    ----------
    alpha
        Depth of the saturation, positive; a letter where it is not given.

    Raises
    ------
    SettingError
        For one that is not positive.

    Examples
    --------
    >>> elu_derivative().steps[2]
    In its own output: dy[i]/dz[i] = (1 if z[i] > 0 else y[i] + alpha)
    """
    symbol = positive("alpha")
    a = settled(symbol, alpha)
    below, at_zero = Bracket(z <= 0), Bracket(sp.Eq(z, 0))
    return Derivation(
        "The derivative of the exponential linear unit",
        elementwise(),
        (
            step(
                "Definition",
                remark("below 0 it bends towards {}.", -a),
                y,
                sp.Piecewise((z, z > 0), (a * (sp.exp(z) - 1), True)),
                every,
            ),
            step(
                "Derivative",
                "each branch by itself; 0 belongs to the lower one.",
                slope,
                sp.Piecewise((1, z > 0), (a * sp.exp(z), True)),
                every,
            ),
            step(
                "In its own output",
                remark("below 0 the slope is {} more than the output.", a),
                slope,
                sp.Piecewise((1, z > 0), (y + a, True)),
                every,
            ),
            step(
                "Squeeze from below",
                remark(
                    "{}, so that just below 0 the slope is hardly less than {} ...",
                    sp.Ge(sp.exp(real("z")), 1 + real("z")),
                    a,
                ),
                below * slope,
                below * a * (1 + z),
                every,
                ">=",
            ),
            step(
                "Squeeze from above",
                remark("... and never more: its limit from the left is {}.", a),
                below * slope,
                below * a,
                every,
                "<=",
            ),
            step(
                "Jump at 0",
                remark(
                    "from the right the slope is 1: it is continuous at 0 exactly where {}.",
                    sp.Eq(a, 1, evaluate=False),
                ),
                at_zero * (1 - slope),
                at_zero * (1 - a),
                every,
            ),
            backward(sp.Piecewise((1, y > 0), (y + a, True))),
        ),
        instances(ELU, symbol, alpha, (Fraction(3, 2), Fraction(2, 3))),
        (remark("The derivative at 0 is that of the lower branch."),),
    )
