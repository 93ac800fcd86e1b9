"""Mistakes of smooth and of hard activations: of numbers times a gate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from cnnmath.numeric.activation import sigmoid_backward, sigmoid_forward, tanh_forward
from cnnmath.numeric.hard import sigmoid_forward as hard_forward
from cnnmath.numeric.scalar import constant, erf, exp, normal, root
from cnnmath.numeric.windows import Array
from cnnmath.ops import GELU, Erf, HardSigmoid, HardSwish, Mish, Operator, Sigmoid, SiLU, Tanh
from cnnmath.ops.algebra import Shape, rational
from cnnmath.readers.error_function import PI
from cnnmath.verify.mistakes.mistake import (
    Mistake,
    Shows,
    everywhere,
    of_another,
    spoils,
    with_setting,
    wrong_gradients,
    wrong_output,
)


def y(name: str, kind: type[Operator], says: str, change: Callable[..., Array], shows: Shows = everywhere) -> Mistake:
    """A mistake of the output alone."""
    return Mistake(name, kind, says, spoils("y"), wrong_output(kind, change), shows)


def dx(name: str, kind: type[Operator], says: str, change: Callable[..., Array], shows: Shows = everywhere) -> Mistake:
    """A mistake of the gradient alone."""
    return Mistake(name, kind, says, spoils("x"), wrong_gradients(kind, x=change), shows)


def _gate(op: SiLU, x: Array) -> Array:
    return sigmoid_forward(Sigmoid(), constant(op.beta, x) * x)


def _steep(op: Any, _: tuple[Shape, ...]) -> bool:
    return op.beta != 1


def _of_smooth() -> Iterator[Mistake]:
    yield y("erf-of-a-standard-normal-number", Erf, "it were erf(x/sqrt(2)): that of a variance of 1",
            lambda _, x: 2 * normal(x) - 1)  # fmt: skip
    yield dx("erf-derivative-not-normalised", Erf, "the factor 2/sqrt(pi) of the derivative were left out",
             lambda _, dy, x: dy * exp(-x * x))  # fmt: skip
    yield Mistake(
        "gelu-of-the-other-kind", GELU, "the error function and its approximation were confused", spoils("y", "x"),
        of_another(GELU, lambda op, _: replace(op, approximate=not op.approximate)), everywhere,
    )  # fmt: skip
    yield y("gelu-of-a-sigmoid", GELU, "the gate were the logistic function of 1.702 x",
            lambda _, x: x * sigmoid_forward(Sigmoid(), constant(1.702, x) * x))  # fmt: skip
    yield y("gelu-not-of-a-standard-normal-number", GELU, "x were not divided by sqrt(2)",
            lambda _, x: x * (1 + erf(x)) / 2)  # fmt: skip
    yield dx("gelu-derivative-of-x-alone", GELU, "the gate were a constant: the product rule's other half is missing",
             lambda _, dy, x: dy * normal(x))  # fmt: skip
    yield dx("gelu-derivative-with-a-bell-of-another-width", GELU, "the density were exp(-x^2)/sqrt(pi)",
             lambda _, dy, x: dy * (normal(x) + x * exp(-x * x) / root(PI, x)))  # fmt: skip
    yield dx("silu-derivative-of-x-alone", SiLU, "the gate were a constant: the product rule's other half is missing",
             lambda op, dy, x: dy * _gate(op, x))  # fmt: skip
    yield Mistake("silu-beta-left-out", SiLU, "beta were 1", spoils("y", "x"), of_another(SiLU, with_setting(beta=1)),
                  _steep)  # fmt: skip
    yield dx("silu-derivative-without-beta", SiLU, "the inner derivative, beta, were left out",
             lambda op, dy, x: dy * _gate(op, x) + sigmoid_backward(Sigmoid(), dy * x, constant(op.beta, x) * x)["x"],
             _steep)  # fmt: skip
    yield y("mish-of-x-itself", Mish, "the gate were tanh(x), without the softplus",
            lambda _, x: x * tanh_forward(Tanh(), x))  # fmt: skip
    yield y("mish-of-a-sigmoid", Mish, "the gate were the logistic function: that of a SiLU",
            lambda _, x: x * sigmoid_forward(Sigmoid(), x))  # fmt: skip
    yield dx("mish-derivative-of-a-silu", Mish, "it were the derivative of a SiLU",
             lambda _, dy, x: dy * sigmoid_forward(Sigmoid(), x) + sigmoid_backward(Sigmoid(), dy * x, x)["x"],
    )  # fmt: skip


def _of_hard() -> Iterator[Mistake]:
    yield Mistake(
        "hard-sigmoid-of-another-slope", HardSigmoid, "the slope were 1/5, as where ONNX is given none",
        spoils("y", "x"), of_another(HardSigmoid, with_setting(slope=0.2)), lambda op, _: rational(op.slope) != FIFTH,
    )  # fmt: skip
    yield y("hard-sigmoid-without-a-top", HardSigmoid, "it were not cut off at 1",
            lambda op, x: np.maximum(_line(op, x), 0), lambda op, _: max(_reached(op)) > 1)  # fmt: skip
    yield dx("hard-sigmoid-gradient-not-masked", HardSigmoid, "the gradient passed outside the bounds as well",
             lambda op, dy, x: constant(op.slope, dy) * dy,
             lambda op, _: max(_reached(op)) >= 1 or min(_reached(op)) <= 0)  # fmt: skip
    yield dx("hard-sigmoid-derivative-at-its-kinks", HardSigmoid, "the derivative at the kinks were the slope",
             lambda op, dy, x: _masked(op, dy, _line(op, x)),
             lambda op, _: not {0, 1}.isdisjoint(_reached(op)))  # fmt: skip
    yield y("hard-swish-shifted-by-6", HardSwish, "six were added to x, not three",
            lambda _, x: x * hard_forward(HardSigmoid(shift=1), x))  # fmt: skip
    yield y("hard-swish-divided-by-3", HardSwish, "it were divided by 3, not by 6",
            lambda _, x: x * hard_forward(HardSigmoid(slope=2 * HardSigmoid().slope), x))  # fmt: skip
    yield dx("hard-swish-derivative-of-x-alone", HardSwish, "the gate were a constant: half of the product rule",
             lambda _, dy, x: dy * hard_forward(HardSigmoid(), x))  # fmt: skip
    yield dx("hard-swish-derivative-at-its-kinks", HardSwish, "the derivative at the kinks were the parabola's",
             lambda _, dy, x: dy * np.where(abs(x) <= 3, x / constant(3, x) + constant(0.5, x), x > 0))  # fmt: skip


def _line(op: Any, x: Array) -> Array:
    return constant(op.slope, x) * x + constant(op.shift, x)


def _masked(op: Any, dy: Array, z: Array) -> Array:
    return np.where((z >= 0) & (z <= 1), constant(op.slope, dy) * dy, np.zeros((), dy.dtype))


def _reached(op: Any) -> list[Any]:
    """What the line has at the whole numbers from -4 to 4, which exact data are."""
    return [rational(op.slope) * x + rational(op.shift) for x in range(-4, 5)]


FIFTH = rational(0.2)
MISTAKES = (*_of_smooth(), *_of_hard())
