"""Mistakes of arithmetic on each number alone: multiples, powers, exponentials, logarithms, absolute values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

import numpy as np

from cnnmath.numeric.kernels import KERNELS
from cnnmath.numeric.scalar import constant, expm1, log, log1p, power
from cnnmath.numeric.windows import Array
from cnnmath.ops import Abs, Affine, Exp, Log, Operator, Power
from cnnmath.ops.algebra import rational
from cnnmath.verify.mistakes.mistake import Mistake, Shows, everywhere, spoils, wrong_gradients, wrong_output


def _y(name: str, kind: type[Operator], says: str, forward: Callable[..., Array], shows: Shows) -> Mistake:
    return Mistake(name, kind, says, spoils("y"), wrong_output(kind, forward), shows)


def _dx(name: str, kind: type[Operator], says: str, change: Callable[..., Array], shows: Shows) -> Mistake:
    return Mistake(name, kind, says, spoils("x"), wrong_gradients(kind, x=change), shows)


def _of_arithmetic() -> Iterator[Mistake]:
    yield _y("affine-shifted-before-it-is-scaled", Affine, "the shift were added before the scaling",
             lambda op, x: constant(op.scale, x) * (x + constant(op.shift, x)),
             lambda op, _: op.scale != 1 and op.shift != 0)  # fmt: skip
    yield _dx("affine-gradient-not-scaled", Affine, "the gradient were not scaled", lambda _, dy, x: dy.copy(),
              lambda op, _: op.scale != 1)  # fmt: skip
    yield _dx("power-derivative-without-the-exponent", Power, "the derivative were a power without its factor",
              lambda op, dy, x: dy * power(x, rational(op.exponent) - 1), lambda op, _: op.exponent != 1)  # fmt: skip
    yield _dx("power-derivative-of-the-same-exponent", Power, "the exponent of the derivative were not one lower",
              lambda op, dy, x: dy * constant(op.exponent, x) * power(x, rational(op.exponent)),
              everywhere)  # fmt: skip
    yield _dx("abs-derivative-1-at-0", Abs, "the derivative at 0 were 1", lambda _, dy, x: np.where(x >= 0, dy, -dy),
              everywhere)  # fmt: skip
    yield _dx("abs-gradient-without-a-sign", Abs, "the gradient passed everywhere", lambda _, dy, x: dy.copy(),
              everywhere)  # fmt: skip


def base_2(_: Operator, x: Array) -> Array:
    """The logarithm to another base."""
    return log(x) / constant(Fraction(float(np.log(2))), x)


def _of_exponentials() -> Iterator[Mistake]:
    yield _y("exp-less-1", Exp, "one were subtracted", lambda _, x: expm1(x), everywhere)
    yield _dx("exp-derivative-of-its-input", Exp, "the derivative were the input, not the output",
              lambda _, dy, x: dy * x, everywhere)  # fmt: skip
    yield _y("log-of-one-more", Log, "one were added before the logarithm", lambda _, x: log1p(x), everywhere)
    yield _y("log-to-base-2", Log, "it were the logarithm to base 2", base_2, everywhere)
    yield _dx("log-derivative-of-the-reciprocal", Log, "the derivative were that of the reciprocal, -1/x^2",
              lambda _, dy, x: -KERNELS[Log].backward(Log(), dy, x * x)["x"], everywhere)  # fmt: skip


MISTAKES = (*_of_arithmetic(), *_of_exponentials())
