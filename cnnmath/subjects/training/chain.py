"""A chain of single neurons: its layers, its slopes, and what the readers say of its gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy as sp

from cnnmath.errors import SettingError
from cnnmath.readers import Tensor, gradients
from cnnmath.readers.exact import Exact
from cnnmath.subjects.verbs import logistic
from cnnmath.symbolic import Remark, Step, remark, step
from cnnmath.symbolic.instance import Instance, Lazy, values
from cnnmath.symbolic.terms import Bracket, Expr, Logistic, Partial, Pi, array, index, size
from cnnmath.window import check_at_least

L, l = size("L"), index("l")  # noqa: E741 - layers are counted with l
a, w, b = (array(name) for name in "awb")
da = array("dC/da")

DEEPEST = 50
"""Layers of a chain whose every step is still checked in a moment."""


@dataclass(frozen=True, slots=True)
class Neuron:
    """An activation of single neurons: its formula, its slope in its output, the slope's bound, and its verbs."""

    formula: Callable[[Expr], Expr]
    slope: Callable[[Expr], Expr]
    steepest: Expr
    verbs: Callable[[Any, Any], Any]


def _rectified(m: Any, z: Any) -> Any:
    return m.when(z > 0, lambda: z, lambda: 0 * z)


NEURONS: Mapping[str, Neuron] = {
    "sigmoid": Neuron(Logistic, lambda y: y * (1 - y), sp.Rational(1, 4), logistic),
    "tanh": Neuron(sp.tanh, lambda y: 1 - y**2, sp.S.One, lambda m, z: 2 * logistic(m, 2 * z) - 1),
    "relu": Neuron(lambda z: sp.Max(0, z), lambda y: Bracket(y > 0), sp.S.One, _rectified),
    "linear": Neuron(lambda z: z, lambda _: sp.S.One, sp.S.One, lambda _, z: z),
}  # fmt: skip
"""Activations that a chain may have."""


def layers_of(depth: int | None) -> Expr:
    """Number of layers: a letter where it is not given.

    Raises
    ------
    SettingError
        For a depth that is no integer of at least 1, or so large that checking every step takes long.
    """
    if depth is None:
        return L
    check_at_least("depth", depth, 1)
    if depth > DEEPEST:
        raise SettingError(
            "so deep a chain takes long to check.",
            here=f"depth {depth}",
            rule=f"depth <= {DEEPEST}",
            fix="leave the depth out: the bounds are derived for any",
        )
    return sp.Integer(depth)


def repeated(weights: tuple[Any, ...], depth: int | None) -> tuple[Any, ...]:
    """Weights for so many layers, over and over; as they are where no depth is given."""
    return weights if depth is None else (weights * depth)[:depth]


def chained(layers: Expr, assumed: Remark) -> tuple[Remark, ...]:
    """What the letters are, and what is assumed of the weights."""
    return (
        remark(
            "One neuron in each of {} layers, {} the input and {} the cost, which depends on {}.",
            layers,
            a[0],
            sp.Symbol("C"),
            a[layers],
        ),
        assumed,
    )


def forward(neuron: Neuron, layers: Expr) -> tuple[Step, ...]:
    """A layer, its slope, and the chain rule over all of them."""
    every, slope = [(l, layers)], neuron.slope(a[l + 1])
    return (
        step("Layer", "a weight, a bias, an activation.", a[l + 1], neuron.formula(w[l] * a[l] + b[l]), every),
        step(
            "Slope of a layer",
            "the slope of the activation, in its own output, times the weight.",
            Partial(a[l + 1], a[l]),
            w[l] * slope,
            every,
        ),
        step("Chain rule", "a product with one factor a layer.", da[0], da[layers] * Pi(w[l] * slope, every)),
    )


def trained(
    neuron: Neuron,
    weights: tuple[Any, ...],
    scalars: Mapping[sp.Symbol, Any],
    *,
    start: Fraction,
    missing: Fraction,
    steep: bool = False,
) -> Instance:
    """A chain of single neurons with a quadratic cost, and its gradients as the reader says.

    Parameters
    ----------
    neuron, weights, scalars
        The activation, a weight for each layer, and numbers for letters.
    start
        The input.
    missing
        What the last activation lacks: the gradient of the cost by it.
    steep
        Whether biases are such that the activation is at its steepest, at 0, in every layer.
    """
    depth = len(weights)
    own = Tensor((depth,), [Fraction(weight) for weight in weights])
    biases, activations = [], [start]
    for at, weight in enumerate(own.values):
        biases.append(-weight * activations[-1] if steep else Fraction(at % 3 + 1, 2))
        activations.append(neuron.verbs(Exact(), weight * activations[-1] + biases[-1]))
    target = activations[-1] - missing

    def through(m: Any, number: Any, w: Any, first: int, last: int) -> Any:
        """The activation of a layer, from that of another."""
        for at in range(first, last):
            number = neuron.verbs(m, w[at] * number + biases[at])
        return number

    def cost(m: Any, number: Any, w: Any, first: int) -> Any:
        error = through(m, number, w, first, depth) - target
        return error * error / 2

    def leaf(at: int) -> dict[str, Tensor]:
        return {"a": Tensor((1,), [activations[at]])}

    def slope(at: tuple[int, ...]) -> Fraction:
        return gradients(lambda m, a: through(m, a[0], own, at[1], at[0]), leaf(at[1]))["a"][0]

    def gradient(at: tuple[int, ...]) -> Fraction:
        return gradients(lambda m, a: cost(m, a[0], own, at[0]), leaf(at[0]))["a"][0]

    return Instance(
        {**values(L=depth), **scalars},
        {
            "w": own, "b": Tensor((depth,), biases), "a": Tensor((depth + 1,), activations),
            "da/da": Lazy((depth + 1, depth + 1), slope), "dC/da": Lazy((depth + 1,), gradient),
            "dC/dw": gradients(lambda m, w: cost(m, start, w, 0), {"w": own})["w"],
        },
    )  # fmt: skip
