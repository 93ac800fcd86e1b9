"""The rectifier of one unit: its derivative, and how the unit dies.

References
----------
.. [1] X. Glorot, A. Bordes and Y. Bengio, "Deep sparse rectifier neural networks", AISTATS 2011.
"""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import Any

import sympy as sp

from cnnmath.ops import ReLU
from cnnmath.readers import Tensor, gradients
from cnnmath.subjects.activations.elementwise import N
from cnnmath.subjects.scalar import real
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
                "where it is active for no sample the sum is empty: the weights stay as they are, "
                "as long as its inputs stay the same.",
                Bracket(Maximum(zn, [(n, N)]) <= 0) * dw,
                0,
                [(c, C)],
            ),
        ),
        (_unit(1, 1), _unit(-1, 0)),
        (remark("The derivative at 0 is 0, as implementations have it; any number from 0 to 1 is a subgradient."),),
    )


def _unit(zero: int, seed: int) -> Instance:
    """A rectified unit on some samples, and the gradient of a weighted sum of its outputs.

    Its bias is such that this one of its sums, in ascending order, is 0; the unit is dead where that is the last.
    The seeds are such that the last sample counts on the instance that lives.
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
