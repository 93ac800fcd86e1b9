"""Recurrent networks: what their derivations say, held against PyTorch, and what they refuse."""

from dataclasses import replace
from fractions import Fraction

import pytest
import sympy as sp

from cnnmath.errors import DerivationError, SettingError, UnknownNameError
from cnnmath.readers.exact import Exact
from cnnmath.subjects import derive
from cnnmath.symbolic.evaluate import evaluate
from cnnmath.symbolic.notations import Latex, MathML, Text
from cnnmath.symbolic.terms import Maximum, Quantified, Sigma, array, index, size
from cnnmath.symbolic.typeset import typeset
from tests.subjects.planted import refused

ACTIVATIONS = ("tanh", "sigmoid", "identity")


def sizes(instance):
    return {str(symbol): value for symbol, value in instance.values.items()}


def matrix(instance, name, rows, columns):
    return [[float(instance.arrays[name][i, j]) for j in range(columns)] for i in range(rows)]


def vector(instance, name, length):
    return [float(instance.arrays[name][i,]) for i in range(length)]


def named_step(derivation, name):
    return next(step for step in derivation.steps if step.name == name)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("subject", ["recurrent-step", "backpropagation-through-time", "vanishing-through-time"])
def test_every_activation_has_its_derivation(subject, activation):
    assert activation in derive(subject, activation=activation).title


def test_the_gradient_through_time_is_the_textbook_recursion():
    steps = derive("backpropagation-through-time").steps
    assert [repr(step) for step in steps[1:3]] == [
        "Pre-activation: dL/da[t,i] = dL/dh[t,i]*(1 - h[t,i]^2)",
        "Recursion: dL/dh[t,i] = sum{q<Q} V[q,i]*dL/do[t,q] + sum{j<H} W[j,i]*dL/dh[t+1,j]*(1 - h[t+1,j]^2)",
    ]
    assert repr(steps[-1]) == "Recurrent weights: dL/dW[i,j] = sum{t<T} dL/da[t,i]*h[t-1,j]"


def test_the_logistic_cell_has_the_slope_of_the_logistic_function():
    steps = derive("backpropagation-through-time", activation="sigmoid").steps
    assert repr(steps[1]) == "Pre-activation: dL/da[t,i] = dL/dh[t,i]*h[t,i]*(1 - h[t,i])"


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 5])
def test_the_product_is_written_out_over_any_number_of_times(steps):
    written = named_step(derive("vanishing-through-time", steps=steps), "Product")
    assert len(written.right.atoms(sp.Indexed)) == 2 * steps, "a weight and a state for each time"


def test_a_bound_that_is_too_low_is_refused():
    derivation = derive("vanishing-through-time", activation="identity")
    assert [step.relation for step in derivation.steps[-3:]] == ["<="] * 3
    with pytest.raises(DerivationError, match="largest weight"):
        replace(derivation, steps=(replace(derivation.result, right=derivation.result.right / 100),))


def test_forgetting_the_slope_is_refused():
    derivation = derive("backpropagation-through-time")
    wrong = named_step(derive("backpropagation-through-time", activation="identity"), "Recursion")
    with pytest.raises(DerivationError, match="the step 'recursion' does not hold"):
        replace(derivation, steps=(wrong,))


def test_forgetting_either_reader_of_a_state_is_refused():
    derivation = derive("backpropagation-through-time")
    for one_reader in derivation.steps[0].right.args:
        with pytest.raises(DerivationError, match="the step 'state' does not hold"):
            replace(derivation, steps=(replace(derivation.steps[0], right=one_reader),))


