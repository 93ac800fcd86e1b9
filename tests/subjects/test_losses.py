"""Gradients of losses: calculus with SymPy, autograd with PyTorch, and the slips that are made with them."""

from fractions import Fraction

import pytest
import sympy as sp

from cnnmath.errors import SettingError
from cnnmath.subjects import derive
from cnnmath.symbolic.evaluate import evaluate
from cnnmath.symbolic.terms import Bracket, Sigma, array, index, size
from tests.subjects.planted import named, refused

N, C = size("N"), size("C")
n, i, j = (index(name) for name in "nij")
p, t, y, z = (array(name) for name in "ptyz")
LOGITS = sp.symbols("z0:3", real=True)


def softmax(at):
    return sp.exp(LOGITS[at]) / sum(map(sp.exp, LOGITS))


def written(formula, places, **arrays):
    """A formula of one sample of three classes, with SymPy expressions for its arrays."""
    functions = {name: Formulas(of) for name, of in arrays.items()}
    return evaluate(formula, {C: 3, N: 1, **places, **functions})


class Formulas:
    """An array of formulas, by the last index."""

    def __init__(self, of):
        self.of = of

    def __getitem__(self, at):
        return self.of(at[-1])


@pytest.mark.parametrize("row", range(3))
@pytest.mark.parametrize("column", range(3))
def test_the_jacobian_of_the_softmax_is_what_sympy_finds(row, column):
    formula = named(derive("softmax-jacobian"), "In its own output").right
    own = written(formula, {i: row, j: column}, p=softmax)
    assert sp.simplify(own - sp.diff(softmax(row), LOGITS[column])) == 0


@pytest.mark.parametrize("column", range(3))
def test_the_gradient_of_the_cross_entropy_is_what_sympy_finds_for_targets_of_any_sum(column):
    targets = sp.symbols("t0:3")
    loss = -sum(target * sp.log(softmax(at)) for at, target in enumerate(targets))
    formula = derive("softmax-cross-entropy", targets="any").result.right
    own = written(formula, {n: 0, j: column}, p=softmax, t=lambda at: targets[at])
    assert sp.simplify(own - sp.diff(loss, LOGITS[column])) == 0


def test_p_less_t_does_not_hold_where_targets_do_not_add_up_to_1():
    refused(derive("softmax-cross-entropy", targets="any"), "One sum", p[n, j] - t[n, j])


def test_the_yes_or_no_has_the_gradient_that_sympy_finds():
    logit, target = sp.symbols("z t", real=True)
    prediction = 1 / (1 + sp.exp(-logit))
    loss = -(target * sp.log(prediction) + (1 - target) * sp.log(1 - prediction))
    own = derive("sigmoid-binary-cross-entropy").result.right.xreplace({p[n]: prediction, t[n]: target})
    assert sp.simplify(own - sp.diff(loss, logit)) == 0


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_pytorch_has_the_same_gradients_in_double_precision(reduction):
    torch = pytest.importorskip("torch")
    functions = {
        "softmax-cross-entropy": torch.nn.functional.cross_entropy,
        "sigmoid-binary-cross-entropy": torch.nn.functional.binary_cross_entropy_with_logits,
    }
    for name, function in functions.items():
        whole = derive(name, reduction=reduction)
        for instance in whole.instances:
            shape = instance.tensor("z").shape
            logits, targets = (
                torch.tensor([float(v) for v in instance.tensor(a).values], dtype=torch.float64).reshape(shape)
                for a in "zt"
            )
            logits.requires_grad_()
            function(logits, targets, reduction=reduction).backward()
            own = [
                float(evaluate(whole.result.right, {**instance.environment, n: at[0], j: at[-1]}))
                for at in instance.tensor("z").positions()
            ]
            assert own == pytest.approx(logits.grad.flatten().tolist(), rel=1e-12, abs=1e-15)


def test_the_best_constant_of_the_squared_error_is_the_mean():
    whole = derive("mean-squared-error")
    a, m = sp.Symbol("a", real=True), sp.Symbol("m", real=True)
    step = named(whole, "Best constant")
    assert step.right.subs(a, m) == Sigma((m - t[n]) ** 2, [(n, N)]) / N
    refused(whole, "Mean", t[0])
    refused(whole, "Best constant", Sigma((m - t[n]) ** 2, [(n, N)]) / N)


@pytest.mark.parametrize(("name", "step", "wrong"), [
    ("softmax-jacobian", "In its own output", p[i] * (1 - p[j])),
    ("softmax-jacobian", "In its own output", p[i] * (Bracket(sp.Eq(i, j)) + p[j])),
    ("softmax-jacobian", "Rows", 1),
    ("softmax-jacobian", "Backward pass", p[j] * array("dL/dp")[j]),
    ("log-softmax-gradient", "Jacobian", Bracket(sp.Eq(i, j)) - p[i]),
    ("log-softmax-gradient", "Backward pass", array("dL/dy")[j] - p[j]),
    ("log-softmax-gradient", "Number of classes", Sigma(z[i], [(i, C)])),
    ("softmax-cross-entropy", "Targets add up to 1", t[n, j] - p[n, j]),
    ("softmax-cross-entropy", "Logarithm", t[n, j] / p[n, j]),
    ("sigmoid-binary-cross-entropy", "One fraction", (p[n] - t[n]) / p[n]),
    ("sigmoid-binary-cross-entropy", "Error", (p[n] - t[n]) * p[n] * (1 - p[n])),
    ("mean-squared-error", "Gradient", 2 * (y[n] - t[n])),
    ("mean-squared-error", "Saturation", 2 * (y[n] - t[n]) / N),
])  # fmt: skip
def test_slips_of_a_lecture_are_found(name, step, wrong):
    refused(derive(name), step, wrong)


def test_a_mean_over_the_batch_divides_the_gradient_by_its_size():
    added, averaged = (derive("softmax-cross-entropy", reduction=word) for word in ("sum", "mean"))
    assert sp.expand(averaged.result.right * N - added.result.right) == 0
    refused(averaged, "Targets add up to 1", added.result.right)


@pytest.mark.parametrize("factor", [Fraction(1, 2), 1, 3])
def test_the_factor_of_the_squared_error_is_in_its_gradient(factor):
    gradient = named(derive("mean-squared-error", factor=factor), "Gradient").right
    assert sp.expand(gradient - 2 * sp.Rational(factor) * (y[n] - t[n]) / N) == 0


@pytest.mark.parametrize(("name", "settings", "said"), [
    ("softmax-cross-entropy", {"reduction": "none"},
     ["there is no such reduction.", "here    reduction 'none'", "fix     use sum or mean"]),
    ("softmax-cross-entropy", {"targets": "hot"},
     ["there is no such kind of targets.", "here    kind of targets 'hot'", "fix     use distribution or any"]),
    ("sigmoid-binary-cross-entropy", {"reduction": 3},
     ["there is no such reduction.", "here    reduction 3", "fix     use sum or mean"]),
    ("mean-squared-error", {"factor": 0},
     ["factor must be a positive number.", "here    factor 0", "fix     give factor a positive number"]),
])  # fmt: skip
def test_settings_that_are_none_say_which_there_are(name, settings, said):
    with pytest.raises(SettingError) as caught:
        derive(name, **settings)
    assert str(caught.value) == f"{name}: " + "\n  ".join(said)
