r"""The long short-term memory: its gates, and what its state accumulates.

The cell is that with a forget gate and without peepholes. The weights of the four gates stand below each other, in the
order input gate, forget gate, candidate, output gate: row r of 4H.

References
----------
.. [1] S. Hochreiter and J. Schmidhuber, "Long short-term memory", Neural Computation 9, 1997.
.. [2] F. A. Gers, J. Schmidhuber and F. Cummins, "Learning to forget: continual prediction with LSTM", Neural
       Computation 12, 2000.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from random import Random
from typing import Any

import sympy as sp

from cnnmath.errors import SettingError
from cnnmath.ops.algebra import Algebra, Number
from cnnmath.readers import Tensor
from cnnmath.readers.gradient import Dual, Gradient
from cnnmath.subjects.recurrence.cell import ACTIVATIONS, shapes_of
from cnnmath.subjects.recurrence.trace import Marking, Trace
from cnnmath.symbolic import Derivation, Step, remark, step
from cnnmath.symbolic.instance import Instance, drawn, values
from cnnmath.symbolic.remark import Remark
from cnnmath.symbolic.terms import Expr, Logistic, Pi, Sigma, array, index, size

D, H, P, T = map(size, "DHPT")
d, j, k, m, n, r, t = map(index, "djkmnrt")
x, h, c, z, U, W, b, second = map(array, ("x", "h", "c", "z", "U", "W", "b", "b'"))
gate = {name: array(name) for name in "ifgo"}
"""Sizes (inputs, hidden units, parameters, times), indices, arrays, and the values of the gates."""

GATES = {"i": "input gate", "f": "forget gate", "g": "candidate", "o": "output gate"}
"""The four gates in the order of their rows, by the letter of their values."""

SHAPES: Mapping[str, tuple[Expr, ...]] = {
    "x": (T, D), "h": (T, H), "c": (T, H), "U": (4 * H, D), "W": (4 * H, H), "b": (4 * H,), "b'": (4 * H,),
}  # fmt: skip

START = remark("Times count from 0; {} and {} are the states before the first input.", h[-1, j], c[-1, j])


def lstm_step(biases: int = 1) -> Derivation:
    r"""The cell of a long short-term memory, what its state accumulates, and its number of parameters.

    .. math:: c_t = f_t \odot c_{t-1} + i_t \odot g_t, \quad h_t = o_t \odot \tanh(c_t), \quad P = 4 (H D + H^2 + H)

    Parameters
    ----------
    biases
        Biases of each gate: 1, or 2 as PyTorch and cuDNN keep them, one with U and one with W.

    Raises
    ------
    SettingError
        For another number of biases.

    Examples
    --------
    >>> lstm_step().result
    Parameters: P = 4*(D*H + H^2 + H)
    >>> lstm_step(biases=2).result
    Parameters: P = 4*(D*H + H^2 + 2*H)
    """
    if type(biases) is not int or biases not in (1, 2):
        raise SettingError("a gate has one bias or two.", here=f"biases {biases!r}", fix="use 1, or 2 as PyTorch does")
    added = b[r] if biases == 1 else b[r] + second[r]
    over = [(t, T), (j, H)]
    return Derivation(
        "The cell of a long short-term memory",
        assumptions(biases),
        (
            step(
                "Pre-activations",
                remark("the rows of all four gates read the same input and the same state: {} units each.", H),
                z[t, r],
                Sigma(U[r, d] * x[t, d], [(d, D)]) + Sigma(W[r, k] * h[t - 1, k], [(k, H)]) + added,
                [(t, T), (r, 4 * H)],
            ),
            *_gates(),
            step(
                "Cell state",
                "forget a part of what was there, and let a part of the candidate in.",
                c[t, j],
                gate["f"][t, j] * c[t - 1, j] + gate["i"][t, j] * gate["g"][t, j],
                over,
            ),
            step(
                "Hidden state",
                "the output gate decides how much of the state is shown.",
                h[t, j],
                gate["o"][t, j] * sp.tanh(c[t, j]),
                over,
            ),
            step(
                "Memory",
                "unrolled: the state is a sum of all that was let in, each weighted with what has been kept since.",
                c[t, j],
                c[-1, j] * Pi(gate["f"][t - n, j], [(n, t + 1)])
                + Sigma(gate["i"][t - m, j] * gate["g"][t - m, j] * Pi(gate["f"][t - n, j], [(n, m)]), [(m, t + 1)]),
                over,
            ),
            step(
                "Parameters",
                remark("{} counts the entries of U, W and the biases: four times those of a simple cell.", P),
                P,
                sp.Mul(4, H * D + H**2 + biases * H, evaluate=False),
            ),
        ),
        instances(biases),
    )


def row_of(letter: str) -> Expr:
    """Row of a gate's unit j."""
    return list(GATES).index(letter) * H + j


