"""Convolution and correlation: the definition, SciPy and NumPy, the laws, and what is refused."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage, signal

from cnnmath import ops
from cnnmath.errors import DataError, SettingError, ShapeError, UnknownNameError
from cnnmath.filters import choose, convolve, correlate, paths
from cnnmath.numeric import forward
from tests.filters.drawn import BOUNDARIES, MODES, by_definition, fractions, pairs
from tests.subjects.test_lecture_notes import HALF_LIGHT

NDIMAGE = {"zero": "constant", "edge": "nearest", "symmetric": "reflect", "reflect": "mirror", "wrap": "wrap"}
modes, boundaries = st.sampled_from(MODES), st.sampled_from(list(BOUNDARIES))


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks so small that every drawn problem has many."""
    monkeypatch.setattr(paths, "ROOM", 6)
    monkeypatch.setattr(paths, "SPECTRA", (6,))


@given(pairs(), modes, boundaries, st.booleans())
def test_every_way_gives_the_definition_exactly(pair, mode, boundary, flip):
    x, h = pair
    verb, wanted = convolve if flip else correlate, by_definition(x, h, mode, boundary, flip=flip)
    for method in ("direct", "fft", "auto"):
        y = verb(x, h, mode, boundary, method)
        assert y.dtype == np.int64
        assert (y == wanted).all()
    exact = verb(fractions(x), h, mode, boundary)
    assert (exact == wanted / Fraction(3)).all()
    assert all(type(v) is Fraction for v in exact.flat)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("sizes", "taps"), [((23,), (7,)), ((7, 8), (4, 3)), ((2, 9, 5), (1, 4, 2)), ((4, 3, 5), (2, 2, 2))]
)
def test_blocks_change_nothing(sizes, taps, mode, boundary):
    rng = np.random.default_rng(3)
    x, h = rng.integers(-9, 9, sizes), rng.integers(-9, 9, taps)
    wanted = by_definition(x, h, mode, boundary, flip=True)
    for method in ("direct", "fft"):
        assert (convolve(x, h, mode, boundary, method) == wanted).all()


@given(pairs(), modes, boundaries)
def test_a_kernel_of_factors_gives_the_same_one_axis_at_a_time(pair, mode, boundary):
    x, h = pair
    lines = [h[tuple(slice(None) if i == axis else 0 for i in range(h.ndim))] for axis in range(h.ndim)]
    outer = lines[0]
    for line in lines[1:]:
        outer = np.multiply.outer(outer, line)
    wanted = by_definition(x, outer, mode, boundary, flip=True)
    assert (convolve(x, outer, mode, boundary, "separable") == wanted).all()
    assert (convolve(fractions(x), fractions(outer), mode, boundary, "separable") == wanted / Fraction(9)).all()


@given(pairs(longer=True))
def test_scipys_and_numpys_modes_and_their_odd_element_for_even_kernels(pair):
    x, h = pair
    assert (convolve(x, h) == signal.convolve(x, h, method="direct")).all()
    assert (convolve(x, h, "same") == signal.convolve(x, h, "same", method="direct")).all()
    assert (correlate(x, h, "same") == signal.correlate(x, h, "same", method="direct")).all()
    if all(k <= n for n, k in zip(x.shape, h.shape, strict=True)):
        assert (convolve(x, h, "valid") == signal.convolve(x, h, "valid", method="direct")).all()
        if x.ndim == 1:
            assert (convolve(x, h, "same") == np.convolve(x, h, "same")).all()


@given(pairs(), boundaries)
def test_scipys_ndimage_has_the_same_borders_and_the_same_correlation(pair, boundary):
    x, h = pair
    assert (correlate(x, h, "same", boundary) == ndimage.correlate(x, h, mode=NDIMAGE[boundary])).all()
    odd = all(k % 2 for k in h.shape)
    assert not odd or (convolve(x, h, "same", boundary) == ndimage.convolve(x, h, mode=NDIMAGE[boundary])).all()


def test_ndimage_drops_the_other_end_for_an_even_kernel():
    x, h = np.arange(1, 6), np.array([1, 10])
    assert convolve(x, h).tolist() == [1, 12, 23, 34, 45, 50]
    assert convolve(x, h, "same").tolist() == [1, 12, 23, 34, 45]
    assert ndimage.convolve(x, h, mode="constant").tolist() == [12, 23, 34, 45, 50]


def test_the_lecturers_edge_detector_sees_the_edge_between_light_and_dark():
    kernel = [[1, 0, -1]] * 3
    assert correlate(HALF_LIGHT, kernel, "valid").tolist() == [[0, 30, 30, 0]] * 4
    assert convolve(HALF_LIGHT, kernel, "valid").tolist() == [[0, -30, -30, 0]] * 4