def test_the_simple_cell_is_that_of_torch():
    torch = pytest.importorskip("torch")
    for instance in derive("backpropagation-through-time").instances:
        n = sizes(instance)
        cell = torch.nn.RNN(n["D"], n["H"]).double()
        read_out = torch.nn.Linear(n["H"], n["Q"]).double()
        with torch.no_grad():
            cell.weight_ih_l0.copy_(torch.tensor(matrix(instance, "U", n["H"], n["D"])))
            cell.weight_hh_l0.copy_(torch.tensor(matrix(instance, "W", n["H"], n["H"])))
            cell.bias_ih_l0.copy_(torch.tensor(vector(instance, "b", n["H"])))
            cell.bias_hh_l0.zero_()
            read_out.weight.copy_(torch.tensor(matrix(instance, "V", n["Q"], n["H"])))
            read_out.bias.copy_(torch.tensor(vector(instance, "c", n["Q"])))
        x = torch.tensor(matrix(instance, "x", n["T"], n["D"]), dtype=torch.double)
        start = torch.tensor([[float(instance.arrays["h"][-1, i]) for i in range(n["H"])]], dtype=torch.double)
        states, _ = cell(x, start)
        outputs = read_out(states)
        outputs.backward(torch.tensor(matrix(instance, "dL/do", n["T"], n["Q"]), dtype=torch.double))
        ours = torch.tensor(matrix(instance, "o", n["T"], n["Q"]), dtype=torch.double)
        torch.testing.assert_close(ours, outputs.detach(), rtol=1e-12, atol=1e-12)
        ours = torch.tensor(matrix(instance, "dL/dW", n["H"], n["H"]), dtype=torch.double)
        torch.testing.assert_close(ours, cell.weight_hh_l0.grad, rtol=1e-12, atol=1e-12)


def test_the_long_short_term_memory_is_that_of_torch_rows_of_gates_included():
    torch = pytest.importorskip("torch")
    for instance in derive("lstm-gradients").instances:
        n = sizes(instance)
        cell = torch.nn.LSTM(n["D"], n["H"]).double()
        with torch.no_grad():
            cell.weight_ih_l0.copy_(torch.tensor(matrix(instance, "U", 4 * n["H"], n["D"])))
            cell.weight_hh_l0.copy_(torch.tensor(matrix(instance, "W", 4 * n["H"], n["H"])))
            cell.bias_ih_l0.copy_(torch.tensor(vector(instance, "b", 4 * n["H"])))
            cell.bias_hh_l0.zero_()
        x = torch.tensor(matrix(instance, "x", n["T"], n["D"]), dtype=torch.double)
        hidden, state = (
            torch.tensor([[float(instance.arrays[name][-1, j]) for j in range(n["H"])]], dtype=torch.double)
            for name in "hc"
        )
        outputs, _ = cell(x, (hidden, state))
        outputs.backward(torch.tensor(matrix(instance, "dL/dy", n["T"], n["H"]), dtype=torch.double))
        ours = torch.tensor(matrix(instance, "y", n["T"], n["H"]), dtype=torch.double)
        torch.testing.assert_close(ours, outputs.detach(), rtol=1e-12, atol=1e-12)
        for name, theirs, columns in (("U", cell.weight_ih_l0, n["D"]), ("W", cell.weight_hh_l0, n["H"])):
            ours = torch.tensor(matrix(instance, f"dL/d{name}", 4 * n["H"], columns), dtype=torch.double)
            torch.testing.assert_close(ours, theirs.grad, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("inputs", "hidden"), [(1, 1), (10, 20), (300, 512)])
def test_the_parameters_are_those_that_torch_counts(inputs, hidden):
    torch = pytest.importorskip("torch")
    here = {size("D"): inputs, size("H"): hidden, size("Q"): 7}
    lstm = torch.nn.LSTM(inputs, hidden)
    assert evaluate(derive("lstm-step", biases=2).result.right, here) == sum(p.numel() for p in lstm.parameters())
    linear = torch.nn.Linear(hidden, 7)
    theirs = [*torch.nn.RNNCell(inputs, hidden).parameters()][:3]
    count = sum(p.numel() for p in [*theirs, *linear.parameters()])
    assert evaluate(derive("recurrent-step").result.right, here) == count


