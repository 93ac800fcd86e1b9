"""Operators with the smallest counts that stand for their own."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnmath import ops
from cnnmath.ops.narrowed import narrowed
from cnnmath.ops.reduced import reduced

KEPT = [
    ops.Conv(64, (3, 5), stride=2, dilation=2, padding=1),
    ops.Conv(6, 3, groups=3),
    ops.GroupNorm(4),
    ops.Reshape((1, -1, 0)),
    ops.Expand((1, 2)),
    ops.Slice((0, 1, -2), (None, 3, None)),
    ops.Slice((0, 0, -1), (None, 2, None), (1, 1, -2)),
    ops.Select((2, 0)),
    ops.ReLU(),
]
SMALLER = {
    "groups of a convolution": (ops.Conv(960, 3, groups=960), ops.Conv(4, 3, groups=4)),
    "filters of a group stay": (ops.Conv(64, 3, groups=32, bias=False), ops.Conv(8, 3, groups=4, bias=False)),
    "of a transposed one": (ops.ConvTranspose(21, 4, stride=2, groups=21), ops.ConvTranspose(4, 4, stride=2, groups=4)),
    "groups of a normalisation": (ops.GroupNorm(32), ops.GroupNorm(4)),
    "sizes of a shape, ones stay": (ops.Reshape((1, 12, -1, 64), start=0), ops.Reshape((1, 2, -1, 3), start=0)),
    "equal sizes become unequal": (ops.Expand((1, 7, 7)), ops.Expand((1, 2, 3))),
    "repeats": (ops.Tile((1, 1, 16, 16)), ops.Tile((1, 1, 2, 3))),
    "a later place": (ops.Select((700,)), ops.Select((1,))),
    "places keep their order": (ops.Select((90, 7, 90, 8, 20)), ops.Select((4, 1, 4, 2))),
    "the first half": (ops.Slice((0, 0), (None, 58)), ops.Slice((0, 0), (None, 3))),
    "the second half": (ops.Slice((0, 58), (None, 116)), ops.Slice((0, 3), (None, 6))),
    "up to the end": (ops.Slice((0, 58), (None, None)), ops.Slice((0, 3), (None, None))),
    "counted from the end": (ops.Slice((0, -58), (None, -9)), ops.Slice((0, -6), (None, -3))),
    "a crop": (ops.Slice((0, 9), (None, -9)), ops.Slice((0, 3), (None, -3))),
    "every second, with a rest": (ops.Slice((0, 0), (None, 58), (1, 2)), ops.Slice((0, 0), (None, 6), (1, 2))),
}


@pytest.mark.parametrize("op", KEPT, ids=str)
def test_what_is_small_stays(op):
    assert narrowed(op, (6, 6, 7)) == op


@pytest.mark.parametrize("case", SMALLER)
def test_counts_shrink_and_what_they_tell_stays(case):
    op, small = SMALLER[case]
    assert narrowed(op, (1, 116, 28, 28)) == small


def test_a_cut_of_a_size_left_open_stays():
    sympy = pytest.importorskip("sympy")
    op = ops.Slice((0, 9), (None, -9))
    assert narrowed(op, (1, sympy.Symbol("n", positive=True, integer=True))) == op


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_narrowed_cut_is_narrow_fits_and_tells_what_its_own_does(data):
    n = data.draw(st.integers(1, 40))
    start = data.draw(st.integers(-n, n - 1))
    first = start % n
    ends = [st.none(), st.integers(first + 1, n), *([st.integers(first + 1 - n, -1)] if first < n - 1 else [])]
    end = data.draw(st.one_of(ends))
    op = ops.Slice((0, start), (None, end), (1, data.draw(st.integers(1, 3))))
    small = narrowed(op, (2, n))
    assert isinstance(small, ops.Slice)
    assert narrowed(small, reduced(small, 0)[1][0]) == small
    assert small.steps == op.steps
    for mine, theirs in ((small.starts[1], start), (small.ends[1], end)):
        assert (mine is None) == (theirs is None)
        assert mine is None or ((mine < 0) == (theirs < 0) and (mine == 0) == (theirs == 0))
    ((_, length),) = reduced(small, 0)[1]
    assert 1 <= small.shape((2, length))[1] <= length <= max(n, 12)
