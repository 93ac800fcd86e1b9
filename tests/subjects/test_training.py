"""Depth and descent: geometric bounds, the factor of a step, and where weight decay lets weights rest."""

from fractions import Fraction
from itertools import pairwise

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from cnnmath.errors import SettingError
from cnnmath.subjects import derive
from cnnmath.symbolic.terms import Bracket, Pi, array, index, size
from tests.subjects.planted import named, refused

L, l, t = size("L"), index("l"), index("t")  # noqa: E741 - layers are counted with l
a, w, da, g = (array(name) for name in ("a", "w", "dC/da", "g"))
bound, eta, curvature = (sp.Symbol(name, positive=True) for name in ("q", "eta", "a"))
rates = st.fractions(min_value=Fraction(1, 20), max_value=3, max_denominator=20)


def test_the_gradient_of_a_chain_is_the_product_that_sympy_finds():
    """Two layers, written out in letters and differentiated as a whole."""
    start, *letters = sp.symbols("a w0 w1 b0 b1 T", real=True)
    w0, w1, b0, b1, target = letters

    def sigma(z):
        return 1 / (1 + sp.exp(-z))

    first = sigma(w0 * start + b0)
    last = sigma(w1 * first + b1)
    cost = (last - target) ** 2 / 2
    own = (last - target) * w0 * first * (1 - first) * w1 * last * (1 - last)
    assert sp.simplify(own - sp.diff(cost, start)) == 0
    chain = named(derive("vanishing-gradient", depth=2), "Chain rule").right
    assert chain == da[2] * Pi(w[l] * a[l + 1] * (1 - a[l + 1]), [(l, 2)])


@pytest.mark.parametrize("depth", [1, 2, 7])
@pytest.mark.parametrize(("activation", "steepest"), [("sigmoid", Fraction(1, 4)), ("tanh", Fraction(1))])
def test_gradients_shrink_at_least_geometrically(depth, activation, steepest):
    whole = derive("vanishing-gradient", depth=depth, activation=activation)
    step = named(whole, "Decay")
    assert step.relation == "<="
    assert sp.expand(step.right / sp.Abs(da[depth]) - (sp.Rational(steepest) * bound) ** depth) == 0
    for instance in whole.instances:
        gradients, weights = instance.arrays["dC/da"], instance.tensor("w").values
        assert abs(gradients[0,]) <= abs(gradients[depth,]) * (max(map(abs, weights)) * steepest) ** depth


def test_a_tanh_is_four_times_as_steep_as_a_logistic_function():
    refused(derive("vanishing-gradient", activation="tanh"), "Bound of a layer", sp.Abs(w[l]) / 4)
    refused(derive("vanishing-gradient"), "Slope of a layer", w[l] * (1 - a[l + 1] ** 2))


def test_a_weight_is_moved_through_the_layers_behind_it_alone():
    whole = derive("vanishing-gradient")
    step, j = named(whole, "Weights on the way"), index("j")
    everywhere = da[L] * a[j] * a[j + 1] * (1 - a[j + 1]) * Pi(w[l] * a[l + 1] * (1 - a[l + 1]), [(l, L)])
    assert step.left == array("dC/dw")[j]
    refused(whole, "Weights on the way", everywhere)


def test_gradients_grow_where_units_are_active_and_vanish_where_one_is_not():
    active, broken, *_ = derive("exploding-gradient").instances
    assert abs(active.arrays["dC/da"][0,]) >= abs(active.arrays["dC/da"][3,]) * Fraction(3, 2) ** 3
    assert min(broken.tensor("a").values) == 0
    assert broken.arrays["dC/da"][0,] == 0
    whole = derive("exploding-gradient")
    refused(whole, "Growth", sp.Abs(da[L]) * bound**L)  # not without the brackets
    refused(whole, "Bernoulli", 1 + L * bound)
    refused(whole, "Chain rule", da[L] * Pi(w[l] * Bracket(a[l] > 0), [(l, L)]))


def test_the_bounds_are_reached_where_all_slopes_are_at_their_greatest():
    for activation in ("sigmoid", "tanh"):
        whole = derive("vanishing-gradient", activation=activation)
        for step in whole.steps:
            if step.relation == "<=":
                refused(whole, step.name, step.right * Fraction(99, 100))
    whole = derive("exploding-gradient")
    for name in ("Growth", "First weight"):
        refused(whole, name, named(whole, name).right * Fraction(101, 100))


def test_a_linear_chain_multiplies_its_weights():
    whole = derive("exploding-gradient", activation="linear")
    assert named(whole, "Chain rule").right == da[L] * Pi(w[l], [(l, L)])
    assert not any(step.right.has(Bracket) for step in whole.steps)


@pytest.mark.parametrize("name", ["vanishing-gradient", "exploding-gradient"])
@pytest.mark.parametrize(("settings", "said"), [
    ({"depth": 0}, "the depth must be at least 1"),
    ({"depth": 51}, "so deep a chain takes long to check"),
    ({"activation": "swish"}, "there is no such activation"),
])  # fmt: skip
def test_settings_of_chains_are_checked(name, settings, said):
    with pytest.raises(SettingError, match=f"{name}: {said}"):
        derive(name, **settings)


