"""What depth does to gradients, and what a step along them does to the loss.

References
----------
.. [1] Y. Bengio, P. Simard and P. Frasconi, "Learning long-term dependencies with gradient descent is difficult", IEEE
   Transactions on Neural Networks 1994.
.. [2] X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS
   2010.
.. [3] R. Pascanu, T. Mikolov and Y. Bengio, "On the difficulty of training recurrent neural networks",
   arXiv:1211.5063.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy as sp

from cnnmath.ops.checks import check_word
from cnnmath.subjects.scalar import positive
from cnnmath.subjects.training.chain import NEURONS, Neuron, a, chained, da, forward, l, layers_of, repeated, trained, w
from cnnmath.symbolic import Derivation, remark, step
from cnnmath.symbolic.instance import Instance
from cnnmath.symbolic.terms import Partial, Pi, array, index

j, dw = index("j"), array("dC/dw")
bound = positive("q")


def vanishing_gradient(depth: int | None = None, activation: str = "sigmoid") -> Derivation:
    r"""A saturating activation shrinks gradients from layer to layer, at least geometrically.

    .. math:: \Big|\frac{\partial C}{\partial a_0}\Big| = \Big|\frac{\partial C}{\partial a_L}\Big|
       \prod_{l=0}^{L-1} |w_l|\, \sigma'(z_l) \le \Big|\frac{\partial C}{\partial a_L}\Big| \Big(\frac{q}{4}\Big)^L
       \quad\text{where all } |w_l| \le q

    Parameters
    ----------
    depth
        Number of layers, a letter where it is not given.
    activation
        ``sigmoid``, whose slope is at most a quarter, or ``tanh``, whose slope is at most 1.

    Raises
    ------
    SettingError
        For a depth below 1 and for another activation.

    Examples
    --------
    >>> vanishing_gradient().steps[2]
    Chain rule: dC/da[0] = dC/da[L]*prod{l<L} a[l+1]*w[l]*(1 - a[l+1])
    >>> vanishing_gradient(depth=8).result
    First weight: abs(dC/dw[0]) <= q^7*abs(a[0])*abs(dC/da[8])/65536
    """
    check_word("activation", activation, ("sigmoid", "tanh"))
    neuron, layers = NEURONS[activation], layers_of(depth)
    slope, steepest, end = neuron.slope(a[l + 1]), neuron.steepest, sp.Abs(da[layers])
    every = [(l, layers)]
    return Derivation(
        f"The vanishing gradient of a chain of {activation} neurons",
        chained(layers, remark("No weight is larger than {}: {}.", bound, sp.Le(sp.Abs(w[l]), bound))),
        (
            *forward(neuron, layers),
            step(
                "Bound of a layer",
                remark("the slope of the activation is at most {}.", steepest),
                sp.Abs(Partial(a[l + 1], a[l])),
                steepest * sp.Abs(w[l]),
                every,
                "<=",
            ),
            step(
                "Weights on the way",
                "a weight moves its own layer by what the layer has read, and all that follow as before.",
                dw[j],
                da[layers] * a[j] * neuron.slope(a[j + 1]) * Pi(w[l] * slope, every, [l > j]),
                [(j, layers)],
            ),
            step(
                "Bound of the chain",
                "bound every factor of the product.",
                sp.Abs(da[0]),
                end * Pi(steepest * sp.Abs(w[l]), every),
                relation="<=",
            ),
            step(
                "Decay",
                remark(
                    "every weight is bounded: where {} the gradient shrinks geometrically with the depth.",
                    bound < 1 / steepest,
                ),
                sp.Abs(da[0]),
                end * (steepest * bound) ** layers,
                relation="<=",
            ),
            step(
                "First weight",
                "its own layer adds a slope but no weight. Of all weights the first has the most factors in its bound.",
                sp.Abs(dw[0]),
                end * sp.Abs(a[0]) * steepest * (steepest * bound) ** (layers - 1),
                relation="<=",
            ),
        ),
        tuple(_vanishing(neuron, repeated(weights, depth), steep=steep) for weights, steep in SMALL),
    )


def exploding_gradient(depth: int | None = None, activation: str = "relu") -> Derivation:
    r"""Where units are active, weights above 1 make gradients grow geometrically with the depth.

    .. math:: \Big|\frac{\partial C}{\partial a_0}\Big| \ge \Big|\frac{\partial C}{\partial a_L}\Big|\, q^L
       \quad\text{where all } |w_l| \ge q \text{ and all units are active}

    Parameters
    ----------
    depth
        Number of layers, a letter where it is not given.
    activation
        ``relu``, or ``linear`` where all units are always active.

    Raises
    ------
    SettingError
        For a depth below 1 and for another activation.

    Examples
    --------
    >>> exploding_gradient(activation="linear").steps[2]
    Chain rule: dC/da[0] = dC/da[L]*prod{l<L} w[l]
    """
    check_word("activation", activation, ("relu", "linear"))
    neuron, layers = NEURONS[activation], layers_of(depth)
    slope, end, every = neuron.slope(a[l + 1]), sp.Abs(da[layers]), [(l, layers)]
    active = Pi(slope, every) if activation == "relu" else sp.S.One
    all_active = " where all units are active" if activation == "relu" else ""
    return Derivation(
        f"The exploding gradient of a chain of {activation} neurons",
        chained(layers, remark("No weight is smaller than {}: {}.", bound, sp.Ge(sp.Abs(w[l]), bound))),
        (
            *forward(neuron, layers),
            step(
                "Product of the weights",
                "the absolute value of a product is that of its factors.",
                sp.Abs(da[0]),
                end * Pi(sp.Abs(w[l]) * slope, every),
            ),
            step(
                "Growth",
                f"no factor is smaller than the smallest{all_active}.",
                sp.Abs(da[0]),
                end * bound**layers * active,
                relation=">=",
            ),
            step(
                "Bernoulli",
                remark("for {} the line on the right grows beyond all bounds, and the power lies above it.", bound > 1),
                bound**layers,
                1 + layers * (bound - 1),
                relation=">=",
            ),
            step(
                "First weight",
                "the first weight is moved alike: a step of a fixed rate becomes longer and longer with the depth.",
                sp.Abs(dw[0]),
                end * sp.Abs(a[0]) * bound ** (layers - 1) * active,
                relation=">=",
            ),
        ),
        tuple(_exploding(neuron, repeated(weights, depth)) for weights in LARGE),
    )


SMALL = (((2, Fraction(-3, 2), 3), False), ((Fraction(-1, 2), 3, Fraction(7, 2), -3, 2), False), ((2, -2, 2, 2), True))
"""Weights of chains, and whether their activations are as steep as can be: then the bounds are reached."""

LARGE = ((2, Fraction(3, 2), 3), (2, -3, Fraction(5, 2), 2), (3, -3), (2, 2, 2))
"""Weights of chains: all units are active, one within is not, the last is not, and all weights are the same."""


def _vanishing(neuron: Neuron, weights: tuple[Any, ...], *, steep: bool) -> Instance:
    scalars = {bound: max(map(abs, weights))}
    return trained(neuron, weights, scalars, start=Fraction(3, 2), missing=Fraction(-5, 2), steep=steep)


def _exploding(neuron: Neuron, weights: tuple[Any, ...]) -> Instance:
    scalars = {bound: min(map(abs, weights))}
    return trained(neuron, weights, scalars, start=Fraction(1, 2), missing=Fraction(1, 3))
