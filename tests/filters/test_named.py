"""Filters by name: SciPy's numbers, what they keep, and what comes back for which numbers."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from cnnmath import filters
from cnnmath.errors import DataError, SettingError, ShapeError
from cnnmath.filters import correlate, kernel
from tests.filters.drawn import fractions, pairs
from tests.subjects.test_lecture_notes import HALF_LIGHT

NDIMAGE = {"zero": "constant", "edge": "nearest", "symmetric": "reflect", "reflect": "mirror", "wrap": "wrap"}
GRADIENTS = {"sobel": filters.sobel, "prewitt": filters.prewitt, "scharr": filters.scharr}
ALL = {
    **GRADIENTS,
    **{name: getattr(filters, name) for name in ("box_blur", "binomial_blur", "gaussian_blur", "laplacian", "sharpen")},
    **{name: getattr(filters, name) for name in ("unsharp_mask", "laplacian_of_gaussian", "roberts")},
}
IMAGE = np.random.default_rng(7).integers(0, 256, (9, 11), dtype=np.uint8)
every_filter = pytest.mark.parametrize("name", ALL)


@given(pairs(), st.sampled_from(list(NDIMAGE)))
def test_gradients_and_laplacians_are_scipys_to_the_number(pair, boundary):
    x, _ = pair
    for axis in range(x.ndim):
        for name in ("sobel", "prewitt"):
            wanted = getattr(ndimage, name)(x, axis, mode=NDIMAGE[boundary])
            assert (GRADIENTS[name](x, axis, boundary=boundary) == wanted).all()
    assert (filters.laplacian(x, boundary=boundary) == ndimage.laplace(x, mode=NDIMAGE[boundary])).all()


@pytest.mark.parametrize("boundary", NDIMAGE)
@pytest.mark.parametrize("sigma", [0.3, 1, 2.2])
def test_a_gaussian_blur_is_scipys_up_to_rounding(sigma, boundary):
    wanted = ndimage.gaussian_filter(IMAGE.astype(float), sigma, mode=NDIMAGE[boundary])
    assert np.abs(filters.gaussian_blur(IMAGE, sigma, boundary=boundary) - wanted).max() < 1e-12


def test_a_box_blur_is_scipys_for_odd_and_even_sizes():
    for size in (1, 2, 3, 4, 5):
        wanted = ndimage.uniform_filter(IMAGE.astype(float), size)
        assert np.abs(filters.box_blur(IMAGE, size) - wanted).max() < 1e-11


@given(pairs(), st.sampled_from(["symmetric", "wrap"]), st.sampled_from([1, 3, 5]))
def test_a_blur_of_odd_size_keeps_the_sum_exactly(pair, boundary, size):
    x = fractions(pair[0])
    assert filters.box_blur(x, size, boundary=boundary).sum() == x.sum()
    assert filters.binomial_blur(x, size, boundary=boundary).sum() == x.sum()


@every_filter
@pytest.mark.parametrize("boundary", ["symmetric", "reflect", "edge", "wrap"])
def test_a_constant_image_is_kept_or_becomes_nothing(name, boundary):
    y = ALL[name](np.full((6, 7), 50), boundary=boundary)
    kept = "blur" in name or name in ("sharpen", "unsharp_mask")
    assert np.abs(y - (50 if kept else 0)).max() < 1e-11


@every_filter
def test_an_image_of_bytes_is_that_of_its_integers_and_singles_stay_singles(name):
    y = ALL[name](IMAGE)
    assert (y == ALL[name](IMAGE.astype(int))).all()
    assert y.dtype == (np.int64 if name in ("laplacian", "sharpen") else np.float64)
    single = ALL[name](IMAGE.astype(np.float32))
    assert single.dtype == np.float32
    assert np.abs(single - y).max() < 1e-2
    assert ALL[name](IMAGE.astype(np.float16)).dtype == np.float16


@every_filter
def test_channels_are_filtered_one_by_one(name):
    image = np.stack([IMAGE, IMAGE[::-1], 255 - IMAGE])
    y = ALL[name](image, channels=True)
    assert y.shape == image.shape
    for channel, wanted in zip(y, image, strict=True):
        assert np.abs(channel - ALL[name](wanted)).max() < 1e-10


@every_filter
def test_filters_turn_with_the_image(name):
    turned = ALL[name](IMAGE.T)
    assert np.abs(turned - ALL[name](IMAGE).T).max() < 1e-10


@every_filter
def test_the_input_is_read_in_any_layout_and_not_written(name):
    image = IMAGE[::-1, ::2]
    image.flags.writeable = False
    kept = image.copy()
    assert (ALL[name](image) == ALL[name](kept)).all()
    assert (image == kept).all()


@pytest.mark.parametrize("name", ["box_blur", "binomial_blur", "laplacian", "sharpen"])
def test_exact_images_stay_exact(name):
    y = ALL[name](fractions(IMAGE))
    h = kernel(name.removesuffix("_blur"))
    assert (y == correlate(fractions(IMAGE), h, "same", "symmetric")).all()
    assert all(type(v) is Fraction for v in y.flat)


def test_a_mean_of_integers_is_rounded_once():
    wanted = [[float(v) for v in row] for row in filters.box_blur(fractions(IMAGE, 1))]
    assert filters.box_blur(IMAGE).tolist() == wanted


def test_a_blur_whose_sums_do_not_fit_64_bits_is_that_of_floats():
    x = np.array([2**61, 2**61, 2**61])
    assert filters.box_blur(x).tolist() == [2.0**61] * 3
    assert filters.binomial_blur(np.ones(200, np.uint8), 100)[100] == pytest.approx(1, rel=1e-13)


def test_the_magnitude_is_the_length_of_the_gradient():
    for name, function in GRADIENTS.items():
        gradient = [function(IMAGE, axis) for axis in range(2)]
        assert all(part.dtype == np.int64 for part in gradient)
        assert (function(IMAGE) == np.hypot(*gradient)).all(), name
    assert filters.sobel([0, 3, 0, -1]).tolist() == [3, 0, 4, 1]
    steps = fractions(np.array([[0, 0, 0], [3, 3, 3], [6, 6, 6]]), 1)
    assert filters.sobel(steps)[1, 1] == 24


def test_the_lecturers_edge_is_found_where_it_lies():
    assert filters.prewitt(HALF_LIGHT, axis=1).tolist() == [[0, 0, -30, -30, 0, 0]] * 6
    assert (filters.prewitt(HALF_LIGHT, axis=0) == 0).all()


def test_roberts_takes_both_diagonals():
    x = np.array([[1, 2], [4, 8]])
    assert filters.roberts(x, axis=0)[1, 1] == 8 - 1
    assert filters.roberts(x, axis=1)[1, 1] == 4 - 2
    assert filters.roberts(x)[1, 1] == np.hypot(7, 2)


def test_a_moving_average_has_the_mode_that_is_asked_for():
    x = [10, 10, 10, 10, 0, 0]
    assert filters.moving_average(x, 4).tolist() == [10, 7.5, 5]
    assert filters.moving_average(x, 3, mode="same").tolist() == [10, 10, 10, 20 / 3, 10 / 3, 0]
    assert filters.moving_average([x, x], 2, axis=0).tolist() == [x]
    assert filters.moving_average([x, x], 4, axis=-1).tolist() == [[10, 7.5, 5]] * 2


def test_a_derivative_is_taken_along_one_axis():
    x = np.arange(30).reshape(5, 6) ** 2
    for axis in (0, 1):
        assert (filters.derivative(x, axis)[1:-1, 1:-1] == np.gradient(x, axis=axis)[1:-1, 1:-1]).all()
    assert set(filters.derivative(x, 1, order=2)[:, 1:-1].flat) == {2}


def test_an_unsharp_mask_adds_what_the_blur_takes_away():
    y = filters.unsharp_mask(IMAGE, 2, 1.5)
    assert np.abs(y - (IMAGE + 1.5 * (IMAGE - filters.gaussian_blur(IMAGE, 2)))).max() < 1e-11
    assert (filters.unsharp_mask(IMAGE, 2, 0) == IMAGE).all()


def test_nan_spreads_as_far_as_a_kernel_reaches():
    x = np.ones((7, 7))
    x[3, 3] = np.nan
    for name in ("box_blur", "sharpen", "sobel"):
        assert np.isnan(ALL[name](x)).sum() == 9


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: filters.sobel([]), ShapeError, "'x' is empty"),
        (lambda: filters.sobel(IMAGE, axis=2), SettingError, "kernel 'sobel': there is no such axis"),
        (lambda: filters.sobel([1, 2], channels=True), SettingError, "channels alone cannot be filtered"),
        (lambda: filters.sobel(IMAGE, boundary="mirror"), LookupError, "there is no boundary 'mirror'"),
        (lambda: filters.roberts([1, 2]), SettingError, "roberts: the diagonals are those of an image"),
        (lambda: filters.box_blur(IMAGE, 0), SettingError, "kernel 'box': the size must be at least 1"),
        (lambda: filters.gaussian_blur(IMAGE, -1), SettingError, "sigma must be a positive number"),
        (
            lambda: filters.gaussian_blur([Fraction(1, 2)]),
            DataError,
            "an exact input is filtered by a kernel of floats",
        ),
        (lambda: filters.unsharp_mask(IMAGE, amount="much"), SettingError, "amount must be a finite number"),
        (lambda: filters.moving_average([1, 2], 3), ShapeError, "the kernel lies nowhere inside the input"),
        (lambda: filters.moving_average([1, 2], axis=1), SettingError, "there is no such axis"),
        (lambda: filters.derivative(IMAGE, order=0), SettingError, "the order is 1 or 2"),
        (lambda: filters.laplacian(IMAGE, 5), SettingError, "use 4 or 8"),
    ],
)
def test_what_cannot_be_filtered_is_refused(call, kind, message):
    with pytest.raises(kind) as caught:
        call()
    assert message in str(caught.value)
