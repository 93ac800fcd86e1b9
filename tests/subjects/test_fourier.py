"""Transforms, circles and costs: against NumPy and an actual fast transform, and mistakes that are refused."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from cnnmath.errors import DerivationError, SettingError
from cnnmath.subjects import derive
from cnnmath.subjects.fourier.circle import placed
from cnnmath.subjects.fourier.fft import MOST, operations
from cnnmath.subjects.fourier.theorem import ROOTS
from cnnmath.symbolic.evaluate import evaluate
from cnnmath.symbolic.instance import Sparse, values
from cnnmath.symbolic.rings import Residue
from cnnmath.symbolic.terms import Sigma, array, index, size
from tests.subjects.planted import named, refused

numbers = st.lists(st.integers(-5, 5), min_size=1, max_size=6)
omega = sp.Symbol("omega")
THEOREM = derive("convolution-theorem")


def line(values):
    return Sparse({(i,): value for i, value in enumerate(values)})


def wrong(derivation, name, **sides):
    steps = [replace(step, **sides) if step.name == name else step for step in derivation.steps]
    assert steps != list(derivation.steps)
    return replace(derivation, steps=tuple(steps))


def right_of(derivation, name):
    (step,) = [step for step in derivation.steps if step.name == name]
    return step.right


@pytest.mark.parametrize(("length", "root"), ROOTS)
def test_every_root_has_the_order_that_it_is_listed_with(length, root):
    powers = [root**k for k in range(length)]
    assert len({str(power) for power in powers}) == length
    assert root**length == 1


def test_a_number_whose_powers_do_not_add_up_to_nothing_is_no_root_for_a_transform():
    """Modulo 65, the number 2 has order 12, but 1 + 16 + 16^2 + ... is not 0: there are divisors of zero."""
    numbers = {**values(N=12), omega: Residue(2, 65), index("k"): 4}
    assert Residue(2, 65) ** 12 == 1
    (claim,) = [step for step in THEOREM.steps if step.name == "Orthogonality"]
    assert evaluate(claim.right, numbers) == 0 != evaluate(claim.left, numbers)


@given(numbers)
def test_the_transform_and_its_inverse_are_those_of_numpy(x):
    length = len(x)
    root = np.exp(-2j * np.pi / length)
    given_ = {**values(N=length), omega: root, "x": line(x)}
    transform = [evaluate(right_of(THEOREM, "Transform"), given_ | {index("k"): k}) for k in range(length)]
    assert transform == pytest.approx(np.fft.fft(x))
    back = {**given_, "X": line(np.fft.fft(x).tolist())}
    inverse = [evaluate(right_of(THEOREM, "Inverse"), back | {index("n"): n}) for n in range(length)]
    assert inverse == pytest.approx(np.array(x, dtype=complex), abs=1e-9)


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("Theorem", {"right": array("X")[index("k")] * array("x")[index("k")]}),
        ("Inverse", {"left": array("x")[index("n")] * sp.Symbol("N", integer=True, positive=True)}),
        ("Circular convolution", {"left": array("x")[index("n")]}),
    ],
)
def test_mistakes_in_the_theorem_are_refused(name, side):
    with pytest.raises(DerivationError, match=f"the step '{name.lower()}' does not hold"):
        wrong(THEOREM, name, **side)


def test_results_read_as_in_a_textbook():
    steps = {step.name: str(step) for step in THEOREM.steps}
    assert steps["Inverse"] == "Inverse: x[n] = 1/N*sum{k<N} X[k]*omega^(-n*k)"
    assert steps["Orthogonality"] == "Orthogonality: sum{n<N} omega^(n*k) = N*[N divides k]"
    assert str(derive("fft-convolution").result) == "Exactly when: G[N] = [n + k - 1 <= N]"


@given(numbers, numbers, st.integers(0, 4))
def test_the_circle_is_what_numpy_transforms_compute(x, h, more):
    length = max(len(x), len(h)) + more
    product = np.fft.ifft(np.fft.fft(x, length) * np.fft.fft(h, length)).real
    assert placed(x, h, length) == list(np.rint(product))
    full = np.convolve(x, h)
    padded = np.concatenate([full, np.zeros(2 * length - len(full), int)])
    assert placed(x, h, length) == list(padded[:length] + padded[length:])


def test_a_circle_that_is_one_too_short_is_refused():
    derivation = derive("fft-convolution")
    result = derivation.result
    with pytest.raises(DerivationError, match="'exactly when' does not hold"):
        wrong(derivation, "Exactly when", right=result.right.subs(sp.Integer(-1), sp.Integer(-2)))


def test_a_single_term_is_refused_where_something_wraps_around():
    derivation = derive("fft-convolution")
    with pytest.raises(DerivationError, match="'two terms' does not hold"):
        wrong(derivation, "Two terms", right=array("y")[index("i")])


def transformed(x, root):
    """A fast transform of radix two, and the products that it takes."""
    if len(x) == 1:
        return x, 0
    (even, first), (odd, second) = (transformed(part, root * root) for part in (x[::2], x[1::2]))
    half = len(x) // 2
    turned = [root**k * odd[k] for k in range(half)]
    sums, differences = ([even[k] + sign * turned[k] for k in range(half)] for sign in (1, -1))
    return sums + differences, first + second + len(turned)


@pytest.mark.parametrize("length", [1, 2, 4, 8, 16])
def test_the_operations_are_those_of_an_actual_fast_transform(length):
    root = Residue(3, 17) ** (16 // length)
    x = [root.of(3 * i * i + 1) for i in range(length)]
    fast, products = transformed(x, root)
    assert fast == [sum(number * root ** (k * n) for n, number in enumerate(x)) for k in range(length)]
    assert products == operations(length)


@given(st.integers(1, 3000), st.integers(1, 3000))
def test_the_comparison_is_that_of_the_least_power_of_two(n, k):
    length, exponent = 1, 0
    while length < n + k - 1:
        length, exponent = 2 * length, exponent + 1
    result = derive("fft-cost", n=n, k=k).result
    cost = 3 * length * exponent // 2 + length
    assert result.rule.text.startswith(f"{n * k:,} against {cost:,} product")
    assert result.relation == (">=" if n * k >= cost else "<")


@pytest.mark.parametrize(
    "setting", [{"n": 0}, {"k": -1}, {"n": MOST + 1}, {"k": Fraction(1, 2)}, {"n": (3, 2)}, {"k": "a"}]
)
def test_a_length_that_is_none_is_refused(setting):
    ((name, value),) = setting.items()
    with pytest.raises(SettingError, match="fft-cost: a length is a whole number") as caught:
        derive("fft-cost", **setting)
    assert f"{name} = {value}" in str(caught.value)


def one_more(name):
    """The right side with every sum one term longer."""
    return named(THEOREM, name).right.replace(
        lambda e: isinstance(e, Sigma), lambda e: e.func(e.body, [(i, extent + 1) for i, extent in e.ranges])
    )


@pytest.mark.parametrize("name", ["Transform", "Inverse", "Circular convolution", "Put in", "Turn"])
def test_a_sum_that_goes_on_beyond_the_signal_is_refused(name):
    assert one_more(name) != named(THEOREM, name).right
    refused(THEOREM, name, one_more(name))


@pytest.mark.parametrize("name", ["Transform", "Inverse", "Circular convolution", "Put in", "Theorem"])
def test_an_entry_beyond_the_end_of_a_signal_is_refused(name):
    steps = tuple(replace(s, over=[(i, n + 1) for i, n in s.over]) if s.name == name else s for s in THEOREM.steps)
    with pytest.raises(DerivationError):
        replace(THEOREM, steps=steps)


def test_a_linear_convolution_of_part_of_the_signal_is_refused():
    derivation = derive("fft-convolution")
    i, j, n = index("i"), index("j"), size("n")
    refused(derivation, "Linear", Sigma(array("x")[j] * array("h")[i - j], [(j, n - 1)]))
    refused(derivation, "Linear", Sigma(array("x")[j] * array("h")[j - i], [(j, n)]))
