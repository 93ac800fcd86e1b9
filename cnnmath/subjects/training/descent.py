"""Gradient descent on a parabola: what a step does to the error and to the loss, and what weight decay adds.

References
----------
.. [1] I. Goodfellow, Y. Bengio and A. Courville, "Deep Learning", MIT Press 2016, sections 4.3 and 7.1.1.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import sympy as sp

from cnnmath.ops.algebra import rational
from cnnmath.readers import gradients
from cnnmath.subjects.scalar import Given, numbers, positive, real, settled
from cnnmath.subjects.verbs import vector
from cnnmath.symbolic import Derivation, Step, remark, step
from cnnmath.symbolic.instance import Instance, values
from cnnmath.symbolic.terms import Bracket, Expr, array, index, size

T, t = size("T"), index("t")
w, g, loss = array("w"), array("g"), array("L")

RATES = (
    (Fraction(1, 4), Fraction(2)), (Fraction(19, 25), Fraction(5, 2)),
    (Fraction(1), Fraction(2)), (Fraction(7, 10), Fraction(3)),
)  # fmt: skip
"""Learning rates and curvatures, with products below 2, just below it, 2 itself and just above."""

DECAYS = ((Fraction(1, 3), Fraction(1, 5), 2), (Fraction(1, 10), 3, Fraction(7, 2)))
"""Learning rates, decays and curvatures."""


def gradient_descent_step(eta: Given = None, curvature: Given = None) -> Derivation:
    r"""A step down the gradient of a parabola: the error is multiplied, the loss falls, if the step is not too long.

    .. math:: w_{t+1} - w^* = (1 - \eta a)(w_t - w^*), \qquad
       L_{t+1} = L_t - \eta \Big(1 - \frac{\eta a}{2}\Big) g_t^2

    Parameters
    ----------
    eta
        Learning rate, positive; a letter where it is not given.
    curvature
        Second derivative a of the loss, positive; a letter where it is not given.

    Raises
    ------
    SettingError
        For one that is not positive.

    Examples
    --------
    >>> gradient_descent_step().steps[5]
    Convergence: [abs(a*eta - 1) < 1] = [eta < 2/a]
    >>> gradient_descent_step(eta=Fraction(1, 10), curvature=4).steps[4]
    After many steps: w[t] - w* = (3/5)^t*(w[0] - w*)
    """
    rate, bend = settled(positive("eta"), eta), settled(positive("a"), curvature, "curvature")
    best, w0 = real("w*"), w[t]
    every, after = [(t, T)], [(t, T + 1)]
    learned = [
        step(
            "Loss",
            "a parabola, as a smooth loss nearly is around its minimum.",
            loss[t],
            bend / 2 * (w0 - best) ** 2,
            after,
        ),
        step(
            "Gradient",
            "it grows with the distance to the minimum.",
            g[t],
            sp.Mul(bend, w0 - best, evaluate=False),
            after,
        ),
        step("Step", "go against the gradient, as far as the rate says.", w[t + 1], w0 - rate * g[t], every),
        step(
            "Error",
            "put the gradient in: each step multiplies the error.",
            w[t + 1] - best,
            _times(1 - rate * bend, w0 - best),
            every,
        ),
        step(
            "After many steps",
            "by the same factor every time.",
            w0 - best,
            (1 - rate * bend) ** t * (w[0] - best),
            after,
        ),
    ]
    falls = [
        step(
            "Loss of a step",
            "the loss is multiplied by the square of this factor.",
            loss[t + 1],
            (1 - rate * bend) ** 2 * loss[t],
            every,
        ),
        step(
            "Best rate",
            remark("of all rates {} reaches the minimum in one step.", 1 / bend),
            w0 - g[t] / bend,
            best,
            every,
        ),
        step(
            "Descent",
            remark(
                "on its tangent the loss would fall by {} times the squared gradient; the curvature takes back {} "
                f"times it{', and this may be more' if (rate * bend).free_symbols else ''}.",
                rate,
                rate**2 * bend / 2,
            ),
            loss[t + 1],
            loss[t] - rate * (1 - rate * bend / 2) * g[t] ** 2,
            every,
        ),
    ]
    return Derivation(
        "A step of gradient descent on a parabola",
        (
            remark("{}, {}, {} after {} steps, {}; the minimum is at {}.", w[t], loss[t], g[t], t, sp.Le(t, T), best),
            *(remark("{}", sp.Gt(letter, 0, evaluate=False)) for letter in (rate, bend) if letter.free_symbols),
        ),
        (*learned, *_converges(rate, bend), *falls),
        tuple(
            _descended(_rated(eta, curvature, *own), start)
            for own, start in zip(RATES, (5, Fraction(-1, 2), 3, -2), strict=True)
        ),
    )


def _rated(eta: Given, curvature: Given, own_rate: Fraction, own_bend: Fraction) -> dict[sp.Symbol, Fraction]:
    """What is given; where one of both is, the other keeps the product of the stand-ins, which decides all."""
    product = own_rate * own_bend
    bend = own_bend if eta is None else product / rational(eta)
    rate = own_rate if curvature is None else product / rational(curvature)
    return numbers({positive("eta"): eta, positive("a"): curvature}, {positive("eta"): rate, positive("a"): bend})


def _times(number: Expr, distance: Expr) -> Expr:
    """A product that stays one, where the first factor is a number."""
    return sp.Mul(number, distance, evaluate=False)


def _converges(rate: Expr, bend: Expr) -> tuple[Step, ...]:
    """For which rates, or curvatures, the error goes to 0; whether it does, where both are numbers."""
    if not (rate * bend).free_symbols:
        factor = sp.Abs(1 - rate * bend)
        fate = "it goes to 0" if factor < 1 else "it does not become smaller"
        rule = remark(f"each step multiplies the error's size by {{}}: {fate}.", factor)
        before, beyond = (sp.Abs(w[i] - real("w*")) for i in (t, t + 1))
        return (step("Convergence", rule, beyond, _times(factor, before), [(t, T)]),)
    short = sp.Lt(rate, 2 / bend) if rate.free_symbols else sp.Lt(bend, 2 / rate)
    rule = "powers go to 0 exactly where their base lies between -1 and 1."
    return (step("Convergence", rule, Bracket(sp.Abs(1 - rate * bend) < 1), Bracket(short)),)


def weight_decay(eta: Given = None, decay: Given = None) -> Derivation:
    r"""Weight decay is the gradient step of a quadratic penalty, and it pulls the minimum towards 0.

    .. math:: w_{t+1} = (1 - \eta\lambda)\, w_t - \eta g_t, \qquad
       w_t \to \frac{a}{a + \lambda}\, w^* \text{ on the parabola } \tfrac{a}{2}(w - w^*)^2,
       \text{ where } |1 - \eta (a + \lambda)| < 1

    Parameters
    ----------
    eta
        Learning rate, positive; a letter where it is not given.
    decay
        Factor lambda of the penalty, positive; a letter where it is not given.

    Raises
    ------
    SettingError
        For one that is not positive.

    Examples
    --------
    >>> weight_decay().steps[1]
    Decay: w[t+1] = w[t]*(1 - eta*lambda) - eta*g[t]
    """
    letters = {positive("eta"): eta, positive("lambda"): decay, positive("a"): None}
    rate, pull, bend = settled(positive("eta"), eta), settled(positive("lambda"), decay, "decay"), positive("a")
    best, fixed = real("w*"), real("u")
    every, after = [(t, T)], [(t, T + 1)]
    return Derivation(
        "Weight decay",
        (
            remark("{} and {} after {} steps, {}.", w[t], g[t], t, sp.Le(t, T)),
            remark(
                "{} is the gradient of the loss alone; the penalty {} is added to the loss.", g[t], pull / 2 * w[t] ** 2
            ),
        ),
        (
            step(
                "Step", "the penalty has the weight as gradient.", w[t + 1], w[t] - rate * (g[t] + pull * w[t]), every
            ),
            step(
                "Decay",
                "each step first takes a part of the weight itself.",
                w[t + 1],
                (1 - rate * pull) * w[t] - rate * g[t],
                every,
            ),
            step(
                "Parabola", remark("on the loss {}.", bend / 2 * (w[t] - best) ** 2), g[t], bend * (w[t] - best), after
            ),
            step("Rest", remark("both pulls cancel at a point {}.", fixed), bend * (fixed - best) + pull * fixed, 0),
            step("Shrunk minimum", "it lies between 0 and the minimum.", fixed, bend * best / (bend + pull)),
            step(
                "Error",
                "the distance to this point is multiplied; the decay adds to the curvature.",
                w[t + 1] - fixed,
                (1 - rate * (bend + pull)) * (w[t] - fixed),
                every,
            ),
            step(
                "After many steps",
                "by the same factor every time.",
                w[t] - fixed,
                (1 - rate * (bend + pull)) ** t * (w[0] - fixed),
                after,
            ),
        ),
        tuple(
            _descended(numbers(letters, dict(zip(letters, own, strict=True))), start)
            for own, start in zip(DECAYS, (5, -2), strict=True)
        ),
    )


def _descended(scalars: dict[sp.Symbol, Fraction], start: Any) -> Instance:
    """Weights, losses and gradients of some steps, made one after the other; the gradient is the reader's."""
    count, best = 4, Fraction(2, 3)
    rate, bend, pull = (scalars.get(positive(name), Fraction(0)) for name in ("eta", "a", "lambda"))

    def parabola(_: Any, w: Any) -> Any:
        return (w[0] - best) * (w[0] - best) * bend / 2

    def slope(weight: Fraction) -> Fraction:
        return gradients(parabola, {"w": vector([weight])})["w"][0]

    def stepped(weight: Fraction) -> Fraction:
        return weight - rate * (slope(weight) + pull * weight)

    weights = [Fraction(start)]
    for _ in range(count + 1):
        weights.append(stepped(weights[-1]))
    before = weights[:-1]
    return Instance(
        {**values(T=count), real("w*"): best, real("u"): _standing_still(stepped), **scalars},
        {
            "w": vector(weights),
            "g": vector([slope(weight) for weight in before]),
            "L": vector([parabola(None, [weight]) for weight in before]),
        },
    )


def _standing_still(affine: Callable[[Fraction], Fraction]) -> Fraction:
    """The number that an affine map leaves as it is, found from two of its values."""
    at_0, at_1 = affine(Fraction(0)), affine(Fraction(1))
    return at_0 / (1 - (at_1 - at_0))
