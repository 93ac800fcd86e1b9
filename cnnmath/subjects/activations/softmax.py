"""The softmax and its logarithm: how probabilities answer to logits.

References
----------
.. [1] J. Bridle, "Probabilistic interpretation of feedforward classification network outputs", 1990.
.. [2] C. Bishop, "Pattern Recognition and Machine Learning", Springer 2006, section 4.3.4.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import Any

import sympy as sp

from cnnmath.readers import gradients
from cnnmath.readers.exact import Exact
from cnnmath.subjects.scalar import real, shapes
from cnnmath.subjects.verbs import jacobian, softmax, vector
from cnnmath.symbolic import Derivation, remark, step
from cnnmath.symbolic.instance import Instance, Lazy, drawn, values
from cnnmath.symbolic.terms import Bracket, Maximum, Partial, Sigma, array, index, size

C, a = size("C"), real("a")
i, j, q = (index(name) for name in "ijq")
p, v, y, z = (array(name) for name in "pvyz")
dp, dy, dz = array("dL/dp"), array("dL/dy"), array("dL/dz")


def softmax_jacobian() -> Derivation:
    r"""The softmax's Jacobian, symmetric and singular, and what it makes of a gradient.

    .. math:: \partial p_i/\partial z_j = p_i\,([i = j] - p_j), \qquad
       \partial L/\partial z_j = p_j \Big(\partial L/\partial p_j - \sum_i p_i\, \partial L/\partial p_i\Big)

    Examples
    --------
    >>> softmax_jacobian().steps[3]
    In its own output: dp[i]/dz[j] = p[i]*([i = j] - p[j])
    """
    total, same = Sigma(sp.exp(z[q]), [(q, C)]), Bracket(sp.Eq(i, j))
    one, both = [(i, C)], [(i, C), (j, C)]
    mean = Sigma(p[q] * v[q], [(q, C)])
    return Derivation(
        "The Jacobian of the softmax",
        (shapes(C, "p", "z"),),
        (
            step(
                "Definition",
                "exponentials are positive; their sum makes them probabilities.",
                p[i],
                sp.exp(z[i]) / total,
                one,
            ),
            step("Sum", "they are divided by their own sum.", Sigma(p[i], one), 1),
            step(
                "Quotient rule",
                "the numerator depends on its own logit alone, the denominator on all.",
                Partial(p[i], z[j]),
                (same * sp.exp(z[i]) * total - sp.exp(z[i]) * sp.exp(z[j], evaluate=False)) / total**2,
                both,
            ),
            step(
                "In its own output",
                "each exponential over the sum is a probability.",
                Partial(p[i], z[j]),
                p[i] * (same - p[j]),
                both,
            ),
            step(
                "Symmetry",
                "as much as a logit moves another probability, the other moves this one.",
                Partial(p[i], z[j]),
                Partial(p[j], z[i]),
                both,
            ),
            step(
                "Rows",
                "the probabilities add up to 1: what all logits do together cancels.",
                Sigma(Partial(p[i], z[j]), [(j, C)]),
                0,
                one,
            ),
            step(
                "Shift",
                remark("so one number {} for all logits changes nothing: it is a factor above and below.", a),
                sp.exp(z[i] + a) / Sigma(sp.exp(z[q] + a), [(q, C)]),
                p[i],
                one,
            ),
            step(
                "Variance",
                "as a quadratic form the Jacobian is a variance, which is never negative.",
                Sigma(v[i] * Partial(p[i], z[j]) * v[j], both),
                Sigma(p[i] * (v[i] - mean) ** 2, one),
            ),
            step(
                "Backward pass",
                "each gradient from above, less their mean under the probabilities.",
                dz[j],
                p[j] * (dp[j] - Sigma(p[i] * dp[i], one)),
                [(j, C)],
            ),
        ),
        tuple(_classes(softmax, "p", logits, seed) for seed, logits in enumerate(LOGITS)),
    )


def log_softmax() -> Derivation:
    r"""The logarithm of the softmax, computed without overflow, and its gradient.

    .. math:: y_i = z_i - \log \sum_q e^{z_q}, \qquad \partial y_i/\partial z_j = [i = j] - p_j

    Examples
    --------
    >>> log_softmax().result
    Backward pass: dL/dz[j] = dL/dy[j] - p[j]*sum{i<C} dL/dy[i]
    """
    total, greatest = Sigma(sp.exp(z[q]), [(q, C)]), Maximum(z[q], [(q, C)])
    one, both = [(i, C)], [(i, C), (j, C)]
    return Derivation(
        "The logarithm of the softmax",
        (shapes(C, "z", "y", "p"), remark("{} is the softmax of {}.", sp.Symbol("p"), sp.Symbol("z"))),
        (
            step("Definition", "the logarithm of each probability.", y[i], sp.log(p[i]), one),
            step(
                "Quotient",
                "the logarithm of a quotient is a difference, and undoes the exponential.",
                y[i],
                z[i] - sp.log(total),
                one,
            ),
            step(
                "Without overflow",
                "take the largest exponential out of the sum: no exponent is positive then, and one of them is 0.",
                y[i],
                z[i] - greatest - sp.log(Sigma(sp.exp(z[q] - Maximum(z[j], [(j, C)])), [(q, C)])),
                one,
            ),
            step("Smooth maximum", "the sum has the largest term in it ...", sp.log(total), greatest, relation=">="),
            step(
                "Number of classes",
                "... and no other is larger: their number bounds the distance.",
                sp.log(total),
                greatest + sp.log(C),
                relation="<=",
            ),
            step(
                "Jacobian",
                "the derivative of the logarithm of the sum is a probability.",
                Partial(y[i], z[j]),
                Bracket(sp.Eq(i, j)) - p[j],
                both,
            ),
            step(
                "Backward pass",
                "the bracket leaves one term; the other is the same for all.",
                dz[j],
                dy[j] - p[j] * Sigma(dy[i], one),
                [(j, C)],
            ),
        ),
        tuple(_classes(_log_softmax, "y", logits, seed) for seed, logits in enumerate(LOGITS)),
    )


LOGITS = ((Fraction(1, 2), -1, 2), (0, Fraction(3, 2), Fraction(3, 2), -2))
"""Logits of three and of four classes, two of them alike."""


def _log_softmax(m: Any, z: Any, count: int, at: Any) -> Any:
    """The logarithm of one probability, in the verbs."""
    return m.log(softmax(m, z, count, at))


def _classes(function: Callable[..., Any], name: str, logits: Any, seed: int) -> Instance:
    """A function of the logits of one sample, its Jacobian, and the gradient of a weighted sum of its outputs."""
    z, count = vector(logits), len(logits)
    above, direction = drawn(z.shape, Random(seed)), drawn(z.shape, Random(seed + 9))

    def loss(m: Any, z: Any) -> Any:
        return m.sum(lambda r: above[r] * function(m, z, count, (r,)), count)

    def value(of: Callable[..., Any]) -> Lazy:
        return Lazy(z.shape, lambda at: of(Exact(), z, count, at))

    return Instance(
        {**values(C=count), a: Fraction(2 * seed - 1, 3)},
        {
            "z": z, "v": direction, "p": value(softmax), name: value(function), f"dL/d{name}": above,
            f"d{name}/dz": jacobian(lambda m, x, at: function(m, x, count, at), z, z.shape),
            "dL/dz": gradients(loss, {"z": z})["z"],
        },
    )  # fmt: skip
