"""Rectifiers that let something pass below 0, and their derivatives: leaky and bent.

References
----------
.. [1] A. Maas, A. Hannun and A. Ng, "Rectifier nonlinearities improve neural network acoustic models", ICML 2013.
.. [2] D. Clevert, T. Unterthiner and S. Hochreiter, "Fast and accurate deep network learning by exponential linear
   units", arXiv:1511.07289, section 3.
"""

from __future__ import annotations

from fractions import Fraction

import sympy as sp

from cnnmath.errors import SettingError
from cnnmath.ops import ELU, LeakyReLU
from cnnmath.subjects.activations.elementwise import backward, dy, dz, elementwise, every, instances, slope, y, z
from cnnmath.subjects.scalar import Given, positive, real, settled
from cnnmath.symbolic import Derivation, remark, step
from cnnmath.symbolic.terms import Bracket, Partial


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
            rule="0 < slope < 1: from 1 on max(z, slope*z) is no longer z above 0 and less steep below it",
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