def test_the_cell_state_is_the_sum_of_what_was_let_in_and_kept():
    written = named_step(derive("lstm-step"), "Memory")
    gates = {name: {(t, 0): Fraction(1, 2) for t in range(3)} for name in "fig"}
    number = evaluate(written.right, {**gates, "c": {(-1, 0): 8}, index("t"): 2, index("j"): 0})
    assert number == 8 * Fraction(1, 8) + Fraction(1, 4) * (1 + Fraction(1, 2) + Fraction(1, 4))


def test_open_gates_keep_the_gradient_for_ever():
    written = named_step(derive("constant-error-carousel"), "Product")
    ones = {"f": {(t, 0): 1 for t in range(60)}, size("M"): 50, index("t"): 3, index("j"): 0}
    assert evaluate(written.right, ones) == 1
    halves = {**ones, "f": dict.fromkeys(ones["f"], Fraction(1, 2))}
    assert evaluate(written.right, halves) == Fraction(1, 2**50)


def test_leaving_the_gates_out_of_the_jacobian_is_refused():
    derivation = derive("constant-error-carousel")
    direct = named_step(derivation, "Direct path").right
    with pytest.raises(DerivationError, match="the step 'jacobian' does not hold"):
        replace(derivation, steps=(replace(derivation.steps[0], right=direct),))


UNITS = [("recurrent-step", "Pre-activation"), ("recurrent-step", "Read-out"), ("recurrent-step", "Unrolled"),
         ("backpropagation-through-time", "State"), ("backpropagation-through-time", "Recursion"),
         ("backpropagation-through-time", "Input"), ("lstm-step", "Pre-activations"), ("lstm-step", "Memory"),
         ("lstm-gradients", "Hidden state"), ("lstm-gradients", "Input")]  # fmt: skip


@pytest.mark.parametrize(("subject", "name"), UNITS)
@pytest.mark.parametrize("more", [1, -1])
def test_a_sum_of_one_term_more_or_less_is_refused(subject, name, more):
    derivation = derive(subject)
    written = named_step(derivation, name).right
    for whole in written.atoms(Quantified):
        for unit, _ in whole.ranges:
            ranges = [(own, length + more if own == unit else length) for own, length in whole.ranges]
            refused(derivation, name, written.xreplace({whole: type(whole)(whole.body, ranges, whole.conditions)}))


def test_a_sum_over_times_ends_with_the_last():
    r, t, q, times = index("r"), index("t"), index("q"), size("T")
    dz, do = array("dL/dz"), array("dL/do")
    for late in (2, 5):
        refused(derive("lstm-gradients"), "Bias", Sigma(dz[t, r], [(t, times + late)]))
    refused(derive("backpropagation-through-time"), "Read-out bias", Sigma(do[t, q], [(t, times + 1)]))


@pytest.mark.parametrize("subject", ["constant-error-carousel", "vanishing-through-time"])
def test_no_gradient_comes_from_behind_the_last_time(subject):
    derivation = derive(subject)
    written = named_step(derivation, "Loss").right
    refused(derivation, "Loss", Sigma(written.body, written.ranges))
    refused(derivation, "Loss", Sigma(written.body, written.ranges, [index("t") + index("m") <= size("T")]))


@pytest.mark.parametrize("gate", "ifg")
def test_the_jacobian_of_a_cell_takes_the_gates_of_the_unit_that_is_reached(gate):
    derivation = derive("constant-error-carousel")
    t, j, k, own = index("t"), index("j"), index("k"), array(gate)
    refused(derivation, "Jacobian", derivation.steps[0].right.xreplace({own[t + 1, j]: own[t + 1, k]}))


def test_constant_gates_reach_the_bound_of_the_carousel():
    derivation = derive("constant-error-carousel")
    bound = named_step(derivation, "Bound").right
    refused(derivation, "Bound", bound * sp.Rational(1001, 1000))
    (most,) = bound.atoms(Maximum)
    n, k, times, units = index("n"), index("k"), size("T"), size("H")
    for ranges in ([(n, times - 1), (k, units)], [(n, times), (k, units - 1)]):
        refused(derivation, "Bound", bound.xreplace({most: Maximum(most.body, ranges)}))


