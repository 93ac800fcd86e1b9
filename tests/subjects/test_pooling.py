"""Pooling: known results pinned, conventions against PyTorch's, and planted mistakes that are refused."""

from dataclasses import replace
from fractions import Fraction
from math import ceil, gcd

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings

from cnnmath import ops
from cnnmath.errors import DerivationError, SettingError
from cnnmath.numeric.pool import divisor
from cnnmath.readers import Tensor
from cnnmath.subjects import derive, named
from cnnmath.subjects.pooling.maximum import RULES
from cnnmath.symbolic import Derivation, general
from cnnmath.symbolic import step as claim
from cnnmath.symbolic.evaluate import evaluate
from cnnmath.symbolic.instance import Instance
from cnnmath.symbolic.notations import Latex, MathML, Text
from cnnmath.symbolic.oracle import told
from cnnmath.symbolic.terms import Maximum, Sigma, array, index, size
from cnnmath.verify.strategies import cases
from tests.subjects.planted import refused
from tests.support import each
from tests.symbolic.instances import clipped
from tests.symbolic.test_notations import misshapen, unbalanced

torch = pytest.importorskip("torch")
F = torch.nn.functional
SLIDING = {
    "max-pooling": ops.MaxPool,
    "switches": ops.MaxPool,
    "overlapping-pooling": ops.MaxPool,
    "average-pooling": ops.AveragePool,
    "lp-pooling": ops.LpPool,
}
SUBJECTS = [*SLIDING, "global-average", "adaptive-pooling", "maxout-unit"]


def derivation(name, rank=1):
    subject = named(name)
    operator = [general(subject.takes, rank)] if subject.takes else []
    return subject.derive(*operator, **({"rank": rank} if "rank" in subject.settings else {}))


def equation(derived, name):
    (step,) = (step for step in derived.steps if step.name == name)
    return step.write(Text())


def arrays(instance, *names):
    """Dense arrays of an instance, as NumPy has them."""
    tensors = [instance.arrays[name] for name in names]
    return [np.array([float(t[at]) for at in np.ndindex(*t.shape)]).reshape(t.shape) for t in tensors]


@pytest.mark.parametrize("name", SUBJECTS)
@pytest.mark.parametrize("rank", [2, 3])
def test_a_pooling_is_derived_for_images_and_volumes_in_every_notation(name, rank):
    if rank == 3 and name in SLIDING:  # general windows of volumes are many: this one has numbers
        derived = derive(name, SLIDING[name]((2, 1, 2), stride=(1, 2, 1), padding=((1, 0), 0, 0), ceil=True))
    else:
        derived = derivation(name, rank)
    for step in derived.steps:
        assert misshapen(step.write(MathML())) == []
        assert unbalanced(step.write(Latex())) == ""


@pytest.mark.parametrize("name", SLIDING)
def test_a_pooling_is_derived_for_any_window(name):
    @settings(max_examples=6)
    @given(cases(SLIDING[name]))
    def check(case):
        assert derive(name, clipped(case, 1).op).steps

    check()


# --- ties ------------------------------------------------------------------------------------------------------------


def slopes(ties, numbers):
    """Derivatives of the maximum of some numbers, as the derivation's own formula has them."""
    row = Tensor((1, 1, len(numbers)), [Fraction(n) for n in numbers])
    derived = derive("max-pooling", ops.MaxPool((len(numbers),)), ties=ties)
    (step,) = (step for step in derived.steps if step.name in ("Gather", "Collapse"))
    one = Tensor((1, 1, 1), [Fraction(1)])
    told_of = told(ops.MaxPool((len(numbers),)), (1, 1, 1), {"x": row}, one)
    env = {"x": row, "dL/dy": one, "y": told_of["y"], size("O"): 1, size("L"): len(numbers)}
    env["m"] = Tensor((1, 1, 1), [Fraction(list(numbers).count(max(numbers)))])
    return [evaluate(step.right, env | {index("n"): 0, index("c"): 0, index("j"): j}) for j in range(len(numbers))]


