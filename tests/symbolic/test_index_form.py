"""The index form of gradients: conditions stand in it, and nothing stands in it that is not needed."""

import pytest
import sympy as sp

from cnnmath import ops
from cnnmath.ops import operands
from cnnmath.symbolic import derive, general, targets
from cnnmath.symbolic.notations import Text
from cnnmath.symbolic.terms import Divides, Logistic, Quantified, Sigma, array, index, size
from tests.support import each, every_operator
from tests.symbolic.instances import derivations, derived, small


def formula(op, wrt="x", rank=1):
    return derived(op, wrt, rank=rank).result.write(Text()).partition(" = ")[2]


def conditions(op, wrt="x", rank=1):
    (total,) = derived(op, wrt, rank=rank).result.right.atoms(Sigma)
    return total.conditions


def test_the_gradient_of_a_general_convolution_states_divisibility_and_bounds():
    assert formula(general(ops.Conv, 1)) == (
        "sum{f<F, k<K | s divides j + p - d*k, 0 <= (j + p - d*k)/s < O} dL/dy[n,f,(j+p-d*k)/s]*w[f,c,k]"
    )
    assert formula(general(ops.Conv, 1), "w") == (
        "sum{n<N, o<O | 0 <= s*o + d*k - p < L} dL/dy[n,f,o]*x[n,c,s*o+d*k-p]"
    )
    assert formula(general(ops.Conv, 1), "b") == "sum{n<N, o<O} dL/dy[n,f,o]"


@pytest.mark.parametrize("kind", [ops.Conv, ops.MaxPool, ops.AveragePool])
@pytest.mark.parametrize("rank", [1, 2])
def test_every_axis_of_a_general_window_has_its_own_divisibility_and_its_own_bounds(kind, rank):
    found = conditions(general(kind, rank), "x", rank)
    divides = [c for c in found if isinstance(c, Divides)]
    letters = ["s"] if rank == 1 else ["s_1", "s_2"]
    assert [c.args[0] for c in divides] == [size(letter) for letter in letters]
    assert sum(isinstance(c, sp.Ge) for c in found) == rank
    assert sum(isinstance(c, sp.Lt) for c in found) == rank


def test_a_stride_times_the_output_that_it_divides_is_multiplied_out():
    assert formula(general(ops.AveragePool, 1, ceil=True)).endswith(
        "dL/dy[n,c,(j+p-d*k)/s]/(sum{k'<K | j + d*k' - d*k < L + p} 1)"
    )


def test_the_pieces_of_a_maxout_may_be_a_symbol():
    assert formula(general(ops.Maxout), "y") == "max{q<Q} x[n,Q*c+q,o]"
    assert formula(general(ops.Maxout)) == "[k*[n,floor(c/Q),j] = c mod Q]*dL/dy[n,floor(c/Q),j]"


def test_reductions_keep_the_letters_of_the_axes_that_are_left():
    assert formula(ops.Reduce("sum", 1), "y") == "sum{i<C} x[n,i,o]"
    assert formula(ops.Reduce("min", 2, keep=False), "y") == "-max{i<L} -x[n,c,i]"
    assert formula(ops.Reduce("mean", (0, 2), keep=False)) == "dL/dy[c]/(N*L)"
    assert formula(ops.Reduce("product", 2), "y") == "x[n,c,0]*x[n,c,1]"
    assert formula(ops.Reduce("l1")) == "dL/dy[0,0,0]*sign(x[n,c,j])"
    assert formula(ops.Softmax(-1), "y") == "exp(x[n,c,o])/(sum{q<L} exp(x[n,c,q]))"


def test_absolute_values_and_trained_slopes_keep_their_short_forms():
    assert formula(ops.Abs()) == "dL/dy[n,c,j]*sign(x[n,c,j])"
    assert formula(ops.Softsign()) == "dL/dy[n,c,j]/((abs(x[n,c,j]) + 1)^2)"
    assert formula(ops.PReLU(), "w") == "sum{n<N, o<L} dL/dy[n,c,o]*(0 if x[n,c,o] > 0 else x[n,c,o])"


