"""Recurrent cells: laws of their gates, and sequences against PyTorch, forward and back through time."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import numeric, ops
from tests.support import gamma, problems

STEPS, BATCH, CHANNELS, UNITS = 5, 2, 3, 4
FAR = 1e4
BIASES = {"i": 0, "f": 1, "g": 2, "o": 3}


def gated(op, **sums):
    """Parameters of a long short-term memory whose gates depend on nothing: their sums, by letter."""
    b = np.zeros(4 * op.units)
    for letter, value in sums.items():
        b[BIASES[letter] * op.units :][: op.units] = value
    return {"w": np.zeros((4 * op.units, CHANNELS)), "u": np.zeros((4 * op.units, op.units)), "b": b}


@pytest.fixture
def drawn():
    rng = np.random.default_rng(3)
    return [rng.normal(size=(BATCH, n)) for n in (CHANNELS, UNITS, UNITS)]


def test_an_open_forget_gate_and_a_shut_input_gate_carry_state_and_gradient_unchanged(drawn):
    op, (x, h, c) = ops.LSTMCell(UNITS), drawn
    closed = gated(op, i=-FAR, f=FAR, o=-FAR)
    hidden, cell = numeric.states(numeric.forward(op, x, h, c, **closed))
    assert (cell == c).all()
    assert (hidden == 0).all()
    above = np.arange(2.0 * BATCH * UNITS).reshape(BATCH, 2 * UNITS)
    assert (numeric.backward(op, above, x, h, c, **closed)["c"] == above[:, UNITS:]).all()


def test_an_open_input_gate_writes_the_candidate_over_what_is_forgotten(drawn):
    op, (x, h, c) = ops.LSTMCell(UNITS), drawn
    hidden, cell = numeric.states(numeric.forward(op, x, h, c, **gated(op, i=FAR, f=-FAR, g=FAR, o=FAR)))
    assert (cell == 1).all()
    assert (hidden == np.tanh(1)).all()


@given(problems(ops.RNNCell, whole=True))
def test_a_rectified_cell_computes_with_whole_numbers_exactly(problem):
    problem = replace(problem, case=replace(problem.case, op=replace(problem.op, activation="relu")))
    value, oracle = problem.exact_forward(), problem.exact_backward()
    for dtype in (np.float64, np.float32, np.int64):
        machine = problem.astype(dtype)
        assert machine.forward().dtype == dtype
        assert (machine.forward() == value).all()
        for name, grad in machine.backward().items():
            assert (grad == oracle[name]).all(), (dtype, name)


@given(problems(ops.LSTMCell))
def test_the_states_are_the_two_halves_of_the_output(problem):
    hidden, cell = numeric.states(problem.forward())
    assert hidden.shape == cell.shape == problem.case.inputs[1]
    assert (abs(hidden) <= 1).all()
    assert (abs(cell) <= abs(problem.arrays["c"]) + 1).all()


def parameters(op, rng, *inputs):
    """Sixteenths of small whole numbers: a step does not enlarge a difference of states much."""
    return {name: rng.integers(-4, 5, shape) / 16 for name, shape in op.parameters(*inputs).items()}


def run(op, xs, start, own):
    """States before each step and after the last, each a tuple."""
    known = [start]
    for x in xs:
        y = numeric.forward(op, x, *known[-1], **own)
        known.append(numeric.states(y) if isinstance(op, ops.LSTMCell) else (y,))
    return known


def back(op, xs, known, above, own):
    """Gradients by every input, by the states before the first step and by the parameters.

    ``above`` has the gradient of each step's hidden state; what a step passes to the states that it reads is added.
    """
    states = [np.zeros(state.shape) for state in known[-1]]
    total, by_input = {name: np.zeros(p.shape) for name, p in own.items()}, []
    for x, read, dh in zip(xs[::-1], known[-2::-1], above[::-1], strict=True):
        states[0] = states[0] + dh
        grads = numeric.backward(op, np.concatenate(states, axis=1), x, *read, **own)
        states = [grads[name] for name in op.reads[1:]]
        by_input.append(grads["x"])
        total = {name: total[name] + grads[name] for name in total}
    return np.stack(by_input[::-1]), states, total


def cell_of(torch, op, own):
    """PyTorch's cell with the same numbers; its second bias is zero."""
    options = {"nonlinearity": op.activation} if isinstance(op, ops.RNNCell) else {}
    kind = torch.nn.RNNCell if isinstance(op, ops.RNNCell) else torch.nn.LSTMCell
    cell = kind(own["w"].shape[1], op.units, bias=op.bias, dtype=torch.float64, **options)
    with torch.no_grad():
        cell.weight_ih.copy_(torch.tensor(own["w"]))
        cell.weight_hh.copy_(torch.tensor(own["u"]))
        if op.bias:
            cell.bias_ih.copy_(torch.tensor(own["b"]))
            cell.bias_hh.zero_()
    return cell