def test_at_a_tie_the_first_takes_all_or_all_share_or_each_takes_all():
    assert slopes("first", [1, 3, 3, 0, 3]) == [0, 1, 0, 0, 0]
    assert slopes("shared", [1, 3, 3, 0, 3]) == [0, Fraction(1, 3), Fraction(1, 3), 0, Fraction(1, 3)]
    assert slopes("all", [1, 3, 3, 0, 3]) == [0, 1, 1, 0, 1]


def test_without_a_tie_the_rules_agree():
    assert slopes("first", [1, 4, 3]) == slopes("shared", [1, 4, 3]) == slopes("all", [1, 4, 3]) == [0, 1, 0]


def test_the_shared_rule_is_that_of_torchs_amax_and_the_first_that_of_its_pooling():
    op = ops.MaxPool((3,), stride=2)
    for ties in ("first", "shared"):
        instance = derive("max-pooling", op, ties=ties).instances[0]
        x, dy, dx = arrays(instance, "x", "dL/dy", "dL/dx")
        leaf = torch.tensor(x, requires_grad=True)
        y = F.max_pool1d(leaf, 3, 2) if ties == "first" else leaf.unfold(2, 3, 2).amax(dim=-1)
        y.backward(torch.tensor(dy))
        assert np.allclose(leaf.grad.numpy(), dx, rtol=0, atol=1e-12)


@pytest.mark.parametrize("ties", RULES)
def test_the_gradient_of_another_rule_is_refused(ties):
    derived = {name: derive("max-pooling", ops.MaxPool((2,), stride=1), ties=name) for name in RULES}
    for other in set(RULES) - {ties}:
        mixed = [
            replace(mine, arrays={**mine.arrays, "dL/dx": theirs.arrays["dL/dx"], "dy/dx": theirs.arrays["dy/dx"]})
            for mine, theirs in zip(derived[ties].instances, derived[other].instances, strict=True)
        ]
        with pytest.raises(DerivationError, match=r"the step '(jacobian|rule)' does not hold"):
            replace(derived[ties], instances=tuple(mixed))


def test_mass_is_kept_where_one_takes_all_or_all_share_and_multiplied_where_each_takes_all():
    kept = "sum{n<N, c<C, j<L} dL/dx[n,c,j] = sum{n<N, c<C, o<O} dL/dy[n,c,o]"
    assert equation(derivation("max-pooling"), "Mass") == kept
    assert equation(derive("max-pooling", general(ops.MaxPool, 1), ties="shared"), "Mass") == kept
    assert equation(derive("max-pooling", general(ops.MaxPool, 1), ties="all"), "Mass") == f"{kept}*m[n,c,o]"


def test_the_whole_gradient_to_each_maximum_is_no_subgradient():
    shared = derive("max-pooling", ops.MaxPool((2,), stride=1), ties="shared")
    everyone = derive("max-pooling", ops.MaxPool((2,), stride=1), ties="all")
    (claim,) = (step for step in shared.steps if step.name == "Subgradient")
    with pytest.raises(DerivationError, match="the step 'subgradient' does not hold"):
        replace(everyone, steps=(claim,))


def test_an_unknown_rule_is_answered_with_the_three_that_there_are():
    with pytest.raises(SettingError) as caught:
        derive("max-pooling", ops.MaxPool(2), ties="last")
    first, here, rule, fix = str(caught.value).splitlines()
    assert first == "max-pooling: there is no such rule for ties."
    assert here == "  here    ties 'last'"
    assert [part.partition(":")[0] for part in rule.removeprefix("  rule    ").split("; ")] == list(RULES)
    assert fix == "  fix     use first, shared, all"


# --- switches and overlaps -------------------------------------------------------------------------------------------


