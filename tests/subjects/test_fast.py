"""Fast algorithms: as the papers print them, multiplied out by a second route, and refused with a wrong number."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnmath.errors import DerivationError, SettingError
from cnnmath.subjects import derive
from cnnmath.symbolic.terms import Sigma, array, index, size
from cnnmath.toomcook import evaluation, transforms
from tests.subjects.planted import named, refused

RATIONALS = st.fractions(min_value=-3, max_value=3, max_denominator=3)


@st.composite
def filterings(draw):
    m, r = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    return m, r, tuple(draw(st.lists(RATIONALS, min_size=m + r - 2, max_size=m + r - 2, unique=True)))


def steps(derivation):
    return {step.name: repr(step).partition(": ")[2] for step in derivation.steps}


def test_f23_is_written_as_in_the_papers():
    told = steps(derive("winograd"))
    assert told["Output transform"] == "A^T = [[1, 1, 1, 0], [0, 1, -1, 1]]"
    assert told["Filter transform"] == "G = [[1, 0, 0], [1/2, 1/2, 1/2], [1/2, -1/2, 1/2], [0, 0, 1]]"
    assert told["Input transform"] == "B^T = [[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, -1, 0, 1]]"
    assert told["Scaling"] == "(E*g) .* (C^T*d) = (G*g) .* (B^T*d)"
    assert told["Multiplications"] == "D/M = m*r/(m + r - 1)"
    assert told["Saving"] == "D/M = 3/2"
    assert told["Growth"].endswith(" = 8")


@pytest.mark.parametrize(("m", "r", "saved"), [(2, 3, "3/2"), (4, 3, "2"), (6, 3, "9/4"), (1, 1, "1"), (2, 5, "5/3")])
def test_usual_sizes_are_proved(m, r, saved):
    whole = derive("winograd", m=m, r=r)
    assert whole.result.relation == "identical"
    assert whole.result.left.shape == (m, 1)
    assert steps(whole)["Saving"].endswith(f" = {saved}")
    assert whole.title.endswith(f": {m + r - 1} multiplication{'s' if m + r > 2 else ''} for {m * r}")


@given(filterings())
@settings(max_examples=20)
def test_any_rational_points_serve(filtering):
    m, r, points = filtering
    for subject in ("winograd", "toom-cook"):
        whole = derive(subject, m=m, r=r, points=points)
        assert ", ".join(map(str, (*points, "oo"))) in whole.text()


@pytest.mark.parametrize("subject", ["winograd", "winograd-2d"])
def test_a_wrong_point_in_one_transform_is_refused(subject):
    whole = derive(subject)
    place = next(i for i, step in enumerate(whole.steps) if step.name in ("Fast correlation", "Axis"))
    step = whole.steps[place]
    wrong = sp.ImmutableMatrix(evaluation((0, 1, -2), 2)).T
    spoilt = replace(step, right=sp.MatMul(wrong, *step.right.args[1:], evaluate=False))
    with pytest.raises(DerivationError, match="difference of the two sides"):
        replace(whole, steps=(*whole.steps[:place], spoilt, *whole.steps[place + 1 :]))


@pytest.mark.parametrize("points", [None, ((0, 1, 2, 3, Fraction(-1, 2)), (0, 1, -1, 4, -3))])
def test_all_coefficients_along_two_axes_are_those_of_the_correlation(points):
    """Of F(4x4, 3x3): 16 outputs, 9 taps and 36 inputs, multiplied out as an array of exact numbers."""
    one, two = (transforms(4, 3, own) for own in points or (None, None))
    forms = [
        np.einsum("il,lk,lj->ikj", *map(np.array, (made.output, made.filter, made.input)), optimize=True)
        for made in (one, two)
    ]
    i, k, j = np.ogrid[:4, :3, :6]
    assert all(np.array_equal(form, j == i + k) for form in forms)
    whole = derive("winograd-2d", m=4, points=points)
    assert whole.title == "Minimal filtering F(4x4, 3x3): 36 multiplications for 144"
    assert repr(whole.result).endswith("*A" if points is None else "*A'")


def test_axes_of_their_own_have_matrices_of_their_own():
    whole = derive("winograd-2d", m=(2, 3), r=(3, 1))
    told = steps(whole)
    assert told["Nested"] == "y = A^T*((G*g*G'^T) .* (B^T*d*B'))*A'"
    assert told["Saving"].endswith(" = 3/2"), "an axis of one tap saves nothing"
    assert "Second axis" in told
    assert "[j1 = i1 + k1, j2 = i2 + k2]" in told["Product of axes"]


def test_toom_and_cook_interpolate_with_lagrange():
    told = steps(derive("toom-cook", m=2, r=2, points=(0, 1)))
    assert told["Basis"] == "[[1, z, z^2]]*[[1, 0, 0], [-1, 1, -1], [0, 0, 1]] == [[1 - z, z, z*(z - 1)]]"
    assert told["Saving"].endswith(" = 4/3")


def test_karatsuba_takes_three_products():
    told = steps(derive("karatsuba"))
    assert told["Three products"].endswith(
        "z*((p[0] + p[1])*(q[0] + q[1]) - p[0]*q[0] - p[1]*q[1]) + p[0]*q[0] + p[1]*q[1]*z^2"
    )
    assert told["Multiplications"] == "M[n] = 3^n"


def test_karatsuba_is_toom_and_cook_at_its_points():
    """The middle row of interpolation at 0, 1 and infinity, and at 0, -1 and infinity."""
    assert "[-1, 1, -1]" in steps(derive("toom-cook", m=2, r=2, points=(0, 1)))["Interpolation"]
    assert "[1, -1, 1]" in steps(derive("toom-cook", m=2, r=2, points=(0, -1)))["Interpolation"]
    assert steps(derive("karatsuba", point=-1))["Middle"].endswith(
        "== p[0]*q[0] + p[1]*q[1] - (p[0] - p[1])*(q[0] - q[1])"
    )


@pytest.mark.parametrize(
    ("subject", "given", "words"),
    [
        ("winograd", {"m": 0}, "number of outputs m must be at least 1"),
        ("winograd", {"points": (0, 1)}, "m + r - 2 = 3"),
        ("winograd", {"points": (0, 1, 1)}, "must be distinct"),
        ("toom-cook", {"points": (0, 1, 0.5)}, "must be rational"),
        ("winograd-2d", {"m": (2, 2, 2)}, "m has 3 parts"),
        ("winograd-2d", {"points": ((0, 1, 2),)}, "points has 1 parts"),
        ("winograd-2d", {"points": (0, 1)}, "2 finite points"),
        ("winograd-2d", {"m": 1, "r": 1, "points": 3}, "1 finite points: 3"),
        ("winograd-2d", {"r": "wide"}, "two axes"),
        ("winograd", {"m": 12, "r": 12}, "12 + 12 - 1 = 23 points"),
        ("toom-cook", {"m": 20, "r": 20}, "at most 12"),
        ("winograd-2d", {"m": (2, 10**6)}, "1,000,002 points"),
        ("karatsuba", {"h": 64}, "128 coefficients, 16,384 products"),
        ("karatsuba", {"h": 10**6}, "h at most 16"),
        ("karatsuba", {"h": 0}, "length h of a half must be at least 1"),
        ("karatsuba", {"point": 2}, "more than three products"),
    ],
)
def test_settings_that_do_not_fit_are_told(subject, given, words):
    with pytest.raises(SettingError) as caught:
        derive(subject, **given)
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"{subject}: ")


@pytest.mark.parametrize("subject", ["winograd", "toom-cook", "winograd-2d"])
def test_a_multiplication_more_or_less_is_refused(subject):
    whole = derive(subject)
    for name in ("Multiplications", "Saving"):
        right = named(whole, name).right
        refused(whole, name, right * 4 / 5)
    refused(
        whole,
        "Multiplications",
        named(whole, "Multiplications").right.subs(size("r"), size("r") + 1).subs(size("r_2"), size("r_2") + 1),
    )


@pytest.mark.parametrize("seed", [0, 1])
def test_the_transposition_needs_all_its_terms(seed):
    whole = replace(derive("winograd"), instances=derive("winograd").instances[seed : seed + 1])
    j, s, d = index("j"), array("s"), array("d")
    refused(whole, "Transposition", Sigma(s[j] * d[j], [(j, 3)]))
    refused(whole, "Transposition", Sigma(s[j + 1] * d[j + 1], [(j, 3)]))


def test_a_sign_is_told_only_where_0_is_among_the_points():
    assert "The row of the point 0 in G" in derive("winograd", m=2, r=3).text()
    assert "The row of the point 0" not in derive("winograd", m=2, r=3, points=(1, -1, 2)).text()


@pytest.mark.parametrize("points", [(0, 1, -1), (1, 0, 2), (2, 3, 0)])
def test_the_row_of_the_point_0_is_made_positive(points):
    told = named(derive("winograd", m=2, r=3, points=points), "Filter transform").right
    assert told[points.index(0), 0] > 0
