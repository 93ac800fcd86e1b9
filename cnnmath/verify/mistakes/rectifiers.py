"""Mistakes of rectifiers with a trained slope, with an exponential, a threshold or bounds; and of the softsign."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from cnnmath.numeric import Kernel
from cnnmath.numeric.kernels import KERNELS
from cnnmath.numeric.scalar import constant, exp, expm1
from cnnmath.numeric.windows import Array
from cnnmath.ops import CELU, ELU, SELU, Clip, Operator, PReLU, Softsign, ThresholdedReLU
from cnnmath.verify.mistakes.mistake import (
    Mistake,
    Shows,
    altered_gradient,
    everywhere,
    of_another,
    spoils,
    with_setting,
    wrong_gradients,
    wrong_output,
)


def _dx(name: str, kind: type[Operator], says: str, change: Callable[..., Array], shows: Shows) -> Mistake:
    return Mistake(name, kind, says, spoils("x"), wrong_gradients(kind, x=change), shows)


def first_slope(op: Any, x: Array, w: Array) -> Array:
    """The slope of the first channel for all of them."""
    return np.where(x > 0, x, w[0] * x)


def slope_of_positive_numbers(op: Any, dy: Array, x: Array, w: Array) -> Array:
    """The gradient by the slope, gathered on the other side."""
    return KERNELS[PReLU].backward(op, dy, -x, w)["w"] * -1


def _of_prelu() -> Iterator[Mistake]:
    yield Mistake(
        "prelu-slope-of-the-first-channel", PReLU, "the first channel's slope were that of all", spoils("y"),
        wrong_output(PReLU, first_slope), lambda op, inputs: not op.shared and inputs[0][1] > 1,
    )  # fmt: skip
    yield _dx("prelu-derivative-1-at-0", PReLU, "the derivative at 0 were 1",
              lambda op, dy, x, w: np.where(x == 0, dy, KERNELS[PReLU].backward(op, dy, x, w)["x"]),
              everywhere)  # fmt: skip
    yield Mistake(
        "prelu-slope-gathers-positive-numbers", PReLU, "the slope had its gradient from the positive numbers",
        spoils("w"), wrong_gradients(PReLU, w=slope_of_positive_numbers), everywhere,
    )  # fmt: skip
    yield Mistake(
        "prelu-slope-gradient-averaged", PReLU, "it were the mean over the batch", spoils("w"),
        altered_gradient(PReLU, "w", lambda dw, op, x, w: dw / max(len(x), 1)), lambda _, inputs: inputs[0][0] > 1,
    )  # fmt: skip


def gamma_of_positive_numbers(op: Any, x: Array) -> Array:
    """Gamma on the positive side alone."""
    return np.where(x > 0, constant(op.gamma, x) * x, constant(op.alpha, x) * expm1(np.minimum(x, 0)))


def _of_exponentials() -> Iterator[Mistake]:
    scaled: Shows = lambda op, _: op.gamma != 1
    yield Mistake("selu-gamma-on-one-side", SELU, "gamma scaled the positive numbers alone", spoils("y"),
                  wrong_output(SELU, gamma_of_positive_numbers), scaled)  # fmt: skip
    yield Mistake("selu-gamma-left-out", SELU, "gamma were 1", spoils("y", "x"),
                  of_another(SELU, with_setting(gamma=1)), scaled)  # fmt: skip
    yield Mistake("selu-constants-exchanged", SELU, "alpha and gamma were exchanged", spoils("y", "x"),
                  of_another(SELU, lambda op, _: replace(op, alpha=op.gamma, gamma=op.alpha)),
                  lambda op, _: op.alpha != op.gamma)  # fmt: skip
    other: Shows = lambda op, _: op.alpha != 1
    yield Mistake("celu-exponent-not-divided", CELU, "it were the ELU: x were not divided by alpha", spoils("y"),
                  wrong_output(CELU, lambda op, x: KERNELS[ELU].forward(ELU(op.alpha), x)), other)  # fmt: skip
    yield _dx("celu-derivative-of-elu", CELU, "its derivative were that of the ELU",
              lambda op, dy, x: KERNELS[ELU].backward(ELU(op.alpha), dy, x)["x"], other)  # fmt: skip
    yield _dx("celu-derivative-divided-by-alpha", CELU, "alpha were left out, but for the chain rule",
              lambda op, dy, x: np.where(
                  x > 0, dy, dy * exp(np.minimum(x, 0) / constant(op.alpha, x)) / constant(op.alpha, x)
              ), other)  # fmt: skip


def shifted(op: Any, x: Array) -> Array:
    """The threshold, subtracted from what passes."""
    return np.maximum(x - constant(op.alpha, x), 0)


def passes(op: Any, x: Array, a: Array) -> Array:
    """What is at the threshold passes too."""
    return np.where(x >= constant(op.alpha, x), a, np.zeros((), a.dtype))


def _of_bounds() -> Iterator[Mistake]:
    away: Shows = lambda op, _: op.alpha != 0
    yield Mistake("threshold-subtracted", ThresholdedReLU, "the threshold were subtracted", spoils("y"),
                  wrong_output(ThresholdedReLU, shifted), away)  # fmt: skip
    yield Mistake("threshold-left-out", ThresholdedReLU, "the threshold were 0", spoils("y", "x"),
                  of_another(ThresholdedReLU, with_setting(alpha=0)), away)  # fmt: skip
    yield Mistake("threshold-passes-itself", ThresholdedReLU, "the threshold passed itself", spoils("y", "x"),
                  Kernel(lambda op, x: passes(op, x, x), lambda op, dy, x: {"x": passes(op, x, dy)}), away)  # fmt: skip
    bounded: Shows = lambda op, _: op != Clip()
    yield _dx("clip-gradient-not-masked", Clip, "the gradient passed everywhere", lambda _, dy, x: dy.copy(), bounded)
    yield _dx("clip-derivative-1-at-the-bounds", Clip, "the derivative at the bounds were 1",
              lambda op, dy, x: np.where(KERNELS[Clip].forward(op, x) == x, dy, np.zeros((), dy.dtype)),
              bounded)  # fmt: skip
    yield Mistake("clip-upper-bound-left-out", Clip, "there were no upper bound", spoils("y", "x"),
                  of_another(Clip, with_setting(high=None)), lambda op, _: op.high is not None)  # fmt: skip
    yield Mistake("clip-lower-bound-left-out", Clip, "there were no lower bound", spoils("y", "x"),
                  of_another(Clip, with_setting(low=None)), lambda op, _: op.low is not None)  # fmt: skip
    yield Mistake("softsign-of-the-square", Softsign, "it were x/(1 + x^2)", spoils("y"),
                  wrong_output(Softsign, lambda _, x: x / (1 + x * x)), everywhere)  # fmt: skip
    yield _dx("softsign-derivative-not-squared", Softsign, "the derivative were 1/(1 + |x|)",
              lambda _, dy, x: dy / (1 + np.abs(x)), everywhere)  # fmt: skip


MISTAKES = (*_of_prelu(), *_of_exponentials(), *_of_bounds())
