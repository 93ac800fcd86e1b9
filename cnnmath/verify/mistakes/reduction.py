"""Mistakes of reductions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from cnnmath.numeric.kernels import KERNELS
from cnnmath.numeric.windows import Array
from cnnmath.ops import Reduce
from cnnmath.ops.algebra import Shape
from cnnmath.verify.mistakes.mistake import Mistake, of_another, spoils, wrong_gradients, wrong_output

RIGHT = KERNELS[Reduce]
SMOOTH = ("sum", "mean", "l1", "l2", "sum_square", "log_sum", "log_sum_exp", "product")


def of(op: Any, x: Shape) -> int:
    """How many numbers an output is made of."""
    return prod(x[axis] for axis in op.along(x))


def _next(op: Any, x: Shape) -> tuple[int, ...]:
    """Each axis one further, which the last cannot be."""
    return tuple(axis + 1 for axis in op.along(x))


def _seen(op: Any, x: Shape) -> bool:
    """Whether other numbers meet one axis further."""
    here, there = op.along(x), _next(op, x)
    return max(there, default=0) < len(x) and any(x[axis] > 1 for axis in {*here} ^ {*there})


def to_every_maximum(op: Any, dy: Array, x: Array) -> Array:
    """Every number that is the largest, or the least, gets the whole gradient."""
    if op.how not in ("max", "min"):
        return RIGHT.backward(op, dy, x)["x"]
    kept = replace(op, keep=True)
    y = RIGHT.forward(kept, x)
    return np.where(x == y, dy.reshape(y.shape), np.zeros((), dy.dtype))


def by_division(op: Any, dy: Array, x: Array) -> Array:
    """``dy y/x``, with 0 where x is 0."""
    if op.how != "product":
        return RIGHT.backward(op, dy, x)["x"]
    y = RIGHT.forward(replace(op, keep=True), x)
    return np.where(x == 0, 0 * x, dy.reshape(y.shape) * (y / np.where(x == 0, 1, x)))


def not_shifted(op: Any, x: Array) -> Array:
    """Exponentials of the numbers as they are, which overflow."""
    if op.how != "log_sum_exp" or x.dtype.kind != "f":
        return RIGHT.forward(op, x)
    with np.errstate(over="ignore"):
        return np.log(np.exp(x).sum(axis=op.along(x.shape), keepdims=op.keep))


def _made() -> Iterator[Mistake]:
    def another(name: str, says: str, change: Callable[[Any, Shape], Any], shows: Any, results: Any) -> Mistake:
        return Mistake(f"reduce-{name}", Reduce, says, spoils(*results), of_another(Reduce, change), shows)

    words = {"mean": "sum", "l1": "sum", "l2": "sum_square", "log_sum": "sum"}
    yield another("half-done", "the last step were left out: a sum for a mean, squares for a length, no logarithm",
                  lambda op, _: replace(op, how=words.get(op.how, op.how)),
                  lambda op, inputs: op.how in words and (op.how != "mean" or of(op, inputs[0]) > 1),
                  ("y", "x"))  # fmt: skip
    yield another("axes-counted-without-the-batch", "axes were counted without the batch: 0 were the channels",
                  lambda op, x: replace(op, over=_next(op, x)),
                  lambda op, inputs: _seen(op, inputs[0]), ("y", "x"))  # fmt: skip
    yield Mistake(
        "reduce-to-every-maximum", Reduce, "of equal maxima each took the whole gradient", spoils("x"),
        wrong_gradients(Reduce, x=to_every_maximum),
        lambda op, inputs: op.how in ("max", "min") and of(op, inputs[0]) > 1,
    )  # fmt: skip
    yield Mistake(
        "reduce-product-by-division", Reduce, "the other factors were the product over each: none where it is 0",
        spoils("x"), wrong_gradients(Reduce, x=by_division), lambda op, _: op.how == "product",
    )  # fmt: skip
    yield Mistake(
        "reduce-log-sum-exp-overflows", Reduce, "the maximum were not subtracted first, and exponentials overflowed",
        spoils("y"), wrong_output(Reduce, not_shifted), lambda op, _: op.how == "log_sum_exp", (), "rounding",
    )  # fmt: skip


MISTAKES = tuple(_made())