def test_switches_are_torchs_indices_and_unpooling_is_torchs_where_windows_do_not_overlap():
    op = ops.MaxPool((2, 3), stride=(3, 3), padding=((1, 1), (0, 0)))
    for instance in derive("switches", op).instances:
        x, z, u = arrays(instance, "x", "z", "u")
        y, indices = F.max_pool2d(torch.tensor(x), (2, 3), (3, 3), (1, 0), return_indices=True)
        assert (indices.numpy() == z).all()
        flat = torch.zeros(*x.shape[:2], x[0, 0].size, dtype=torch.float64)
        assert (flat.scatter(2, indices.flatten(2), y.flatten(2)).numpy().reshape(x.shape) == u).all()


def test_the_backward_pass_over_switches_reads_no_input():
    scatter = next(step for step in derivation("switches").steps if step.name == "Scatter")
    assert {str(entry.base) for entry in scatter.right.atoms(sp.Indexed)} == {"z", "dL/dy"}


def test_the_overlap_of_alexnets_pooling_is_four_windows_and_none_where_the_stride_is_the_kernel():
    assert equation(derive("overlapping-pooling", ops.MaxPool(3, stride=2)), "Most") == "v[j1,j2] <= 4"
    assert equation(derive("overlapping-pooling", ops.MaxPool(2)), "Most") == "v[j1,j2] <= 1"
    assert equation(derivation("overlapping-pooling"), "Most") == "v[j] <= floor((d*(K - 1) + s)/s)"


@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (3, 2), (5, 2), (4, 3), (2, 2), (2, 3)])
def test_without_dilation_some_position_is_read_by_as_many_windows_as_can_be(kernel, stride):
    derived = derive("overlapping-pooling", ops.MaxPool((kernel,), stride=stride, padding=kernel - 1))
    counts = {int(n) for instance in derived.instances for n in arrays(instance, "v")[0]}
    assert max(counts) == ceil(kernel / stride)
    assert (derived.result.name == "One term") == (kernel <= stride)


def test_windows_apart_leave_one_term_and_windows_that_may_overlap_a_sum():
    apart = derive("overlapping-pooling", ops.MaxPool((2,), stride=3, dilation=2))
    assert apart.result.write(Text()) == (
        "dL/dx[n,c,j] = [floor(j/3) < O, 2 divides j mod 3, k*[n,c,floor(j/3)] = (j mod 3)/2]*dL/dy[n,c,floor(j/3)]"
    )
    assert derivation("overlapping-pooling").result.name == "Bound"


# --- averages --------------------------------------------------------------------------------------------------------

AVERAGES = [
    ops.AveragePool((3,), stride=2, padding=((2, 0),)),
    ops.AveragePool((3,), stride=2, padding=1, count_padding=False),
    ops.AveragePool((2,), stride=3, dilation=3, padding=1, ceil=True),
    ops.AveragePool((3, 2), stride=2, dilation=(1, 2), padding=1, ceil=True, count_padding=False),
]


@pytest.mark.parametrize("op", AVERAGES, ids=str)
def test_the_divisors_of_the_closed_form_are_those_of_the_kernel(op):
    derived = derive("average-pooling", op)
    closed = next(step for step in derived.steps if step.name == "In closed form")
    for instance in derived.instances:
        kernels = divisor(op, instance.tensor("x").shape[2:])
        for at in np.ndindex(*kernels.shape):
            here = dict(zip((symbol for symbol, _ in closed.over), at, strict=True))
            assert evaluate(closed.right, {**instance.environment, **here}) == kernels[at]


def test_the_divisor_is_the_kernel_where_padding_counts_and_what_lies_inside_where_not():
    counts = derive("average-pooling", ops.AveragePool((3,), padding=1))
    inside = derive("average-pooling", ops.AveragePool((3,), padding=1, count_padding=False))
    assert equation(counts, "In closed form") == "t[o] = 3"
    assert equation(inside, "In closed form") == "t[o] = min(3, L + 1 - 3*o) - max(0, 1 - 3*o)"