@given(rates, rates)
def test_a_step_multiplies_the_error_by_one_less_rate_times_curvature(rate, bend):
    whole = derive("gradient-descent-step", eta=rate, curvature=bend)
    fate = "goes to 0" if rate * bend < 2 else "does not become smaller"
    assert named(whole, "Convergence").rule.text.endswith(f"{fate}.")
    for instance in whole.instances:
        weights, best = instance.tensor("w").values, Fraction(2, 3)
        assert all(after - best == (1 - rate * bend) * (before - best) for before, after in pairwise(weights))
        losses = instance.tensor("L").values
        assert (losses[1] < losses[0]) == (rate * bend < 2)


def test_the_descent_of_a_parabola_is_proved_as_a_polynomial():
    weight, best = sp.symbols("w m")
    gradient = curvature * (weight - best)
    loss = curvature / 2 * (weight - best) ** 2
    after = loss.subs(weight, weight - eta * gradient)
    own = derive("gradient-descent-step").result.right.xreplace({array("L")[t]: loss, g[t]: gradient})
    assert sp.expand(own - after) == 0


def test_a_step_of_twice_the_best_rate_is_too_long():
    whole = derive("gradient-descent-step")
    step = named(whole, "Convergence")
    assert step.right == Bracket(eta < 2 / curvature)
    refused(whole, "Convergence", Bracket(eta <= 2 / curvature))
    refused(whole, "Convergence", Bracket(eta < 1 / curvature + 2))
    refused(whole, "Best rate", w[0])
    assert named(derive("gradient-descent-step", eta=Fraction(1, 2)), "Convergence").right == Bracket(curvature < 4)
    assert named(derive("gradient-descent-step", curvature=5), "Convergence").right == Bracket(eta < sp.Rational(2, 5))


@pytest.mark.parametrize("number", [Fraction(1, 10), Fraction(1, 2), 3, 40])
@pytest.mark.parametrize("factor", [Fraction(1, 2), Fraction(95, 100), Fraction(105, 100), 2])
def test_the_longest_step_is_known_whatever_is_given(number, factor):
    wrong = sp.Rational(factor) * 2 / sp.Rational(number)
    refused(derive("gradient-descent-step", eta=number), "Convergence", Bracket(curvature < wrong))
    refused(derive("gradient-descent-step", curvature=number), "Convergence", Bracket(eta < wrong))
    for letter, setting in ((curvature, {"eta": number}), (eta, {"curvature": number})):
        refused(derive("gradient-descent-step", **setting), "Convergence", Bracket(letter <= 2 / sp.Rational(number)))


def test_a_weight_at_the_shrunk_minimum_stays_there():
    for instance in derive("weight-decay").instances:
        values = {str(symbol): value for symbol, value in instance.values.items()}
        rest = values["u"]
        assert values["a"] * (rest - values["w*"]) + values["lambda"] * rest == 0
        weights = instance.tensor("w").values
        assert len({(after - rest) / (before - rest) for before, after in pairwise(weights)}) == 1


@pytest.mark.parametrize(("step", "wrong"), [
    ("Step", w[t] + eta * g[t]),
    ("Descent", array("L")[t] - eta * g[t] ** 2),
    ("Loss of a step", (1 - eta * curvature) * array("L")[t]),
])  # fmt: skip
def test_slips_with_a_step_are_found(step, wrong):
    refused(derive("gradient-descent-step"), step, wrong)


def test_decayed_weights_rest_at_the_minimum_of_the_penalised_loss():
    weight, best, pull = sp.symbols("w m lambda", positive=True)
    penalised = curvature / 2 * (weight - best) ** 2 + pull / 2 * weight**2
    (rest,) = sp.solve(sp.diff(penalised, weight), weight)
    own = named(derive("weight-decay"), "Shrunk minimum").right
    letters = {sp.Symbol("w*", real=True): best}
    assert sp.simplify(own.xreplace(letters) - rest) == 0
    refused(derive("weight-decay"), "Shrunk minimum", sp.Symbol("w*", real=True))
    refused(derive("weight-decay"), "Decay", w[t] - eta * g[t])


@pytest.mark.parametrize(("name", "settings", "said"), [
    ("gradient-descent-step", {"eta": 0},
     ["eta must be a positive number.", "here    eta 0", "fix     give eta a positive number"]),
    ("gradient-descent-step", {"curvature": -2},
     ["curvature must be a positive number.", "here    curvature -2", "fix     give curvature a positive number"]),
    ("weight-decay", {"decay": "much"},
     ["decay must be a positive number.", "here    decay 'much'", "fix     give decay a positive number"]),
])  # fmt: skip
def test_rates_are_positive(name, settings, said):
    with pytest.raises(SettingError) as caught:
        derive(name, **settings)
    assert str(caught.value) == f"{name}: " + "\n  ".join(said)
