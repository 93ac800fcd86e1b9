"""Windows compose: against windows placed one by one, on two hundred thousand chains, and as the papers have it."""

from dataclasses import replace

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnmath.errors import DerivationError, SettingError
from cnnmath.subjects import derive
from cnnmath.symbolic.evaluate import evaluate
from cnnmath.symbolic.terms import array, index, size
from cnnmath.window import Window, compose, paths
from tests.subjects.planted import named, refused

CHAINS = 200_000
LISTS = st.integers(1, 4).flatmap(lambda n: st.tuples(*(st.tuples(*[st.integers(1, 4)] * n) for _ in "ksd")))


def steps(derivation):
    return {step.name: repr(step).partition(": ")[2] for step in derivation.steps}


def drawn(rng):
    """A window of arrays, each entry a window of its own, all of them small."""
    least_most = {"kernel": (1, 8), "stride": (1, 6), "dilation": (1, 4), "before": (0, 6), "after": (0, 6)}
    return Window(**{name: rng.integers(*pair, size=CHAINS) for name, pair in least_most.items()})


def test_numbers_of_outputs_compose_on_two_hundred_thousand_chains():
    """The theorem's last line, with its letters as whole arrays."""
    rng = np.random.default_rng(0)
    first, second = drawn(rng), drawn(rng)
    length = rng.integers(1, 60, size=CHAINS)
    u = (length + first.before + first.after - first.extent) // first.stride + 1
    v = (u + second.before + second.after - second.extent) // second.stride + 1
    whole = sp.lambdify(
        [size("e"), size("s"), index("p"), index("q"), size("L")], derive("window-composition").result.right, "numpy"
    )
    parts = first.extent + (second.extent - 1) * first.stride, first.stride * second.stride
    padding = (one + two * first.stride for one, two in ((first.before, second.before), (first.after, second.after)))
    assert np.array_equal(whole(*parts, *padding, length), v)
    assert len(np.unique((length - parts[0]) % parts[1])) == 25, "all residues of the greatest stride"


def test_the_lemma_holds_where_it_is_used():
    """All a and b around zero, and all small m and n."""
    a, b, m, n = np.ogrid[-40:41, -15:16, 1:9, 1:9]
    assert np.array_equal((a // m + b) // n, (a + b * m) // (m * n))


def test_the_composition_is_the_one_of_the_window_algebra():
    told = steps(derive("window-composition"))
    assert told["Composition"] == "v = floor((q + L + p - e)/s) + 1"
    assert told["Parts"].endswith("[[e1 + s1*(e2 - 1)], [s1*s2], [p1 + p2*s1], [q1 + s1*q2]]")
    assert told["Nested floors"] == "floor((b + floor(a/m))/n) = floor((a + b*m)/(m*n))"


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("Parts", lambda right: right.subs(size("s_1"), size("s_2"))),
        ("One floor", lambda right: right.subs(size("s_1") * size("s_2"), size("s_1") + size("s_2"))),
        ("Nested floors", lambda right: right.subs(size("m") * size("n"), size("m") + size("n"))),
        ("Composition", lambda right: right.subs(index("p"), 0)),
    ],
)
def test_a_wrong_rule_of_composition_is_refused(name, wrong):
    whole = derive("window-composition")
    place = next(i for i, step in enumerate(whole.steps) if step.name == name)
    step = whole.steps[place]
    assert wrong(step.right) != step.right
    with pytest.raises(DerivationError, match="does not hold"):
        replace(whole, steps=(replace(step, right=wrong(step.right)),))


def dropped(letter):
    """The formula without a letter."""
    return lambda right: right.subs(letter, 0)


def exchanged(one, other):
    """The formula with two letters in each other's place."""
    return lambda right: right.subs({one: other, other: one}, simultaneous=True)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("Composition", lambda right: right.subs(size("L"), size("L") + 1)),
        ("Composition", lambda right: right.subs(size("L"), size("L") - 1)),
        ("Composition", exchanged(index("p"), size("s"))),
        *[(name, dropped(index(letter))) for name in ("Lengths", "One floor") for letter in ("p_1", "p_2")],
        *[(name, dropped(index(letter))) for name in ("Lengths", "One floor") for letter in ("q_1", "q_2")],
        *[(name, lambda right: right.subs(size("L"), size("L") + 1)) for name in ("Lengths", "One floor")],
        *[(name, lambda right: right.subs(size("L"), size("L") - 1)) for name in ("Lengths", "One floor")],
        *[(name, exchanged(size("s_1"), size("s_2"))) for name in ("Parts", "Lengths", "One floor", "Taps")],
        *[(name, exchanged(size("e_1"), size("e_2"))) for name in ("Parts", "Lengths", "One floor")],
    ],
)
def test_no_length_lets_a_wrong_number_of_outputs_pass(name, wrong):
    whole = derive("window-composition")
    refused(whole, name, wrong(named(whole, name).right))


