"""Spectra: within their bound, in as much memory as they may have, and kept only where they are the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import ops
from cnnmath.errors import SettingError
from cnnmath.numeric import choose_method, forward, using
from cnnmath.numeric.fused import Fused


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 3, 20]), st.integers(5, 33))
def test_the_bound_is_one_for_signs_and_for_ones(seed, c, n):
    rng, op = np.random.default_rng(seed), ops.Conv(2, 5, padding=2, bias=False)
    for draw in (lambda s: rng.choice([-1.0, 1.0], s), np.ones):
        x, w = draw((1, c, n, n)), draw((2, c, 5, 5))
        with using(method="fft"):
            bound = choose_method(op, x.shape).prediction.bound * 25 * c
            y = forward(op, x.astype(np.float32), w=w.astype(np.float32))
        with using(method="gemm"):
            exact = forward(op, x, w=w)
        assert np.max(abs(y - exact)) <= bound


def test_some_samples_at_a_time_give_what_all_do():
    op, rng = ops.Conv(5, 3, padding=1, bias=False), np.random.default_rng(1)
    x, w = rng.random((40, 4, 60, 60)), rng.random((5, 4, 3, 3))
    with using(method="fft"):
        whole = forward(op, x, w=w)
        with using(scratch=2**20):
            pieces = forward(op, x, w=w)
    assert np.allclose(whole, pieces, rtol=0, atol=1e-12)


def test_spectra_that_do_not_fit_are_refused_and_the_fix_says_what_serves():
    with using(method="fft", scratch=2**20), pytest.raises(SettingError, match="bytes of scratch memory, of 1048576"):
        choose_method(ops.Conv(1, 3), (1, 64, 300, 300))


def test_spectra_are_remembered_for_their_lengths_and_numbers():
    rng = np.random.default_rng(2)
    op, w = ops.Conv(9, 3, padding=1, bias=False), rng.random((9, 2, 3, 3)).astype(np.float32)
    kept = Fused(op, w)
    for shape in ((1, 2, 5, 5), (3, 2, 40, 21), (50, 2, 9, 9), (1, 2, 5, 5)):
        x = rng.random(shape)
        for dtype in (np.float32, np.float64):
            with using(method="fft", scratch=2**20):
                found = kept.forward(x.astype(dtype))
            assert found.dtype == dtype
            assert np.allclose(found, forward(op, x, w=w), atol=1e-4)
