r"""The cell of a simple recurrent network.

Texts also write the cell as :math:`s_t = f(U x_t + W s_{t-1})` with the read-out :math:`o_t = g(V s_t)`; here the state
is h, both have a bias, and the read-out is linear: what follows it belongs to the loss.

References
----------
.. [1] J. L. Elman, "Finding structure in time", Cognitive Science 14, 1990.
.. [2] I. Goodfellow, Y. Bengio and A. Courville, "Deep Learning", MIT Press 2016, section 10.2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from random import Random
from typing import Any

import sympy as sp

from cnnmath.errors import unknown
from cnnmath.ops.algebra import Algebra, Number
from cnnmath.readers import Tensor
from cnnmath.readers.exact import Exact
from cnnmath.readers.gradient import Gradient
from cnnmath.subjects.recurrence.trace import Marking, Trace
from cnnmath.subjects.verbs import vector
from cnnmath.symbolic import Derivation, remark, step
from cnnmath.symbolic.instance import Instance, drawn, values
from cnnmath.symbolic.remark import Remark
from cnnmath.symbolic.terms import Expr, Logistic, Sigma, array, index, size

D, H, P, Q, T = map(size, "DHPQT")
d, i, j, k, q, t = map(index, "dijkqt")
x, a, h, o, U, W, V, b, c = map(array, "xahoUWVbc")
"""Sizes (inputs, hidden units, parameters, outputs, times), indices and arrays."""

START = remark("Times count from 0; {} is the state before the first input.", h[-1, i])
LATER = remark("Gradients of later times than the last are zero; what they are multiplied by does not matter.")


@dataclass(frozen=True, slots=True)
class Activation:
    """The function of a cell: as a formula, by the verbs, its slope by its own value, and the greatest slope."""

    formula: Callable[[Expr], Expr]
    value: Callable[[Algebra, Number], Number]
    slope: Callable[[Expr], Expr]
    steepest: Expr


ACTIVATIONS: Mapping[str, Activation] = {
    "tanh": Activation(sp.tanh, lambda m, z: 1 - 2 / (m.exp(2 * z) + 1), lambda y: 1 - y**2, sp.S.One),
    "sigmoid": Activation(Logistic, lambda m, z: 1 / (1 + m.exp(-z)), lambda y: y * (1 - y), sp.Rational(1, 4)),
    "identity": Activation(lambda z: z, lambda m, z: z, lambda y: sp.S.One, sp.S.One),  # noqa: ARG005 - as the others
}
"""What a cell may apply to its pre-activations."""


def recurrent_step(activation: str = "tanh") -> Derivation:
    r"""The simple recurrent cell, unrolled over two times, and its number of parameters.

    .. math:: a_t = U x_t + W h_{t-1} + b, \quad h_t = \tanh(a_t), \quad o_t = V h_t + c

    Parameters
    ----------
    activation
        ``"tanh"``, ``"sigmoid"`` or ``"identity"``.

    Raises
    ------
    UnknownNameError
        For another activation.

    Examples
    --------
    >>> print(recurrent_step().text(full=False))
    A simple recurrent cell with tanh
      x (T, D), h (T, H), o (T, Q), U (H, D), W (H, H), b (H), V (Q, H), c (Q)
      Times count from 0; h[-1,i] is the state before the first input.
         P = D*H + H^2 + H + Q*H + Q
    """
    f = activation_of(activation).formula
    return Derivation(
        f"A simple recurrent cell with {activation}",
        assumptions(),
        (
            step(
                "Pre-activation",
                "the input and the state of the time before are each weighted, and added with a bias.",
                a[t, i],
                _preactivation(t, i, lambda j: h[t - 1, j]),
                [(t, T), (i, H)],
            ),
            step(
                "State",
                f"the new state is the {activation} of it, unit by unit.",
                h[t, i],
                f(a[t, i]),
                [(t, T), (i, H)],
            ),
            step(
                "Read-out",
                "the output is a linear function of the state; a softmax, say, belongs to the loss.",
                o[t, q],
                Sigma(V[q, i] * h[t, i], [(i, H)]) + c[q],
                [(t, T), (q, Q)],
            ),
            step(
                "Unrolled",
                "put the state before in: the same weights stand at every time, so that a cell over T times is a "
                "network of T layers that share them.",
                h[t + 1, i],
                f(_preactivation(t + 1, i, lambda j: f(_preactivation(t, j, lambda k: h[t - 1, k], k)))),
                [(t, T - 1), (i, H)],
            ),
            step(
                "Parameters",
                remark("{} counts the entries of U, W, b, V and c: it does not depend on {}.", P, T),
                P,
                H * D + H**2 + H + Q * H + Q,
            ),
        ),
        instances(activation),
    )


def _preactivation(time: Expr, unit: Expr, before: Callable[[Expr], Expr], inner: sp.Symbol = j) -> Expr:
    """The weighted sum of the input at a time and the state before it."""
    return Sigma(U[unit, d] * x[time, d], [(d, D)]) + Sigma(W[unit, inner] * before(inner), [(inner, H)]) + b[unit]


def activation_of(name: str) -> Activation:
    """What a cell applies, by its name."""
    if name not in ACTIVATIONS:
        raise unknown("activation", str(name), ACTIVATIONS)
    return ACTIVATIONS[name]


SHAPES: Mapping[str, tuple[Expr, ...]] = {
    "x": (T, D), "h": (T, H), "o": (T, Q), "U": (H, D), "W": (H, H), "b": (H,), "V": (Q, H), "c": (Q,),
}  # fmt: skip


def assumptions() -> tuple[Remark, ...]:
    """Shapes of all arrays, and how times are counted."""
    return shapes_of(SHAPES), START


def shapes_of(shapes: Mapping[str, tuple[Expr, ...]]) -> Remark:
    """Arrays with their shapes, listed in one line."""
    pairs = (part for name, shape in shapes.items() for part in (array(name), sp.Tuple(*shape)))
    return remark(", ".join("{} {}" for _ in shapes), *pairs)


AFTER = {"dL/da": Fraction(0), "dL/dh": Fraction(0), "h": Fraction(1, 2)}
"""What is read at the time after the last: gradients are zero there, and a state is any number."""


@lru_cache(maxsize=16)
def instances(activation: str, times: int = 3) -> tuple[Instance, ...]:
    """Two small networks of unequal sizes, over distances in time of 1 and 2."""
    settings = ({"D": 3, "H": 2, "Q": 1, "T": times, "M": 1}, {"D": 1, "H": 2, "Q": 3, "T": times + 1, "M": 2})
    return tuple(_instance(activation, seed, **sizes) for seed, sizes in enumerate(settings))


def _instance(activation: str, seed: int, **sizes: int) -> Instance:
    draw, numbers = Random(seed), values(**sizes)

    def weights(name: str) -> Tensor:
        shape = [numbers[extent] for extent in SHAPES[name]]
        return Tensor(tuple(shape), [n / 4 for n in drawn(shape, draw).values])

    operands = {name: weights(name) for name in "xUWbVc"}
    start, above = drawn((sizes["H"],), draw), drawn((sizes["T"], sizes["Q"]), draw)
    return _traced(activation, numbers, operands, start, above)


@lru_cache(maxsize=16)
def resting(activation: str, times: int) -> tuple[Instance, ...]:
    """Two networks that rest where their activation is steepest, where bounds are reached.

    Their greatest weight stands in another row and column than that of the other one, off the diagonal.
    """
    small, rest = Fraction(1, 4), Fraction(activation_of(activation).value(Exact(), Fraction(0)))
    weights = [small, small, Fraction(-3, 2), Fraction(1, 2)]
    made = []
    for distance, entries in ((1, weights), (2, weights[::-1])):
        balance = [-rest * sum(entries[row : row + 2]) for row in (0, 2)]
        operands = {
            "x": Tensor((times, 1), [Fraction(0)] * times), "U": Tensor((2, 1), vector([1, -1]).values),
            "W": Tensor((2, 2), entries), "b": vector(balance),
            "V": Tensor((1, 2), vector([1, 2]).values), "c": vector([0]),
        }  # fmt: skip
        numbers = values(D=1, H=2, Q=1, T=times, M=distance)
        above = Tensor((times, 1), [Fraction(1)] * times)
        made.append(_traced(activation, numbers, operands, vector([rest] * 2), above))
    return tuple(made)


def _traced(
    activation: str, numbers: Mapping[sp.Symbol, int], operands: Mapping[str, Tensor], start: Tensor, above: Tensor
) -> Instance:
    """What a network computes, and the gradients of a weighted sum of its outputs."""
    trace = Trace()
    outputs = run(Gradient(), trace.mark, activation_of(activation), start.values, **trace.operands(**operands))
    loss = sum(above[at] * output for at, output in outputs.items())
    count = sum(len(operands[name].values) for name in "UWbVc")
    return Instance({**numbers, P: count}, trace.arrays(loss, AFTER))


def run(
    m: Algebra, mark: Marking, own: Activation, start: list[Fraction], x: Any, U: Any, W: Any, b: Any, V: Any, c: Any
) -> dict[tuple[int, int], Number]:
    """Outputs of a simple recurrent network at every time, in the verbs; what it computes on the way is marked."""
    (times, inputs), units, outputs = x.shape, len(start), {}
    state = [mark("h", (-1, i), number) for i, number in enumerate(start)]
    for t in range(times):
        before = state
        state = []
        for i in range(units):
            own_input = m.sum(lambda d: U[i, d] * x[t, d], inputs)  # noqa: B023
            recurrent = m.sum(lambda j: W[i, j] * before[j], units)  # noqa: B023
            state.append(mark("h", (t, i), own.value(m, mark("a", (t, i), own_input + recurrent + b[i]))))
        for q in range(c.shape[0]):
            outputs[t, q] = mark("o", (t, q), m.sum(lambda i: V[q, i] * state[i], units) + c[q])  # noqa: B023
    return outputs