def test_functions_of_sums_are_called_by_their_names():
    z = "b[f] + sum{q<F} h[n,q]*u[f,q] + sum{c<C} w[f,c]*x[n,c]"
    assert formula(ops.RNNCell(1), "y") == f"tanh({z})"
    assert formula(ops.RNNCell(1), "b") == f"sum{{n<N}} dL/dy[n,f]*(1 - tanh({z})^2)"
    assert formula(ops.RNNCell(1, activation="relu"), "b") == f"sum{{n<N}} dL/dy[n,f]*(1 if {z} > 0 else 0)"
    assert formula(ops.Tanh(), "y") == "(exp(x[n,c,o]) - exp(-x[n,c,o]))/(exp(-x[n,c,o]) + exp(x[n,c,o]))"


def test_a_cell_state_gets_what_its_forget_gate_lets_through_of_both_gradients():
    steps = {step.name: step for step in derived(ops.LSTMCell(1, bias=False), "c").steps}
    assert steps["By c"].write(Text()) == "dL/dc[n,c] = dL/dcell[n,c]*forget[n,c]"
    assert {entry for entry in steps["By the cell state"].right.atoms(sp.Indexed) if "dL" in str(entry.base)} == {
        array("dL/dhidden")[index("n"), index("f")], array("dL/dy")[index("n"), index("f") + size("F")]
    }  # fmt: skip
    assert steps["Forget gate"].right.has(Logistic)
    assert not any(step.right.has(sp.exp) for step in steps.values())


def test_two_cases_of_a_sign_are_read_as_an_absolute_value():
    assert formula(ops.LpPool((2,), p=1), "y") == "sum{k<2} abs(x[n,c,2*o+k])"
    assert formula(ops.LpPool((2,), p=1)) == "[j < 2*O]*dL/dy[n,c,floor(j/2)]*sign(x[n,c,j])"


def test_a_label_is_an_index_and_its_gradient_a_bracket():
    assert formula(ops.CrossEntropy("none"), "y") == "-x[n,t[n,o],o] + log(sum{q<C} exp(x[n,q,o]))"
    assert formula(ops.CrossEntropy("none")) == (
        "dL/dy[n,j]*exp(x[n,c,j])/(sum{q'<C} exp(x[n,q',j])) - [t[n,j] = c]*dL/dy[n,j]"
    )


def test_a_loss_that_is_one_number_has_no_index():
    assert formula(ops.SquaredError("sum"), "y") == "sum{n<N, c<C, o<L} (x[n,c,o] - t[n,c,o])^2"
    assert formula(ops.SquaredError("sum")) == "dL/dy*(2*x[n,c,j] - 2*t[n,c,j])"
    assert formula(ops.CrossEntropy(), rank=0) == ("dL/dy*exp(x[n,c])/(N*sum{q'<C} exp(x[n,q'])) - [t[n] = c]*dL/dy/N")
    assert repr(derive(ops.SquaredError(), rank=1).steps[1]) == "Chain rule: dL/dx[n,c,j] = dL/dy*dy/dx[n,c,j]"


def test_a_label_that_is_ignored_is_a_bracket_which_a_label_that_equals_a_class_makes_superfluous():
    softmax = "exp(x[n,c,j])/(sum{q'<C} exp(x[n,q',j]))"
    assert formula(ops.CrossEntropy("none", ignored=-100)) == (
        f"[t[n,j] != -100]*dL/dy[n,j]*{softmax} - [t[n,j] = c]*dL/dy[n,j]"
    )
    assert formula(ops.CrossEntropy("none", ignored=1)) == (
        f"[t[n,j] != 1]*dL/dy[n,j]*{softmax} - [t[n,j] != 1, t[n,j] = c]*dL/dy[n,j]"
    )
    assert formula(ops.CrossEntropy(ignored=-100), "y").endswith("/(sum{n'<N, o'<L} [t[n',o'] != -100])")


