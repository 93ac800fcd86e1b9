"""The three ways: what each costs and errs, which is taken, and kernels that are outer products."""

import tracemalloc
from fractions import Fraction
from functools import reduce
from math import log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnmath.errors import DataError, UnknownNameError
from cnnmath.filters import choose, convolve, factors, kernel, paths
from cnnmath.filters.slide import Slide
from cnnmath.numeric import current
from tests.filters.drawn import fractions
from tests.support import gamma

vectors = st.lists(st.lists(st.integers(-9, 9), min_size=1, max_size=5), min_size=1, max_size=4)


def outer(found):
    return reduce(np.multiply.outer, found)


@given(vectors)
def test_every_outer_product_of_integers_is_taken_apart_into_integers(given_vectors):
    h = outer([np.array(v) for v in given_vectors])
    for numbers in (h, fractions(h)):
        found = factors(numbers)
        assert found is not None
        assert [len(v) for v in found] == list(h.shape)
        assert {v.dtype for v in found} == {numbers.dtype}
        assert (outer(found) == numbers).all()


@given(vectors.filter(lambda v: len(v) > 1 and min(map(len, v)) > 1), st.data())
def test_an_outer_product_with_one_entry_changed_is_none(given_vectors, data):
    h = outer([np.array(v) * 2 + 1 for v in given_vectors])  # no zeros: another entry leaves it of higher rank
    at = tuple(data.draw(st.integers(0, k - 1)) for k in h.shape)
    h[at] += data.draw(st.sampled_from([-2, -1, 1, 7]))
    assert factors(h) is None
    assert factors(fractions(h)) is None
    assert factors(h.astype(float)) is None


@given(vectors, st.integers(0, 2**32 - 1))
def test_an_outer_product_of_floats_is_taken_apart_up_to_rounding(given_vectors, seed):
    rng = np.random.default_rng(seed)
    h = outer([rng.standard_normal(len(v)) for v in given_vectors])
    h /= h.sum()
    found = factors(h)
    assert found is not None
    assert (np.abs(outer(found) - h) <= gamma(32) * np.abs(h)).all()


def test_a_gaussian_by_its_formula_is_an_outer_product_and_a_laplacian_is_none():
    i = np.arange(-8, 9)
    assert factors(np.exp(-(i[:, None] ** 2 + i**2) / 8)) is not None
    assert factors(kernel("laplacian")) is None
    assert factors(kernel("sobel", axis=1, rank=3).astype(np.float32)) is not None
    assert factors(np.full((3, 3), np.nan)) is None


def test_factors_of_huge_integers_do_not_wrap_around():
    h = np.array([[2**62, 0], [0, 0]])
    assert (outer(factors(h)) == h).all()
    assert factors(np.array([[2**32, 1], [2**32, 2**32]])) is None  # modulo 2^64 it would be one


def test_costs_are_those_of_the_loops():
    x, h = np.ones((20, 30)), np.ones((3, 5))
    for mode, (rows, columns) in {"full": (22, 34), "same": (20, 30), "valid": (18, 26)}.items():
        found = choose(x, h, mode)
        assert found["direct"].multiplications == rows * columns * 15
        assert found["separable"].multiplications == rows * (columns + 4) * 3 + rows * columns * 5
    _, lengths = paths.fourier_sides(Slide.of(x, h, "same", "zero"))
    assert all(a >= b for a, b in zip(lengths, (22, 34), strict=True))
    length = lengths[0] * lengths[1]
    assert choose(x, h, "same")["fft"].multiplications == round(3 * length * log2(length) + 2 * length)


@pytest.mark.parametrize(
    ("size", "taps", "wanted"),
    [((512, 512), np.eye(3), "direct"), ((512, 512), np.ones((9, 9)), "separable"), ((512, 512), np.eye(63), "fft")],
)
def test_the_way_that_takes_the_least_time_is_taken(size, taps, wanted):
    found = choose(np.ones(size), taps, "same")
    assert found.method == wanted
    assert found[wanted].cost == min(way.cost for way in found.ways if not way.refused)


def test_a_choice_reads_as_a_table():
    assert repr(choose([1, 2, 3], [1, 2], "same")).splitlines() == [
        "convolution of 3 with 2, int64, same: direct",
        "  method       multiplications              cost    scratch   error at most",
        "  direct                     6                 2       96 B   exact",
        "  separable                  6            50,002      192 B   exact",
        "  fft                       32            90,029      160 B   exact",
    ]
    assert "fractions" in repr(choose([Fraction(1, 2)], [1]))
    with pytest.raises(UnknownNameError, match="there is no method 'winograd'"):
        choose([1], [1])["winograd"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("method", ["direct", "separable", "fft"])
@pytest.mark.parametrize(("sizes", "taps"), [((500,), (60,)), ((40, 30), (7, 9)), ((9, 12, 11), (3, 4, 3))])
@pytest.mark.parametrize("boundary", ["zero", "edge"])
def test_every_error_is_below_its_bound(sizes, taps, boundary, method, dtype):
    rng = np.random.default_rng(11)
    x = (rng.standard_normal(sizes) * 100).astype(dtype)
    h = outer([rng.standard_normal(k) for k in taps]).astype(dtype)
    wide = convolve(x.astype(np.longdouble), h.astype(np.longdouble), "same", boundary, "direct")
    error = np.abs(convolve(x, h, "same", boundary, method) - wide).max()
    bound = choose(x, h, "same", boundary)[method].error
    assert 0 < error <= bound < 1e6 * error


def test_integers_go_by_transforms_where_rounding_is_sure_and_only_there():
    rng = np.random.default_rng(5)
    x, h = rng.integers(0, 256, 3000, dtype=np.uint8), rng.integers(-9, 9, 700)
    assert choose(x, h).method == "fft"
    assert (convolve(x, h) == np.convolve(x.astype(int), h)).all()
    x = rng.integers(2**46, 2**47, 3000)
    assert choose(x, h).method == "direct"
    assert "rounding to integers is not sure" in choose(x, h)["fft"].refused
    with pytest.raises(DataError, match="rounding to integers is not sure"):
        convolve(x, h, method="fft")
    assert (convolve(x, h) == np.convolve(x, h)).all()


def test_a_number_at_the_border_counts_as_often_as_it_is_read():
    x = np.zeros(2000, np.int64)
    x[-1] = 2**34
    h = np.random.default_rng(2).integers(-9, 9, 700)
    zero, edge = (choose(x, h, "full", boundary)["fft"] for boundary in ("zero", "edge"))
    assert not zero.refused
    assert edge.refused
    for boundary in ("zero", "edge"):
        assert (convolve(x, h, "full", boundary) == convolve(x, h, "full", boundary, "direct")).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
@pytest.mark.parametrize("method", ["direct", "separable", "fft"])
def test_a_large_image_needs_the_memory_that_is_stated(method, dtype):
    x, h = np.ones((1000, 1000), dtype), np.ones((9, 9), dtype)
    stated = choose(x, h, "same")[method].scratch * current().workers
    convolve(x[:20, :20], h, "same", method=method)  # so that what is loaded at first is not counted
    tracemalloc.start()
    y = convolve(x, h, "same", method=method)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most - y.nbytes < 1.25 * stated + 2**18


@pytest.mark.parametrize("method", ["direct", "separable", "fft"])
def test_scratch_memory_does_not_grow_with_the_image(method):
    h = np.ones((9, 9))
    small, large = (choose(np.broadcast_to(1.0, (n, n)), h, "same")[method].scratch for n in (2000, 4000))
    assert large <= small + 2**21
