"""Mistakes of recurrent cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from cnnmath.numeric import Kernel
from cnnmath.numeric.kernels import KERNELS
from cnnmath.numeric.windows import Array
from cnnmath.ops import LSTMCell, RNNCell
from cnnmath.verify.mistakes.mistake import (
    Mistake,
    everywhere,
    of_another,
    spoils,
    with_setting,
    wrong_gradients,
    wrong_output,
)

RNN, LSTM = KERNELS[RNNCell], KERNELS[LSTMCell]
GATES = (
    ("input-and-forget-gates-exchanged", "the forget gate came before the input gate", (1, 0, 2, 3)),
    ("candidate-and-output-gates-exchanged", "the output gate came before the candidate", (0, 1, 3, 2)),
    ("gates-in-the-order-of-onnx", "the gates were stored as input, output, forget, candidate", (0, 2, 3, 1)),
)
"""Where input gate, forget gate, candidate and output gate are read from."""


def with_gates(order: tuple[int, ...]) -> Kernel:
    """The kernel of weights whose gates lie in another order, and their gradients in that order too."""

    def moved(rows: Array, order: Any) -> Array:
        return np.concatenate([np.split(rows, 4)[gate] for gate in order])

    def forward(op: Any, x: Array, h: Array, c: Array, *weights: Array) -> Array:
        return LSTM.forward(op, x, h, c, *(moved(a, order) for a in weights))

    def backward(op: Any, dy: Array, x: Array, h: Array, c: Array, *weights: Array) -> dict[str, Array]:
        grads = LSTM.backward(op, dy, x, h, c, *(moved(a, order) for a in weights))
        back = np.argsort(order)
        return {name: moved(a, back) if name in ("w", "u", "b") else a for name, a in grads.items()}

    return Kernel(forward, backward)


def cell_state_first(y: Array) -> Array:
    """The cell state ahead of the hidden one."""
    return np.roll(y, y.shape[1] // 2, axis=1)


def _of_rnn() -> Iterator[Mistake]:
    def made(name: str, says: str, forward: Callable[..., Array], shows: Any) -> Mistake:
        return Mistake(f"rnn-{name}", RNNCell, says, spoils("y"), wrong_output(RNNCell, forward), shows)

    tanh = with_setting(activation="tanh")
    yield Mistake(
        "rnn-tangents-for-a-rectifier", RNNCell, "the activation were tanh", spoils("y", "x", "h", "w", "u", "b"),
        of_another(RNNCell, tanh), lambda op, _: op.activation == "relu",
    )  # fmt: skip
    yield made("state-weights-transposed", "the state's weights were transposed",
               lambda op, x, h, w, u, *b: RNN.forward(op, x, h, w, u.T, *b), lambda op, _: op.units > 1)  # fmt: skip
    yield made("state-forgotten", "the state before were 0",
               lambda op, x, h, *rest: RNN.forward(op, x, h * 0, *rest), everywhere)  # fmt: skip
    yield made("bias-left-out", "there were no bias",
               lambda op, x, h, w, u, *_: RNN.forward(op, x, h, w, u), lambda op, _: op.bias)  # fmt: skip
    yield Mistake(
        "rnn-gradient-stops-at-the-state", RNNCell, "the state before took no gradient", spoils("h"),
        wrong_gradients(RNNCell, h=lambda op, dy, x, h, *_: h * 0), everywhere,
    )  # fmt: skip


def _of_lstm() -> Iterator[Mistake]:
    for name, says, order in GATES:
        results = spoils("y", "x", "h", "c", "w", "u", "b")
        yield Mistake(f"lstm-{name}", LSTMCell, says, results, with_gates(order), everywhere)
    yield Mistake(
        "lstm-cell-state-ahead-of-the-hidden-one", LSTMCell, "the cell state came first in the output", spoils("y"),
        wrong_output(LSTMCell, lambda *a: cell_state_first(LSTM.forward(*a))), everywhere,
    )  # fmt: skip
    yield Mistake(
        "lstm-gradients-of-the-states-exchanged", LSTMCell, "the cell state's gradient came first in dy",
        spoils("x", "h", "c", "w", "u", "b"),
        Kernel(LSTM.forward, lambda op, dy, *a: LSTM.backward(op, cell_state_first(dy), *a)), everywhere,
    )  # fmt: skip
    yield Mistake(
        "lstm-gradient-stops-at-the-state", LSTMCell, "the hidden state before took no gradient", spoils("h"),
        wrong_gradients(LSTMCell, h=lambda op, dy, x, h, *_: h * 0), everywhere,
    )  # fmt: skip


MISTAKES = (*_of_rnn(), *_of_lstm())