def test_a_loss_is_weighted_by_what_its_label_names():
    assert formula(ops.CrossEntropy(weighted=True), "y", 0) == (
        "(sum{n<N} weights[t[n]]*(-x[n,t[n]] + log(sum{q<C} exp(x[n,q]))))/(sum{n'<N} weights[t[n']])"
    )


def test_a_stride_of_one_needs_no_divisibility():
    assert formula(ops.Conv(1, (3,))) == "sum{f<F, k<3 | 0 <= j - k < O} dL/dy[n,f,j-k]*w[f,c,k]"


def test_dilation_moves_taps_but_a_stride_of_one_still_divides_everything():
    assert formula(ops.Conv(1, (3,), dilation=2)) == "sum{f<F, k<3 | 0 <= j - 2*k < O} dL/dy[n,f,j-2*k]*w[f,c,k]"


def test_a_kernel_as_long_as_its_stride_leaves_one_tap_by_division_with_remainder():
    assert formula(ops.Conv(1, (2,), stride=2)) == "sum{f<F | j < 2*O} dL/dy[n,f,floor(j/2)]*w[f,c,j mod 2]"


def test_a_tap_that_always_lies_inside_has_no_bounds_on_that_side():
    assert formula(ops.Conv(1, (2,), padding=((1, 0),), bias=False), "y") == (
        "sum{c<C, k<2 | o + k - 1 >= 0} w[f,c,k]*x[n,c,o+k-1]"
    )
    assert "|" not in formula(ops.Conv(1, (2,), bias=False), "y")


@pytest.mark.parametrize("wrt", ["y", "x", "w", "b"])
def test_one_group_prints_no_floor_and_two_do_where_they_must(wrt):
    whole, halves = (derive(ops.Conv(2 * groups, (3,), groups=groups), wrt, rank=1).result.right for groups in (1, 2))
    assert not whole.has(sp.floor, sp.Mod)
    assert halves.has(sp.floor) == (wrt in ("x", "w"))


def test_the_group_of_a_channel_is_the_quotient_of_its_index():
    assert formula(ops.Conv(4, (1,), groups=2, bias=False)) == (
        "sum{f<Fg} dL/dy[n,f+Fg*floor(c/Cg),j]*w[f+Fg*floor(c/Cg),c mod Cg,0]"
    )


def test_the_output_of_a_general_transpose_states_divisibility_and_bounds():
    assert formula(general(ops.ConvTranspose, 1), "y") == (
        "b[f] + sum{c<C, k<K | s divides o + p - d*k, 0 <= (o + p - d*k)/s < L} w[c,f,k]*x[n,c,(o+p-d*k)/s]"
    )


def test_the_gradient_of_a_general_transpose_is_a_convolution():
    assert formula(general(ops.ConvTranspose, 1)) == (
        "sum{f<F, k<K | 0 <= s*j + d*k - p < O} dL/dy[n,f,s*j+d*k-p]*w[c,f,k]"
    )


def test_the_gradient_of_a_transposes_filters_is_summed_over_the_inputs():
    assert formula(general(ops.ConvTranspose, 1), "w") == (
        "sum{n<N, i<L | 0 <= s*i + d*k - p < O} dL/dy[n,f,s*i+d*k-p]*x[n,c,i]"
    )


def test_a_grouped_transpose_writes_its_filters_once_a_group():
    assert formula(ops.ConvTranspose(4, (1,), groups=2, bias=False), "y") == "sum{c<Cg} w[g*Cg+c,f,0]*x[n,g*Cg+c,o]"


def test_an_upsampled_input_sums_the_gradients_of_its_block():
    assert formula(ops.Upsample((3,))) == "sum{k<3} dL/dy[n,c,3*j+k]"


def test_a_selected_channel_collects_the_gradients_of_every_place_that_lists_it():
    assert formula(ops.Select((2, 0, 2)), rank=1) == (
        "[c = 2]*dL/dy[n,0,j] + [c = 0]*dL/dy[n,1,j] + [c = 2]*dL/dy[n,2,j]"
    )


