"""Mistakes of dense layers, distances and flattening, and of merging."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np

from cnnmath.numeric import Kernel
from cnnmath.numeric.kernels import KERNELS
from cnnmath.numeric.windows import Array
from cnnmath.ops import Add, Dropout, Flatten, Linear, LinearLast, Maxout, RadialBasis
from cnnmath.ops.algebra import Shape
from cnnmath.verify.mistakes.mistake import (
    Mistake,
    Rung,
    altered_gradient,
    spoils,
    wrong_gradients,
    wrong_output,
)

LINEAR = KERNELS[Linear]


def by_expanded_squares(_: Any, x: Array, w: Array) -> Array:
    """Squared distances as ``|x|^2 - 2 x.w + |w|^2``, which cancels."""
    return (x * x).sum(axis=1)[:, None] - 2 * (x @ w.T) + (w * w).sum(axis=1)


def position_last(_: Any, x: Array) -> Array:
    """One row a sample, the channels running fastest."""
    return np.moveaxis(x, 1, -1).reshape(len(x), -1).copy()


def interleaved_pieces(op: Any, x: Array) -> Array:
    """Channel c takes part in the maximum c mod C/Q."""
    return x.reshape(len(x), op.pieces, x.shape[1] // op.pieces, *x.shape[2:]).max(axis=1)


def _square(op: Any, inputs: tuple[Shape, ...]) -> bool:
    return op.units == inputs[0][1] > 1


def _of_linear() -> Iterator[Mistake]:
    def made(name: str, says: str, result: str, kernel: Kernel, shows: Any) -> Mistake:
        return Mistake(f"linear-{name}", Linear, says, spoils(result), kernel, shows)

    several = lambda _, inputs: inputs[0][0] > 1
    transposed = lambda op, w: w.T if w.shape[0] == w.shape[1] else w
    yield made("weights-transposed", "w were transposed", "y",
               wrong_output(Linear, lambda op, x, w, *b: LINEAR.forward(op, x, transposed(op, w), *b)),
               _square)  # fmt: skip
    yield made("dx-of-the-transposed-weights", "dx were computed with w transposed", "x",
               wrong_gradients(Linear, x=lambda op, dy, x, w, *_: dy @ transposed(op, w)), _square)  # fmt: skip
    yield made("dw-transposed", "dw were x^T dy, not dy^T x", "w",
               altered_gradient(Linear, "w", lambda dw, *_: dw.T),
               lambda op, inputs: (op.units, inputs[0][1]) != (1, 1))  # fmt: skip
    yield made("dw-of-the-first-sample", "dw were that of the first sample alone", "w",
               wrong_gradients(Linear, w=lambda op, dy, x, *_: dy[:1].T @ x[:1]), several)  # fmt: skip
    yield made("dw-averaged-over-the-batch", "dw were averaged over the batch, not summed", "w",
               altered_gradient(Linear, "w", lambda dw, op, x, *_: dw / len(x)), several)  # fmt: skip
    yield made("db-averaged-over-the-batch", "db were averaged over the batch, not summed", "b",
               altered_gradient(Linear, "b", lambda db, op, x, *_: db / len(x)),
               lambda op, inputs: op.bias and inputs[0][0] > 1)  # fmt: skip
    yield made("db-not-summed", "db were dy itself, a row a sample", "b",
               wrong_gradients(Linear, b=lambda op, dy, *_: dy.copy()), lambda op, _: op.bias)  # fmt: skip
    yield made("bias-left-out", "there were no bias", "y",
               wrong_output(Linear, lambda op, x, w, *_: LINEAR.forward(op, x, w)),
               lambda op, _: op.bias)  # fmt: skip


def _of_the_last_axis() -> Iterator[Mistake]:
    def made(name: str, says: str, result: str, kernel: Kernel, shows: Any) -> Mistake:
        return Mistake(f"last-{name}", LinearLast, says, spoils(result), kernel, shows)

    right = KERNELS[LinearLast]
    transposed = lambda op, w: w.T if w.shape[0] == w.shape[1] else w
    yield made("weights-transposed", "w were transposed", "y",
               wrong_output(LinearLast, lambda op, x, w, *b: right.forward(op, x, transposed(op, w), *b)),
               lambda op, inputs: op.units == inputs[0][-1] > 1)  # fmt: skip
    yield made("dw-of-the-first-position", "dw were summed over the batch alone, at the first position", "w",
               wrong_gradients(LinearLast, w=lambda op, dy, x, *_: _at_first(dy).T @ _at_first(x)),
               lambda _, inputs: prod(inputs[0][1:-1]) > 1)  # fmt: skip
    yield made("db-averaged-over-positions", "db were averaged over the positions, not summed", "b",
               altered_gradient(LinearLast, "b", lambda db, op, x, *_: db / prod(x.shape[1:-1])),
               lambda op, inputs: op.bias and prod(inputs[0][1:-1]) > 1)  # fmt: skip


def _at_first(a: Array) -> Array:
    return a.reshape(len(a), -1, a.shape[-1])[:, 0]


def _of_channels() -> Iterator[Mistake]:
    def made(name: str, kind: Any, says: str, results: tuple[str, ...], kernel: Kernel, shows: Any) -> Mistake:
        return Mistake(name, kind, says, spoils(*results), kernel, shows)

    yield made("add-gradient-shared-out", Add, "the inputs shared the gradient, as those of a mean do",
               ("x1", "x2", "x3"), Kernel(KERNELS[Add].forward, _shared_out), lambda *_: True)  # fmt: skip
    yield made("flattened-with-channels-last", Flatten, "the channels ran fastest", ("y",),
               wrong_output(Flatten, position_last),
               lambda _, inputs: inputs[0][1] > 1 and prod(inputs[0][2:]) > 1)  # fmt: skip
    yield made("pieces-interleaved", Maxout, "channel c took part in the maximum c mod C/Q", ("y",),
               wrong_output(Maxout, interleaved_pieces),
               lambda op, inputs: 1 < op.pieces < inputs[0][1])  # fmt: skip
    yield made("dropout-not-scaled", Dropout, "what is kept were not divided by its probability", ("y", "x"),
               Kernel(lambda op, x, *m: _masked(x, *m), lambda op, dy, x, *m: {"x": _masked(dy, *m)}),
               lambda op, inputs: op.training and prod(inputs[0]) > 1)  # fmt: skip


def _of_distances() -> Iterator[Mistake]:
    yield Mistake(
        "radial-slope-halved", RadialBasis, "the slope of a square were not doubled", spoils("x"),
        altered_gradient(RadialBasis, "x", lambda dx, *_: dx / 2), lambda *_: True,
    )  # fmt: skip
    rung: Rung = "rounding"
    yield Mistake(
        "radial-by-expanded-squares", RadialBasis, "distances were |x|^2 - 2 x.w + |w|^2, which cancels", spoils("y"),
        wrong_output(RadialBasis, by_expanded_squares), lambda *_: True, (), rung,
    )  # fmt: skip


def _masked(a: Array, *mask: Array) -> Array:
    return a * mask[0].astype(a.dtype) if mask else a.copy()


def _shared_out(_: Any, dy: Array, *xs: Array) -> dict[str, Array]:
    return {f"x{i}": dy / len(xs) for i in range(1, len(xs) + 1)}


MISTAKES = (*_of_linear(), *_of_the_last_axis(), *_of_distances(), *_of_channels())
