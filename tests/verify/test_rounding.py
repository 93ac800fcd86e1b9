"""Bounds of roundings: correct kernels keep them, in any order and any longer format; planted mistakes do not."""

from fractions import Fraction
from functools import partial
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnmath import numeric, ops
from cnnmath.errors import SettingError
from cnnmath.ops.algebra import operands
from cnnmath.verify.data import labels
from cnnmath.verify.rounding import FORMATS, bounded
from cnnmath.verify.strategies import Case, cases
from tests.support import every_operator, gamma, simple

F32, F64 = FORMATS["float32"], FORMATS["float64"]
NARROW = {"float16": 11, "bfloat16": 8}
"""Digits of the formats that NumPy computes in slowly, or not at all."""


def narrowed(name, a):
    """Numbers rounded to a format, to nearest and ties to even; those of a narrow one as doubles."""
    if name not in NARROW:
        return np.asarray(a).astype(name)
    fraction, exponent = np.frexp(np.asarray(a, float))
    scale = 2.0 ** NARROW[name]
    rounded = np.ldexp(np.rint(fraction * scale) / scale, exponent)
    if name == "float16":
        quantum = FORMATS[name].smallest
        rounded = np.where(np.abs(rounded) < 2.0**-14, np.rint(np.asarray(a, float) / quantum) * quantum, rounded)
        rounded = np.where(np.abs(rounded) > FORMATS[name].largest, np.copysign(np.inf, rounded), rounded)
    return rounded


def drawn(case, name, scale, rng, *, large=False, shift=0.0):
    """Real data of a scale, some numbers much larger, as a format holds them."""
    levels, arrays = case.op.levels(*case.inputs), {}
    for operand, shape in operands(case.op, *case.inputs).items():
        a = rng.normal(size=shape) * scale + (shift if operand == "x" else 0)
        if operand in levels:
            a = labels(shape, levels[operand], rng).astype(float)
        elif operand in ("var", "weights", *case.op.positive):
            a = abs(a) + scale / 2
        elif operand == "t" and isinstance(case.op, (ops.CrossEntropy, ops.BinaryCrossEntropy)):
            a = rng.integers(0, 5, shape) / 4
        elif large:
            a = np.where(rng.random(shape) < 0.1, 50 * a, a)
        arrays[operand] = a if operand in levels and name in NARROW else narrowed(name, a)
    return arrays, narrowed(name, rng.normal(size=case.op.shape(*case.inputs)))


def kernels(op, inputs, arrays, dy):
    """Output and gradients of the package's kernels, by name."""
    given_, rest = list(arrays.values())[: len(inputs)], dict(list(arrays.items())[len(inputs) :])
    with np.errstate(all="ignore"):
        return {"y": numeric.forward(op, *given_, **rest)} | numeric.backward(op, dy, *given_, **rest)


def worst(result, found):
    """Largest share of its bound that an error takes, over the numbers of which something is said."""
    assert np.shape(result) == found.value.shape == found.bound.shape
    return max(map(_share, np.ravel(result).astype(float), found.value.ravel(), found.bound.ravel()), default=0.0)


def _share(number, value, bound):
    if bound == np.inf:
        return 0.0
    error = float(abs(Fraction(float(number)) - value)) if np.isfinite(number) else np.inf
    return error / bound if bound else np.inf * error if error else 0.0


@st.composite
def problems(draw, kind):
    case, rng = draw(cases(kind)), np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scales = (1e-3, 1.0) if kind in (ops.RNNCell, ops.LSTMCell) else (1e-3, 1.0, 30.0)
    name = draw(st.sampled_from(("float32", "float64", "float32", "float16", "bfloat16")))
    shift = draw(st.sampled_from((0.0, 0.0, 5.0)))
    scale = draw(st.sampled_from(scales))
    return case, name, *drawn(case, name, scale, rng, large=draw(st.booleans()), shift=shift * scale)


@every_operator
@given(data=st.data())
@settings(max_examples=3)
def test_kernels_stay_within_the_bound(kind, data):
    case, name, arrays, dy = data.draw(problems(kind))
    results = kernels(case.op, case.inputs, arrays, dy)
    for wrt in results:
        found = bounded(case.op, wrt, arrays, dy, FORMATS[name])
        assert worst(narrowed(name, results[wrt]), found) <= 1, wrt