def test_a_padded_input_takes_its_gradient_from_the_middle():
    op = ops.Pad(((1, 2),), channels=(3, 0))
    assert formula(op, "y") == "[c - 3 >= 0, 0 <= o - 1 < L]*x[n,c-3,o-1]"
    assert formula(op) == "dL/dy[n,c+3,j+1]"


def test_padding_with_a_constant_passes_on_no_gradient():
    op = ops.Pad(((2, 0),), value=0.5)
    assert formula(op, "y") == "(x[n,c,o-2] if o >= 2 else 1/2)"
    assert formula(op) == "dL/dy[n,c,j+2]"


def test_a_mirrored_input_collects_the_gradients_of_all_its_images():
    op = ops.ReflectPad(((2, 1),))
    assert formula(op, "y") == "(x[n,c,2-o] if o < 2 else (x[n,c,2*L-o] if L <= o - 2 else x[n,c,o-2]))"
    assert formula(op) == (
        "dL/dy[n,c,j+2] + [0 <= 2 - j < 2]*dL/dy[n,c,2-j] + [L <= 2*L - j - 2, 2*L - j < L + 3]*dL/dy[n,c,2*L-j]"
    )


def test_a_border_that_is_repeated_collects_the_gradients_of_its_copies():
    op = ops.EdgePad(((2, 0),))
    assert formula(op, "y") == "(x[n,c,0] if o < 2 else x[n,c,o-2])"
    assert formula(op) == "dL/dy[n,c,j+2] + sum{o<L + 2 | o < 2, j = 0} dL/dy[n,c,o]"


def test_a_linear_upsampling_weighs_by_distance_and_its_gradient_by_the_same_weights():
    corners = ops.LinearUpsample((2,), align_corners=True)
    near, weight = "abs({0}*(2*L - 1) - o*(L - 1)) < 2*L - 1", "(2*L - abs({0}*(2*L - 1) - o*(L - 1)) - 1)"
    assert formula(corners, "y") == f"1/(2*L - 1)*sum{{i<L | {near}}} x[n,c,i]*{weight}".replace("{0}", "i")
    assert formula(corners) == f"1/(2*L - 1)*sum{{o<2*L | {near}}} dL/dy[n,c,o]*{weight}".replace("{0}", "j")
    total = "(sum{i'<L | abs(4*i' + 1 - 2*o) < 4} (4 - abs(4*i' + 1 - 2*o)))"
    assert formula(ops.LinearUpsample((2,))) == (
        f"sum{{o<2*L | abs(4*j + 1 - 2*o) < 4}} dL/dy[n,c,o]*(4 - abs(4*j + 1 - 2*o))/{total}"
    )


def test_an_unpooling_is_a_sum_over_switches_and_its_gradient_the_entry_there():
    op = ops.MaxUnpool((4, 5))
    assert formula(op, "y", rank=2) == "sum{j1<H, j2<W | o1*O2 + o2 = switches[n,c,j1,j2]} x[n,c,j1,j2]"
    assert formula(op, rank=2) == "sum{o1<O1, o2<O2 | o1*O2 + o2 = switches[n,c,j1,j2]} dL/dy[n,c,o1,o2]"


@pytest.mark.parametrize(
    ("op", "mean"),
    [
        (general(ops.GroupNorm), "mean[n,g] = 1/(Cg*L)*sum{q<Cg, i<L} x[n,g*Cg+q,i]"),
        (ops.BatchNorm(training=True), "mean[c] = 1/(N*L)*sum{n<N, i<L} x[n,c,i]"),
        (ops.InstanceNorm(), "mean[n,c] = 1/L*sum{i<L} x[n,c,i]"),
        (ops.LayerNorm(), "mean[n] = 1/(C*L)*sum{q<C, i<L} x[n,q,i]"),
        (ops.LayerNorm(each_position=True), "mean[n,o] = 1/C*sum{q<C} x[n,q,o]"),
    ],
    ids=str,
)
def test_a_normalisation_says_which_block_its_statistics_are_of(op, mean):
    assert derived(op, "y", rank=1).steps[0].write(Text()) == mean


