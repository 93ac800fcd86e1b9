"""Functions of single numbers over large arrays, block by block."""

import numpy as np
import pytest

from cnnmath.numeric.elementwise import SMALL, each, where_true

SHAPE = (3, 5, 200, 101)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 2, 3, 1), (3, 1, 0, 2)])
def test_blocks_give_what_the_whole_gives_in_the_layout_of_the_first_array(order):
    assert np.prod(SHAPE) > SMALL
    rng = np.random.default_rng(0)
    x = rng.random([SHAPE[i] for i in order]).transpose(np.argsort(order))
    y = rng.random(SHAPE)
    found = each(lambda a, b: 2 * a + b, x, y)
    assert np.array_equal(found, 2 * x + y)
    assert found.strides == x.strides
    assert each(lambda a: a > 0.5, x).dtype == bool


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64, object])
def test_numbers_stay_where_a_condition_holds_and_are_zero_elsewhere(dtype):
    x = np.array([1, -2, 3, -4], dtype)
    found = where_true(np.array([True, False, True, False]), x)
    assert found.dtype == dtype
    assert found.tolist() == [1, 0, 3, 0]


def test_infinities_and_nan_go_where_the_condition_does_not_hold():
    x = np.array([np.inf, np.nan, -np.inf, -0.0])
    assert where_true(np.zeros(4, bool), x).tolist() == [0, 0, 0, 0]
    assert np.array_equal(where_true(np.ones(4, bool), x), x, equal_nan=True)
