"""Mistakes of activations and of the softmax."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from cnnmath.numeric import Kernel
from cnnmath.numeric.kernels import KERNELS
from cnnmath.numeric.scalar import constant, exp
from cnnmath.numeric.windows import Array
from cnnmath.ops import ELU, LeakyReLU, LogSigmoid, LogSoftmax, Operator, ReLU, Sigmoid, Softmax, Softplus, Tanh
from cnnmath.ops.algebra import Shape
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


def _leaky(op: Any, sign: Array, a: Array) -> Array:
    return np.where(sign > 0, constant(op.slope, a) * a, a)


def not_shifted(op: Any, x: Array) -> Array:
    """Exponentials of the numbers as they are, which overflow."""
    with np.errstate(over="ignore", invalid="ignore"):
        share = exp(x)
        return share / share.sum(axis=op.axis, keepdims=True)


def log_of_softmax(op: Any, x: Array) -> Array:
    """The logarithm of what may have underflowed."""
    with np.errstate(divide="ignore"):
        y = KERNELS[Softmax].forward(Softmax(op.axis), x)
        return np.log(y) if y.dtype.kind == "f" else KERNELS[LogSoftmax].forward(op, x)


def log_of_exponential(_: Any, x: Array) -> Array:
    """``log(1 + exp(x))``, which overflows."""
    if x.dtype.kind != "f":
        return KERNELS[Softplus].forward(Softplus(), x)
    with np.errstate(over="ignore"):
        return np.log(1 + np.exp(x)).astype(x.dtype)


def log_of_sigmoid(op: Any, x: Array) -> Array:
    """``log(1/(1 + exp(-x)))``, in which the quotient may have underflowed."""
    if x.dtype.kind != "f":
        return KERNELS[LogSigmoid].forward(op, x)
    with np.errstate(over="ignore", divide="ignore"):
        return np.log(1 / (1 + np.exp(-x))).astype(x.dtype)


def _of_rectifiers() -> Iterator[Mistake]:
    def dx(name: str, kind: type[Operator], says: str, change: Callable[..., Array], shows: Shows) -> Mistake:
        return Mistake(name, kind, says, spoils("x"), wrong_gradients(kind, x=change), shows)

    yield dx("relu-derivative-1-at-0", ReLU, "the derivative at 0 were 1",
             lambda _, dy, x: np.where(x >= 0, dy, np.zeros((), dy.dtype)), everywhere)  # fmt: skip
    yield dx("relu-passes-positive-gradients-alone", ReLU, "the gradient were rectified, not masked by x",
             lambda _, dy, x: np.where(dy > 0, dy, np.zeros((), dy.dtype)), everywhere)  # fmt: skip
    yield dx("relu-gradient-not-masked", ReLU, "the gradient passed everywhere", lambda _, dy, x: dy.copy(), everywhere)
    yield Mistake(
        "relu-of-absolute-values", ReLU, "negative numbers lost their sign alone", spoils("y"),
        wrong_output(ReLU, lambda _, x: abs(x)), everywhere,
    )  # fmt: skip
    yield Mistake(
        "leaky-slope-on-the-wrong-side", LeakyReLU, "the slope were that of the positive side", spoils("y", "x"),
        Kernel(lambda op, x: _leaky(op, x, x), lambda op, dy, x: {"x": _leaky(op, x, dy)}),
        lambda op, _: op.slope != 1,
    )  # fmt: skip
    yield dx("leaky-derivative-1-at-0", LeakyReLU, "the derivative at 0 were 1",
             lambda op, dy, x: np.where(x >= 0, dy, constant(op.slope, dy) * dy),
             lambda op, _: op.slope != 1)  # fmt: skip
    alpha = with_setting(alpha=1)
    yield Mistake("elu-alpha-left-out", ELU, "alpha were 1", spoils("y", "x"), of_another(ELU, alpha),
                  lambda op, _: op.alpha != 1)  # fmt: skip
    yield dx("elu-derivative-of-one-sided-exponential", ELU, "alpha were left out of the derivative",
             lambda op, dy, x: KERNELS[ELU].backward(replace(op, alpha=1), dy, x)["x"],
             lambda op, _: op.alpha != 1)  # fmt: skip


def _of_sigmoids() -> Iterator[Mistake]:
    def dx(name: str, kind: type[Operator], says: str, change: Callable[..., Array]) -> Mistake:
        return Mistake(name, kind, says, spoils("x"), wrong_gradients(kind, x=change), everywhere)

    yield dx("sigmoid-derivative-of-its-output", Sigmoid, "the derivative were x (1 - x): that of an output",
             lambda _, dy, x: dy * x * (1 - x))  # fmt: skip
    yield dx("sigmoid-derivative-without-the-output", Sigmoid, "the derivative were 1 - y",
             lambda op, dy, x: dy * (1 - KERNELS[Sigmoid].forward(op, x)))  # fmt: skip
    yield dx("tanh-derivative-of-its-output", Tanh, "the derivative were 1 - x^2: that of an output",
             lambda _, dy, x: dy * (1 - x * x))  # fmt: skip
    yield dx("tanh-derivative-not-squared", Tanh, "the derivative were 1 - y",
             lambda op, dy, x: dy * (1 - KERNELS[Tanh].forward(op, x)))  # fmt: skip
    yield Mistake(
        "softplus-overflows", Softplus, "the exponential were taken before the logarithm, and overflowed", spoils("y"),
        wrong_output(Softplus, log_of_exponential), everywhere, (), "rounding",
    )  # fmt: skip


def _of_log_sigmoid() -> Iterator[Mistake]:
    def y(name: str, says: str, change: Callable[..., Array]) -> Mistake:
        return Mistake(name, LogSigmoid, says, spoils("y"), wrong_output(LogSigmoid, change), everywhere)

    def dx(name: str, says: str, change: Callable[..., Array]) -> Mistake:
        return Mistake(name, LogSigmoid, says, spoils("x"), wrong_gradients(LogSigmoid, x=change), everywhere)

    yield y("log-sigmoid-without-its-sign", "it were minus the logarithm: a loss, log(1 + exp(-x))",
            lambda op, x: -KERNELS[LogSigmoid].forward(op, x))  # fmt: skip
    yield y("log-sigmoid-of-the-other-share", "it were the logarithm of 1 - sigmoid(x): that of -x",
            lambda op, x: KERNELS[LogSigmoid].forward(op, -x))  # fmt: skip
    yield dx("log-sigmoid-derivative-of-a-softplus", "the derivative were sigmoid(x), not sigmoid(-x)",
             lambda _, dy, x: KERNELS[Softplus].backward(Softplus(), dy, x)["x"])  # fmt: skip
    yield dx("log-sigmoid-derivative-of-a-sigmoid", "the derivative of the sigmoid were not divided by the sigmoid",
             lambda _, dy, x: KERNELS[Sigmoid].backward(Sigmoid(), dy, x)["x"])  # fmt: skip
    yield Mistake(
        "log-sigmoid-of-underflow", LogSigmoid, "it were the logarithm of a sigmoid that had underflowed", spoils("y"),
        wrong_output(LogSigmoid, log_of_sigmoid), everywhere, (), "rounding",
    )  # fmt: skip


def _of_softmax() -> Iterator[Mistake]:
    for kind, prefix in ((Softmax, "softmax"), (LogSoftmax, "log-softmax")):
        for name, says, axis in (
            ("over-the-last-axis", "it ran over the last axis, whichever it was told", -1),
            ("over-the-batch", "it ran over the batch, whichever axis it was told", 0),
            ("over-the-channels", "it ran over the channels, whichever axis it was told", 1),
        ):
            shows: Shows = lambda op, inputs, axis=axis: _turns(op, inputs[0], axis)
            yield Mistake(f"{prefix}-{name}", kind, says, spoils("y", "x"), of_another(kind, with_setting(axis=axis)),
                          shows)  # fmt: skip
    yield Mistake(
        "softmax-derivative-of-a-sigmoid", Softmax, "each number had its own derivative y (1 - y) alone", spoils("x"),
        wrong_gradients(Softmax, x=_diagonal), lambda op, inputs: inputs[0][op.axis] > 1,
    )  # fmt: skip
    yield Mistake(
        "log-softmax-gradient-not-summed", LogSoftmax, "the gradient were dy - softmax(x), whatever dy adds up to",
        spoils("x"), wrong_gradients(LogSoftmax, x=lambda op, dy, x: dy - KERNELS[Softmax].forward(op, x)),
        everywhere,
    )  # fmt: skip
    yield Mistake(
        "softmax-overflows", Softmax, "the maximum were not subtracted first, and exponentials overflowed", spoils("y"),
        wrong_output(Softmax, not_shifted), everywhere, (), "rounding",
    )  # fmt: skip
    yield Mistake(
        "log-softmax-of-underflow", LogSoftmax, "it were the logarithm of a softmax that had underflowed", spoils("y"),
        wrong_output(LogSoftmax, log_of_softmax), lambda op, inputs: inputs[0][op.axis] > 1, (), "rounding",
    )  # fmt: skip


def _diagonal(op: Any, dy: Array, x: Array) -> Array:
    y = KERNELS[Softmax].forward(op, x)
    return dy * y * (1 - y)


def _turns(op: Any, x: Shape, axis: int) -> bool:
    """Whether the other axis is another one, and any of both is longer than 1."""
    return axis % len(x) != op.axis % len(x) and max(x[op.axis], x[axis]) > 1


MISTAKES = (*_of_rectifiers(), *_of_sigmoids(), *_of_log_sigmoid(), *_of_softmax())