@every_operator
@given(data=st.data())
@settings(max_examples=2)
def test_kernels_that_compute_in_float16_stay_within_its_bound(kind, data):
    case, rng = data.draw(cases(kind)), np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    arrays, dy = drawn(case, "float16", 1.0, rng)
    half = {k: a.astype(np.float16) for k, a in arrays.items()}
    results = kernels(case.op, case.inputs, half, dy.astype(np.float16))
    assert worst(results["y"], bounded(case.op, "y", arrays, dy, FORMATS["float16"])) <= 1


@every_operator
def test_a_bound_is_no_more_than_a_thousand_times_an_error_that_occurs_or_nothing_is_rounded(kind):
    rng, shares = np.random.default_rng(1), []
    case = simple(kind)
    for _ in range(6):
        arrays, dy = drawn(case, "float32", 1.0, rng)
        results = kernels(case.op, case.inputs, arrays, dy)
        for wrt, result in results.items():
            found = bounded(case.op, wrt, arrays, dy, F32)
            assert (found.bound < np.inf).all()
            shares.append(1.0 if not found.bound.any() else worst(result, found))
    assert 1e-3 <= max(shares) <= 1


@every_operator
@given(data=st.data())
@settings(max_examples=3)
def test_values_are_those_of_the_exact_readers(kind, data):
    from tests.support import problems as exact_problems

    problem = data.draw(exact_problems(kind, whole=True))
    arrays, dy = problem.arrays, problem.dy
    expected = {"y": problem.exact_forward()} | problem.exact_backward()
    for wrt in ("y", *sorted(problem.trained)):
        found = bounded(problem.op, wrt, arrays, dy, F64)
        assert np.array_equal(found.value, expected[wrt])
        assert (found.bound >= 0).all()


DENSE = ops.Linear(4, bias=False)


def dense(taps, seed=0, name="float32"):
    rng = np.random.default_rng(seed)
    arrays = {"x": rng.normal(size=(2, taps)).astype(name), "w": rng.normal(size=(4, taps)).astype(name)}
    return arrays, bounded(DENSE, "y", arrays, None, FORMATS[name])


def test_an_inner_product_has_the_bound_of_the_textbook():
    arrays, found = dense(50)
    x, w = arrays["x"].astype(float), arrays["w"].astype(float)
    textbook = gamma(50, F32.unit) * (np.abs(x) @ np.abs(w).T)
    assert (textbook <= found.bound).all()
    assert (found.bound <= textbook + 1.01 * F32.unit * (np.abs(x @ w.T) + textbook)).all()  # the last rounding


def one_by_one(terms):
    total = terms.dtype.type(0)
    for t in terms:
        total = total + t
    return total


def in_blocks(terms):
    return one_by_one(np.array([one_by_one(terms[i : i + 7]) for i in range(0, len(terms), 7)]))


def fused(x, w):
    """Each product added before it is rounded."""
    total = np.float32(0)
    for a, b in zip(x, w, strict=True):
        total = np.float32(np.float64(total) + np.float64(a) * np.float64(b))
    return total


ORDERS = {
    "one by one": lambda x, w: one_by_one(x * w),
    "backwards": lambda x, w: one_by_one((x * w)[::-1]),
    "small ones first": lambda x, w: one_by_one(np.sort(x * w)),
    "in blocks": lambda x, w: in_blocks(x * w),
    "in pairs": lambda x, w: np.sum(x * w),
    "fused": fused,
    "in float64": lambda x, w: np.float32(np.dot(x.astype(float), w.astype(float))),
}


@pytest.mark.parametrize("order", ORDERS)
def test_any_order_of_summation_stays_within_the_bound(order):
    for seed in range(5):
        arrays, found = dense(60, seed)
        assert worst(np.array([[ORDERS[order](x, w) for w in arrays["w"]] for x in arrays["x"]]), found) <= 1


