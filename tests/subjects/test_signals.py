"""Signals and systems, the algebra of convolution, and its length: known numbers, and mistakes that are refused."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from cnnmath.errors import DerivationError, SettingError
from cnnmath.ops import Conv
from cnnmath.readers import Tensor, forward
from cnnmath.subjects import derive
from cnnmath.subjects.signals.lattice import REACH, box, correlated, drawn_signal, integers, scattered
from cnnmath.subjects.signals.systems import convolution_sum, echo, observed
from cnnmath.symbolic.evaluate import evaluate
from cnnmath.symbolic.instance import Instance, Sparse, values
from cnnmath.symbolic.terms import Sigma, array, index, size
from tests.subjects.planted import refused

every_rank = pytest.mark.parametrize("rank", [1, 2, 3])
SUM, LENGTHS = convolution_sum(), derive("full-size")
lists = st.lists(st.integers(-5, 5), min_size=1, max_size=5)


def line(numbers):
    """A signal on one axis that begins at 0."""
    return Sparse({(i,): number for i, number in enumerate(numbers)})


def result_at(derivation, instance, *at):
    """The result's right side at a position of an instance."""
    here = dict(zip(integers("n", len(at)), at, strict=True))
    return evaluate(derivation.result.right, instance.environment | here)


@pytest.mark.parametrize(("at", "output"), [((0, 0), 4), ((1, 0), 13), ((2, 0), 10)])
def test_the_two_dimensional_sum_gives_the_numbers_of_the_worked_example(at, output):
    derivation = convolution_sum(2)
    example = derivation.instances[0]
    assert example.arrays["x"].numbers == {(0, 0): 4, (1, 0): 5, (0, 1): 2, (1, 1): 3}
    assert [example.arrays["h"][place] for place in box(range(2), range(2))] == [1, 3, 2, 4]
    assert result_at(derivation, example, *at) == output == example.arrays["y"][at]


def test_the_two_dimensional_sum_agrees_with_scipy_everywhere():
    derivation = convolution_sum(2)
    x, h = np.array([[4, 2], [5, 3]]), np.array([[1, 3], [2, 4]])
    wanted = signal.convolve2d(x, h)
    for at in np.ndindex(3, 3):
        assert result_at(derivation, derivation.instances[0], *at) == wanted[at]


@given(lists, lists)
def test_the_sum_agrees_with_numpy_on_any_signals(x, h):
    instance = Instance({sp.oo: 12}, {"x": line(x), "h": line(h)})
    wanted = np.convolve(x, h)
    assert [result_at(SUM, instance, n) for n in range(-1, len(wanted) + 1)] == [0, *wanted, 0]


def test_results_read_as_in_a_textbook():
    assert str(derive("impulse-decomposition").result) == "Decomposition: x[n] = sum{k} delta[n-k]*x[k]"
    assert str(derive("convolution-sum", rank=1).result) == "Convolution sum: y[n] = sum{k} h[n-k]*x[k]"
    latex = derive("convolution-sum").latex(full=False)
    assert r"y_{n} &= \sum_{k=-\infty}^{\infty} h_{n - k}\,x_{k}" in latex


def seen_of(system, rank=1):
    """The derivation of the convolution sum, on what is seen of another system."""
    x = drawn_signal(Random(4), *[range(-1, 2)] * rank)
    return replace(convolution_sum(rank), instances=(observed(system, x, rank),))


def test_a_system_that_is_not_linear_has_no_superposition():
    with pytest.raises(DerivationError, match="the step 'superposition' does not hold"):
        seen_of(lambda x: Sparse({at: number**2 for at, number in x.numbers.items()}))


def test_a_system_that_changes_with_time_has_more_than_one_impulse_response():
    with pytest.raises(DerivationError, match="the step 'time invariance' does not hold"):
        seen_of(lambda x: Sparse({at: at[0] * number for at, number in x.numbers.items()}))


