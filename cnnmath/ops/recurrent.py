"""Recurrent cells: one step of a sequence, from an input and the state before it to the state after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

from cnnmath.errors import ShapeError, unknown
from cnnmath.ops.activation import logistic, rectifier, tanh
from cnnmath.ops.algebra import Algebra, Number, Operand, Operator, Shape
from cnnmath.ops.checks import check_flag, check_rank, integer, same
from cnnmath.window import Size

ACTIVATIONS: dict[str, Callable[[Algebra, Number], Number]] = {"tanh": tanh, "relu": rectifier}
"""What a simple cell applies to its weighted sum, by name."""


@dataclass(frozen=True, slots=True)
class Cell(Operator):
    """What the cells share: each unit has a row of weights for the input and one for the state, for each of its gates.

    Rows of gates stand below each other in w (gates*F, C), u (gates*F, F) and b (gates*F,).
    """

    indices = ("n", "f")
    gates: ClassVar[int] = 1
    """Number of weighted sums a unit."""

    units: Size
    _: KW_ONLY
    bias: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "units", integer("number of units", self.units, 1))
        check_flag("bias", self.bias)

    def output(self, *inputs: Shape) -> Shape:
        """Shape of the output: the states that the cell reads, one behind the other."""
        x, *states = inputs
        check_rank(x, 0)
        state = (x[0], self.units)
        for name, shape in zip(self.reads[1:], states, strict=True):
            if not same(shape, state):
                raise ShapeError(
                    f"the state {name} has another shape than the cell's.",
                    input=f"x {x}, {name} {shape}",
                    rule=f"{name} is (N, units)",
                    here=f"{shape} against {state}",
                    fix=f"give {name} the batch of x and {self.units} channels",
                )
        return (x[0], self.units * len(states))

    def parameters(self, *inputs: Shape) -> dict[str, Shape]:
        """Weights w of the input and u of the state, and the bias b where there is one."""
        rows = self.units * self.gates
        weights = {"w": (rows, inputs[0][1]), "u": (rows, self.units)}
        return weights | {"b": (rows,)} if self.bias else weights

    def windows(self, sizes: Shape) -> None:
        """None: an output sees the whole input."""


@dataclass(frozen=True, slots=True)
class RNNCell(Cell):
    r"""One step of a simple recurrent network: the state after an input, from the state before it.

    .. math:: h'_{n,f} = \phi\Big( b_f + \sum_c w_{f,c}\, x_{n,c} + \sum_q u_{f,q}\, h_{n,q} \Big)

    Parameters
    ----------
    units
        Number F of units, which is the length of the state.
    activation
        The function phi: ``"tanh"`` or ``"relu"``.
    bias
        Whether a bias is added.

    Notes
    -----
    *Shape*: x (N, C), h (N, F), w (F, C), u (F, F), b (F,) to h' (N, F).

    *Cost*: C + F multiply-accumulates an output, and the function of the sum.

    *Conventions*: w weighs the input and u the state (in [2] it is U and W). PyTorch adds two biases, of which only the
    sum matters: it is b here. The derivative of the rectifier at 0 is 0.

    Raises
    ------
    SettingError, UnknownNameError, ShapeError
        For settings that no cell can have, another activation, and a state of another length or batch.

    References
    ----------
    .. [1] J. Elman, "Finding structure in time", Cognitive Science 14, 1990.
    .. [2] I. Goodfellow, Y. Bengio and A. Courville, "Deep Learning", MIT Press 2016, equations 10.8 and 10.9.

    Examples
    --------
    >>> RNNCell(64).shape((1, 10), (1, 64))
    (1, 64)
    >>> RNNCell(64, activation="relu").parameters((1, 10), (1, 64))
    {'w': (64, 10), 'u': (64, 64), 'b': (64,)}
    """

    reads = ("x", "h")

    _: KW_ONLY
    activation: str = "tanh"

    def __post_init__(self) -> None:
        Cell.__post_init__(self)
        if not isinstance(self.activation, str) or self.activation not in ACTIVATIONS:
            raise unknown("activation", str(self.activation), ACTIVATIONS)

    def element(
        self,
        m: Algebra,
        at: tuple[Size, ...],
        x: Operand,
        h: Operand,
        w: Operand,
        u: Operand,
        b: Operand | None = None,
    ) -> Number:
        """One output: a function of the weighted sum of the input and of the state before."""
        n, f = at
        return ACTIVATIONS[self.activation](m, _weighted(m, n, f, x, h, w, u, b))


@dataclass(frozen=True, slots=True)
class LSTMCell(Cell):
    r"""One step of a long short-term memory: its hidden state and its cell state after an input.

    .. math:: c'_{n,f} = \sigma(z^f_{n,f})\, c_{n,f} + \sigma(z^i_{n,f}) \tanh(z^g_{n,f}), \quad
       h'_{n,f} = \sigma(z^o_{n,f}) \tanh(c'_{n,f}), \quad
       z_{n,r} = b_r + \sum_c w_{r,c}\, x_{n,c} + \sum_q u_{r,q}\, h_{n,q}

    The output is h' and behind it c', along the channels.

    Parameters
    ----------
    units
        Number F of units, which is the length of each state.
    bias
        Whether a bias is added to each gate.

    Notes
    -----
    *Shape*: x (N, C), h and c (N, F), w (4F, C), u (4F, F), b (4F,) to (N, 2F).

    *Cost*: 4 (C + F) multiply-accumulates a unit, 3 products and an addition for the states, 3 logistic functions and 2
    hyperbolic tangents.

    *Conventions*: rows of the gates are in PyTorch's order: input gate i, forget gate f, candidate g, output gate o.
    PyTorch adds two biases, of which only the sum matters: it is b here. No gate looks at the cell state (there are no
    peepholes). `Select` takes one of the two states out of the output, `cnnmath.numeric.states` both of an array.

    Raises
    ------
    SettingError, ShapeError
        For settings that no cell can have, and a state of another length or batch.

    References
    ----------
    .. [1] S. Hochreiter and J. Schmidhuber, "Long short-term memory", Neural Computation 9, 1997.
    .. [2] F. A. Gers, J. Schmidhuber and F. Cummins, "Learning to forget: continual prediction with LSTM", Neural
       Computation 12, 2000 (the forget gate).

    Examples
    --------
    >>> LSTMCell(64).shape((1, 10), (1, 64), (1, 64))
    (1, 128)
    >>> LSTMCell(64).parameters((1, 10), (1, 64), (1, 64))
    {'w': (256, 10), 'u': (256, 64), 'b': (256,)}
    """

    reads = ("x", "h", "c")
    gates = 4

    def element(
        self,
        m: Algebra,
        at: tuple[Size, ...],
        x: Operand,
        h: Operand,
        c: Operand,
        w: Operand,
        u: Operand,
        b: Operand | None = None,
    ) -> Number:
        """One output: the hidden state of a unit in the first half, its cell state in the second."""
        n, r = at
        f = r % self.units

        def gate(name: str, place: int, squash: Callable[[Algebra, Number], Number]) -> Number:
            row = place * self.units + f
            return m.let(name, (n, f), lambda: squash(m, _weighted(m, n, row, x, h, w, u, b)))

        def cell() -> Number:
            kept = gate("forget gate", 1, logistic) * c[n, f]
            return kept + gate("input gate", 0, logistic) * gate("candidate", 2, tanh)

        def hidden() -> Number:
            return gate("output gate", 3, logistic) * tanh(m, state)

        state = m.let("cell state", (n, f), cell)
        return m.when(r < self.units, lambda: m.let("hidden state", (n, f), hidden), lambda: state)


def _weighted(
    m: Algebra, n: Size, row: Size, x: Operand, h: Operand, w: Operand, u: Operand, b: Operand | None
) -> Number:
    """Inner products of a row of w with the input and of the same row of u with the state, and the bias."""
    z = m.sum(lambda c: w[row, c] * x[n, c], w.shape[1]) + m.sum(lambda q: u[row, q] * h[n, q], u.shape[1])
    return z if b is None else z + b[row]
