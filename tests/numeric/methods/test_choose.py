"""Which method is chosen, and why."""

import numpy as np
import pytest

from cnnmath import numeric, ops
from cnnmath.errors import CnnmathError, SettingError
from cnnmath.numeric import choose_method, using

VGG = (ops.Conv(256, 3, padding=1), (1, 256, 56, 56))


def test_tiles_are_chosen_where_sums_are_long_and_places_many():
    assert choose_method(*VGG).method == "winograd"


def test_a_product_is_chosen_for_single_taps_and_for_strides():
    assert choose_method(ops.Conv(64, 1), (1, 256, 56, 56)).method == "gemm"
    assert choose_method(ops.Conv(64, 7, stride=2, padding=3), (1, 3, 224, 224)).method == "gemm"


def test_the_definition_is_chosen_where_each_channel_has_its_own_filter():
    assert choose_method(ops.Conv(64, 3, padding=1, groups=64), (1, 64, 56, 56)).method == "direct"


def test_spectra_are_chosen_for_one_large_filter():
    assert choose_method(ops.Conv(1, 31, padding=15), (1, 1, 256, 256)).method == "fft"


@pytest.mark.parametrize("dtype", [np.int64, object, np.float16, np.longdouble])
def test_numbers_that_the_blas_does_not_have_take_the_definition(dtype):
    assert choose_method(*VGG, dtype=dtype).method == "direct"


def test_auto_never_takes_a_method_whose_bound_is_above_the_tolerance():
    for tolerance in (1e-2, 1e-3, 1e-4, 1e-5, 0.0):
        with using(tolerance=tolerance):
            choice = choose_method(*VGG)
        allowed = [p for p in choice.predictions.values() if not p.refused and p.bound <= tolerance]
        assert choice.prediction in allowed or (not allowed and choice.method == "gemm")
    with using(tolerance=1e-3):
        assert choose_method(*VGG).prediction.tile == (2, 2)


def test_a_method_can_be_asked_for():
    with using(method="direct"):
        assert choose_method(*VGG).method == "direct"


def test_a_method_that_cannot_serve_is_refused():
    with using(method="winograd"), pytest.raises(SettingError) as caught:
        numeric.forward(ops.Conv(1, 3, stride=2, bias=False), np.ones((1, 1, 5, 5)), w=np.ones((1, 1, 3, 3)))
    assert str(caught.value) == (
        "conv: the method winograd cannot serve.\n"
        "  here    the stride or the dilation is not 1\n"
        "  fix     use method 'auto', or 'direct' or 'gemm' or 'fft'"
    )


def test_settings_are_checked():
    for settings in ({"method": "magic"}, {"threads": 0}, {"scratch": 5}, {"tolerance": -1}, {"speed": 3}):
        with pytest.raises(CnnmathError), using(**settings):
            pass


def test_settings_end_with_the_block():
    before = numeric.current()
    with pytest.raises(ZeroDivisionError), using(method="fft", threads=1):
        _ = 1 / 0
    assert numeric.current() == before


def test_the_report_shows_each_method_and_marks_the_one_chosen():
    report = repr(choose_method(*VGG))
    assert [line.split()[0] for line in report.splitlines()] == ["method", "direct", "gemm", "winograd", "fft"]
    assert next(line for line in report.splitlines() if "<- chosen" in line).startswith("winograd")


def test_winograd_multiplies_less_and_bounds_its_error_higher():
    predictions = choose_method(*VGG).predictions
    assert predictions["winograd"].multiplications * 4 == predictions["gemm"].multiplications
    assert predictions["winograd"].bound > predictions["gemm"].bound > 0
