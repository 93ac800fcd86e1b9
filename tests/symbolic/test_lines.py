"""Formulas on lines of a terminal: no longer than they may be, nothing lost, broken where they hold together least."""

import re
from itertools import pairwise

import pytest

from cnnmath import ops
from cnnmath.symbolic import general
from cnnmath.symbolic.lines import broken
from cnnmath.symbolic.notations import Text
from tests.support import every_operator
from tests.symbolic.instances import derivations, derived, small

COMMON = [general(kind) for kind in (ops.Conv, ops.ConvTranspose, ops.MaxPool, ops.AveragePool, ops.GroupNorm)]
COMMON += [ops.Linear(2), ops.Softmax(), ops.LSTMCell(2), ops.BatchNorm(training=True), ops.CrossEntropy()]


@every_operator
@pytest.mark.parametrize("width", [60, 115])
def test_only_spaces_are_lost_where_a_formula_is_broken(kind, width):
    for derivation in derivations(small(kind)):
        for step in derivation.steps:
            written = step.write(Text())
            assert "".join(broken(written, width)).replace(" ", "") == written.replace(" ", "")


@pytest.mark.parametrize("width", [75, 115])
@pytest.mark.parametrize("op", COMMON, ids=str)
def test_the_formulas_of_common_operators_fit_on_a_terminal(op, width):
    for step in derived(op, "x").steps:
        assert max(map(len, broken(step.write(Text()), width))) <= width


def test_a_derivation_is_no_wider_than_it_may_be():
    for width in (80, 120):
        text = derived(general(ops.Conv), "x").text(width=width)
        assert max(map(len, text.splitlines())) <= width
        assert "".join(text.split()) == "".join(derived(general(ops.Conv), "x").text().split())


def test_a_formula_that_fits_stays_on_its_line():
    assert broken("y[n] = a[n] + b[n]", 18) == ["y[n] = a[n] + b[n]"]


def test_conditions_stand_below_the_ranges_of_their_sum_and_the_body_below_both():
    last = derived(general(ops.Conv), "x").result.write(Text())
    assert broken(last, 75) == [
        "dL/dx[n,c,j1,j2]",
        "  = sum{f<F, k1<K1, k2<K2",
        "        | s1 divides j1 + p1 - d1*k1, 0 <= (j1 + p1 - d1*k1)/s1 < O1,",
        "          s2 divides j2 + p2 - d2*k2, 0 <= (j2 + p2 - d2*k2)/s2 < O2}",
        "        dL/dy[n,f,(j1+p1-d1*k1)/s1,(j2+p2-d2*k2)/s2]*w[f,c,k1,k2]",
    ]


def test_terms_stand_below_each_other_and_a_bracket_hangs_below_its_inside():
    assert broken("total[n,c] = first[n,c]*(1 + second[n,c]) + third[n,c]", 32) == [
        "total[n,c]",
        "  = first[n,c]*(1 + second[n,c])",
        "    + third[n,c]",
    ]
    assert broken("longest[n] = tanh(first[n] + second[n] + third[n])", 34) == [
        "longest[n]",
        "  = tanh(first[n] + second[n]",
        "         + third[n])",
    ]


def test_a_left_side_too_long_for_a_line_is_broken_as_well():
    assert broken("first[n,c]*second[n,c] + third[n,c] <= fourth[n,c]", 24) == [
        "first[n,c]*second[n,c]",
        "+ third[n,c]",
        "  <= fourth[n,c]",
    ]


def test_a_relation_inside_a_bracket_breaks_nothing():
    assert broken("y = [n' = n, c' = c]", 14) == ["y = [n' = n,", "     c' = c]"]


def test_a_heading_goes_on_below_its_own_text_however_many_digits_its_number_has():
    lines = derived(ops.BatchNorm(training=True), "x").text(width=44).splitlines()
    numbered = [(line, below) for line, below in pairwise(lines) if re.match(r" +\d+\. ", line)]
    assert [line[:5] for line, _ in numbered[-2:]] == ["  9. ", "  10."]
    for line, below in numbered:
        assert "dL/d" in below or re.match(" *", below)[0] == " " * (line.index(". ") + 2)
    assert numbered[-1][1] == "      that are normalised together share is"


def test_equations_in_a_sentence_stay_whole():
    remark = derived(general(ops.MaxPool), "x").text(width=40).splitlines()
    assert not any(line.endswith((" =", "=")) or line.lstrip().startswith("= 0") for line in remark[1:4])
