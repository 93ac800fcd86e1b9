"""The slopes of activations: SymPy's calculus and PyTorch's autograd say the same, and slips are found."""

from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from cnnmath.errors import SettingError
from cnnmath.subjects import derive
from cnnmath.symbolic.terms import Bracket, Logistic, Sigma, array, index, size
from tests.subjects.planted import named, refused

i = index("i")
z, y = array("z")[i], array("y")[i]
t = sp.Symbol("t", real=True)
SMOOTH = {
    "sigmoid-derivative": 1 / (1 + sp.exp(-t)),
    "tanh-derivative": sp.tanh(t),
    "softplus-derivative": sp.log(1 + sp.exp(t)),
}
ALL = [*SMOOTH, "relu-derivative", "leaky-relu-derivative", "elu-derivative"]
smooth = pytest.mark.parametrize("name", SMOOTH)


def factor(name, **settings):
    """What the gradient from above is multiplied by, as a formula in the input and the output."""
    step = derive(name, **settings).result
    return step.right / array("dL/dy")[i]


@smooth
def test_the_slope_is_the_derivative_that_sympy_finds(name):
    formula = SMOOTH[name]
    own = factor(name).xreplace({y: formula, z: t}).replace(Logistic, lambda x: 1 / (1 + sp.exp(-x)))
    assert sp.simplify((own - sp.diff(formula, t)).rewrite(sp.exp)) == 0


@pytest.mark.parametrize(("name", "function"), [
    ("sigmoid-derivative", "sigmoid"), ("tanh-derivative", "tanh"), ("softplus-derivative", "softplus"),
    ("elu-derivative", "elu"), ("leaky-relu-derivative", "leaky_relu"),
])  # fmt: skip
def test_pytorch_passes_back_the_same(name, function):
    torch = pytest.importorskip("torch")
    settings = {"elu-derivative": {"alpha": 1}, "leaky-relu-derivative": {"slope": Fraction(1, 100)}}.get(name, {})
    points = torch.tensor([-2.5, -1.0, 0.0, 0.25, 3.0], dtype=torch.float64, requires_grad=True)
    outputs = getattr(torch.nn.functional, function)(points)
    outputs.sum().backward()
    own = sp.lambdify((y, z), factor(name, **settings).replace(Logistic, lambda x: 1 / (1 + sp.exp(-x))), cse=False)
    for point, output, slope in zip(points.tolist(), outputs.tolist(), points.grad.tolist(), strict=True):
        assert float(own(output, point)) == pytest.approx(slope, rel=1e-12)


def test_the_logistic_function_passes_a_quarter_at_most_and_no_less_bound_holds():
    whole = derive("sigmoid-derivative")
    assert named(whole, "Bound").relation == "<="
    refused(whole, "Bound", sp.Rational(24, 100))
    refused(whole, "Bound", relation="<")  # at 0 it is reached
    refused(whole, "Equality", Bracket(sp.Eq(z, 1)))


def test_the_complete_square_is_proved_as_a_polynomial():
    step = named(derive("sigmoid-derivative"), "Complete the square")
    assert step.relation == "identical"
    assert sp.expand(step.left - step.right) == 0


@pytest.mark.parametrize(("name", "step", "wrong"), [
    ("sigmoid-derivative", "In its own output", y * (1 + y)),
    ("sigmoid-derivative", "Chain rule", -sp.exp(-z) / (1 + sp.exp(-z)) ** 2),
    ("sigmoid-derivative", "Symmetry", Logistic(z)),
    ("tanh-derivative", "A stretched logistic function", 2 * Logistic(z) - 1),
    ("tanh-derivative", "Chain rule", 2 * Logistic(2 * z) * (1 - Logistic(2 * z))),
    ("tanh-derivative", "In its own output", (1 - y) ** 2),
    ("elu-derivative", "In its own output", sp.Piecewise((1, z > 0), (y, True))),
    ("leaky-relu-derivative", "One formula", sp.Symbol("alpha", positive=True) * Bracket(z > 0)),
    ("softplus-derivative", "Odd part", 2 * z),
    ("softplus-derivative", "Slope in its output", 1 - sp.exp(y)),
])  # fmt: skip
def test_slips_of_a_lecture_are_found(name, step, wrong):
    refused(derive(name), step, wrong)


def test_the_rectifier_has_slope_0_at_0_and_not_1():
    whole = derive("relu-derivative")
    n = index("n")
    refused(whole, "Derivative", Bracket(array("z")[n] >= 0))
    refused(whole, "Kink", 1)
    refused(whole, "Kink", 0)


def test_a_unit_is_dead_on_one_of_the_instances_and_alive_on_the_other():
    alive, dead = derive("relu-derivative").instances
    assert any(alive.tensor("dL/dw").values)
    assert not any(dead.tensor("dL/dw").values)
    assert max(dead.tensor("z").values) == 0 < max(alive.tensor("z").values)


def test_every_sample_for_which_a_unit_is_active_trains_it():
    whole = derive("relu-derivative")
    n, c, N = index("n"), index("c"), size("N")
    term = array("dL/dy")[n] * array("x")[n, c]
    for samples in (N - 1, N + 1):
        refused(whole, "Weights", Sigma(term, [(n, samples)], [array("z")[n] > 0]))
    refused(whole, "Weights", Sigma(term, [(n, N)], [array("z")[n] > 0, n > 0]))


def test_the_slope_of_the_elu_is_continuous_for_alpha_1_alone():
    jump = named(derive("elu-derivative", alpha=1), "Jump at 0")
    assert jump.right == 0
    other = named(derive("elu-derivative", alpha=Fraction(1, 2)), "Jump at 0")
    assert other.right == Bracket(sp.Eq(z, 0)) / 2


@given(st.fractions(min_value=Fraction(1, 50), max_value=Fraction(49, 50), max_denominator=50))
def test_any_slope_between_0_and_1_can_be_set(slope):
    assert factor("leaky-relu-derivative", slope=slope).subs(y, -1) == sp.Rational(slope)


@pytest.mark.parametrize("slope", [0, 1, -1, Fraction(3, 2), "steep"])
def test_other_slopes_are_refused_with_a_reason(slope):
    with pytest.raises(SettingError) as caught:
        derive("leaky-relu-derivative", slope=slope)
    assert str(caught.value).startswith("leaky-relu-derivative: ")
    assert "slope" in str(caught.value)
    assert "fix" in caught.value.lines


@pytest.mark.parametrize("alpha", [0, -1, "deep"])
def test_an_elu_without_depth_is_refused(alpha):
    with pytest.raises(SettingError, match="alpha must be a positive number"):
        derive("elu-derivative", alpha=alpha)


def test_a_slope_of_1_says_why_and_points_to_the_rectifier():
    with pytest.raises(SettingError) as caught:
        derive("leaky-relu-derivative", slope=1)
    assert str(caught.value) == (
        "leaky-relu-derivative: the slope of a leaky rectifier lies between 0 and 1.\n"
        "  rule    0 < slope < 1: from 1 on max(z, slope*z) is no longer z above 0 and less steep below it\n"
        "  here    slope 1\n"
        "  fix     use 1/100; for slope 0 derive relu-derivative"
    )


@pytest.mark.parametrize("name", ALL)
def test_instances_have_inputs_on_both_sides_of_the_kink(name):
    for instance in derive(name).instances:
        points = instance.tensor("z").values
        assert min(points) < 0
        assert 0 in points
        assert name == "relu-derivative" or max(points) > 0  # one of its units is dead
