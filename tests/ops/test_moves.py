"""What moves numbers about: shapes, places, and messages in full."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import numeric, ops
from cnnmath.axis import Listed, Transposed
from cnnmath.errors import CnnmathError
from cnnmath.ops.row_major import indices_of, row_major
from cnnmath.verify.strategies import cases
from cnnmath.window import IDENTITY, Window
from tests.support import each

H, W = sp.symbols("H W", integer=True, positive=True)
CROP = Window(1, before=-2, after=-1)
IMAGE = np.arange(2 * 4 * 6 * 4).reshape(2, 4, 6, 4)


@given(cases(ops.Transpose))
def test_the_inverse_order_undoes_a_transpose(case):
    (x,) = case.inputs
    numbers = np.arange(np.prod(x)).reshape(x)
    back = ops.Transpose(tuple(np.argsort(case.op.order).tolist()))
    assert np.array_equal(numeric.forward(back, numeric.forward(case.op, numbers)), numbers)


@pytest.mark.parametrize("order", ["DCR", "CRD"])
@given(data=st.data())
def test_depth_to_space_undoes_space_to_depth(order, data):
    case = data.draw(cases(ops.SpaceToDepth))
    down, up = ops.SpaceToDepth(case.op.block, order), ops.DepthToSpace(case.op.block, order)
    x = np.arange(np.prod(case.inputs[0])).reshape(case.inputs[0])
    assert np.array_equal(numeric.forward(up, numeric.forward(down, x)), x)


@pytest.mark.parametrize(
    ("op", "moved"),
    [
        (ops.Slice((0, 1, 1, -3), (None, 3, -1, None), (1, 1, 2, 1)), IMAGE[:, 1:3, 1:-1:2, -3:]),
        (ops.Slice((None, -1, 4), (None, None, 0), (-1, -2, -2)), IMAGE[::-1, -1::-2, 4:0:-2]),
        (ops.Slice((0, 2), (None, 2)), IMAGE[:, 2:2]),
        (ops.Transpose((3, 1, 0, 2)), IMAGE.transpose(3, 1, 0, 2)),
        (ops.Reshape((3, -1, 4)), IMAGE.reshape(2, 3, 8, 4)),
        (ops.Reshape((), start=4), IMAGE),
        (ops.Tile((2, 1, 1, 3)), np.tile(IMAGE, (2, 1, 1, 3))),
        (ops.Select((3, 0, 3), axis=3), IMAGE[..., [3, 0, 3]]),
        (ops.ChannelShuffle(2), IMAGE[:, [0, 2, 1, 3]]),
    ],
    ids=str,
)
def test_numbers_go_where_numpy_has_them(op, moved):
    assert op.shape(IMAGE.shape) == moved.shape
    assert np.array_equal(numeric.forward(op, IMAGE), moved)


@pytest.mark.parametrize(
    ("op", "axes"),
    [
        (ops.Slice((0, 0, 2, 0), (None, None, -1, 3), (1, 1, 1, 2)), (CROP, Window(1, 2, after=-1))),
        (ops.Slice((0, 0, -1), steps=(1, 1, -2)), (Listed((5, 3, 1)), IDENTITY)),
        (ops.Select((1, 1), axis=3), (IDENTITY, Listed((1, 1)))),
        (ops.Select((1, 1)), (IDENTITY, IDENTITY)),
        (ops.Tile((2, 3, 1, 2)), (IDENTITY, Listed((0, 1, 2, 3, 0, 1, 2, 3)))),
        (ops.Transpose((1, 0, 2, 3)), (IDENTITY, IDENTITY)),
        (ops.Transpose((0, 1, 3, 2)), None),
        (ops.Reshape((-1, 6, 4)), (IDENTITY, IDENTITY)),
        (ops.Reshape((8, -1), start=0), None),
        (ops.Reshape((-1, 4), start=2), (IDENTITY, IDENTITY)),
        (ops.Reshape((4, 6), start=2), None),
        (ops.Concat(axis=3), None),
        (ops.Concat(axis=0), (IDENTITY, IDENTITY)),
        (ops.SpaceToDepth(2), (Window(2, 2), Window(2, 2))),
        (ops.DepthToSpace(2), (Transposed(Window(2, 2)), Transposed(Window(2, 2)))),
    ],
    ids=str,
)  # fmt: skip
def test_an_output_reads_along_its_axes_as_far_as_positions_stay(op, axes):
    assert op.axes((6, 4)) == axes


def test_where_there_is_one_position_alone_nothing_is_rearranged():
    assert ops.Transpose((0, 1, 3, 2)).axes((1, 1)) == (IDENTITY, IDENTITY)
    assert not ops.Transpose((0, 2, 3, 1)).rearranges((2, 8, 1, 1))
    assert not ops.Reshape((8, 1, 1)).rearranges((2, 8))
    assert not ops.Reshape((-1,)).rearranges((2, 8, 4, 4))
    assert ops.Reshape((-1,), start=2).rearranges((2, 8, 4, 4))
    assert ops.Transpose((0, 2, 3, 1)).rearranges((2, 8, 4, 4))
    assert ops.Concat(axis=2).rearranges((2, 8, 4), (2, 8, 4))


@pytest.mark.parametrize(
    ("op", "shape"),
    [
        (ops.Slice((0, 0, 1, -2), (None, None, -1, None), (1, 1, 2, -1)), (1, 8, sp.floor((H - 3) / 2) + 1, W - 1)),
        (ops.Slice((0, 0, 2), (None, None, 7)), (1, 8, 5, W)),
        (ops.Transpose((0, 3, 2, 1)), (1, W, H, 8)),
        (ops.Reshape((4, -1, W)), (1, 4, 2 * H, W)),
        (ops.Reshape((-1,), start=2), (1, 8, H * W)),
        (ops.Tile((1, 1, 2, 3)), (1, 8, 2 * H, 3 * W)),
        (ops.DepthToSpace(2), (1, 2, 2 * H, 2 * W)),
        (ops.Select((0, 0), axis=2), (1, 8, 2, W)),
    ],
    ids=str,
)
def test_sizes_may_be_symbols(op, shape):
    assert all(sp.simplify(a - b) == 0 for a, b in zip(op.shape((1, 8, H, W)), shape, strict=True))


@each((ops.Slice, ops.Reshape, ops.Select, ops.Tile))
@given(data=st.data())
def test_sizes_may_be_arrays_of_candidates(kind, data):
    case = data.draw(cases(kind))
    (x,) = case.inputs
    many = tuple(np.array([n, n]) for n in x)
    assert [[int(n) for n in np.broadcast_to(size, 2)] for size in case.op.shape(many)] == [
        [n, n] for n in case.op.shape(x)
    ]


def test_candidates_of_which_some_do_not_fit_are_refused_together():
    many = np.array([3, 4])
    for op in (ops.Slice((0, 0, 4)), ops.Reshape((2, -1), start=2), ops.Select((3,), axis=2)):
        with pytest.raises(CnnmathError):
            op.shape((1, 1, many))


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.integers(0, 255))
def test_a_number_in_row_major_order_has_one_position(sizes, number):
    number %= int(np.prod(sizes))
    assert indices_of(number, tuple(sizes)) == tuple(map(int, np.unravel_index(number, sizes)))
    assert row_major(indices_of(number, tuple(sizes)), tuple(sizes)) == number


MISTAKES = {
    "an axis twice": (
        lambda: ops.Transpose((0, 2, 2)),
        "every axis comes once.\n  here    order (0, 2, 2)\n  rule    0 to 2 in any order\n"
        "  fix     for channels last give (0, 2, 3, 1)",
    ),
    "an order of another rank": (
        lambda: ops.Transpose((0, 2, 1)).shape((1, 2, 3, 4)),
        "the input has the wrong rank.\n  input   shape (1, 2, 3, 4), 4 axes\n  rule    as many axes as order says\n"
        "  here    3 against 4\n  fix     give an input of 3 axes, or another order",
    ),
    "two sizes left open": (
        lambda: ops.Reshape((-1, -1)),
        "two sizes are left open.\n  here    sizes (-1, -1)\n  rule    one -1 at most\n  fix     give all others",
    ),
    "sizes of another product": (
        lambda: ops.Reshape((2, 6)).shape((1, 3, 5)),
        "the numbers do not fill the sizes.\n  input   shape (1, 3, 5)\n"
        "  rule    the product of (3, 5) is that of (2, 6)\n  here    15 against 12\n"
        "  fix     give sizes of the same product, or leave one open with -1",
    ),
    "a size that is no multiple": (
        lambda: ops.Reshape((-1, 6)).shape((1, 3, 5)),
        "the numbers do not fill the sizes.\n  input   shape (1, 3, 5)\n"
        "  rule    the product of (3, 5) is that of (-1, 6)\n  here    15 is no multiple of 6\n"
        "  fix     give sizes of the same product, or leave one open with -1",
    ),
    "a slice that reaches outside": (
        lambda: ops.Slice((0, 0, 2), (None, None, 9)).shape((1, 1, 8)),
        "the slice does not lie inside the input.\n  input   shape (1, 1, 8), axis 2 of length 8     slice  2:9:1\n"
        "  rule    0 <= first <= last + 1 <= n\n  here    first 2, last + 1 9, n 8\n"
        "  fix     end it with the input: None takes all that follow",
    ),
    "a step of 0": (
        lambda: ops.Slice((0, 0), steps=(1, 0)),
        "a step is not 0.\n  here    steps (1, 0)\n  fix     use 1 to take every number",
    ),
    "more starts than ends": (
        lambda: ops.Slice((0, 0), (None,)),
        "starts, ends and steps speak of unequal numbers of axes.\n  here    2, 1 and 2\n"
        "  fix     give each of them one entry for each of the first axes",
    ),
    "no copy": (
        lambda: ops.Tile((1, 0)),
        "the number of repeats must be at least 1.\n  rule    number of repeats >= 1\n  here    0 < 1\n"
        "  fix     use 1 or more",
    ),
    "a number for a tuple": (
        lambda: ops.Tile(2),
        "the number of repeats must be a tuple.\n  here    2\n  fix     give one entry for each axis",
    ),
    "another order of channels": (
        lambda: ops.DepthToSpace(2, "RCD"),
        "there is no such order.\n  here    order 'RCD'\n  fix     use DCR or CRD",
    ),
    "a block that does not divide": (
        lambda: ops.SpaceToDepth(2).shape((1, 3, 4, 5)),
        "the blocks do not divide the width.\n  rule    width mod blocks = 0\n  here    5 mod 2 = 1\n"
        "  fix     use 6 width, or blocks 1",
    ),
    "a place that is not there": (
        lambda: ops.Select((0, 4), axis=2).shape((1, 2, 4)),
        "a selected place is not there.\n  input   shape (1, 2, 4)\n  rule    every place < size of axis 2\n"
        "  here    4 >= 4\n  fix     select among places 0 to 3, or give an input of 5 places",
    ),
    "an axis that is not there": (
        lambda: ops.Concat(axis=2).shape((1, 2), (1, 2)),
        "the input has no such axis.\n  input   shape (1, 2), 2 axes\n  rule    axis < number of axes\n"
        "  here    2 >= 2\n  fix     count axes from 0, the batch",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_refused_in_full(mistake):
    do, message = MISTAKES[mistake]
    with pytest.raises(CnnmathError) as caught:
        do()
    assert str(caught.value) == message
