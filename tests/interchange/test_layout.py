"""Layouts against the arrays that NumPy makes by the same steps."""

from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnmath.interchange.layout import Layout, Piece


def carried_out(layout):
    """The array that an array of the source's shape, counted through, looks like."""
    x = np.arange(prod(layout.source)).reshape(layout.source)
    at = np.indices(layout.shape)
    index = [np.zeros(layout.shape, int) for _ in layout.source]
    for digits, group in zip(at, layout.groups, strict=True):
        rest = digits
        for piece in reversed(group):
            index[piece.axis] = index[piece.axis] + rest % piece.size * piece.stride
            rest = rest // piece.size
    return x[tuple(index)]


@st.composite
def steps(draw):
    """A shape, and what is done to an array of it: reshapes to factors of its size, and permutations."""
    shape = tuple(draw(st.lists(st.sampled_from([1, 2, 3, 4, 6]), min_size=1, max_size=4)))
    done, size = [], prod(shape)
    rank = len(shape)
    for _ in range(draw(st.integers(1, 4))):
        if draw(st.booleans()):
            done.append(("permute", draw(st.permutations(range(rank)))))
        else:
            sizes, left = [], size
            while left > 1 and draw(st.booleans()):
                sizes.append(draw(st.sampled_from([d for d in range(1, left + 1) if left % d == 0])))
                left //= sizes[-1]
            done.append(("reshape", (*sizes, left)))
            rank = len(sizes) + 1
    return shape, done


@given(steps())
def test_a_chain_of_views_is_one_layout(drawn):
    shape, done = drawn
    layout, x = Layout.of(shape), np.arange(prod(shape)).reshape(shape)
    for kind, what in done:
        following = layout.permuted(what) if kind == "permute" else layout.reshaped(what)
        if following is None:  # sizes that do not divide each other: the array is made first
            layout, x = Layout.of(x.shape), np.arange(x.size).reshape(x.shape)
            following = layout.reshaped(what)
            if following is None:
                return
        layout, x = following, x.transpose(what) if kind == "permute" else x.reshape(what)
    assert layout.shape == x.shape
    assert np.array_equal(carried_out(layout), x)


@given(steps())
def test_layouts_that_look_the_same_are_equal(drawn):
    shape, done = drawn
    layout = Layout.of(shape)
    for kind, what in done:
        layout = (layout.permuted(what) if kind == "permute" else layout.reshaped(what)) or layout
    if layout.shape == shape:
        assert layout.plain == np.array_equal(carried_out(layout), carried_out(Layout.of(shape)))


def test_sizes_that_do_not_divide_each_other_are_no_layout():
    assert Layout.of((6, 4)).reshaped((8, 3)) is None
    assert Layout.of((6, 4)).reshaped((5, 5)) is None


def test_an_axis_that_is_one_alone_is_found_wherever_it_stands():
    layout = Layout.of((2, 3, 4, 5)).permuted((0, 2, 3, 1)).reshaped((2, 20, 3))
    assert [layout.axis(i) for i in range(3)] == [0, None, 1]
    wider = layout.resized(2, 7)
    assert (wider.source, wider.shape) == ((2, 7, 4, 5), (2, 20, 7))


def test_an_axis_made_of_several_cannot_be_resized():
    with pytest.raises(ValueError, match="axis 1"):
        Layout.of((2, 3, 4)).reshaped((2, 12)).resized(1, 5)


def test_a_large_prime_stands_for_any_number_of_samples():
    prime = 2**61 - 1
    layout = Layout.of((prime, 6, 4)).reshaped((prime * 2, 3, 4))
    assert layout.groups[0] == (Piece(0, 1, prime), Piece(1, 3, 2))
    assert layout.reshaped((prime, 6, 4)).plain
