"""Padding that depends on the input: same, valid, and the overhang of ceil."""

from itertools import product

import numpy as np
import pytest
import sympy

from cnnmath.errors import ShapeError
from cnnmath.ops.checks import axis_names, fitted
from cnnmath.window import fit

SIZES, KERNELS, STRIDES, DILATIONS = range(1, 20), (1, 2, 3, 4, 7), (1, 2, 3, 5), (1, 2, 3)
CEIL = [
    *product(SIZES, KERNELS, STRIDES, DILATIONS, product(range(3), range(3))),
    *product(SIZES, KERNELS, STRIDES, (1,), ((4, 0), (0, 4), (7, 9))),  # padding beyond the extent
]


def ceil_outputs(n, kernel, stride, dilation, padding):
    """The definition: round up, then drop the windows that would start in the far padding."""
    before, after = padding
    outputs = -(-(n + before + after - dilation * (kernel - 1) - 1) // stride) + 1
    while outputs > 0 and (outputs - 1) * stride >= n + before:
        outputs -= 1
    return outputs


def test_ceil_rounds_up_and_drops_windows_that_start_in_the_far_padding():
    checked = 0
    for setting in CEIL:
        expected = ceil_outputs(*setting)
        if expected >= 1:
            window = fit(*setting, ceil=True)
            assert window.placements(setting[0]) == expected, setting
            assert window.before == setting[-1][0], setting
            checked += 1
    assert checked > 10_000


def test_ceil_pads_no_further_than_its_last_window_reaches():
    for n, k, s, d, padding in CEIL:
        window = fit(n, k, s, d, padding, ceil=True)
        outputs = window.placements(n)
        if outputs >= 1 and window.after:
            assert (outputs - 1) * s + window.extent == n + window.before + window.after


def test_ceil_gives_the_output_lengths_of_pytorch():
    torch = pytest.importorskip("torch")
    pools = torch.nn.functional
    for n, k, s, p, d in product(range(1, 16), range(1, 6), range(1, 6), range(3), (1, 2)):
        if p <= k // 2 and n + 2 * p >= d * (k - 1) + 1:
            ours = fit(n, k, s, d, (p, p), ceil=True).placements(n)
            x = torch.zeros(1, 1, n)
            assert ours == pools.max_pool1d(x, k, s, p, d, ceil_mode=True).shape[-1], (n, k, s, p, d)
            if d == 1:
                assert ours == pools.avg_pool1d(x, k, s, p, ceil_mode=True).shape[-1], (n, k, s, p)


@pytest.mark.parametrize("padding", ["same", "same_lower"])
def test_same_gives_an_output_for_every_stride_started_and_pads_no_more_than_it_must(padding):
    odd = 0
    for n, k, s, d in product(SIZES, KERNELS, STRIDES, DILATIONS):
        window = fit(n, k, s, d, padding)
        assert window.placements(n) == -(-n // s), (n, k, s, d)
        surplus = window.after - window.before if padding == "same" else window.before - window.after
        assert surplus in (0, 1), "the odd pad goes after, or with same_lower before"
        odd += surplus
        if window.before + window.after:
            least = window.preimage(window.placements(n))[0]
            assert least == n, "one pad less would lose an output"
    assert odd > 100


def test_valid_pads_nothing():
    assert fit(9, 3, 2, padding="valid") == fit(9, 3, 2, padding=(0, 0))


@pytest.mark.parametrize("ceil", [False, True])
@pytest.mark.parametrize("padding", ["same", "same_lower", (1, 0)])
def test_symbols_and_arrays_fit_as_integers_do(padding, ceil):
    settings = list(product(range(4, 12), (1, 2, 3), (1, 2, 3), (1, 2)))
    ones = [fit(*setting, padding, ceil=ceil) for setting in settings]
    many = fit(*np.array(settings).T, padding, ceil=ceil)
    symbols = sympy.symbols("n k s d", integer=True, positive=True)
    formula = fit(*symbols, padding, ceil=ceil)
    lengths = sympy.lambdify(symbols, (formula.before, formula.after, formula.placements(symbols[0])))
    expected = [(w.before, w.after, w.placements(n)) for w, (n, *_) in zip(ones, settings, strict=True)]
    arrays = np.broadcast_arrays(many.before, many.after, many.placements(np.array(settings)[:, 0]))
    assert np.transpose(arrays).tolist() == [list(row) for row in expected]
    assert [tuple(map(int, lengths(*setting))) for setting in settings] == expected


def test_a_kernel_that_does_not_fit_is_explained_in_full():
    with pytest.raises(ShapeError) as caught:
        fitted([fit(5, 7, 2)], [5])
    assert str(caught.value) == (
        "the kernel does not fit the input.\n"
        "  input   length 5     window  kernel 7, stride 2, dilation 1, padding (0, 0)\n"
        "  rule    floor((n + before + after - d*(k-1) - 1)/s) + 1 >= 1\n"
        "  here    floor((5 + 0 + 0 - 6 - 1)/2) + 1 = 0\n"
        "  fix     pad by at least 2 more in total, or use a kernel of at most 5, or give an input of at least 7"
    )


def test_each_fix_that_the_message_offers_works_and_is_the_smallest():
    for n, k, s, d, before in product(range(1, 6), range(2, 6), (1, 2, 3), (1, 2), (0, 1)):
        window = fit(n, k, s, d, (before, 0))
        if window.placements(n) < 1:
            with pytest.raises(ShapeError) as caught:
                fitted([window], [n])
            pad, kernel, size = (
                int(part.split()[-1]) for part in caught.value.lines["fix"].replace(" more in total", "").split(",")
            )
            assert fit(n, k, s, d, (before, pad)).placements(n) == fit(size, k, s, d, (before, 0)).placements(size) == 1
            assert (
                fit(n, kernel, s, d, (before, 0)).placements(n)
                >= 1
                > fit(n, kernel + 1, s, d, (before, 0)).placements(n)
            )
            assert fit(n, k, s, d, (before, pad - 1)).placements(n) < 1


def test_axes_are_named_as_one_speaks_of_them():
    assert [axis_names(rank) for rank in range(1, 5)] == [
        ("length",),
        ("height", "width"),
        ("depth", "height", "width"),
        ("axis 0", "axis 1", "axis 2", "axis 3"),
    ]
