"""Switches: where maxima were, unpooling as the adjoint of reading there, and what pooling does backward."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import numeric, ops
from cnnmath.errors import DataError, SettingError
from cnnmath.verify import cases
from tests.support import each, fractions, inner, problems

CHOOSING = (ops.MaxPool, ops.AdaptiveMaxPool)


def read(x, switches):
    """The numbers at the switches."""
    return np.take_along_axis(x.reshape(*x.shape[:2], -1), switches.reshape(*x.shape[:2], -1), 2).reshape(
        switches.shape
    )


@each(CHOOSING)
@given(data=st.data())
def test_at_its_switch_every_window_has_its_maximum(kind, data):
    problem = data.draw(problems(kind))
    (x,) = problem.inputs
    z = numeric.switches(problem.op, x)
    assert z.dtype == np.int64
    assert (read(x, z) == problem.forward()).all()


@each(CHOOSING)
@given(data=st.data())
def test_pooling_backward_is_unpooling_the_gradient(kind, data):
    problem = data.draw(problems(kind, low=-1, high=1))
    (x,) = problem.inputs
    z = numeric.switches(problem.op, x)
    assert (numeric.forward(ops.MaxUnpool(x.shape[2:]), problem.dy, switches=z) == problem.backward()["x"]).all()


@given(st.data())
def test_unpooling_is_the_adjoint_of_reading_at_the_switches(data):
    case = data.draw(cases(ops.MaxUnpool))
    (x,), y = case.inputs, case.op.shape(*case.inputs)
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    small, large = (fractions(rng.integers(-9, 10, shape)) / 7 for shape in (x, y))
    z = rng.integers(0, np.prod(case.op.outputs), x)
    assert inner(numeric.forward(case.op, small, switches=z), large) == inner(small, read(large, z))
    assert (numeric.backward(case.op, large, small, switches=z)["x"] == read(large, z)).all()


@given(st.data())
def test_pooling_what_was_unpooled_gives_it_back_where_nothing_is_negative_and_windows_do_not_meet(data):
    kernel = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=3).map(tuple))
    sizes = tuple(k * data.draw(st.integers(1, 3)) + data.draw(st.integers(0, k - 1)) for k in kernel)
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    x = rng.integers(0, 9, (2, 2, *sizes))
    pool = ops.MaxPool(kernel)
    y, z = numeric.forward(pool, x), numeric.switches(pool, x)
    unpooled = numeric.forward(ops.MaxUnpool(sizes), y, switches=z)
    assert (numeric.forward(pool, unpooled) == y).all()
    assert (numeric.switches(pool, unpooled)[y > 0] == z[y > 0]).all()


def test_the_first_of_equal_maxima_is_the_switch_and_the_first_nan_before_all():
    x = np.array([[[[1.0, 5, 5], [5, np.nan, 2], [0, np.nan, 3]]]])
    assert numeric.switches(ops.MaxPool(2, stride=1), x)[0, 0].tolist() == [[4, 4], [4, 4]]
    assert numeric.switches(ops.MaxPool((1, 2), stride=1), x)[0, 0].tolist() == [[1, 1], [4, 4], [7, 7]]
    assert numeric.switches(ops.AdaptiveMaxPool((1, 3)), x)[0, 0].tolist() == [[3, 4, 2]]
    assert numeric.switches(ops.MaxPool((2,)), np.full((1, 1, 4), -np.inf))[0, 0].tolist() == [0, 2]


def test_padding_is_never_a_switch():
    z = numeric.switches(ops.MaxPool((3,), stride=2, padding=1), np.array([[[-4.0, -3, -2, -1]]]))
    assert z[0, 0].tolist() == [1, 3]


@pytest.mark.parametrize("switch", [-1, 12, 0.5, np.nan, np.inf])
def test_a_switch_that_is_no_place_of_the_output_is_refused(switch):
    z = np.array([[[3, switch]]])
    with pytest.raises(DataError) as caught:
        numeric.forward(ops.MaxUnpool((12,)), np.ones((1, 1, 2)), switches=z)
    shown = z[0, 0, 1]
    assert str(caught.value) == (
        "maxunpool: 'switches' holds a number that it may not hold.\n"
        f"  input   switches[0, 0, 1] = {shown}\n"
        "  rule    each number of switches is one of 0, 1, ..., 10, 11\n"
        "  fix     mend the 1 of 2 numbers that are none of these"
    )


def test_a_fraction_is_no_switch_either():
    z = fractions(np.array([[[0, 1.5]]]))
    with pytest.raises(DataError, match=r"switches\[0, 0, 1\] = 3/2"):
        numeric.backward(ops.MaxUnpool((2,)), fractions(np.ones((1, 1, 2))), fractions(np.ones((1, 1, 2))), switches=z)


def test_what_chooses_no_position_has_no_switches():
    with pytest.raises(SettingError) as caught:
        numeric.switches(ops.AveragePool(2), np.ones((1, 1, 4, 4)))
    assert str(caught.value) == (
        "averagepool: it has no switches: it does not choose a position.\n"
        "  rule    switches are the positions of maxima\n  fix     ask a MaxPool or an AdaptiveMaxPool"
    )
