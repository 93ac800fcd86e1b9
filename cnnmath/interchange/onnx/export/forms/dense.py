"""Dense layers, distances to centres, and cells that are applied step by step."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from cnnmath import ops
from cnnmath.interchange.onnx.export.body import Body
from cnnmath.interchange.onnx.export.form import Form, one
from cnnmath.ops.algebra import Shape


def linear_last(op: Any, m: Body, shapes: tuple[Shape, ...], x: str, w: str, b: str | None = None) -> str:
    """MatMul, by the transpose of the weights."""
    y = m("MatMul", x, m("Transpose", w, perm=(1, 0)))
    return y if b is None else m("Add", y, b)


def radial_basis(op: Any, m: Body, shapes: tuple[Shape, ...], x: str, w: str) -> str:
    """A sum of squares of differences."""
    apart = m("Sub", m("Unsqueeze", x, m.integers(1)), w)
    return m.over_axes("ReduceSum", m("Mul", apart, apart), [2], keep=False)


def rnn_cell(op: ops.RNNCell, m: Body, shapes: tuple[Shape, ...], x: str, h: str, *weights: str) -> str:
    """One step of an RNN."""
    return m({"tanh": "Tanh", "relu": "Relu"}[op.activation], _weighted(m, x, h, *weights))


def lstm_cell(op: Any, m: Body, shapes: tuple[Shape, ...], x: str, h: str, c: str, *weights: str) -> str:
    """One step of an LSTM, whose gates are the input's, the forget gate's, the candidate and the output's."""
    z = m.several("Split", 4, _weighted(m, x, h, *weights), axis=1, num_outputs=4)
    enter, forget, leave = (m("Sigmoid", z[i]) for i in (0, 1, 3))
    state = m("Add", m("Mul", forget, c), m("Mul", enter, m("Tanh", z[2])))
    return m("Concat", m("Mul", leave, m("Tanh", state)), state, axis=1)


def _weighted(m: Body, x: str, h: str, w: str, u: str, b: str | None = None) -> str:
    return m("Add", m("Gemm", x, w, b, transB=1), m("Gemm", h, u, transB=1))


FORMS: Mapping[type[ops.Operator], Form] = MappingProxyType(
    {
        ops.Linear: one("Gemm", transB=1),
        ops.LinearLast: linear_last,
        ops.RadialBasis: radial_basis,
        ops.Flatten: one("Flatten", axis=1),
        ops.RNNCell: rnn_cell,
        ops.LSTMCell: lstm_cell,
    }
)
"""The forms of this chapter."""