def test_a_scale_for_each_number_of_a_sample_has_the_indices_of_a_sample():
    assert formula(ops.LayerNorm(), "beta") == "sum{n<N} dL/dy[n,c,j]"
    assert formula(ops.LayerNorm(each_position=True), "beta") == "sum{n<N, o<L} dL/dy[n,c,o]"


def test_no_index_of_a_gradient_is_bound_twice():
    """A mean inside a variance has indices of its own: a value put in for one would be put in for the other."""
    for op in (ops.GroupNorm(2), ops.BatchNorm(training=True)):
        free = set(derived(op, "x", rank=1).target.entry[1])
        for total in derived(op, "x", rank=1).result.right.atoms(Quantified):
            inner = {s for part in total.body.atoms(Quantified) for s, _ in part.ranges}
            assert not {s for s, _ in total.ranges} & (inner | free)


def test_a_trained_coefficient_collects_the_sums_that_it_multiplies():
    assert formula(ops.Subsample((2,)), "w") == "sum{n<N, o<O} dL/dy[n,c,o]*sum{k<2} x[n,c,2*o+k]"


def test_a_maximum_passes_on_its_gradient_through_the_first_tap_and_says_so():
    derivation = derive(ops.MaxPool((2,), stride=1), rank=1)
    assert formula(derivation.target.op) == "sum{k<2 | 0 <= j - k < O, k*[n,c,j-k] = k} dL/dy[n,c,j-k]"
    assert "k* is the first tap, in row-major order" in derivation.text()
    assert "k*" not in derive(ops.Conv(1, (2,)), rank=1).text()


NAMING = (*(ops.GroupNorm, ops.InstanceNorm, ops.LayerNorm, ops.RMSNorm), ops.LSTMCell)
"""Operators whose sentences name numbers that derivations keep."""


@each([kind for kind in ops.ALL if kind not in NAMING])
def test_a_gradient_is_derived_in_four_named_steps_and_an_output_in_one(kind):
    for derivation in derivations(small(kind)):
        names = [step.name for step in derivation.steps]
        assert names == ["Definition", *["Chain rule", "Jacobian", "Collapse"] * (derivation.target.wrt != "y")]
        assert derivation.result is derivation.steps[-1]
        assert all(step.rule.text in derivation.text() for step in derivation.steps)


@every_operator
def test_nothing_stands_free_in_a_result_but_its_entry_and_the_sizes(kind):
    for derivation in derivations(small(kind)):
        target = derivation.target
        _, ranges = target.entry
        shapes = [*operands(target.op, *target.inputs).values(), target.op.shape(*target.inputs)]
        sizes = set().union(*(sp.sympify(n).free_symbols for shape in shapes for n in shape), target.definitions)
        free = {s for s in derivation.result.right.free_symbols if isinstance(s, sp.Symbol)} - bound(derivation)
        assert {s for s in free if s.is_integer} <= {*ranges, *sizes}


def bound(derivation):
    return {symbol for total in derivation.result.right.atoms(Quantified) for symbol, _ in total.ranges}


def test_targets_of_a_convolution_without_bias_leave_it_out():
    assert targets(ops.Conv(1, 2, bias=False)) == ["y", "x", "w"]


@pytest.mark.parametrize(
    ("op", "slope"),
    [
        (ops.Tanh(), "(1 - tanh(x[n,c,j])^2)"),
        (ops.Sigmoid(), "sigma(x[n,c,j])*(1 - sigma(x[n,c,j]))"),
        (ops.SiLU(), "(x[n,c,j]*sigma(x[n,c,j])*(1 - sigma(x[n,c,j])) + sigma(x[n,c,j]))"),
    ],
    ids=str,
)
def test_a_gradient_calls_functions_by_their_names_and_a_definition_says_what_they_are(op, slope):
    assert formula(op) == f"dL/dy[n,c,j]*{slope}"
    assert derived(op, "y", rank=1).result.right.has(sp.exp)


def test_a_name_that_would_leave_exponentials_beside_it_is_not_used():
    assert not derived(ops.Mish(), "x", rank=1).result.right.has(Logistic)
