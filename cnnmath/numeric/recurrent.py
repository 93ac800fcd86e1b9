"""Recurrent cells: one product with the input and one with the state for all gates, then functions of single numbers.

`states` takes the output of a long short-term memory apart, so that the next step can read it.
"""

from __future__ import annotations

import numpy as np

from cnnmath.errors import ShapeError, check_kind
from cnnmath.numeric.activation import (
    relu_backward,
    relu_forward,
    sigmoid_backward,
    sigmoid_forward,
    tanh_backward,
    tanh_forward,
)
from cnnmath.numeric.windows import Array
from cnnmath.ops import LSTMCell, ReLU, RNNCell, Sigmoid, Tanh


def rnn_forward(op: RNNCell, x: Array, h: Array, w: Array, u: Array, b: Array | None = None) -> Array:
    """``h' = phi(x @ w^T + h @ u^T + b)``."""
    z = _sums(x, h, w, u, b)  # (N, F)
    return tanh_forward(Tanh(), z) if op.activation == "tanh" else relu_forward(ReLU(), z)


def rnn_backward(
    op: RNNCell, dy: Array, x: Array, h: Array, w: Array, u: Array, b: Array | None = None
) -> dict[str, Array]:
    """The gradient goes through phi to the sums, and from there to everything that they read."""
    z = _sums(x, h, w, u, b)  # (N, F)
    back = tanh_backward(Tanh(), dy, z) if op.activation == "tanh" else relu_backward(ReLU(), dy, z)
    return _through_sums(back["x"], x, h, w, u, b)


def lstm_forward(
    op: LSTMCell,
    x: Array,
    h: Array,
    c: Array,
    w: Array,
    u: Array,
    b: Array | None = None,
) -> Array:
    """``c' = f c + i g`` and ``h' = o tanh(c')``, h' first."""
    i, f, g, o = _gates(_sums(x, h, w, u, b))  # (N, F) each
    state = f * c + i * g
    return np.concatenate([o * _tanh(state), state], axis=1)  # (N, 2F)


def lstm_backward(
    op: LSTMCell,
    dy: Array,
    x: Array,
    h: Array,
    c: Array,
    w: Array,
    u: Array,
    b: Array | None = None,
) -> dict[str, Array]:
    """Both states' gradients meet at c', and go from there through the gates to the sums."""
    z = _sums(x, h, w, u, b)  # (N, 4F)
    i, f, g, o = _gates(z)  # (N, F) each
    state = f * c + i * g
    dh, dc = states(dy)
    dstate = dc + tanh_backward(Tanh(), dh * o, state)["x"]
    zi, zf, zg, zo = np.split(z, 4, axis=1)
    dz = [
        sigmoid_backward(Sigmoid(), dstate * g, zi)["x"],
        sigmoid_backward(Sigmoid(), dstate * c, zf)["x"],
        tanh_backward(Tanh(), dstate * i, zg)["x"],
        sigmoid_backward(Sigmoid(), dh * _tanh(state), zo)["x"],
    ]
    return _through_sums(np.concatenate(dz, axis=1), x, h, w, u, b) | {"c": dstate * f}


def states(y: Array) -> tuple[Array, Array]:
    """Hidden state and cell state in the output of an `LSTMCell`, or their gradients in its gradient: views of it.

    Examples
    --------
    A sequence of three inputs, and the gradient of the sum of the last hidden state by all parameters: going back, a
    step hands the gradients of the states that it read to the step before.

    >>> from cnnmath.numeric import backward, forward
    >>> op, draw = LSTMCell(4), np.random.default_rng(0)
    >>> xs = draw.normal(size=(3, 1, 2))  # (T, N, C)
    >>> parameters = {name: draw.normal(size=s) for name, s in op.parameters((1, 2)).items()}
    >>> read = [(np.zeros((1, 4)), np.zeros((1, 4)))]
    >>> for x in xs:
    ...     read.append(states(forward(op, x, *read[-1], **parameters)))
    >>> total = {name: np.zeros(p.shape) for name, p in parameters.items()}
    >>> dh, dc = np.ones((1, 4)), np.zeros((1, 4))
    >>> for x, (h, c) in zip(xs[::-1], read[-2::-1]):
    ...     grads = backward(op, np.concatenate([dh, dc], axis=1), x, h, c, **parameters)
    ...     dh, dc = grads["h"], grads["c"]
    ...     total = {name: total[name] + grads[name] for name in total}
    >>> {name: grad.shape for name, grad in total.items()}
    {'w': (16, 2), 'u': (16, 4), 'b': (16,)}
    """
    check_kind(y, np.ndarray, "array", "give the output of an LSTMCell, (N, 2*units)")
    if y.ndim != 2 or y.shape[1] % 2:
        fix = "give the output of an LSTMCell, (N, 2*units)"
        raise ShapeError("this is no output of a memory of two states.", input=f"shape {y.shape}", fix=fix)
    hidden, cell = np.split(y, 2, axis=1)  # (N, F) each
    return hidden, cell


def _sums(x: Array, h: Array, w: Array, u: Array, b: Array | None) -> Array:
    z = x @ w.T + h @ u.T  # (N, gates*F)
    return z if b is None else z + b


def _through_sums(dz: Array, x: Array, h: Array, w: Array, u: Array, b: Array | None) -> dict[str, Array]:
    """What the gradient of the sums gives to everything that they are made of."""
    grads = {"x": dz @ w, "h": dz @ u, "w": dz.T @ x, "u": dz.T @ h}
    return grads if b is None else grads | {"b": dz.sum(axis=0)}


def _gates(z: Array) -> tuple[Array, Array, Array, Array]:
    """Input gate, forget gate, candidate and output gate, from their sums."""
    zi, zf, zg, zo = np.split(z, 4, axis=1)  # (N, F) each
    return _sigmoid(zi), _sigmoid(zf), _tanh(zg), _sigmoid(zo)


def _sigmoid(z: Array) -> Array:
    return sigmoid_forward(Sigmoid(), z)


def _tanh(z: Array) -> Array:
    return tanh_forward(Tanh(), z)
