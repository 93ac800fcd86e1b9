"""Convolution: sizes by counting, names, groups, factors and the adjoint, each by a second route."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnmath import numeric, ops
from cnnmath.errors import CnnmathError, DerivationError, SettingError
from cnnmath.subjects import derive
from cnnmath.subjects.convolution.factors import Factors, rows_of
from cnnmath.symbolic import general
from cnnmath.symbolic.evaluate import evaluate
from cnnmath.symbolic.terms import array, index
from tests.subjects.planted import refused


def named(derivation):
    return {step.name: step for step in derivation.steps}


def refused_over(derivation, name, over):
    """Expect that a step with other extents of its free indices stops the derivation."""
    steps = tuple(replace(step, over=over) if step.name == name else step for step in derivation.steps)
    with pytest.raises(DerivationError):
        replace(derivation, steps=steps)


@st.composite
def windows(draw):
    """A window along one axis, padded unequally."""
    pads = ((draw(st.integers(0, 3)), draw(st.integers(0, 3))),)
    return ops.Conv(
        1, (draw(st.integers(1, 4)),), stride=draw(st.integers(1, 4)), dilation=draw(st.integers(1, 3)), padding=pads
    )


def at_length(formula, n):
    """A formula of one length, at a number."""
    return evaluate(formula, dict.fromkeys(formula.free_symbols, n))


def laid_down(op, n):
    """How many windows fit, found by laying them down from the first on."""
    ((before, after),), (k,), (s,), (d,) = op.padding, op.kernel, op.stride, op.dilation
    padded = [None] * (before + n + after)
    start = count = 0
    while start + d * (k - 1) < len(padded):
        start, count = start + s, count + 1
    return count


@settings(max_examples=15)
@given(windows())
def test_the_output_size_is_the_number_of_windows_laid_down(op):
    rule = named(derive("output-size", op))["Output size"].right
    (window,) = op.windows((1,))
    for n in range(window.extent, window.extent + 9):
        assert at_length(rule, n) == laid_down(op, n) == window.placements(n)


def test_the_rule_of_the_output_size_is_the_one_that_everybody_quotes():
    found = derive("output-size", general(ops.Conv, 1))
    assert str(named(found)["Output size"]) == "Output size: O = floor((L + 2*p - d*(K - 1) - 1)/s) + 1"
    assert [step.name for step in found.steps][-1] == "Preimage"


@settings(max_examples=10)
@given(windows())
def test_the_preimage_is_the_window_s_own(op):
    step = named(derive("output-size", op))["Preimage"]
    (window,) = op.windows((1,))
    symbols = {str(symbol): symbol for symbol, _ in step.over}
    for o in range(3):
        lengths = [n for n in range(30) if evaluate(step.right, {symbols["n"]: n, symbols["o"]: o})]
        least, most = window.preimage(o + 1)
        assert lengths == list(range(max(least, 0), most + 1))


def test_a_size_that_forgets_the_last_window_is_refused():
    found = derive("output-size", ops.Conv(1, (3,), stride=2))
    step = named(found)["Output size"]
    wrong = replace(step, right=step.right - 1)
    with pytest.raises(DerivationError, match="'output size' does not hold"):
        replace(found, steps=tuple(wrong if s is step else s for s in found.steps))


@settings(max_examples=15)
@given(windows(), st.integers(0, 8))
def test_the_output_padding_is_what_a_transposed_convolution_needs(op, more):
    (window,) = op.windows((1,))
    n = window.extent + more
    outputs = window.placements(n)
    rest = at_length(named(derive("output-padding", op))["Remainder"].right, n)
    up = {
        extra: window.stride * (outputs - 1) + window.extent - window.before - window.after + extra
        for extra in range(window.stride)
    }
    assert [extra for extra, size in up.items() if size == n] == [rest]
    if rest < max(window.stride, window.dilation):
        back = ops.ConvTranspose(
            1, op.kernel, stride=op.stride, dilation=op.dilation, padding=op.padding, output_padding=rest
        )
        assert back.shape((1, 1, outputs)) == (1, 1, n)


def test_an_axis_has_its_own_steps_where_there_are_two():
    names = [step.name for step in derive("output-padding", general(ops.Conv, 2)).steps]
    assert names[0] == "Output size, axis 1"
    assert names[-1] == "Input size, axis 2"


def test_the_cross_correlation_is_numpy_s_convolution_with_the_flipped_kernel():
    x, w = np.array([3, 1, 4, 1, 5]), np.array([2, 7, 1])
    y = numeric.forward(ops.Conv(1, (3,), bias=False), x.reshape(1, 1, -1) * 1.0, w=w.reshape(1, 1, -1) * 1.0)
    assert y.ravel().tolist() == np.convolve(x, w[::-1], "valid").tolist()
    assert y.ravel().tolist() != np.convolve(x, w, "valid").tolist()
    found = named(derive("cross-correlation", ops.Conv(1, (3,))))
    assert str(found["Flipped kernel"]) == "Flipped kernel: v[f,c,k] = w[f,c,2-k]"
    assert str(found["Flip"]) == "Flip: y[n,f,o] = z[n,f,o]"


@pytest.mark.parametrize(
    "op",
    [
        ops.Conv(2, (2, 3), stride=(2, 1), dilation=(1, 2), padding=((1, 4), (0, 2)), groups=2),
        ops.Conv(1, (2, 1, 2), bias=False),
        ops.Conv(1, (3,), padding="same_lower", stride=2),
    ],
    ids=repr,
)
def test_subjects_hold_for_every_kind_of_window(op):
    for name in ("cross-correlation", "grouped", "output-size", "output-padding"):
        assert derive(name, op).steps
    up = ops.ConvTranspose(2, op.kernel, stride=op.stride, dilation=op.dilation, groups=op.groups)
    assert derive("transposed", up).result.name == "Gradient"
    assert derive("depthwise-separable", replace(op, groups=1)).result.name == "Saving"


def test_a_correlation_taken_for_a_convolution_is_refused():
    found = derive("cross-correlation", ops.Conv(1, (3,)))
    step = named(found)["Flip"]
    wrong = replace(step, right=named(found)["Without flipping"].left)
    with pytest.raises(DerivationError, match="'flip' does not hold"):
        replace(found, steps=tuple(wrong if s is step else s for s in found.steps))


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_a_pointwise_convolution_is_a_linear_layer_at_every_position(rank):
    draw = np.random.default_rng(rank)
    sizes = (3, 2, 4)[:rank]
    x, w = draw.integers(-3, 4, (2, 3, *sizes)).astype(float), draw.integers(-3, 4, (4, 3)).astype(float)
    b = np.arange(4.0)
    y = numeric.forward(ops.Conv(4, (1,) * rank), x, w=w.reshape(4, 3, *(1,) * rank), b=b)
    rows = np.moveaxis(x, 1, -1).reshape(-1, 3)
    assert np.array_equal(np.moveaxis(y, 1, -1).reshape(-1, 4), numeric.forward(ops.Linear(4), rows, w=w, b=b))
    assert derive("pointwise", rank=rank).result.name == "Gradient of the weights"


@pytest.mark.parametrize("rank", [0, 4, "two"])
def test_another_number_of_axes_is_refused(rank):
    with pytest.raises(SettingError, match="no such number of axes"):
        derive("pointwise", rank=rank)


def test_groups_divide_weights_and_cost():
    found = named(derive("grouped", ops.Conv(1, (3,))))
    assert str(found["Weights"]) == "Weights: P' = 3*G*Cg*Fg"
    assert str(found["Fewer weights"]) == "Fewer weights: P/P' = G"
    fixed = named(derive("grouped", ops.Conv(4, (3,), groups=4)))
    assert str(fixed["Fewer multiplications"]) == "Fewer multiplications: M/M' = 4"


def test_an_output_that_sees_another_group_is_refused():
    found = derive("grouped", ops.Conv(2, (2,), groups=2))
    step = named(found)["Blindness"]
    _, seen = sorted(step.right.args, key=lambda part: type(part).__name__)
    with pytest.raises(DerivationError, match="'blindness' does not hold"):
        replace(found, steps=tuple(replace(step, right=seen) if s is step else s for s in found.steps))


def test_the_saving_of_a_depthwise_separable_3x3_is_one_over_f_and_one_ninth():
    found = named(derive("depthwise-separable", ops.Conv(64, 3)))
    filters = sp.Symbol("F", integer=True, positive=True)
    assert sp.simplify(found["Saving"].right - (1 / filters + sp.Rational(1, 9))) == 0
    assert found["Depthwise share"].right == 1 / filters
    assert found["Pointwise share"].right == sp.Rational(1, 9)
    with pytest.raises(SettingError, match="leave groups out"):
        derive("depthwise-separable", ops.Conv(4, 3, groups=2))


def test_the_binomial_kernel_falls_apart_into_1_2_1():
    found = Factors.of(rows_of("1,2,1;2,4,2;1,2,1"))
    assert (found.scale, found.column, found.row) == (1, (1, 2, 1), (1, 2, 1))
    default = named(derive("separable-kernel", kernel="1/16,1/8,1/16;1/8,1/4,1/8;1/16,1/8,1/16"))
    assert str(default["Factors"]) == "Factors: w[i,j] = u[i]*v[j]/16"
    assert (default["Cost of one pass"].right, default["Cost of two passes"].right) == (9, 6)


@pytest.mark.parametrize(
    ("name", "pairs"),
    [
        ("Minors", (("j", "i'"), ("i", "j'"))),
        ("Pivot", (("i", "j"),)),
        ("Factors", (("i", "j"),)),
        ("One pass", (("k_1", "k_2"),)),
    ],
)
def test_the_default_kernel_tells_its_axes_apart(name, pairs):
    derivation = derive("separable-kernel")
    right = named(derivation)[name].right
    for one, other in pairs:
        pair = {index(one): index(other), index(other): index(one)}
        kernel = {a: a.xreplace(pair) for a in right.atoms(sp.Indexed) if a.base in map(array, "wuv")}
        refused(derivation, name, right.xreplace(kernel))


@pytest.mark.parametrize("name", ["Fit", "Preimage"])
def test_no_window_is_asked_for_beyond_the_ends_that_were_counted(name):
    derivation = derive("output-size", general(ops.Conv, 1))
    (i, extent), *others = named(derivation)[name].over
    refused_over(derivation, name, ((i, extent + 1), *others))


integers = st.integers(-6, 6)
vectors = st.lists(integers, min_size=1, max_size=4).filter(any)


@settings(max_examples=20)
@given(vectors, vectors, st.fractions(-3, 3, max_denominator=9).filter(bool))
def test_the_factors_of_a_product_give_the_product_back(column, row, scale):
    rows = tuple(tuple(scale * u * v for v in row) for u in column)
    found = Factors.of(rows)
    assert tuple(tuple(found.scale * u * v for v in found.row) for u in found.column) == rows
    assert np.gcd.reduce(found.column) == np.gcd.reduce(found.row) == 1


@settings(max_examples=20)
@given(st.lists(st.lists(integers, min_size=3, max_size=3), min_size=2, max_size=3))
def test_a_kernel_is_refused_exactly_where_its_rank_is_not_one(rows):
    if sp.Matrix(rows).rank() == 1:
        assert Factors.of(rows_of(tuple(map(tuple, rows))))
    else:
        with pytest.raises(SettingError, match=r"rank is not one|zero everywhere"):
            Factors.of(rows_of(tuple(map(tuple, rows))))


def test_a_kernel_of_rank_two_is_refused_with_its_first_minor():
    with pytest.raises(SettingError) as caught:
        derive("separable-kernel", kernel="0,1,0;1,-4,1;0,1,0")
    assert "rows 0 and 1, columns 0 and 1: 0*(-4) - 1*1 = -1" in str(caught.value)
    assert str(caught.value).startswith("separable-kernel: the kernel is not separable")


@pytest.mark.parametrize(
    ("kernel", "said"),
    [
        ("1,2;3", "rows of 2, 1 entries"),
        ("a,b", "a,b"),
        ("1/0", "1/0"),
        (((0.5,),), "0.5"),
        ((), "no entries"),
        ("0,0;0,0", "zero everywhere"),
        (((1,) * 21,) * 20, "20x21 = 420 entries"),
    ],
)
def test_what_is_no_kernel_is_refused(kernel, said):
    with pytest.raises(CnnmathError) as caught:
        derive("separable-kernel", kernel=kernel)
    assert said in str(caught.value)


def test_a_kernel_may_be_numbers_or_text():
    rows = ((Fraction(1, 2), 1), (1, 2))
    assert derive("separable-kernel", kernel=rows) == derive("separable-kernel", kernel="1/2,1;1,2")


@settings(max_examples=8)
@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 2), st.integers(0, 2))
def test_a_transposed_convolution_is_the_adjoint_for_drawn_windows(kernel, stride, dilation, extra):
    extra = min(extra, max(stride, dilation) - 1)
    op = ops.ConvTranspose(1, (kernel,), stride=stride, dilation=dilation, output_padding=extra)
    found = derive("transposed", op)
    assert [step.name for step in found.steps] == [
        "Convolution", "Inner product", "Scatter", "Gather", "Adjoint", "Gradient",
    ]  # fmt: skip


def test_scattering_without_the_padding_is_refused():
    found = derive("transposed", ops.ConvTranspose(1, (3,), stride=2, padding=1))
    step = named(found)["Scatter"]
    (condition,) = step.right.conditions
    moved = type(step.right)(step.right.body, step.right.ranges, [sp.Eq(condition.lhs + 1, condition.rhs)])
    with pytest.raises(DerivationError, match="'scatter' does not hold"):
        replace(found, steps=tuple(replace(step, right=moved) if s is step else s for s in found.steps))


@pytest.mark.parametrize("subject", ["output-size", "output-padding"])
@pytest.mark.parametrize(
    "window", [{"kernel": (3000,)}, {"kernel": (2, 3), "dilation": 500}, {"kernel": 2, "stride": 99}]
)
def test_a_window_too_long_to_be_counted_is_told(subject, window):
    with pytest.raises(SettingError, match="extent and stride together at most 96") as caught:
        derive(subject, ops.Conv(1, **window))
    assert str(caught.value).startswith(f"{subject}: the window is too long")