@given(pairs())
def test_correlation_is_the_convolution_of_networks(pair):
    x, h = pair
    for mode, padding in (("valid", "valid"), ("same", "same_lower"), ("full", [(k - 1, k - 1) for k in h.shape])):
        conv = ops.Conv(1, h.shape, padding=padding, bias=False)
        assert (correlate(x, h, mode) == forward(conv, x[None, None], w=h[None, None])[0, 0]).all()


@given(pairs(longer=True), pairs(longer=True))
def test_convolution_commutes_and_associates(pair, other):
    x, h = pair
    g = other[0].reshape(-1)[: 3**h.ndim]
    g = np.resize(g, (2,) * h.ndim)
    assert (convolve(x, h) == convolve(h, x)).all()
    assert (convolve(convolve(x, h), g) == convolve(x, convolve(h, g))).all()


@given(pairs(), modes, boundaries, st.integers(-3, 3))
def test_convolution_is_linear_in_the_input(pair, mode, boundary, factor):
    x, h = pair
    z = np.flip(x) + 1
    left = convolve(factor * x + z, h, mode, boundary)
    assert (left == factor * convolve(x, h, mode, boundary) + convolve(z, h, mode, boundary)).all()


@given(pairs(), st.integers(-4, 4))
def test_what_is_moved_around_a_circle_gives_a_moved_result(pair, by):
    x, h = pair
    axes = tuple(range(x.ndim))
    moved = convolve(np.roll(x, by, axes), h, "same", "wrap")
    assert (moved == np.roll(convolve(x, h, "same", "wrap"), by, axes)).all()


@given(pairs(), modes, boundaries)
def test_channels_are_convolved_one_by_one(pair, mode, boundary):
    x, h = pair
    both = np.stack([x, 2 * x + 1, -x])
    y = convolve(both, h, mode, boundary, channels=True)
    assert all((y[c] == convolve(both[c], h, mode, boundary)).all() for c in range(3))


def test_small_integers_become_int64_and_do_not_wrap_around():
    x = np.full((4, 4), 255, np.uint8)
    y = convolve(x, np.full((2, 2), 127, np.int8), "valid")
    assert y.dtype == np.int64
    assert (y == 4 * 255 * 127).all()


@pytest.mark.parametrize(
    ("x", "h", "wanted"),
    [
        (np.float32, np.int64, np.float32),
        (np.float32, np.float32, np.float32),
        (np.float32, np.float64, np.float64),
        (np.float16, np.int64, np.float16),
        (np.uint8, np.float32, np.float32),
        (np.uint8, np.int32, np.int64),
        (np.longdouble, np.float64, np.longdouble),
    ],
)
@pytest.mark.parametrize("method", ["direct", "separable", "fft"])
def test_dtypes_follow_the_floats(x, h, wanted, method):
    y = convolve(np.ones((5, 5), x), np.ones((3, 3), h), "same", method=method)
    assert y.dtype == wanted
    assert abs(float(y[2, 2]) - 9) < 1e-2


def test_a_half_is_summed_in_single_precision():
    x = np.array([2048, 1, 1], np.float16)
    assert convolve(x, [1, 1, 1], "valid").tolist() == [2050]


def awkward(x):
    """The same numbers in a read-only array, with negative strides, in Fortran's order, and with gaps."""
    fixed = x.copy()
    fixed.flags.writeable = False
    spread = np.zeros([2 * n for n in x.shape], x.dtype)
    spread[(slice(None, None, 2),) * x.ndim] = x
    return [fixed, np.flip(np.flip(x).copy()), np.asfortranarray(x), spread[(slice(None, None, 2),) * x.ndim]]


@pytest.mark.parametrize("method", ["direct", "separable", "fft"])
def test_any_memory_layout_is_read_and_never_written(method):
    x, h = np.arange(42.0).reshape(6, 7), np.outer([1.0, 2, 1], [-1.0, 0, 1])
    wanted, kept, tap = convolve(x, h, "same", "wrap", method), x.copy(), h.copy()
    for a, k in zip(awkward(x), awkward(h), strict=True):
        assert (convolve(a, k, "same", "wrap", method) == wanted).all()
    constant = np.broadcast_to(np.float64(3), (6, 7))
    assert np.allclose(convolve(constant, h, "valid", method=method), 0, atol=1e-12)
    assert (x == kept).all()
    assert (h == tap).all()
    one = convolve(x, np.ones((1, 1)), "same", method="direct")
    assert not np.shares_memory(one, x)


