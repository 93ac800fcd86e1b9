"""Transforms of the minimal filtering algorithm: against the definition, and against the matrices in the papers."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnmath.errors import SettingError
from cnnmath.toomcook import chosen_points, evaluation, interpolation, transforms

RATIONALS = st.fractions(min_value=-4, max_value=4, max_denominator=5)


@st.composite
def settings(draw, largest=5):
    m, r = draw(st.integers(1, largest)), draw(st.integers(1, largest))
    points = draw(st.lists(RATIONALS, min_size=m + r - 2, max_size=m + r - 2, unique=True))
    return m, r, draw(st.sampled_from([None, tuple(points)]))


def coefficients(made, output=None):
    """The form's coefficients of g_k*d_j in y_i, as exact numbers in an array of axes i, k, j."""
    a, g, b = (np.array(matrix) for matrix in (output or made.output, made.filter, made.input))
    return np.einsum("il,lk,lj->ikj", a, g, b)


def correlation(m, r):
    """The same of the definition: 1 where j = i + k."""
    i, k, j = np.ogrid[:m, :r, : m + r - 1]
    return (j == i + k).astype(int)


@given(settings())
def test_the_bilinear_form_is_the_correlation(setting):
    made = transforms(*setting)
    assert np.array_equal(coefficients(made), correlation(made.m, made.r))


@given(settings(), st.data())
def test_a_wrong_point_is_told(setting, data):
    m, r, points = setting
    made = transforms(m, r, points)
    if len(made.points) == 0:
        return
    place = data.draw(st.integers(0, len(made.points) - 1))
    wrong = data.draw(RATIONALS.filter(lambda a: a not in made.points))
    spoilt = tuple(zip(*evaluation([*made.points[:place], wrong, *made.points[place + 1 :]], m), strict=True))
    assert np.array_equal(coefficients(made, spoilt), correlation(m, r)) == (m == 1), "one output reads no point"


@given(settings())
def test_interpolation_undoes_evaluation(setting):
    points = chosen_points(*setting)
    whole = np.array(interpolation(points)) @ np.array(evaluation(points, len(points) + 1))
    assert np.array_equal(whole, np.eye(len(points) + 1, dtype=int))


@given(settings())
def test_the_amplification_is_what_absolute_matrices_make_of_ones(setting):
    made = transforms(*setting)
    a, g, b = (abs(np.array(matrix)) for matrix in (made.output, made.filter, made.input))
    assert made.amplification == max(a @ (g.sum(axis=1) * b.sum(axis=1)))
    assert made.amplification >= made.r, "the algorithm's sums are no shorter than the definition's"


def numbers(matrix):
    return [[str(entry) for entry in row] for row in matrix]


def rows(text):
    return [row.split() for row in text.split(";")]


def test_f23_is_the_algorithm_of_the_papers():
    """As Lavin and Gray print it, with the signs of the last row of B^T and column of A^T both turned."""
    made = transforms(2, 3)
    assert numbers(made.output) == rows("1 1 1 0; 0 1 -1 1")
    assert numbers(made.filter) == rows("1 0 0; 1/2 1/2 1/2; 1/2 -1/2 1/2; 0 0 1")
    assert numbers(made.input) == rows("1 0 -1 0; 0 1 1 0; 0 -1 1 0; 0 -1 0 1")
    assert made.largest == (1, 1, 1)


def test_f43_is_the_algorithm_of_lavin_and_gray():
    made = transforms(4, 3)
    assert numbers(made.output) == rows("1 1 1 1 1 0; 0 1 -1 2 -2 0; 0 1 1 4 4 0; 0 1 -1 8 -8 1")
    assert numbers(made.filter) == rows("1/4 0 0; -1/6 -1/6 -1/6; -1/6 1/6 -1/6; 1/24 1/12 1/6; 1/24 -1/12 1/6; 0 0 1")
    assert numbers(made.input) == rows(
        "4 0 -5 0 1 0; 0 -4 -4 1 1 0; 0 4 -4 -1 1 0; 0 -2 -1 2 1 0; 0 2 -1 -2 1 0; 0 4 0 -5 0 1"
    )
    assert (made.multiplications, made.direct, made.largest) == (6, 12, (8, 1, 5))


def test_f63_has_the_fractions_of_its_two_halves():
    made = transforms(6, 3)
    assert made.points == (0, 1, -1, 2, -2, Fraction(1, 2), Fraction(-1, 2))
    assert numbers(made.input)[0] == rows("1 0 -21/4 0 21/4 0 -1 0")[0]
    assert numbers(made.filter)[1:4:2] == rows("-2/9 -2/9 -2/9; 1/90 1/45 2/45")
    assert made.multiplications**2 == 64
    assert made.direct**2 == 324


def test_constants_grow_with_the_number_of_outputs():
    grown = [transforms(m, 3).amplification for m in range(1, 9)]
    assert grown == sorted(grown)
    assert grown[1] == 8, "the output 0 of F(2,3): 1*2 + 3/2*2 + 3/2*2"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((0, 3), "number of outputs m must be at least 1"),
        ((2, 0), "number of taps r must be at least 1"),
        ((2, Fraction(3)), "number of taps r must be an integer"),
        ((2, 3, (0, 1)), "2 finite points: 0, 1"),
        ((2, 3, ()), "0 finite points: none"),
        ((2, 3, 0), "1 finite points: 0"),
        ((1, 1, (5,)), "give 0, such as none"),
        ((2, 3, (0, 1, Fraction(2, 2))), "1 stands twice"),
        ((2, 3, (0, 1, 0.5)), "must be rational"),
        ((2, 3, (0, 1, True)), "must be rational"),
        ((2, 3, "012"), "must be rational"),
    ],
)
def test_settings_that_are_no_algorithm_are_refused(arguments, words):
    with pytest.raises(SettingError) as caught:
        transforms(*arguments)
    assert words in str(caught.value)
