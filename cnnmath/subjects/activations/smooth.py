"""Smooth activations: the derivative, written in the output that a layer has kept anyway.

References
----------
.. [1] D. Rumelhart, G. Hinton and R. Williams, "Learning representations by back-propagating errors", Nature 1986.
.. [2] Y. LeCun et al., "Gradient-based learning applied to document recognition", Proc. IEEE 1998, appendix A.
.. [3] X. Glorot, A. Bordes and Y. Bengio, "Deep sparse rectifier neural networks", AISTATS 2011, section 3.1.
"""

from __future__ import annotations

import sympy as sp

from cnnmath.ops import Sigmoid, Softplus, Tanh
from cnnmath.subjects.activations.elementwise import backward, elementwise, every, instances, slope, y, z
from cnnmath.subjects.scalar import real
from cnnmath.symbolic import Derivation, remark, step
from cnnmath.symbolic.terms import Bracket, Logistic


def sigmoid_derivative() -> Derivation:
    r"""The logistic function's derivative, in its own output, and why it is never more than a quarter.

    .. math:: \sigma'(z) = \sigma(z)\,(1 - \sigma(z)) = \tfrac14 - (\tfrac12 - \sigma(z))^2 \le \tfrac14

    Examples
    --------
    >>> sigmoid_derivative().result
    Backward pass: dL/dz[i] = dL/dy[i]*y[i]*(1 - y[i])
    """
    quarter, u = sp.Rational(1, 4), real("u")
    return Derivation(
        "The derivative of the logistic function",
        elementwise(),
        (
            step("Definition", "the logistic function maps every number between 0 and 1.", y, Logistic(z), every),
            step("Written out", "it is a quotient of exponentials.", y, 1 / (1 + sp.exp(-z)), every),
            step(
                "Chain rule",
                remark("the derivative of {} is {}, and here {} is {}.", 1 / u, -1 / u**2, u, 1 + sp.exp(-z)),
                slope,
                sp.exp(-z) / (1 + sp.exp(-z)) ** 2,
                every,
            ),
            step(
                "In its own output",
                remark("one factor is {}, the other is {}: nothing but the output needs to be kept.", y, 1 - y),
                slope,
                y * (1 - y),
                every,
            ),
            step(
                "Symmetry",
                remark("what is missing to 1 is the value at {}.", -real("z")),
                1 - y,
                Logistic(-z),
                every,
            ),
            step(
                "Complete the square",
                "as a function of the output it is a parabola with its top at one half.",
                y * (1 - y),
                quarter - (y - sp.Rational(1, 2)) ** 2,
                relation="identical",
            ),
            step(
                "Bound",
                "a square is never negative: each such layer passes on a quarter at most.",
                slope,
                quarter,
                every,
                "<=",
            ),
            step(
                "Equality",
                "the square vanishes only where the output is one half, that is, at 0.",
                Bracket(sp.Eq(slope, quarter)),
                Bracket(sp.Eq(z, 0)),
                every,
            ),
            backward(y * (1 - y)),
        ),
        instances(Sigmoid()),
    )


def tanh_derivative() -> Derivation:
    r"""The hyperbolic tangent's derivative, in its own output, from the logistic function's.

    .. math:: \tanh z = 2\,\sigma(2z) - 1, \qquad \tanh' z = 1 - \tanh^2 z \le 1

    Examples
    --------
    >>> tanh_derivative().result
    Backward pass: dL/dz[i] = dL/dy[i]*(1 - y[i]^2)
    """
    s = Logistic(2 * z)
    return Derivation(
        "The derivative of the hyperbolic tangent",
        elementwise(),
        (
            step("Definition", "the hyperbolic tangent maps every number between -1 and 1.", y, sp.tanh(z), every),
            step(
                "Written out",
                "it is a quotient of exponentials.",
                y,
                (sp.exp(z) - sp.exp(-z)) / (sp.exp(z) + sp.exp(-z)),
                every,
            ),
            step(
                "A stretched logistic function",
                remark("divide above and below by {}.", sp.exp(real("z"))),
                y,
                2 * s - 1,
                every,
            ),
            step(
                "Chain rule",
                "two factors of 2: one from the height, one from the argument.",
                slope,
                4 * s * (1 - s),
                every,
            ),
            step(
                "In its own output",
                remark(
                    "put in {}, the product of {} and {}.", sp.Eq(Logistic(2 * real("z")), (1 + y) / 2), 1 + y, 1 - y
                ),
                slope,
                1 - y**2,
                every,
            ),
            step(
                "Bound",
                "a square is never negative: four times what the logistic function passes on.",
                slope,
                1,
                every,
                "<=",
            ),
            step(
                "Equality",
                "the output is 0 only at 0.",
                Bracket(sp.Eq(slope, 1)),
                Bracket(sp.Eq(z, 0)),
                every,
            ),
            backward(1 - y**2),
        ),
        instances(Tanh()),
    )


def softplus_derivative() -> Derivation:
    r"""The smooth rectifier: its derivative is the logistic function, and far from 0 it is the rectifier.

    .. math:: y = \log(1 + e^z), \qquad \partial y/\partial z = \sigma(z), \qquad
       0 < y - \max(0, z) \le e^{-|z|}

    Examples
    --------
    >>> softplus_derivative().result
    Backward pass: dL/dz[i] = dL/dy[i]*sigma(z[i])
    """
    rest = y - sp.Max(0, z)
    return Derivation(
        "The derivative of the smooth rectifier",
        elementwise(),
        (
            step(
                "Definition",
                "the logarithm undoes the exponential where that is large, and 1 is all where it is small.",
                y,
                sp.log(1 + sp.exp(z)),
                every,
            ),
            step(
                "Chain rule",
                "the derivative of the logarithm is the reciprocal.",
                slope,
                sp.exp(z) / (1 + sp.exp(z)),
                every,
            ),
            step(
                "Logistic function",
                remark("divide above and below by {}.", sp.exp(real("z"))),
                slope,
                Logistic(z),
                every,
            ),
            step(
                "Odd part",
                remark("take {} out of the first logarithm: the rest is the second.", sp.exp(real("z"))),
                sp.log(1 + sp.exp(z)) - sp.log(1 + sp.exp(-z)),
                z,
                every,
            ),
            step(
                "Distance to the rectifier",
                "so the distance is the same on both sides of 0, and this form never overflows.",
                rest,
                sp.log(1 + sp.exp(-sp.Abs(z))),
                every,
            ),
            step("Above the rectifier", "the logarithm of more than 1 is positive.", sp.Max(0, z), y, every, "<"),
            step(
                "Limits",
                remark("{}: far from 0 on either side nothing is left of it.", sp.Le(sp.log(1 + real("u")), real("u"))),
                rest,
                sp.exp(-sp.Abs(z)),
                every,
                "<=",
            ),
            step(
                "Slope in its output",
                "the logistic function is what is missing to 1 at the other side.",
                slope,
                1 - sp.exp(-y),
                every,
            ),
            backward(Logistic(z)),
        ),
        instances(Softplus()),
    )
