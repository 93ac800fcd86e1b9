"""What is said of a method beforehand holds."""

import numpy as np
import pytest

from cnnmath import ops
from cnnmath.numeric import METHODS, choose_method, using
from cnnmath.numeric.methods.predict import gamma, too_much

MEGABYTE = 2**20
LAYER = (ops.Conv(64, 3, padding=1), (1, 64, 56, 56))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("megabytes", [1, 2, 5, 64])
def test_no_method_takes_more_scratch_memory_than_there_is(method, megabytes):
    with using(scratch=megabytes * MEGABYTE):
        prediction = choose_method(*LAYER).predictions[method]
    assert prediction.scratch <= megabytes * MEGABYTE


@pytest.mark.parametrize("method", METHODS)
def test_doubles_are_bounded_as_floats_are_with_another_unit(method):
    single, double = (choose_method(*LAYER, dtype=dtype).predictions[method] for dtype in (np.float32, np.float64))
    if single.tile == double.tile:
        assert double.bound * 2**29 == pytest.approx(single.bound, rel=1e-3)


def test_definition_and_product_have_the_bound_of_a_sum_in_any_order():
    predictions = choose_method(*LAYER).predictions
    assert predictions["direct"].bound == predictions["gemm"].bound == gamma(64 * 9, 2.0**-24)
    assert predictions["gemm"].gradient_bound == gamma(56 * 56, 2.0**-24)


def test_exact_numbers_have_no_error():
    predictions = choose_method(*LAYER, dtype=np.int64).predictions
    assert predictions["direct"].bound == predictions["gemm"].bound == 0


def test_sums_so_long_that_nothing_is_known_have_no_bound():
    assert gamma(2**24, 2.0**-24) == float("inf")
    assert choose_method(ops.Conv(1, 1), (1, 4096, 2, 2), dtype=np.float16).prediction.bound == float("inf")


def test_a_method_is_refused_only_where_it_needs_more():
    assert too_much("fft", 5, 5) is None
    assert too_much("fft", 6, 5).refused == "it needs 6 bytes of scratch memory, of 5"