@pytest.mark.parametrize("name", ["Paths", "Generating function", "Product", "Quotient"])
def test_the_stride_of_the_first_window_is_no_kernel(name):
    whole = derive("window-polynomial")
    right = named(whole, name).right
    refused(whole, name, right.subs(size("s_1"), size("K_2")))
    refused(whole, name, right.subs(size("s_1"), size("d_2")))


def test_the_closed_form_of_a_receptive_field_is_the_literature_s():
    told = steps(derive("receptive-field-recurrence"))
    assert told["Closed form"] == "r[L] = 1 + sum{l<L} (k[l] - 1)*prod{i<l} s[i]"
    assert told["Centre"] == "c[l+1] = c[l] + j[l]*((k[l] - 1)/2 - p[l])"
    assert told["From the top"] == "b[l] = b[l+1]*s[l] + k[l] - s[l]"


@given(st.lists(st.tuples(st.integers(1, 7), st.integers(1, 3)), min_size=1, max_size=6))
@settings(max_examples=30)
def test_the_closed_form_is_the_kernel_of_the_composed_window(layers):
    formula = derive("receptive-field-recurrence", layers=len(layers)).result.right
    arrays = {name: {(i,): layer[place] for i, layer in enumerate(layers)} for place, name in enumerate("ks")}
    assert evaluate(formula, arrays) == compose(Window(*layer) for layer in layers).kernel


@pytest.mark.parametrize("layers", [1, 2, 5, 40])
def test_any_number_of_layers_is_derived(layers):
    whole = derive("receptive-field-recurrence", layers=layers)
    assert whole.result.left == array("r")[layers]


@given(LISTS)
@settings(max_examples=30)
def test_coefficients_are_paths_followed_one_by_one(lists):
    windows = [Window(*each) for each in zip(*lists, strict=True)]
    positions = [0]
    for window in reversed(windows):
        positions = [j for o in positions for j in window.reads(o)]
    result = derive("window-polynomial", **dict(zip("ksd", lists, strict=True))).result
    z = sp.Symbol("z")
    coefficients = sp.Poly(result.right + z ** (max(positions) + 1), z).all_coeffs()[:0:-1]
    assert coefficients == [positions.count(j) for j in range(max(positions) + 1)] == paths(windows)


def test_an_even_stride_shows_as_a_checkerboard():
    told = steps(derive("window-polynomial"))
    assert told["Multiplied out"] == "(z^2 + z + 1)*(z^4 + z^2 + 1) == z^6 + z^5 + 2*z^4 + z^3 + 2*z^2 + z + 1"


def test_a_kernel_alone_is_a_chain_of_one_window():
    assert steps(derive("window-polynomial", k=3, d=2))["Multiplied out"] == "z^4 + z^2 + 1 == z^4 + z^2 + 1"


def test_holes_are_missing_powers():
    told = steps(derive("window-polynomial", k=2, s=(3, 1)))
    assert told["Multiplied out"] == "(z + 1)*(z^3 + 1) == z^4 + z^3 + z + 1"


@pytest.mark.parametrize(
    ("subject", "given", "words"),
    [
        ("receptive-field-recurrence", {"layers": 0}, "number of layers must be at least 1"),
        ("receptive-field-recurrence", {"layers": 3000}, "at most 300 layers"),
        ("window-polynomial", {"k": 3000}, "3,000 powers of z"),
        ("window-polynomial", {"k": (500, 500)}, "250,000 paths"),
        ("window-polynomial", {"k": (2, 2), "s": (10**6, 1)}, "1,000,002 powers of z"),
        ("receptive-field-recurrence", {"layers": (1, 2)}, "number of layers must be an integer"),
        ("window-polynomial", {"k": (3, 3, 3), "s": (2, 1)}, "2 strides where there are 3 windows"),
        ("window-polynomial", {"k": (), "d": (1, 2)}, "0 kernels where there are 2 windows"),
        ("window-polynomial", {"k": (), "s": (), "d": ()}, "0 kernels where there is 1 window"),
        ("window-polynomial", {"k": (3, 0)}, "kernel must be at least 1"),
        ("window-polynomial", {"d": "far"}, "2 kernels where there are 3 windows"),
    ],
)
def test_settings_that_do_not_fit_are_told(subject, given, words):
    with pytest.raises(SettingError) as caught:
        derive(subject, **given)
    assert words in str(caught.value)
