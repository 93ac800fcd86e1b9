"""Shifts of samples: each by its own numbers, with zeros behind, on any number of axes, as the seed says."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnmath.errors import DataError, SettingError
from cnnmath.training import Shifts, shifted


@given(st.lists(st.integers(1, 4), min_size=1, max_size=3), st.integers(0, 1000))
def test_a_shifted_sample_has_at_each_position_what_was_so_far_before_it(sizes, seed):
    rng = np.random.default_rng(seed)
    x = rng.integers(1, 100, (3, 2, *sizes))
    by = rng.integers(-5, 6, (3, len(sizes)))
    y = shifted(x, by)
    assert y.shape == x.shape
    for n, c, *at in product(*map(range, x.shape)):
        source = [i - int(d) for i, d in zip(at, by[n], strict=True)]
        inside = all(0 <= i < size for i, size in zip(source, sizes, strict=True))
        assert y[n, c, *at] == (x[n, c, *source] if inside else 0)


def test_random_shifts_reach_everything_up_to_the_farthest_and_nothing_beyond():
    x = np.zeros((400, 1, 9, 9), np.float32)
    x[:, 0, 4, 4] = 1
    y = Shifts((2, 1))(x, np.random.default_rng(0))
    places = {tuple(map(int, place)) for place in np.argwhere(y[:, 0])[:, 1:]}
    assert places == set(product(range(2, 7), range(3, 6)))
    assert y.dtype == np.float32
    assert (y.sum(axis=(1, 2, 3)) == 1).all()


def test_the_same_seed_gives_the_same_shifts():
    x = np.random.default_rng(0).standard_normal((5, 2, 6))
    one, two, other = (Shifts(3)(x, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert (one == two).all()
    assert (one != other).any()


def test_no_shift_changes_nothing():
    x = np.arange(6).reshape(1, 1, 2, 3)
    assert (Shifts(0)(x, np.random.default_rng(0)) == x).all()


@pytest.mark.parametrize("most", [-1, 1.5, (1, -2), True])
def test_shifts_that_are_none_are_refused(most):
    with pytest.raises(SettingError, match="a shift must be an integer of at least 0"):
        Shifts(most)


def test_a_wrong_number_of_axes_is_refused():
    with pytest.raises(SettingError) as caught:
        Shifts((1, 2))(np.zeros((1, 1, 3)), np.random.default_rng(0))
    assert str(caught.value) == (
        "there is not one shift for each spatial axis.\n"
        "  input   x (1, 1, 3)\n"
        "  here    most (1, 2)\n"
        "  fix     give 1 integers, or one for all axes"
    )
    with pytest.raises(DataError, match="the shifts are not one integer for each sample and spatial axis"):
        shifted(np.zeros((2, 1, 3)), np.zeros((2, 1)))