def _gates() -> tuple[Step, ...]:
    rules = {
        "i": "how much of the candidate is let in, between 0 and 1.",
        "f": "how much of the state is kept, between 0 and 1.",
        "g": "what may be added to the state, between -1 and 1.",
        "o": "how much of the state is shown, between 0 and 1.",
    }
    return tuple(
        step(
            name.capitalize(),
            rules[letter],
            gate[letter][t, j],
            (sp.tanh if letter == "g" else Logistic)(z[t, row_of(letter)]),
            [(t, T), (j, H)],
        )
        for letter, name in GATES.items()
    )


def assumptions(biases: int = 1) -> tuple[Remark, ...]:
    """Shapes of all arrays, and how times are counted."""
    listed = SHAPES if biases == 2 else {name: shape for name, shape in SHAPES.items() if name != "b'"}
    return shapes_of(listed), START


AFTER = {"dL/dz": Fraction(0), "dL/dc": Fraction(0), "f": Fraction(1, 2)}
"""What is read at the time after the last: gradients are zero there, and a gate is any number."""


@lru_cache(maxsize=4)
def instances(biases: int) -> tuple[Instance, ...]:
    """Small networks of unequal sizes, over distances in time of 1 and 2.

    On the second the gate that forgets most is the last one of the last unit; on the third all gates are constant.
    """
    quarter = Fraction(1, 4)
    return (
        _instance(0, biases, quarter, D=2, H=1, T=4, M=2),
        _instance(4, biases, quarter, D=1, H=2, T=2, M=1),
        _instance(1, biases, Fraction(0), D=1, H=2, T=4, M=2),
    )


def _instance(seed: int, biases: int, scale: Fraction, **sizes: int) -> Instance:
    """A network, and what it computes; its weights, none of them 0, are multiplied by the scale."""
    draw, numbers = Random(seed), values(**sizes)
    names = ("U", "W", "b", "b'")[: 2 + biases]

    def small(name: str) -> Tensor:
        shape = [int(sp.sympify(extent).xreplace(numbers)) for extent in SHAPES[name]]
        factor = scale if name in "UW" else Fraction(1, 4)
        return Tensor(tuple(shape), [(number - Fraction(1, 2)) * factor for number in drawn(shape, draw).values])

    trace, operands = Trace(), {name: small(name) for name in ("x", *names)}
    start, above = drawn((2, sizes["H"]), draw), drawn((sizes["T"], sizes["H"]), draw)
    outputs = run(Gradient(), trace.mark, start, *trace.operands(**operands).values())
    loss = sum(above[at] * output for at, output in outputs.items())
    _hold_gates(trace, sizes["T"], start)
    return Instance({**numbers, P: sum(len(operands[name].values) for name in names)}, trace.arrays(loss, AFTER))


def run(
    m: Algebra, mark: Marking, start: Tensor, x: Any, U: Any, W: Any, *biases: Any
) -> dict[tuple[int, int], Number]:
    """Outputs of a long short-term memory at every time, in the verbs; what it computes on the way is marked."""
    (times, inputs), units, outputs = x.shape, W.shape[1], {}
    squash = {letter: ACTIVATIONS["tanh" if letter == "g" else "sigmoid"].value for letter in GATES}
    hidden = [mark("h", (-1, j), start[0, j]) for j in range(units)]
    cell = [mark("c", (-1, j), start[1, j]) for j in range(units)]
    for t in range(times):
        rows = [
            mark(
                "z",
                (t, r),
                m.sum(lambda d: U[r, d] * x[t, d], inputs)  # noqa: B023
                + m.sum(lambda k: W[r, k] * hidden[k], units)  # noqa: B023
                + sum(bias[r] for bias in biases),
            )
            for r in range(4 * units)
        ]
        for j in range(units):
            i, f, g, o = (
                mark(letter, (t, j), squash[letter](m, rows[at * units + j])) for at, letter in enumerate(GATES)
            )
            cell[j] = mark("c", (t, j), f * cell[j] + i * g)
            hidden[j] = mark("h", (t, j), o * squash["g"](m, cell[j]))
            outputs[t, j] = mark("y", (t, j), hidden[j])
    return outputs


def _hold_gates(trace: Trace, times: int, start: Tensor) -> None:
    """Run the cell state again, with the gates of the trace as plain numbers."""
    for j in range(start.shape[1]):
        state: Dual = trace.mark("s", (-1, j), start[1, j])
        for t in range(times):
            i, f, g = (trace.numbers[letter][t, j].value for letter in "ifg")
            state = trace.mark("s", (t, j), state * f + Fraction(i * g))