def test_downsampling_is_linear_but_not_time_invariant():
    with pytest.raises(DerivationError, match="the step 'time invariance' does not hold"):
        seen_of(lambda x: Sparse({(at[0] // 2,): number for at, number in x.numbers.items() if at[0] % 2 == 0}))


def test_a_system_with_feedback_has_an_impulse_response_without_end():
    response = convolution_sum().instances[1].arrays["h"]
    assert [response[n,] for n in range(-2, 7)] == [0, 0, 1, -2, 4, -8, 16, -32, 64]
    seen_of(lambda x: echo(x, box(range(-12, 13))))


@given(lists, lists)
def test_brute_force_agrees_with_numpy(x, h):
    full, slid = scattered(line(x), line(h)), correlated(line(x), line(h))
    assert [full[i,] for i in range(len(x) + len(h) - 1)] == list(np.convolve(x, h))
    assert [slid[i,] for i in range(1 - len(h), len(x))] == list(np.correlate(x, h, "full"))


@every_rank
@pytest.mark.parametrize("name", ["impulse-decomposition", "convolution-sum", "commutativity", "associativity"])
def test_every_rank_has_its_indices(name, rank):
    derivation = derive(name, rank=rank)
    assert [str(symbol) for symbol, _ in derivation.result.over] == (
        ["n"] if rank == 1 else ["n_1", "n_2", "n_3"][:rank]
    )
    assert {instance.values[sp.oo] for instance in derivation.instances} == {REACH[rank]}


@pytest.mark.parametrize("name", ["impulse-decomposition", "convolution-sum", "commutativity", "associativity"])
@pytest.mark.parametrize("rank", [0, 4, (2, 2), "two"])
def test_a_rank_that_is_none_is_refused(name, rank):
    with pytest.raises(SettingError, match=f"{name}: the rank is the number of axes") as caught:
        derive(name, rank=rank)
    assert f"rank {rank}" in str(caught.value)


@every_rank
def test_correlation_is_neither_commutative_nor_associative(rank):
    arrays = derive("commutativity", rank=rank).instances[0].arrays
    assert arrays["r"].numbers != arrays["q"].numbers
    arrays = derive("associativity", rank=rank).instances[0].arrays
    x, h, g = (arrays[name] for name in "xhg")
    assert correlated(correlated(x, h), g).numbers != correlated(x, correlated(h, g)).numbers
    assert correlated(correlated(x, h), g).numbers == correlated(x, scattered(h, g)).numbers


n, k = integers("n", 1)[0], integers("k", 1)[0]
x, r, u, w = map(array, "xruw")


@pytest.mark.parametrize(
    ("name", "position", "mistake"),
    [
        ("commutativity", 3, r[n]),
        ("commutativity", 7, u[-n]),
        ("associativity", 3, Sigma(w[k] * x[n - k], [(k, sp.oo)])),
        ("associativity", 7, Sigma(w[k] * x[n + k], [(k, sp.oo)])),
    ],
)
def test_the_law_of_convolution_is_refused_for_correlation_and_the_other_way_round(name, position, mistake):
    steps = list(derive(name).steps)
    steps[position] = replace(steps[position], right=mistake)
    with pytest.raises(DerivationError, match=f"the step '{steps[position].name.lower()}' does not hold"):
        replace(derive(name), steps=tuple(steps))


def test_the_lengths_are_those_of_numpy():
    derivation = derive("full-size")
    numbers = values(N=7, K=3) | {index("p_1"): 1, index("p_2"): 1}
    sizes = {step.name: evaluate(step.right, numbers) for step in derivation.steps if not step.over}
    lengths = {mode: len(np.convolve(range(7), range(3), mode)) for mode in ("full", "same", "valid")}
    assert sizes["Full"] == lengths["full"] == 9
    assert sizes["Size"] == sizes["Same"] == lengths["same"] == 7
    assert sizes["Valid"] == lengths["valid"] == 5


@given(st.integers(1, 8), st.integers(1, 8))
def test_the_overlap_counts_the_products_of_every_entry(length, taps):
    (overlap,) = [step for step in LENGTHS.steps if step.name == "Overlap"]
    wanted = np.convolve(np.ones(length, int), np.ones(taps, int))
    (i, _), *_ = overlap.over
    counted = [evaluate(overlap.right, values(N=length, K=taps) | {i: at}) for at in range(length + taps - 1)]
    assert counted == list(wanted)


def test_results_of_lengths_read_as_in_a_textbook():
    assert [str(step) for step in derive("full-size").steps[3:5]] == [
        "Padding: z[o] = y[o+K-p1-1]",
        "Size: O = N + p1 + p2 + 1 - K",
    ]
    assert str(derive("full-size").result) == "Full: M = N + K - 1"


def test_a_layer_that_does_not_reflect_its_kernel_computes_no_part_of_the_convolution():
    derivation = derive("full-size")
    instance = derivation.instances[0]
    x, h = (Tensor((1, 1, len(t.values)), t.values) for t in map(instance.tensor, "xh"))
    z = forward(Conv(1, (3,), padding=((1, 0),), bias=False), (1, 1, 4), x, h)
    slid = replace(instance, arrays={**instance.arrays, "z": Tensor((4,), z.values)})
    with pytest.raises(DerivationError, match="the step 'padding' does not hold"):
        replace(derivation, instances=(slid,))


def test_an_overlap_is_not_longer_than_the_signal():
    i, n, k = index("i"), size("N"), size("K")
    refused(LENGTHS, "Overlap", sp.Min(i + 1, k, n + k - 1 - i))
    refused(LENGTHS, "Overlap", sp.Min(i + 1, n, n + k - 1 - i))
