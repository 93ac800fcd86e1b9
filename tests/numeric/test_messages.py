"""Arrays that an operator does not declare, and the whole answer to each."""

import numpy as np
import pytest

from cnnmath import numeric, ops
from cnnmath.errors import CnnmathError, DataError, ShapeError

IMAGE, CONV = np.ones((1, 1, 4, 4)), ops.Conv(2, 3)
W, B = np.ones((2, 1, 3, 3)), np.ones(2)
KINDS = "  rule    floats, integers, or objects that are all exact rational numbers or expressions of them"
LAYOUT = "  fix     transpose or reshape it; arrays are (N, C, *spatial), filters (F, C/groups, *kernel)"
MISTAKES = {
    "filters of another shape": (
        lambda: numeric.forward(CONV, IMAGE, w=np.ones((1, 2, 3, 3)), b=B),
        "conv: 'w' has another shape than declared.\n  input   w (1, 2, 3, 3)\n  rule    w (2, 1, 3, 3)\n" + LAYOUT,
    ),
    "a gradient of another shape": (
        lambda: numeric.backward(CONV, IMAGE, IMAGE, w=W, b=B),
        "conv: 'dy' has another shape than declared.\n  input   dy (1, 1, 4, 4)\n  rule    dy (1, 2, 2, 2)\n" + LAYOUT,
    ),
    "no filters": (
        lambda: numeric.forward(CONV, IMAGE, b=B),
        "conv: the parameters are not those that the operator declares.\n"
        "  input   given b\n  rule    declared b, w\n  fix     give w",
    ),
    "a parameter too many": (
        lambda: numeric.forward(ops.ReLU(), IMAGE, w=W),
        "relu: the parameters are not those that the operator declares.\n"
        "  input   given w\n  rule    declared none\n  fix     leave out w",
    ),
    "strings": (
        lambda: numeric.forward(ops.ReLU(), np.array([["a", "b"]], object)),
        f"relu: 'x' has a dtype that no kernel computes with.\n  input   x object\n{KINDS}\n"
        "  fix     give numbers, all of them ints or Fractions",
    ),
    "truth values": (
        lambda: numeric.forward(ops.ReLU(), np.array([[True]])),
        f"relu: 'x' has a dtype that no kernel computes with.\n  input   x bool\n{KINDS}\n"
        "  fix     give real numbers, for example x.astype(float)",
    ),
    "complex numbers": (
        lambda: numeric.forward(CONV, IMAGE, w=W * 1j, b=B),
        f"conv: 'w' has a dtype that no kernel computes with.\n  input   w complex128\n{KINDS}\n"
        "  fix     give real and imaginary part apart",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_arrays_that_are_not_declared_are_refused_in_full(mistake):
    build, message = MISTAKES[mistake]
    with pytest.raises(DataError) as caught:
        build()
    assert str(caught.value) == message


@pytest.mark.parametrize("value", ["1", True, 1j, None, 0.5])
def test_an_object_array_holds_exact_rational_numbers_alone(value):
    with pytest.raises(DataError, match="no kernel computes with"):
        numeric.forward(ops.ReLU(), np.array([[value, 1]], object))


def test_an_input_that_does_not_fit_names_the_operator():
    with pytest.raises(ShapeError, match=r"^conv: the kernel does not fit the input\."):
        numeric.forward(CONV, IMAGE[:, :, :2], w=W, b=B)


def test_a_second_input_is_refused_by_an_operator_of_one():
    with pytest.raises(ShapeError, match="relu: it takes one input"):
        numeric.forward(ops.ReLU(), IMAGE, IMAGE)


def test_ragged_lists_are_refused_as_data():
    with pytest.raises(CnnmathError):
        numeric.forward(ops.ReLU(), [[1.0, 2.0], [3.0]])