def test_only_counted_padding_loses_a_part_of_the_gradient():
    kept = "sum{n<N, c<C, j<L} dL/dx[n,c,j] = sum{n<N, c<C, o<O} dL/dy[n,c,o]"
    for op in (
        ops.AveragePool((2,)),
        ops.AveragePool((2,), ceil=True),
        ops.AveragePool((2,), padding=1, ceil=True, count_padding=False),
    ):
        assert equation(derive("average-pooling", op), "Mass") == kept
    assert equation(derive("average-pooling", ops.AveragePool((2,), padding=1)), "Mass") == (
        f"{kept}/t[o]*sum{{k<2 | 0 <= 2*o + k - 1 < L}} 1"
    )


def test_the_divisors_of_the_other_convention_are_refused():
    counts, inside = (
        derive("average-pooling", ops.AveragePool((2,), padding=1, count_padding=flag)) for flag in (True, False)
    )
    with pytest.raises(DerivationError, match="the step 'divisor' does not hold"):
        replace(counts, instances=inside.instances)


def test_the_gradient_of_a_global_average_is_an_equal_share():
    assert equation(derivation("global-average", 2), "Collapse") == "dL/dx[n,c,j1,j2] = dL/dy[n,c,0,0]/(H*W)"


@pytest.mark.parametrize("name", ["global-average", "adaptive-pooling"])
@pytest.mark.parametrize("rank", [0, 4, "two"])
def test_a_rank_that_is_none_is_refused(name, rank):
    with pytest.raises(SettingError, match="this is no number of spatial axes") as caught:
        derive(name, rank=rank)
    assert f"rank {rank!r}" in str(caught.value)


# --- bins ------------------------------------------------------------------------------------------------------------


def bins(length, count):
    """The derivation's own formulas of the bins of an axis."""
    start, end = derivation("adaptive-pooling").steps[:2]
    env = {size("L"): length, size("O"): count}
    return [
        (evaluate(start.right, env | {index("o"): o}), evaluate(end.right, env | {index("o"): o})) for o in range(count)
    ]


def test_seven_positions_fall_into_three_bins_of_three_that_share_one_each():
    assert bins(7, 3) == [(0, 3), (2, 5), (4, 7)]
    assert bins(6, 3) == [(0, 2), (2, 4), (4, 6)]
    assert bins(2, 4) == [(0, 1), (0, 1), (1, 2), (1, 2)]