@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_bounds_through_time_are_reached_by_a_cell_at_rest(activation, steps):
    derivation = derive("vanishing-through-time", activation=activation, steps=steps)
    for name in ("One time", "Many times"):
        refused(derivation, name, named_step(derivation, name).right * sp.Rational(999, 1000))
    largest, W, k, n = derivation.result.right, array("W"), index("k"), index("n")
    refused(derivation, "Largest weight", largest.xreplace({W[k, n]: W[n, n]}))
    (most,) = largest.atoms(Maximum)
    for ranges in ([(k, size("H") - 1), (n, size("H"))], [(k, size("H")), (n, size("H") - 1)]):
        refused(derivation, "Largest weight", largest.xreplace({most: Maximum(most.body, ranges)}))


def test_there_is_nothing_outside_the_arrays_of_a_trace():
    arrays = derive("lstm-gradients").instances[1].arrays
    assert arrays["c"][-1, 1] != 0
    assert arrays["dL/dc"][2, 1] == 0
    for name, at in (
        ("c", (-2, 0)),
        ("c", (3, 0)),
        ("dL/dc", (4, 0)),
        ("dL/dh", (3, 0)),
        ("h", (0, 2)),
        ("x", (-1, 0)),
    ):
        with pytest.raises(IndexError):
            arrays[name][at]


def test_the_states_of_a_trace_are_exact():
    instance = derive("recurrent-step").instances[0]
    pre, state = (instance.arrays[name][0, 0] for name in "ah")
    square = Exact().exp(2 * pre)
    assert abs(state - (square - 1) / (square + 1)) < Fraction(1, 10**45)


@pytest.mark.parametrize(
    ("subject", "settings", "error", "words"),
    [
        ("recurrent-step", {"activation": "tan"}, UnknownNameError, "near    tanh"),
        ("vanishing-through-time", {"activation": 3}, UnknownNameError, "no activation '3'"),
        ("vanishing-through-time", {"steps": 0}, SettingError, "1 <= steps <= 5"),
        ("vanishing-through-time", {"steps": "many"}, SettingError, "steps 'many'"),
        ("vanishing-through-time", {"steps": True}, SettingError, "steps True"),
        ("vanishing-through-time", {"steps": 2.0}, SettingError, "steps 2.0"),
        ("lstm-step", {"biases": 3}, SettingError, "biases 3"),
        ("lstm-step", {"biases": 1.0}, SettingError, "biases 1.0"),
        ("lstm-step", {"biases": True}, SettingError, "biases True"),
    ],
)
def test_settings_that_say_nothing_are_refused(subject, settings, error, words):
    with pytest.raises(error, match=subject) as caught:
        derive(subject, **settings)
    assert words in str(caught.value)


def test_an_array_may_have_a_label():
    entry = array("dL/dw(layer_1.conv)")[index("f")]
    assert typeset(entry, Text()) == "dL/dw(layer_1.conv)[f]"
    assert typeset(entry, Latex()) == r"\frac{\partial L}{\partial {w}^{(\text{layer\_1.conv})}_{f}}"
    assert "<msup><mi>w</mi><mrow><mo>(</mo><mtext>layer_1.conv</mtext><mo>)</mo></mrow></msup>" in typeset(
        entry, MathML()
    )
    assert typeset(array("U(i)")[0], Latex()) == "{U}^{(i)}_{0}"


def test_a_label_may_contain_a_slash():
    assert typeset(array("y(/features/dense)")[0], Latex()) == r"{y}^{(\text{/features/dense})}_{0}"


def test_an_array_can_be_named_in_a_sentence():
    assert typeset(array("dL/dy"), Text()) == "dL/dy"
    assert typeset(array("x1"), Latex()) == "x^{(1)}"
