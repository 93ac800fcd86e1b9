"""Worked examples: the numbers put in give the value beside them, and the letters are those of the formula."""

import re
from fractions import Fraction

import pytest
import sympy as sp

from cnnmath import ops
from cnnmath.symbolic import Derivation, WrittenOut, derive, general, step
from cnnmath.symbolic.instance import Instance, Sparse, values
from cnnmath.symbolic.lets import MEANINGS
from cnnmath.symbolic.notations import Text
from cnnmath.symbolic.terms import Sigma, array, index, size
from cnnmath.symbolic.traced import Traced
from cnnmath.symbolic.worked import worked
from tests.support import every_operator
from tests.symbolic.instances import derivations, small

RATIONAL = re.compile(r"[-\d+*/() ]+")


def calculated(text):
    """What a text of numbers comes to, by Python's own arithmetic on fractions."""
    assert RATIONAL.fullmatch(text), text
    return eval(re.sub(r"\d+", lambda number: f"Fraction({number[0]})", text), {"Fraction": Fraction})


@every_operator
def test_every_step_comes_to_its_value(kind):
    for derivation in derivations(small(kind)):
        _, chains = worked(derivation)
        assert [chain.step for chain in chains] == list(derivation.steps)
        for chain in chains:
            left, *_, value = chain.write(Text()).split(" = ")
            names = tuple(f"{meaning.array}[" for meaning in MEANINGS.values())
            if chain.step.name == "Deviations":
                assert value == "0"
                continue
            assert left == "y" or left.startswith(("y[", "dL/d", "dy[", "dy/", *names))
            assert value not in ("0", ""), "an entry is shown at which something happens"


@pytest.mark.parametrize("wrt", ["y", "x", "w", "b"])
def test_the_numbers_of_a_convolution_come_to_the_value(wrt):
    _, chains = worked(derive(general(ops.Conv, 1), wrt, rank=1))
    for chain in chains:
        *_, numbers, value = chain.write(Text()).split(" = ")
        if RATIONAL.fullmatch(numbers):
            assert calculated(numbers) == calculated(value)


def test_a_wrong_number_would_be_seen():
    assert calculated("2*3 + (-1)*2") == 4
    assert calculated("2*3 + 1/2") != 6


def test_an_example_is_as_small_as_can_be():
    instance, _ = worked(derive(ops.Conv(1, (3,), stride=2), "x"))
    sizes = {str(symbol): value for symbol, value in instance.values.items()}
    assert (sizes["N"], sizes["C"], sizes["F"]) == (1, 1, 1)


def test_a_maximum_shows_all_that_it_compares_and_who_wins():
    _, (definition, *_) = worked(derive(ops.MaxPool((2,), stride=1)))
    text = definition.write(Text())
    assert re.fullmatch(r"y\[0,0,\d\] = max\(x\[0,0,\d\], x\[0,0,\d\]\) = max\(.*, .*\) = -?\d", text), text


def test_terms_that_are_zero_are_left_out_and_long_sums_are_shown_by_their_value():
    k, n, x = index("k"), size("n"), array("x")
    total = step("Sum", "all of it.", array("y")[0], Sigma(x[k], [(k, n)]))
    short, long = (
        Derivation(
            "a sum", (), (total,), (Instance(values(n=count), {"x": Sparse(numbers), "y": Sparse({(0,): whole})}),)
        )
        for count, numbers, whole in ((9, {(2,): 5, (7,): 1}, 6), (30, {(i,): 1 for i in range(30)}, 30))
    )
    assert worked(short)[1][0].write(Text()) == "y[0] = x[2] + x[7] = 5 + 1 = 6"
    assert worked(long)[1][0].write(Text()) == "y[0] = 30"


def test_numbers_fill_the_written_out_form():
    op = ops.Conv(1, (2,), bias=False)
    text = WrittenOut(derive(op, "w"), op, ((1, 1, 3),)).write_as("text", numbers=True)
    rows = text.splitlines()[1:]
    assert len(rows) == 2
    for row in rows:
        left, letters, numbers, value = row.strip().split(" = ")
        assert left.startswith("dL/dw[")
        assert letters.count("*") == numbers.count("*") == 2
        assert calculated(numbers) == calculated(value)


def test_a_pools_numbers_say_who_got_the_gradient():
    op = ops.MaxPool((2,))
    text = WrittenOut(derive(op), op, ((1, 1, 2),)).write_as("text", numbers=True)
    values_of = [row.rsplit(" = ", 1)[1] for row in text.splitlines()[2:]]
    assert sorted(values_of)[0] == "0" or "0" in values_of
    assert len([value for value in values_of if value != "0"]) == 1


def test_a_number_that_remembers_computes_both():
    x, w = sp.symbols("x w")
    a, b = Traced(Fraction(3), x), Traced(Fraction(2), w)
    for result, value, formula in (
        (a + b, 5, x + w), (a - b, 1, x - w), (1 - a, -2, 1 - x), (a * b, 6, x * w), (a / b, Fraction(3, 2), x / w),
        (6 / a, 2, 6 / x), (a**2, 9, x**2), (abs(Traced(-3, x)), 3, abs(x)), (2 * a + 1, 7, 2 * x + 1),
    ):  # fmt: skip
        assert (result.value, result.formula) == (value, formula)
    assert b < a and a >= b and a != b and a == 3 and b <= 2 and a > 2  # noqa: PT018 - one thought
