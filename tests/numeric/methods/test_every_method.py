"""Every method of a convolution computes the same sums: exactly where it can, within its bound where it rounds."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import numeric, ops
from cnnmath.errors import SettingError
from cnnmath.numeric import METHODS, choose_method, using
from tests.support import problems

EXACT = ("direct", "gemm")
methods = pytest.mark.parametrize("method", METHODS)


def largest_sum(problem):
    """``taps * max|w| * max|x|``, to which bounds are relative."""
    x, w = problem.inputs[0], problem.parameters["w"]
    return w[0].size * max(abs(w.ravel()), default=0) * max(abs(x.ravel()), default=0)


def run(problem, method, **settings):
    with using(method=method, **settings):
        return problem.forward(), problem.backward()


@methods
@given(data=st.data())
def test_floats_are_within_the_bound_of_the_exact_value(method, data):
    problem = data.draw(problems(ops.Conv, whole=True))
    exact = problem.exact_forward().astype(float)
    for dtype in (np.float64, np.float32):
        drawn = problem.astype(dtype)
        prediction = choose_method(problem.op, drawn.inputs[0]).predictions[method]
        if prediction.refused:
            with pytest.raises(SettingError, match="cannot serve"):
                run(drawn, method)
            continue
        y, _ = run(drawn, method)
        bound = 0 if method in EXACT else prediction.bound * float(largest_sum(problem)) + 8 * np.finfo(dtype).eps
        assert y.dtype == dtype
        assert np.max(np.abs(y - exact), initial=0) <= bound


@pytest.mark.parametrize("method", EXACT)
@given(data=st.data())
def test_whole_numbers_are_exact_forward_and_backward(method, data):
    problem = data.draw(problems(ops.Conv, whole=True))
    exact_y, exact_grads = problem.exact_forward(), problem.exact_backward()
    for dtype in (np.int64, np.float64, np.float32):
        y, grads = run(problem.astype(dtype), method)
        assert (y == exact_y).all()
        assert all((grads[name] == exact_grads[name]).all() for name in grads)


@methods
@given(data=st.data())
def test_neither_threads_nor_scratch_nor_layout_change_a_bit(method, data):
    problem = data.draw(problems(ops.Conv)).astype(np.float32)
    if choose_method(problem.op, problem.inputs[0]).predictions[method].refused:
        return
    y, grads = run(problem, method, threads=1)
    for threads in (2, 3):
        again, same = run(problem, method, threads=threads)
        assert np.array_equal(y, again)
        assert all(np.array_equal(grads[name], same[name]) for name in grads)


WIDE = {  # wide enough that work is shared out in every way there is
    "few filters, many places": (ops.Conv(8, 3, padding=1), (1, 5, 70, 66)),
    "many filters, few places": (ops.Conv(520, 3, padding=1, bias=False), (2, 130, 5, 6)),
    "many of both": (ops.Conv(136, 3, padding=(1, 2)), (2, 66, 20, 17)),
    "single taps": (ops.Conv(200, 1), (2, 100, 12, 11)),
    "strides": (ops.Conv(132, (3, 5), stride=(2, 3), padding=2), (2, 35, 19, 31)),
    "groups": (ops.Conv(24, 3, padding=1, groups=4), (2, 20, 33, 40)),
    "depthwise": (ops.Conv(24, 3, padding=1, groups=12), (2, 12, 31, 40)),
    "signals": (ops.Conv(35, (9,), padding=4), (2, 33, 1001)),
    "volumes": (ops.Conv(6, (3, 2, 3), padding=1), (2, 5, 9, 11, 12)),
}


def serving():
    """Each wide layer with each method that can serve it."""
    for name, (op, shape) in WIDE.items():
        for method, prediction in choose_method(op, shape).predictions.items():
            if not prediction.refused:
                yield pytest.param(op, shape, method, id=f"{name}, {method}")


def drawn(op, shape, layout="first"):
    rng = np.random.default_rng(7)
    sizes = {"x": shape, "dy": op.shape(shape)} | op.parameters(shape)
    arrays = {name: rng.integers(-3, 4, size).astype(np.float32) for name, size in sizes.items()}
    if layout == "last":
        arrays |= {k: np.moveaxis(np.ascontiguousarray(np.moveaxis(arrays[k], 1, -1)), -1, 1) for k in ("x", "dy")}
    return arrays


def both(op, arrays, **settings):
    given_to = {name: a for name, a in arrays.items() if name not in ("x", "dy")}
    with using(**settings):
        y = numeric.forward(op, arrays["x"], **given_to)
        return {"y": y} | numeric.backward(op, arrays["dy"], arrays["x"], **given_to)


serving_layers = pytest.mark.parametrize(("op", "shape", "method"), list(serving()))


@serving_layers
def test_wide_layers_agree_with_doubles_that_are_exact(op, shape, method):
    arrays = drawn(op, shape)
    exact = both(op, {k: a.astype(np.float64) for k, a in arrays.items()}, method="gemm")
    found = both(op, arrays, method=method)
    forward = choose_method(op, shape).predictions[method]
    adjoint = choose_method(replace(op, filters=shape[1], groups=1), op.shape(shape)).predictions[method]
    bounds = {
        "y": forward.bound * arrays["w"][0].size,
        "w": forward.gradient_bound * arrays["dy"][:, 0].size,
        "x": adjoint.bound * arrays["w"][:, 0].size * op.groups,
        "b": 0,
    }
    for name, value in found.items():
        off = np.max(np.abs(value - exact[name]))
        assert off == 0 if method in EXACT else off <= 9 * bounds[name], name  # no number is above 3


@serving_layers
def test_wide_layers_do_not_depend_on_threads(op, shape, method):
    arrays = {k: a + np.float32(0.1) for k, a in drawn(op, shape, "last").items()}
    one = both(op, arrays, method=method, threads=1)
    for threads in (2, 5):
        assert all(np.array_equal(one[k], a) for k, a in both(op, arrays, method=method, threads=threads).items())