def test_nan_goes_to_the_outputs_that_read_it_and_no_further():
    x = np.ones((7, 7))
    x[3, 3] = np.nan
    h = np.outer([1.0, 0, 1], [1.0, 0, 1])
    wanted = np.zeros((7, 7), bool)
    wanted[2:5, 2:5] = True
    for method in ("direct", "separable", "auto"):
        assert (np.isnan(convolve(x, h, "same", method=method)) == wanted).all()
    with pytest.raises(DataError, match="NaN, infinite or huge numbers would spread over all outputs"):
        convolve(x, h, method="fft")


REFUSED = {
    "an empty signal": (
        lambda: convolve([], [1]),
        ShapeError,
        "convolve: 'x' is empty.\n  input   x (0,)\n  rule    at least one axis, and at least one number along each\n"
        "  fix     give a signal (L,), an image (H, W) or a volume (D, H, W)",
    ),
    "a kernel of no axis": (lambda: convolve([1], 2), ShapeError, "convolve: 'h' has no axis."),
    "unequal ranks": (
        lambda: correlate(np.ones((3, 8, 8)), np.ones((3, 3))),
        ShapeError,
        "correlate: the input and the kernel have different ranks.\n  input   x (3, 8, 8), h (3, 3)\n"
        "  rule    as many axes in x as in h\n  fix     for channels first, give channels=True",
    ),
    "channels that are none": (
        lambda: convolve(np.ones((8, 8)), np.ones((3, 3)), channels=True),
        ShapeError,
        "convolve: the input and the kernel have different ranks.\n  input   x (8, 8), h (3, 3)\n"
        "  rule    one axis more in x than in h, the channels\n  fix     give a kernel of 1 axes",
    ),
    "a kernel larger than the image": (
        lambda: convolve(np.ones((2, 9)), np.ones((3, 3)), "valid"),
        ShapeError,
        "convolve: the kernel lies nowhere inside the input.\n  input   height 2, kernel 3\n"
        "  rule    mode 'valid' has N - K + 1 >= 1 outputs\n  here    2 - 3 + 1 = 0\n"
        "  fix     use mode 'same' or 'full', or a kernel of at most the input's size",
    ),
    "a mode": (
        lambda: convolve([1], [1], "sane"),
        UnknownNameError,
        "convolve: there is no mode 'sane'.\n  near    same\n  known   full, same, valid",
    ),
    "a boundary": (
        lambda: convolve([1], [1], boundary="mirror"),
        UnknownNameError,
        "convolve: there is no boundary 'mirror'.\n  known   edge, reflect, symmetric, wrap, zero",
    ),
    "a method": (
        lambda: convolve([1], [1], method="ftt"),
        UnknownNameError,
        "convolve: there is no method 'ftt'.\n  near    fft\n  known   auto, direct, fft, separable",
    ),
    "a kernel of no factors": (
        lambda: convolve(np.ones((4, 4)), np.eye(3), method="separable"),
        DataError,
        "convolve: the method 'separable' cannot be taken.\n"
        "  here    the kernel is no outer product of one factor an axis\n"
        "  fix     use method 'auto', which takes 'direct' here",
    ),
    "exact numbers by transforms": (
        lambda: convolve([Fraction(1, 3)], [1], method="fft"),
        DataError,
        "convolve: the method 'fft' cannot be taken.\n  here    a transform of exact numbers would round them\n"
        "  fix     use method 'auto', which takes 'direct' here",
    ),
    "sums beyond 64 bits": (
        lambda: convolve([2**62, 2**62], [1, 1]),
        DataError,
        "convolve: the sums may not fit 64 bits.\n  rule    max|x| * sum|h| < 2^63\n"
        f"  here    the bound is {2**63}, 2^63 is {2**63}\n"
        "  fix     give floats, or exact numbers: x.astype(object)",
    ),
    "exact numbers and floats": (
        lambda: convolve([Fraction(1, 3)], [0.5]),
        DataError,
        "convolve: an exact input is filtered by a kernel of floats.\n  input   x object, h float64\n"
        "  rule    an exact input needs an exact kernel\n  fix     convert x to floats, or h to fractions",
    ),
    "complex numbers": (lambda: convolve([1j], [1]), DataError, "fix     filter real and imaginary part apart"),
    "truth values": (lambda: convolve([True], [1]), DataError, "fix     give numbers, as x.astype(float)"),
    "rows of unequal lengths": (lambda: convolve([[1], [1, 2]], [[1]]), DataError, "its rows have unequal lengths"),
    "text": (lambda: convolve("abc", [1]), ShapeError, "'x' has no axis"),
    "a flag that is none": (
        lambda: choose([1], [1], channels=1),
        SettingError,
        "choose: channels must be True or False",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_convolution_is_refused_in_full(what):
    call, kind, message = REFUSED[what]
    with pytest.raises(kind) as caught:
        call()
    assert message in str(caught.value)
