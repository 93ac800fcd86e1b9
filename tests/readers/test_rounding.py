"""The rounding reader: its numbers contain what any order of evaluation gives, and say no more than they must."""

import math
from fractions import Fraction

import numpy as np
import pytest

from cnnmath.ops import Add, MaxPool, ReLU
from cnnmath.readers.exact import Exact, Tensor
from cnnmath.readers.rounding import FORMATS, Given, Rounding, Sloping, backward, constant, either, forward
from tests.support import gamma

F32, F16 = FORMATS["float32"], FORMATS["float16"]
U = F32.unit


def given_(values, form=F32):
    return Given.of(form, Tensor((len(values),), [Fraction(v) for v in values]))


def vector(m, values):
    a = given_(values, m.format)
    return [a[i] for i in range(len(values))]


@pytest.mark.parametrize("name", FORMATS)
def test_formats_are_those_of_the_standard(name):
    form = FORMATS[name]
    assert form.holds(1 + 2 * form.unit)
    assert name == "float64" or not form.holds(1 + form.unit)  # a double cannot be too long for itself
    assert form.holds(form.largest)
    if name != "bfloat16":
        info = np.finfo(name)
        assert (form.unit, form.largest) == (float(info.eps) / 2, float(info.max))
        assert form.smallest == float(info.smallest_subnormal if name == "float16" else info.tiny)


def test_constants_are_rounded_where_the_format_does_not_hold_them():
    assert constant(F32, Fraction(3, 4)).exact
    assert constant(F16, 2048).exact
    assert not constant(F16, 2049).exact
    assert Fraction(constant(F32, Fraction(1, 10)).error) >= abs(Fraction(float(np.float32(0.1))) - Fraction(1, 10))


def test_a_sum_is_bounded_by_its_absolute_values_however_it_is_nested():
    m = Rounding(F32)
    a, b, c, d = vector(m, (3, -2, 5, -7))
    bounds = {((a + b) + (c + d)).error, (((a + b) + c) + d).error, (a + (b + (c + d))).error}
    (bound,) = bounds
    assert gamma(3, U) * 17 <= bound <= 1.0001 * gamma(3, U) * 17


def test_zeros_and_products_by_one_round_nothing():
    m = Rounding(F32)
    a, zero, one = vector(m, (0.75, 0, 1))
    assert (a + zero).exact
    assert (a * one).exact
    assert (a * -1).value == -0.75
    assert (a * zero).exact


def test_a_factor_belongs_to_every_term():
    m = Rounding(F32)
    a, b, c = vector(m, (100, -99, 3))
    product = (a + b) * c
    assert product.value == 3
    assert product.error >= U * 3 * 199  # of a*c + b*c


def test_the_error_of_a_factor_is_the_same_in_all_terms():
    m = Rounding(F32)
    a, b = vector(m, (1000, -999))
    factor = constant(F32, 1).widened(1e-3)
    assert ((a + b) * factor).error < 2e-3  # and not 1.999 times a thousandth of a thousand


def test_a_square_of_a_difference_is_not_multiplied_out():
    m = Rounding(F32)
    a, b = vector(m, (1000, -999))
    apart = a + b
    assert (apart * apart).error < 4 * U * 1999


def test_a_divisor_that_may_be_zero_says_nothing():
    m = Rounding(F32)
    one, little = vector(m, (1, 1))
    assert (one / (little.widened(0.5))).error == math.inf
    assert (one / (little.widened(0.25))).error < math.inf


@pytest.mark.parametrize("value", [-20.0, -0.5, 0.25, 3.0])
@pytest.mark.parametrize("error", [0.0, 1e-6, 0.01])
def test_functions_contain_the_values_at_both_ends(value, error):
    m = Rounding(F32)
    x = constant(F32, value).widened(error)
    ends = (value - error, value + error)
    exp = m.exp(x).plain()
    assert all(abs(math.exp(end) - math.exp(value)) <= exp.error for end in ends)
    if value > 0:
        assert all(abs(math.log(end) - math.log(value)) <= m.log(x).error for end in ends)
        for exponent in (Fraction(1, 2), Fraction(3, 4), Fraction(-1, 3), 2):
            power = m.power(x, exponent)
            assert all(abs(end ** float(exponent) - value ** float(exponent)) <= power.error for end in ends)