CELLS = [
    kind(UNITS, bias=bias, **own)
    for bias in (True, False)
    for kind, own in ((ops.RNNCell, {}), (ops.RNNCell, {"activation": "relu"}), (ops.LSTMCell, {}))
]


@pytest.mark.parametrize("op", CELLS, ids=str)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_sequence_and_its_gradients_through_time_are_pytorchs(op, seed):
    torch = pytest.importorskip("torch")
    rng, states = np.random.default_rng(seed), len(op.reads) - 1
    xs = rng.integers(-4, 5, (STEPS, BATCH, CHANNELS)) / 2
    start = tuple(rng.integers(-4, 5, (BATCH, UNITS)) / 4 for _ in range(states))
    above = rng.integers(-4, 5, (STEPS, BATCH, UNITS)).astype(float)
    own = parameters(op, rng, xs[0].shape, *(state.shape for state in start))

    known = run(op, xs, start, own)
    by_input, by_start, by_parameter = back(op, xs, known, above, own)
    ours = {"x": by_input, **dict(zip(op.reads[1:], by_start, strict=True)), **by_parameter}

    cell = cell_of(torch, op, own)
    inputs = torch.tensor(xs, requires_grad=True)
    first = [torch.tensor(state, requires_grad=True) for state in start]
    state, shown = tuple(first) if states == 2 else first[0], []
    for x in inputs:
        state = cell(x, state)
        shown.append(state[0] if states == 2 else state)
    torch.stack(shown).backward(torch.tensor(above))
    names = {"w": "weight_ih", "u": "weight_hh", "b": "bias_ih"}
    theirs = {"x": inputs.grad, **dict(zip(op.reads[1:], (s.grad for s in first), strict=True))}
    theirs |= {name: getattr(cell, names[name]).grad for name in own}

    # Fewer than 64 roundings a number and a step, on numbers below 4^4. A step enlarges a difference of states at most
    # fourfold: the entries of a row of u add up to 1 at most, and a gate's slope is 1/4.
    bound = 2 * gamma(64 * STEPS) * 4 ** (4 + STEPS)
    for t, value in enumerate(shown):
        assert (np.abs(known[t + 1][0] - value.detach().numpy()) <= bound).all()
    assert ours.keys() == theirs.keys()
    for name, grad in theirs.items():
        assert (np.abs(ours[name] - grad.numpy()) <= bound).all(), name


def test_pytorchs_two_biases_act_as_their_sum():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(1)
    op = ops.RNNCell(UNITS)
    x, h = rng.normal(size=(BATCH, CHANNELS)), rng.normal(size=(BATCH, UNITS))
    own = parameters(op, rng, x.shape, h.shape)
    cell = cell_of(torch, op, own)
    with torch.no_grad():
        cell.bias_hh.copy_(torch.tensor([0.5, -0.25, 1.0, 0.0]))
    theirs = cell(torch.tensor(x), torch.tensor(h)).detach().numpy()
    own["b"] = own["b"] + [0.5, -0.25, 1.0, 0.0]
    assert np.allclose(numeric.forward(op, x, h, **own), theirs, rtol=0, atol=2 * gamma(64) * 64)
