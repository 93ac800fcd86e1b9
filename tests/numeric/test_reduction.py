"""Reductions where floats end, by laws, and for numbers of every kind."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import numeric, ops
from tests.support import problems

BIG, SMALL = 2.0**1023, 2.0**-1074


def reduced(how, *rows):
    return numeric.forward(ops.Reduce(how, 1, keep=False), np.array(rows, float)).tolist()


def test_a_length_neither_overflows_nor_vanishes_where_its_squares_do():
    assert reduced("l2", (3 * 2.0**1000, 4 * 2.0**1000), (3 * 2.0**-1070, 4 * 2.0**-1070), (0, 0), (SMALL, 0)) == [
        5 * 2.0**1000,
        5 * 2.0**-1070,
        0,
        SMALL,
    ]
    assert reduced("l2", (BIG, 0), (-np.inf, 1)) == [BIG, np.inf]


def test_a_sum_of_exponentials_neither_overflows_nor_vanishes_and_infinity_stands_alone():
    found = reduced("log_sum_exp", (1000, 1000), (-1000, -1000), (np.inf, 5000), (-np.inf, -np.inf), (-np.inf, 3))
    assert found == [1000 + np.log(2), -1000 + np.log(2), np.inf, -np.inf, 3]
    assert reduced("log_sum_exp", (0, -40)) == [np.exp(-40)]  # what lies far below is not lost beside 1


@pytest.mark.parametrize("how", ["max", "min", "log_sum_exp", "l2", "product"])
def test_nan_wins_wherever_it_is(how):
    assert np.isnan(reduced(how, (np.nan, 1), (1, np.nan), (np.nan, np.inf))).all()


@pytest.mark.parametrize("how", ["max", "min"])
def test_the_first_of_equal_ones_takes_the_whole_gradient_over_any_axes(how):
    x, dy = np.zeros((2, 2, 3)), np.full((1, 2, 1), 5.0)
    grad = numeric.backward(ops.Reduce(how, (0, 2)), dy, x)["x"]
    assert np.argwhere(grad).tolist() == [[0, 0, 0], [0, 1, 0]]
    assert grad.sum() == 10


def test_a_product_passes_its_gradient_on_by_the_other_factors_zeros_included():
    x = np.array([[2, 3, 5], [2, 0, 5], [0, 3, 0]])
    grad = numeric.backward(ops.Reduce("product", 1, keep=False), np.ones(3, int), x)["x"]
    assert grad.tolist() == [[15, 10, 6], [0, 10, 0], [0, 0, 0]]
    assert grad.dtype == np.int64


def test_whole_numbers_stay_whole_and_fractions_exact():
    x = np.array([[3, -4]])
    assert [numeric.forward(ops.Reduce(how), x).dtype.kind for how in ("sum", "max", "l1", "sum_square", "l2")] == [
        *"iiii",
        "f",
    ]
    thirds = np.array([[Fraction(1), Fraction(4, 3)]], object)
    assert numeric.forward(ops.Reduce("l2", keep=False), thirds).item() == Fraction(5, 3)
    assert numeric.forward(ops.Reduce("mean", keep=False), thirds).item() == Fraction(7, 6)


def test_short_floats_are_summed_in_longer_ones():
    many = np.ones((1, 4099), np.float16)
    assert (
        numeric.forward(ops.Reduce("sum", keep=False), many) == 4100
    )  # the nearest; added one by one, it ends at 2048
    assert numeric.forward(ops.Reduce("mean", keep=False), many * 60000) == 60000


@given(problems(ops.Reduce))
def test_axes_that_are_not_kept_hold_the_same_numbers(problem):
    (x,) = problem.inputs
    op = problem.op
    kept, dropped = (numeric.forward(ops.Reduce(op.how, op.over, keep=keep), x) for keep in (True, False))
    assert kept.ndim == x.ndim
    assert kept.reshape(dropped.shape).tolist() == dropped.tolist()


@given(st.sampled_from(("sum", "max", "min", "product", "sum_square")), problems(ops.Reduce))
def test_the_axes_may_be_reduced_one_after_the_other(how, problem):
    (x,) = problem.inputs
    step = numeric.forward(ops.Reduce(how, -1), x)
    again = numeric.forward(ops.Reduce("sum" if how == "sum_square" else how, 1), step)
    assert (again == numeric.forward(ops.Reduce(how, (1, x.ndim - 1)), x)).all()


@given(problems(ops.Reduce))
def test_no_axes_leave_every_number_by_itself(problem):
    (x,) = problem.inputs
    alone = {
        how: numeric.forward(ops.Reduce(how, ()), x) for how in ("sum", "mean", "max", "min", "product", "l1", "l2")
    }
    assert all((y == (abs(x) if how in ("l1", "l2") else x)).all() for how, y in alone.items())
