"""Blocks, strips and patches: what the methods cut their work into."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnmath.numeric.methods.problem import (
    NotFiniteError,
    blocks,
    check_finite,
    covered,
    extents,
    fill,
    fitting,
    patches,
)
from cnnmath.window import Window

sizes = st.lists(st.integers(1, 5), min_size=1, max_size=3)


@given(sizes, st.integers(0, 130))
def test_blocks_cover_every_position_once_in_order_and_the_first_is_the_largest(sizes, most):
    cut = list(blocks(sizes, most))
    at = [p for block in cut for p in product(*(range(s.start, s.stop) for s in block))]
    assert at == list(product(*map(range, sizes)))
    counts = [int(np.prod(extents(block))) for block in cut]
    assert counts[0] == max(counts) <= max(1, most)


@given(st.data())
def test_patches_of_a_filled_strip_are_the_windows_with_zeros_for_padding(data):
    numbers = st.integers(1, 3)
    windows = [
        Window(*(data.draw(numbers) for _ in range(3)), data.draw(st.integers(0, 3)), data.draw(st.integers(0, 3)))
        for _ in range(data.draw(st.integers(1, 2)))
    ]
    lengths = [data.draw(st.integers(max(1, w.extent - w.before - w.after), 9)) for w in windows]
    outputs = [w.placements(n) for w, n in zip(windows, lengths, strict=True)]
    x = np.arange(1.0, 1 + 2 * np.prod(lengths)).reshape(1, *lengths, 2)
    block = data.draw(st.sampled_from(list(blocks((1, *outputs), data.draw(st.integers(1, 20))))))
    starts, long = covered(windows, block[1:])
    strip = np.full((1, *long, 2), np.nan)
    fill(strip, x, starts)
    seen = patches(strip, windows, extents(block[1:]))
    for o in product(*(range(n) for n in extents(block[1:]))):
        for k in product(*(range(w.kernel) for w in windows)):
            at = [w.tap(s.start + i, j) for w, s, i, j in zip(windows, block[1:], o, k, strict=True)]
            inside = all(0 <= i < n for i, n in zip(at, lengths, strict=True))
            assert (seen[(0, *o, *k)] == (x[(0, *at)] if inside else 0)).all()


@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 60), st.integers(1, 40), st.integers(1, 500))
def test_a_block_that_fits_reads_no_more_than_there_is_room_for(kernel, stride, length, most, room):
    windows = [Window(kernel, stride)]
    found = fitting(windows, (2, length), most, room)
    assert 1 <= found <= most
    for block in blocks((2, length), found):
        _, (read,) = covered(windows, block[1:])
        assert found == 1 or extents(block)[0] * read <= room


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_numbers_that_are_not_finite_are_seen_wherever_they_are(number, dtype):
    array = np.ones((3, 4, 5), dtype)
    check_finite(array, array.T, array[:, ::2])
    for at in ((0, 0, 0), (2, 3, 4), (1, 2, 3)):
        array[at] = number
        with pytest.raises(NotFiniteError):
            check_finite(array.transpose(1, 2, 0))
        array[at] = 1


def test_exact_numbers_are_finite():
    check_finite(np.array([2**62] * 9), np.array([10**400], object))
