"""What the engine promises: scratch memory within its bound, kinds of numbers kept, layouts that do not matter."""

import tracemalloc

import numpy as np
import pytest
import scipy.fft  # noqa: F401 - imported before memory is traced

from cnnmath import numeric, ops
from cnnmath.numeric import Engine, choose_method, using
from cnnmath.numeric.workers import scratch

MEGABYTE = 2**20
LAYERS = {
    "wide": (ops.Conv(136, 3, padding=1), (1, 66, 40, 37)),
    "few places": (ops.Conv(200, 3, padding=1), (1, 130, 7, 6)),
    "many filters of few channels": (ops.Conv(300, 3, padding=1), (1, 8, 40, 40)),
    "strides over single taps": (ops.Conv(64, 1, stride=3), (1, 64, 90, 90)),
    "holes": (ops.Conv(20, 3, dilation=9, padding=9), (1, 48, 50, 50)),
    "depthwise": (ops.Conv(16, 3, padding=1, groups=16), (1, 16, 120, 120)),
    "groups": (ops.Conv(64, 3, padding=1, groups=4), (1, 64, 50, 50)),
    "signals": (ops.Conv(35, (9,), padding=4), (1, 33, 6001)),
}


def serving():
    """Each layer with each method that can serve it in little memory."""
    for name, (op, shape) in LAYERS.items():
        with using(scratch=MEGABYTE):
            predictions = choose_method(op, shape).predictions
        for method in predictions:
            if not predictions[method].refused:
                yield pytest.param(op, shape, method, id=f"{name}, {method}")


def peak(function, *arrays):
    """Bytes that a call takes at most, its results left out."""
    scratch.cache_clear()
    tracemalloc.start()
    try:
        found = function(*arrays)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return most - sum(a.nbytes for a in (found.values() if isinstance(found, dict) else [found]))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(("op", "shape", "method"), list(serving()))
def test_memory_beside_operands_and_results_is_bounded_by_a_setting(op, shape, method, threads):
    arrays = [np.ones(size, np.float32) for size in (shape, *op.parameters(shape).values())]
    dy, kernel = np.ones(op.shape(shape), np.float32), numeric.kernel(op)
    for megabytes in (1, 3):
        with using(method=method, scratch=megabytes * MEGABYTE, threads=threads):
            most = threads * megabytes * MEGABYTE + 2 * arrays[1].nbytes + MEGABYTE // 8  # filters in another order
            assert peak(kernel.forward, op, *arrays) <= most
        if method != "fft":  # the spectra of the adjoint, of other sizes, may not fit
            with using(method=method, scratch=megabytes * MEGABYTE, threads=threads):
                part = dy.nbytes // 2 if max(op.stride) > 1 else 0  # of the gradient, before it is put in its place
                assert peak(kernel.backward, op, dy, *arrays) <= most + part


@pytest.mark.parametrize("method", numeric.METHODS)
@pytest.mark.parametrize("threads", [1, 2])
def test_blocks_do_not_depend_on_threads_in_little_memory_either(method, threads):
    op, rng = ops.Conv(48, 3, padding=1), np.random.default_rng(0)
    shape = (3, 40, 30, 30)
    x, dy = (rng.random(size).astype(np.float32) for size in (shape, op.shape(shape)))
    own = {name: rng.random(size).astype(np.float32) for name, size in op.parameters(shape).items()}
    with using(method=method, scratch=MEGABYTE, threads=1):
        y, grads = numeric.forward(op, x, **own), numeric.backward(op, dy, x, **own)
    with using(method=method, scratch=MEGABYTE, threads=1 + threads):
        assert np.array_equal(y, numeric.forward(op, x, **own))
        again = numeric.backward(op, dy, x, **own)
        assert all(np.array_equal(grads[name], again[name]) for name in grads)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_floats_come_back_as_they_were(dtype):
    op, rng = ops.Conv(4, 3, padding=1), np.random.default_rng(0)
    x, dy = rng.integers(-2, 3, (2, 3, 9, 8)).astype(dtype), rng.integers(-2, 3, (2, 4, 9, 8)).astype(dtype)
    own = {name: rng.integers(-2, 3, size).astype(dtype) for name, size in op.parameters(x.shape).items()}
    whole = {name: array.astype(np.int64) for name, array in own.items()}
    y, exact = numeric.forward(op, x, **own), numeric.forward(op, x.astype(np.int64), **whole)
    assert y.dtype == dtype
    assert exact.dtype == np.int64
    assert np.allclose(y.astype(float), exact, rtol=0, atol=1e-3)
    grads = numeric.backward(op, dy, x, **own)
    exact = numeric.backward(op, dy.astype(np.int64), x.astype(np.int64), **whole)
    for name, gradient in grads.items():
        assert gradient.dtype == dtype
        assert np.allclose(gradient.astype(float), exact[name], rtol=0, atol=1e-3)


@pytest.mark.parametrize("method", numeric.METHODS)
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 2, 3, 1), (3, 2, 1, 0), (2, 0, 3, 1)])
def test_results_do_not_depend_on_how_the_input_lies_in_memory(method, order):
    op, rng = ops.Conv(20, 3, padding=1), np.random.default_rng(0)
    x, dy = rng.random((2, 18, 21, 22)), rng.random((2, 20, 21, 22))
    own = {name: rng.random(size) for name, size in op.parameters(x.shape).items()}
    back = np.argsort(order)
    laid = [np.ascontiguousarray(a.transpose(order)).transpose(back) for a in (x, dy)]
    with using(method=method):
        y, again = numeric.forward(op, x, **own), numeric.forward(op, laid[0], **own)
        grads, same = numeric.backward(op, dy, x, **own), numeric.backward(op, laid[1], laid[0], **own)
    assert np.allclose(y, again, rtol=1e-11)
    assert all(np.allclose(grads[name], same[name], rtol=1e-10) for name in grads)


def test_settings_in_effect_are_those_of_the_innermost_block():
    assert numeric.current() == Engine()
    with using(scratch=5 * MEGABYTE) as outer:
        with using(threads=3, method="gemm") as inner:
            assert (inner.scratch, inner.workers, inner.method) == (5 * MEGABYTE, 3, "gemm")
        assert numeric.current() == outer
    assert numeric.current() == Engine()
    assert Engine().workers >= 1