@pytest.mark.parametrize("length", range(1, 13))
def test_bins_are_torchs_and_their_sizes_differ_by_one_at_most(length):
    for count in range(1, 13):
        leaf = torch.zeros(1, 1, length, requires_grad=True)
        rows = [torch.autograd.grad(y, leaf, retain_graph=True)[0] for y in F.adaptive_avg_pool1d(leaf, count)[0, 0]]
        found = bins(length, count)
        assert [row.flatten().nonzero().flatten().tolist() for row in rows] == [list(range(*pair)) for pair in found]
        sizes = {end - start for start, end in found}
        assert sizes <= ({length // count} if length % count == 0 else {ceil(length / count), ceil(length / count) + 1})
        assert sum(end - start for start, end in found) == length + count - gcd(length, count)


# --- norms and maxout ------------------------------------------------------------------------------------------------


def test_the_first_norms_are_the_sum_of_absolute_values_and_the_root_of_the_sum_of_squares():
    one, two = (equation(derive("lp-pooling", ops.LpPool((3,), p=p)), "Definition") for p in (1, 2))
    assert one == "y[n,c,o] = sum{k<3} abs(x[n,c,3*o+k])"
    assert two == "y[n,c,o] = sqrt(sum{k<3} x[n,c,3*o+k]^2)"


def test_the_gradient_of_a_norm_is_a_power_of_the_entry_over_one_of_the_output():
    gather = "sum{k<2 | 0 <= j - k < O, y[n,c,j-k] > 0} dL/dy[n,c,j-k]/"
    two, three = (equation(derive("lp-pooling", ops.LpPool((2,), p=p, stride=1)), "Gather") for p in (2, 3))
    assert two == f"dL/dx[n,c,j] = x[n,c,j]*{gather}y[n,c,j-k]"
    assert three == f"dL/dx[n,c,j] = x[n,c,j]^2*sign(x[n,c,j])*{gather}(y[n,c,j-k]^2)"


@pytest.mark.parametrize("p", [1, 2, 3, 4])
def test_windows_of_zeros_are_among_what_a_norm_is_checked_on(p):
    derived = derive("lp-pooling", ops.LpPool((2,), p=p, stride=1))
    assert any(0 in arrays(instance, "y")[0] for instance in derived.instances)


def test_an_irrational_bound_that_is_attained_holds_to_the_digits_that_are_known():
    k, x = index("k"), array("x")
    norm, bound = sp.sqrt(Sigma(x[k] ** 2, [(k, 2)])), sp.sqrt(2) * Maximum(x[k], [(k, 2)])
    equal, unequal = (Instance({}, {"x": Tensor((2,), [Fraction(n), Fraction(3)])}) for n in (3, 2))
    claims = [claim("Bound", "no term is more than the largest.", norm, bound, (), sign) for sign in ("<=", ">=")]
    assert all(Derivation("a bound", (), (one,), (equal,)).result == one for one in claims)
    with pytest.raises(DerivationError, match="the step 'bound' does not hold"):
        Derivation("a bound", (), claims[1:], (unequal,))


def test_a_norm_comes_near_to_the_maximum_as_its_exponent_grows():
    limit = derive("lp-pooling", ops.LpPool((3,), p=2)).result
    row = {"x": Tensor((1, 1, 3), [Fraction(2), Fraction(-3), Fraction(3)])}
    env = row | {index("n"): 0, index("c"): 0, index("o"): 0}
    gaps = [evaluate(limit.left, env | {size("r"): r}) - 3 for r in (1, 2, 8, 64)]
    assert gaps[0] == 5
    assert gaps == sorted(gaps, reverse=True)
    assert all(gap <= Fraction(2 * 3, r) for gap, r in zip(gaps, (1, 2, 8, 64), strict=True))
    assert gaps[-1] < Fraction(1, 20)


def test_the_gradient_of_a_maxout_goes_to_one_piece_of_its_group():
    assert equation(derivation("maxout-unit"), "Collapse") == (
        "dL/dx[n,c,j] = [k*[n,floor(c/Q),j] = c mod Q]*dL/dy[n,floor(c/Q),j]"
    )


def test_a_rectifier_whose_zero_comes_second_has_another_slope_at_zero():
    derived = derive("maxout-unit", ops.Maxout(2))
    (slope,) = (step for step in derived.steps if step.name == "Rectifier's slope")
    (won,) = slope.right.conditions
    maximum = won.args[0].func((1 - index("q'")) * won.args[0].body.xreplace({index("q'"): 1}), won.args[0].ranges)
    second = won.func(maximum, *won.args[1:])
    body = slope.right.func(1 - index("q"), slope.right.ranges, [second])
    with pytest.raises(DerivationError, match="the step 'rectifier's slope' does not hold"):
        replace(derived, steps=(replace(slope, right=body),))


@each([ops.LpPool, ops.Maxout])
def test_the_operators_of_this_chapter_are_derived_as_all_others(kind):
    op = general(kind, 1)
    assert [derive(op, wrt).title.split()[0] for wrt in ("y", "x")] == ["y", "dL/dx"]


@pytest.mark.parametrize("mistake", ["dilation", "stride of the numerator", "rounded down"])
def test_a_bound_on_overlaps_without_one_of_its_letters_is_refused(mistake):
    derived = derivation("overlapping-pooling")
    kernel, stride, dilation = map(size, "Ksd")
    right = {
        "dilation": sp.floor((kernel + stride - 1) / stride),
        "stride of the numerator": sp.floor(dilation * (kernel - 1) / stride),
        "rounded down": sp.floor((dilation * (kernel - 1) + 1) / stride),
    }[mistake]
    refused(derived, "Most", right)
