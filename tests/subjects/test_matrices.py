"""Convolution as a matrix: the matrix of the lecture by hand, NumPy's product, and what col2im adds."""

from dataclasses import replace

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnmath import numeric, ops
from cnnmath.errors import DerivationError, SettingError, ShapeError
from cnnmath.subjects import derive
from cnnmath.symbolic.evaluate import evaluate
from cnnmath.symbolic.terms import array

w = array("w")


def named(derivation):
    return {step.name: step for step in derivation.steps}


def matrix(derivation):
    """The matrix, as the left factor of the product."""
    return sp.Matrix(named(derivation)["Matrix"].right.args[0])


def test_the_matrix_of_a_2x2_filter_on_a_3x3_image_is_the_one_of_the_lecture():
    a, b, g, d = w[0, 0], w[0, 1], w[1, 0], w[1, 1]
    found = derive("weight-matrix")
    assert matrix(found) == sp.Matrix(
        [
            [a, b, 0, g, d, 0, 0, 0, 0],
            [0, a, b, 0, g, d, 0, 0, 0],
            [0, 0, 0, a, b, 0, g, d, 0],
            [0, 0, 0, 0, a, b, 0, g, d],
        ]
    )
    steps = named(found)
    assert sp.Matrix(steps["Transpose"].right.args[0]) == matrix(found).T
    counts = [int(steps[name].right) for name in ("Dense layer", "Structural zeros", "Ties", "Weights", "Saving")]
    assert counts == [36, 20, 12, 4, 9]


def test_an_image_of_letters_is_multiplied_as_by_hand():
    image = sp.Matrix(sp.symbols("A B C D E F G H J"))
    alpha, beta, gamma, delta = sp.symbols("alpha beta gamma delta")
    filters = {w[0, 0]: alpha, w[0, 1]: beta, w[1, 0]: gamma, w[1, 1]: delta}
    A, B, C, D, E, F, G, H, J = image
    assert list(matrix(derive("weight-matrix")).xreplace(filters) * image) == [
        alpha * A + beta * B + gamma * D + delta * E,
        alpha * B + beta * C + gamma * E + delta * F,
        alpha * D + beta * E + gamma * G + delta * H,
        alpha * E + beta * F + gamma * H + delta * J,
    ]


@st.composite
def settings_of_a_matrix(draw):
    """Settings of a small convolution of one or two axes."""
    rank, groups = draw(st.integers(1, 2)), draw(st.integers(1, 2))
    each = lambda least, most: tuple(draw(st.integers(least, most)) for _ in range(rank))  # noqa: E731 - said once
    kernel, dilation = each(1, 2), each(1, 2)
    sizes = tuple(d * (k - 1) + 1 + draw(st.integers(0, 2)) for k, d in zip(kernel, dilation, strict=True))
    return {
        "kernel": kernel,
        "dilation": dilation,
        "input": sizes,
        "stride": each(1, 3),
        "padding": tuple((draw(st.integers(0, 2)), draw(st.integers(0, 1))) for _ in range(rank)),
        "channels": groups * draw(st.integers(1, 2)),
        "filters": groups * draw(st.integers(1, 2)),
        "groups": groups,
    }


@settings(max_examples=12)
@given(settings_of_a_matrix(), st.integers(0, 99))
def test_the_matrix_times_the_image_is_the_numeric_convolution(chosen, seed):
    derivation = derive("weight-matrix", **chosen)
    channels, sizes = chosen.pop("channels"), chosen.pop("input")
    op = ops.Conv(**chosen, bias=False)
    draw = np.random.default_rng(seed)
    x = draw.integers(-4, 5, (1, channels, *sizes)).astype(float)
    weights = draw.integers(-4, 5, op.parameters(x.shape)["w"]).astype(float)
    dy = draw.integers(-4, 5, op.shape(x.shape)).astype(float)
    kept = tuple(n for axis, n in enumerate(weights.shape) if axis > 1 or n > 1)
    letters = {w[at]: int(weights.reshape(kept)[at]) for at in np.ndindex(*kept)}
    dense = np.array(matrix(derivation).xreplace(letters).tolist(), float)
    assert np.array_equal(dense @ x.ravel(), numeric.forward(op, x, w=weights).ravel())
    back = numeric.backward(op, dy, x, w=weights)["x"]
    assert np.array_equal(dense.T @ dy.ravel(), back.ravel())


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"input": (20, 20)}, "361 outputs times 400 inputs are 144,400 entries"),
        ({"input": (2, 2, 2, 2)}, "input (2, 2, 2, 2)"),
        ({"channels": 0}, "number of channels"),
        ({"input": (3, "a")}, "'a'"),
        ({"groups": 2}, "groups"),
        ({"kernel": 4}, "at most 3"),
    ],
)
def test_a_matrix_that_can_not_be_is_refused_with_the_numbers(chosen, said):
    with pytest.raises((SettingError, ShapeError)) as caught:
        derive("weight-matrix", **chosen)
    assert said in str(caught.value)
    assert str(caught.value).startswith("weight-matrix: ")


