"""Kernels as exact numbers: what textbooks print, what they sum to, and what they do to ramps and parabolas."""

from fractions import Fraction

import numpy as np
import pytest

from cnnmath import ops
from cnnmath.errors import SettingError, UnknownNameError
from cnnmath.filters import KERNELS, correlate, factors, kernel

RANKS = (1, 2, 3)
every_rank = pytest.mark.parametrize("rank", RANKS)


@pytest.mark.parametrize(
    ("name", "settings", "wanted"),
    [
        ("sobel", {"axis": 0}, [[-1, -2, -1], [0, 0, 0], [1, 2, 1]]),
        ("prewitt", {"axis": 1}, [[-1, 0, 1]] * 3),
        ("scharr", {"axis": -1}, [[-3, 0, 3], [-10, 0, 10], [-3, 0, 3]]),
        ("roberts", {"axis": 0}, [[-1, 0], [0, 1]]),
        ("roberts", {"axis": 1}, [[0, -1], [1, 0]]),
        ("laplacian", {}, [[0, 1, 0], [1, -4, 1], [0, 1, 0]]),
        ("laplacian", {"neighbours": 8}, [[1, 1, 1], [1, -8, 1], [1, 1, 1]]),
        ("laplacian", {"rank": 1}, [1, -2, 1]),
        ("sharpen", {}, [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
        ("sharpen", {"neighbours": 8}, [[-1, -1, -1], [-1, 9, -1], [-1, -1, -1]]),
        ("derivative", {"rank": 1, "order": 2}, [1, -2, 1]),
    ],
)
def test_kernels_are_those_that_textbooks_print(name, settings, wanted):
    h = kernel(name, **settings)
    assert h.dtype == np.int64
    assert h.tolist() == wanted


def test_means_are_fractions():
    assert (kernel("box") == np.full((3, 3), Fraction(1, 9))).all()
    assert (kernel("binomial") * 16 == [[1, 2, 1], [2, 4, 2], [1, 2, 1]]).all()
    assert (kernel("derivative", rank=1) * 2 == [-1, 0, 1]).all()


@every_rank
@pytest.mark.parametrize("name", ["box", "binomial"])
@pytest.mark.parametrize("size", range(1, 8))
def test_blurs_sum_to_one_exactly(name, size, rank):
    assert kernel(name, size=size, rank=rank).sum() == 1


@every_rank
def test_sharpening_sums_to_one_and_laplacians_to_zero(rank):
    for neighbours in (2 * rank, 3**rank - 1):
        assert kernel("laplacian", neighbours=neighbours, rank=rank).sum() == 0
        assert kernel("sharpen", neighbours=neighbours, rank=rank).sum() == 1


SLOPES = {"derivative": {1: 1, 2: 1, 3: 1}, "sobel": {1: 2, 2: 8, 3: 32}, "prewitt": {1: 2, 2: 6, 3: 18}}


@every_rank
@pytest.mark.parametrize("name", SLOPES)
def test_derivatives_give_a_ramp_its_slope_times_their_scale_and_other_axes_nothing(name, rank):
    for axis in range(rank):
        h = kernel(name, axis=axis, rank=rank)
        assert h.sum() == 0
        for along in range(rank):
            ramp = np.indices((5,) * rank)[along] * 3
            wanted = 3 * SLOPES[name][rank] if along == axis else 0
            assert set(correlate(ramp, h, "valid").flat) == {wanted}


def test_a_scharr_kernel_gives_32_on_a_ramp():
    assert set(correlate(np.indices((5, 5))[1], kernel("scharr", axis=1), "valid").flat) == {32}


@every_rank
def test_laplacians_give_a_parabola_its_second_derivative(rank):
    squares = (np.indices((5,) * rank) ** 2).sum(axis=0)
    assert set(correlate(squares, kernel("laplacian", rank=rank), "valid").flat) == {2 * rank}
    diagonals = kernel("laplacian", neighbours=3**rank - 1, rank=rank)
    assert set(correlate(squares, diagonals, "valid").flat) == {2 * rank * 3 ** (rank - 1)}


@every_rank
@pytest.mark.parametrize("sigma", [0.5, 1, 2.5])
def test_gaussian_kernels_sum_to_one_and_their_laplacian_gives_moments(sigma, rank):
    h = kernel("gaussian", sigma=sigma, rank=rank)
    assert h.shape == (2 * int(4 * sigma + 0.5) + 1,) * rank
    assert abs(h.sum() - 1) < 1e-14
    curved = kernel("laplacian of gaussian", sigma=sigma, rank=rank)
    squares = ((np.indices(curved.shape) - curved.shape[0] // 2) ** 2).sum(axis=0)
    assert abs(curved.sum()) < 1e-13
    assert abs((curved * squares).sum() - 2 * rank) < 1e-12


def test_the_laplacian_of_a_wide_gaussian_is_that_of_the_formula():
    h, sigma = kernel("laplacian of gaussian", sigma=3, truncate=6), 3
    i, j = np.indices(h.shape) - h.shape[0] // 2
    r = i**2 + j**2
    wanted = (r - 2 * sigma**2) / (2 * np.pi * sigma**6) * np.exp(-r / (2 * sigma**2))
    assert np.abs(h - wanted).max() < np.exp(-(6**2) / 2)  # where it is cut


@pytest.mark.parametrize("name", ["box", "binomial", "gaussian", "derivative", "sobel", "prewitt", "scharr"])
def test_kernels_that_are_outer_products_are_recognised(name):
    assert factors(kernel(name, rank=3)) is not None


@pytest.mark.parametrize("name", KERNELS)
def test_every_kernel_names_its_source_and_is_a_filter_of_a_network(name):
    assert any(year in KERNELS[name].source for year in ("19", "20", "chapter", "section"))
    h = kernel(name)
    assert ops.Conv(1, h.shape, bias=False).parameters((1, 1, 20, 20)) == {"w": (1, 1, *h.shape)}
    assert h is not kernel(name)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: kernel("sobol"), UnknownNameError, "there is no kernel 'sobol'.\n  near    sobel"),
        (
            lambda: kernel("sobel", size=3),
            SettingError,
            "kernel 'sobel': it has no size.\n  rule    it takes axis, rank\n  fix     leave out size",
        ),
        (
            lambda: kernel("sobel", axis=2),
            SettingError,
            "kernel 'sobel': there is no such axis.\n  rule    -rank <= axis < rank\n  here    axis 2, rank 2\n"
            "  fix     count from 0",
        ),
        (lambda: kernel("box", size=0), SettingError, "kernel 'box': the size must be at least 1."),
        (lambda: kernel("box", size=2.5), SettingError, "kernel 'box': the size must be an integer."),
        (
            lambda: kernel("laplacian", neighbours=6),
            SettingError,
            "kernel 'laplacian': there are two kinds of neighbours.\n  here    neighbours 6, rank 2\n"
            "  rule    2*rank on the axes, or 3**rank - 1 with the diagonals\n  fix     use 4 or 8",
        ),
        (lambda: kernel("derivative", order=3), SettingError, "kernel 'derivative': the order is 1 or 2."),
        (lambda: kernel("gaussian", sigma=0), SettingError, "kernel 'gaussian': sigma must be a positive number."),
        (
            lambda: kernel("gaussian", sigma=np.nan),
            SettingError,
            "sigma must be a positive number.\n  here    sigma nan",
        ),
        (
            lambda: kernel("laplacian of gaussian", sigma=0.1),
            SettingError,
            "kernel 'laplacian of gaussian': the Gaussian is cut to its middle, which has no curvature.",
        ),
    ],
)
def test_what_is_no_kernel_is_refused(call, kind, message):
    with pytest.raises(kind) as caught:
        call()
    assert message in str(caught.value)