WRONG = {
    "adds in float16": lambda x, w: np.float32(one_by_one((x * w).astype(np.float16))),
    "multiplies in bfloat16": lambda x, w: np.float32(np.dot(narrowed("bfloat16", x), narrowed("bfloat16", w))),
    "drops a tap": lambda x, w: np.dot(x[1:], w[1:]),
    "is off by 1e-4": lambda x, w: np.dot(x, w) * np.float32(1 + 1e-4),
    "is off by 1e-4 of the terms": lambda x, w: np.dot(x, w) + np.float32(1e-4) * np.dot(abs(x), abs(w)),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_planted_mistake_is_refused(mistake):
    arrays, found = dense(60)
    assert worst(np.array([[WRONG[mistake](x, w) for w in arrays["w"]] for x in arrays["x"]]), found) > 1


def test_float32_inside_a_float64_kernel_is_refused():
    arrays, found = dense(60, name="float64")
    assert worst(arrays["x"].astype(np.float32) @ arrays["w"].astype(np.float32).T, found) > 1000


def normalised(x, gamma_, beta, op, variance):
    mean = x.mean(axis=2, keepdims=True)
    scale = 1 / np.sqrt(variance(x, mean) + np.float32(op.epsilon))
    return (x - mean) * scale * gamma_.reshape(1, -1, 1) + beta.reshape(1, -1, 1)


def updated(x, _):
    """Welford's variance."""
    mean, squares = x[:, :, 0] * 0, x[:, :, 0] * 0
    for i in range(x.shape[2]):
        before = x[:, :, i] - mean
        mean = mean + before / np.float32(i + 1)
        squares = squares + before * (x[:, :, i] - mean)
    return (squares / np.float32(x.shape[2]))[:, :, None]


VARIANCES = {
    "two passes": lambda x, mean: ((x - mean) ** 2).mean(axis=2, keepdims=True),
    "Welford": updated,
    "squares less the square": lambda x, mean: (x * x).mean(axis=2, keepdims=True) - mean * mean,
}


@pytest.mark.parametrize("way", VARIANCES)
def test_a_variance_that_cancels_is_refused_and_the_others_are_not(way):
    case = Case(ops.InstanceNorm(), ((2, 4, 6),))
    shares = []
    for seed in range(4):
        arrays, dy = drawn(case, "float32", 1.0, np.random.default_rng(seed), shift=100.0)
        found = bounded(case.op, "y", arrays, dy, F32)
        shares.append(worst(normalised(*arrays.values(), case.op, VARIANCES[way]), found))
    assert (max(shares) > 1) == (way == "squares less the square")


def test_a_softmax_that_does_not_shift_is_right_until_it_overflows():
    op, x = ops.Softmax(), np.array([[[3.0], [1.0], [-2.0]]], np.float32)
    naive = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    assert worst(naive, bounded(op, "y", {"x": x}, None, F32)) <= 1
    x = x + np.float32(100)
    with np.errstate(all="ignore"):
        naive = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    assert worst(naive, bounded(op, "y", {"x": x}, None, F32)) == np.inf


def test_where_the_format_could_overflow_nothing_is_said():
    x = np.full((1, 2), 200.0)
    found = bounded(ops.Linear(1, bias=False), "y", {"x": x, "w": x}, None, FORMATS["float16"])
    assert found.bound[0, 0] == np.inf
    assert found.value[0, 0] == 80000


def test_numbers_that_are_flushed_to_zero_are_tolerated_in_float32():
    x = np.full((1, 1), 1e-20, np.float32)
    found = bounded(ops.Linear(1, bias=False), "y", {"x": x, "w": x}, None, F32)
    assert worst(np.zeros((1, 1)), found) <= 1


def test_what_only_moves_numbers_has_no_error():
    x = np.random.default_rng(0).normal(size=(1, 2, 4)).astype(np.float32)
    for op, wrt in product((ops.MaxPool((2,)), ops.Flatten(), ops.ReLU(), ops.Upsample((2,))), ("y", "x")):
        dy = np.random.default_rng(1).normal(size=op.shape(x.shape)).astype(np.float32)
        moved = isinstance(op, ops.Upsample) and wrt == "x"  # its gradient is a sum
        assert bounded(op, wrt, {"x": x}, dy, F32).bound.any() == moved


CONV = ops.Conv(2, (3, 3), padding=1)


def convolution(name, seed=0):
    case, rng = Case(CONV, ((1, 3, 5, 4),)), np.random.default_rng(seed)
    return *drawn(case, name, 1.0, rng), case


@pytest.mark.parametrize("wrt", ["y", "x", "w", "b"])
@pytest.mark.parametrize("method", ["winograd", "fft"])
def test_transforms_stay_within_their_bound_which_is_larger(method, wrt):
    arrays, dy, case = convolution("float32")
    with numeric.using(method=method, tolerance=1.0):
        result = kernels(case.op, case.inputs, arrays, dy)[wrt]
    plain = bounded(case.op, wrt, arrays, dy, F32)
    found = bounded(case.op, wrt, arrays, dy, F32, algorithm=method)
    assert worst(result, found) <= 1
    assert (found.bound > plain.bound).all() == (wrt != "b")


@pytest.mark.parametrize("wrt", ["y", "x", "w"])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("dilation", [1, 2])
def test_correlations_by_spectra_stay_within_their_bound(wrt, stride, dilation):
    op = ops.Conv(2, (3,), stride=stride, dilation=dilation, padding=1, bias=False)
    arrays, dy = drawn(Case(op, ((1, 2, 12),)), "float32", 1.0, np.random.default_rng(0))
    found = bounded(op, wrt, arrays, dy, F32, algorithm="fft")
    assert worst(by_spectra(op, wrt, *arrays.values(), dy), found) <= 1


def by_spectra(op, wrt, x, w, dy):
    """The output, or a gradient, of a convolution along one axis, each as a product of spectra in float32."""
    fft = pytest.importorskip("scipy.fft")
    (s,), (d,), length = op.stride, op.dilation, 32
    padded = np.zeros((*x.shape[:2], length), np.float32)
    padded[:, :, 1 : 1 + x.shape[2]] = x
    spread, above = (np.zeros((*a.shape[:2], length), np.float32) for a in (w, dy))
    spread[:, :, : 3 * d : d], above[:, :, : s * dy.shape[2] : s] = w, dy
    x_, w_, y_ = map(partial(fft.rfft, axis=2), (padded, spread, above))
    assert x_.dtype == np.complex64
    if wrt == "y":
        return fft.irfft(np.einsum("ncl,fcl->nfl", x_, w_.conj()), axis=2)[:, :, : s * dy.shape[2] : s]
    if wrt == "x":
        return fft.irfft(np.einsum("nfl,fcl->ncl", y_, w_), axis=2)[:, :, 1 : 1 + x.shape[2]]
    return fft.irfft(np.einsum("ncl,nfl->fcl", x_, y_.conj()), axis=2)[:, :, : 3 * d : d]


def test_larger_tiles_have_larger_bounds_and_all_tiles_the_largest():
    arrays, dy, case = convolution("float32")
    small, large, every = (
        bounded(case.op, "y", arrays, dy, F32, algorithm=name).bound
        for name in ("winograd(2)", "winograd(6)", "winograd")
    )
    assert (small < large).all()
    assert np.array_equal(large, every)


def test_what_no_transform_serves_keeps_its_bound():
    arrays, _ = dense(5)
    assert np.array_equal(
        bounded(DENSE, "y", arrays, None, F32, algorithm="winograd").bound, bounded(DENSE, "y", arrays, None, F32).bound
    )


def test_another_algorithm_is_refused():
    arrays, _ = dense(5)
    with pytest.raises(SettingError) as refused:
        bounded(DENSE, "y", arrays, None, F32, algorithm="strassen")
    assert str(refused.value) == (
        "there is no such algorithm to bound.\n"
        "  here    algorithm 'strassen'\n"
        "  fix     use 'any order', 'winograd', 'winograd(m)' for tiles of m outputs an axis, or 'fft'"
    )


@pytest.mark.parametrize("wrt", ["x", "w"])
def test_gradients_at_zeros_round_as_others_do(wrt):
    op = ops.Linear(2, bias=False)
    rng = np.random.default_rng(0)
    arrays = {"x": np.zeros((1, 2)), "w": rng.normal(size=(2, 2))}
    dy = rng.normal(size=(1, 2))
    at_ones = bounded(op, "x", arrays | {"x": np.ones((1, 2))}, dy, F64)
    found = bounded(op, wrt, arrays, dy, F64)
    assert (found.bound > 0).all() == (wrt == "x")
    if wrt == "x":
        assert np.array_equal(found.bound, at_ones.bound)