def test_a_window_that_reads_padding_alone_has_a_matrix_of_zeros():
    found = derive("weight-matrix", input=1, kernel=2, padding=1, dilation=2)
    assert matrix(found) == sp.zeros(1, 1)
    assert "Saving" not in named(found)


def test_a_matrix_with_a_weight_in_the_wrong_place_is_refused():
    found = derive("weight-matrix", input=4)
    step = named(found)["Matrix"]
    left, right = step.right.args
    swapped = sp.MatMul(left.permute_rows([(0, 1)]), right, evaluate=False)
    wrong = replace(step, right=swapped)
    with pytest.raises(DerivationError, match="'matrix' does not hold"):
        replace(found, steps=tuple(wrong if s is step else s for s in found.steps))


WINDOWS = [
    ops.Conv(1, (3,), stride=2, padding=((2, 1),)),
    ops.Conv(2, (2, 3), stride=(1, 2), dilation=(2, 1), padding=((1, 0), (0, 2)), groups=2),
    ops.Conv(1, (1, 2, 1), stride=(2, 1, 1), bias=False),
    ops.Conv(1, (2, 3), padding="same"),
]


@pytest.mark.parametrize("op", WINDOWS, ids=repr)
def test_patches_are_derived_for_every_kind_of_window(op):
    assert [step.name for step in derive("im2col", op).steps] == [
        "Definition",
        "Patches as columns",
        "Filters as rows",
        "Product",
        "Gradient from above",
        "Gradient of the filters",
        "Gradient of the patches",
        "Gradient of the input",
    ]
    assert derive("col2im", op).result.name == "Back and forth"


def test_the_product_of_a_lecture_is_printed():
    found = named(derive("im2col", ops.Conv(1, (3,), bias=False)))
    assert str(found["Product"]) == "Product: y[n,f,o] = sum{i<3*C} W[f,i]*X[i,o+n*O]"
    assert str(found["Gradient of the filters"]) == (
        "Gradient of the filters: dL/dW[f,i] = sum{m<N*O} X[i,m]*dL/dY[f,m]"
    )


@pytest.mark.parametrize(
    ("window", "length", "counts"),
    [
        (ops.Conv(1, (3,)), 5, [1, 2, 3, 2, 1]),
        (ops.Conv(1, (3,), stride=2), 6, [1, 1, 2, 1, 1, 0]),
        (ops.Conv(1, (2,), stride=3), 6, [1, 1, 0, 1, 1, 0]),
        (ops.Conv(1, (2,), dilation=2, padding=1), 4, [1, 2, 2, 1]),
        (ops.Conv(1, (2,), stride=2), 4, [1, 1, 1, 1]),
    ],
)
def test_the_windows_over_a_position_are_those_counted_by_hand(window, length, counts):
    overlap = named(derive("col2im", window))["Overlap"]
    ((j, _),) = overlap.over
    (outputs,) = window.shape((1, 1, length))[2:]
    sizes = {symbol: {"L": length, "O": outputs}.get(str(symbol), 0) for symbol in overlap.right.free_symbols}
    assert [evaluate(overlap.right, {**sizes, j: at}) for at in range(length)] == counts


def test_adding_only_once_where_windows_overlap_is_refused():
    found = derive("col2im", ops.Conv(1, (3,)))
    last = found.result
    wrong = replace(last, right=last.right.args[1])
    with pytest.raises(DerivationError, match="'back and forth' does not hold"):
        replace(found, steps=(*found.steps[:-1], wrong))