def test_a_logarithm_of_what_may_be_negative_says_nothing_and_a_root_is_at_most_that_of_the_end():
    m = Rounding(F32)
    x = constant(F32, 1).widened(0.5)
    assert m.log(x).error == math.inf
    assert math.sqrt(1.5) <= m.power(x, Fraction(1, 2)).error < 2
    assert m.power(x, Fraction(-1, 2)).error == math.inf


def test_sums_of_exponentials_neither_overflow_nor_lose_their_bounds():
    m = Rounding(F32)
    x = given_((1000, 999, -1000))
    total = m.sum(lambda i: m.exp(x[i]), 3)
    log = m.log(total)
    assert abs(log.value - (1000 + math.log1p(math.exp(-1)))) <= log.error < 32 * U * 1000
    share = m.exp(x[1]) / total
    assert abs(share.value - 1 / (1 + math.e)) <= share.error < 32 * U


def test_an_exponential_that_overflows_says_nothing():
    m = Rounding(F32)
    assert m.exp(given_((100,))[0]).plain().error == math.inf


def test_a_maximum_is_off_by_no_more_than_the_worst_number():
    m = Rounding(F32)
    a, b = vector(m, (3, 2))
    assert m.max(lambda i: (a, b)[i], 2).exact
    assert m.max(lambda i: (a, b.widened(1e-3))[i], 2).error == 1e-3


def test_a_branch_that_may_flip_takes_both_in():
    m = Rounding(F32)
    x = constant(F32, 0.5).widened(0.5)
    y = m.when(x > 0, lambda: x, lambda: 0)
    assert y.error >= 0.5
    assert m.when(x > -2, lambda: 1, lambda: 0) == 1
    assert either(*vector(m, (3, 5))).error == 2


def test_a_maximum_between_rounded_numbers_has_the_derivatives_of_either():
    m, form = Sloping(F32), F32
    x = {"x": Given.of(form, Tensor((1, 1, 2), [1, 1]))}
    found = backward(MaxPool((2,)).element, form, Given.of(form, Tensor((1, 1, 1), [3])), "x", x)
    assert {at: v.error for at, v in found.items()} == {(0, 0, 0): 0.0}  # exact numbers: the first
    near = [m.of(constant(form, 1).widened(0.1)), m.of(constant(form, 1).widened(0.1))]
    assert m.max(lambda i: near[i], 2).value.error >= 0.1


def test_a_name_is_computed_once():
    m, calls = Rounding(F32), []
    for _ in range(3):
        m.let("mean", (0,), lambda: calls.append(1) or 1)
    assert calls == [1]


def test_inputs_are_exact_so_that_a_rectifier_does_not_flip():
    x = Given.of(F32, Tensor((1, 2), [Fraction(1, 2**20), Fraction(-1, 2**20)]))
    assert all(y.exact for y in forward(ReLU().element, F32, [(0, 0), (0, 1)], x))


def test_partial_sums_in_any_order_are_covered_by_nested_additions():
    xs = [Given.of(F32, Tensor((1, 1), [v])) for v in (1 << 24, 1, -(1 << 24), 1)]
    (y,) = forward(Add().element, F32, [(0, 0)], *xs)
    numbers = [np.float32(v) for v in (1 << 24, 1, -(1 << 24), 1)]
    orders = [(0, 1, 2, 3), (0, 2, 1, 3), (1, 3, 0, 2), (3, 2, 1, 0)]
    results = {float(((numbers[i] + numbers[j]) + numbers[k]) + numbers[n]) for i, j, k, n in orders}
    assert len(results) > 1
    assert all(abs(result - 2) <= y.error for result in results)


def test_values_follow_the_exact_reader():
    m, exact = Rounding(F32), Exact()
    x = [Fraction(1, 3), Fraction(-5, 7)]
    rounded = m.log(m.sum(lambda i: m.exp(m.of(x[i])), 2))
    assert abs(Fraction(rounded.value) - exact.log(exact.sum(lambda i: exact.exp(x[i]), 2))) <= Fraction(rounded.error)


def test_a_branch_on_a_number_that_overflowed_says_nothing():
    m = Rounding(F16)
    (x,) = vector(m, (1000,))
    square = x * x
    assert square.error == math.inf
    assert m.of(m.when(square > 0, lambda: m.power(square, Fraction(1, 2)), lambda: 0)).error == math.inf
    assert m.max(lambda i: (x, square)[i], 2).error == math.inf
    assert (square * 0).error == math.inf
