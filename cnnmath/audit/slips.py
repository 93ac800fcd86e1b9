"""Slips of the pen: simple explanations of a wrong number, each tested by undoing it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import zip_longest
from typing import Any

import sympy as sp

from cnnmath.audit.findings import Finding, Formula, NotCoveredError, Sizes, Value, agrees
from cnnmath.audit.formulas import parse
from cnnmath.audit.given import read_sizes
from cnnmath.audit.printed import Printed
from cnnmath.errors import CnnmathError
from cnnmath.symbolic.terms import Expr


def find_slip(printed: Any, finding: Finding) -> str:
    """What went wrong, where a simple slip turns a right value into the printed one; empty where none is found.

    Slips of the subject, which the judge computes, come before slips of the pen.

    Examples
    --------
    >>> from cnnmath.audit.findings import exactly
    >>> find_slip(150129, exactly(150529))
    'one digit is mistyped: 1 for 5'
    >>> find_slip([64869, 2], exactly([64896, 2]))
    'two neighbouring digits are exchanged: 69 for 96'
    """
    for slip in finding.slips:
        if agrees(slip.value, printed, endless=finding.endless):
            return slip.name
    for reading in finding.readings:
        found = next(of_the_pen(printed, reading.value), "")
        if found:
            return found
    return ""


def of_the_pen(printed: Any, value: Value) -> Iterator[str]:
    """Explanations of the first place where something printed differs from a value."""
    if isinstance(value, list) and isinstance(printed, list) and len(value) == len(printed):
        for v, p in zip(value, printed, strict=True):
            if not agrees(v, p):
                yield from of_the_pen(p, v)
                return
    elif isinstance(value, Sizes):
        sizes = read_sizes(printed) or ()
        if len(sizes) == len(value.sizes):
            yield from of_the_pen(list(sizes), list(value.sizes))
    elif isinstance(value, Formula):
        yield from _in_a_formula(str(printed), value)
    elif isinstance(value, (int, Fraction)):
        yield from _in_a_number(printed, value)


def _in_a_number(printed: Any, value: int | Fraction) -> Iterator[str]:
    number = Printed.of(printed)
    if value != int(value):
        if not number.unit and abs(number.value - value) <= Fraction(1, 2):
            yield f"rounded to a whole number: {number.text} for {float(value):g}"
        return
    if number.value.denominator != 1 or value < 0 or number.value < 0:
        return
    yield from digits(str(number.value), str(int(value)))
    for factor, name in ((2, "half"), (3, "a third")):
        if number.value * factor == value:
            yield f"{name} of the right value"
    if number.value == 2 * value:
        yield "twice the right value"
    if abs(number.value - value) == 1:
        yield "off by one"


def digits(printed: str, right: str) -> Iterator[str]:
    """A slip of the keyboard between two numbers, in words.

    Examples
    --------
    >>> list(digits("15", "5")), list(digits("240400", "290400"))
    (['one digit too many: 1'], ['one digit is mistyped: 4 for 9'])
    """
    places = [i for i, (a, b) in enumerate(zip_longest(printed, right)) if a != b]
    if len(printed) == len(right) and len(places) == 1:
        yield f"one digit is mistyped: {printed[places[0]]} for {right[places[0]]}"
    if len(printed) == len(right) and len(places) == 2 and places[1] == places[0] + 1:
        i, j = places
        if (printed[i], printed[j]) == (right[j], right[i]):
            yield f"two neighbouring digits are exchanged: {printed[i : j + 1]} for {right[i : j + 1]}"
    for longer, shorter, what in ((printed, right, "too many"), (right, printed, "is missing")):
        if len(longer) == len(shorter) + 1:
            for i, digit in enumerate(longer):
                if longer[:i] + longer[i + 1 :] == shorter:
                    yield f"one digit {what}: {digit}"
                    return


def _in_a_formula(printed: str, value: Formula) -> Iterator[str]:
    try:
        formula = parse(printed, value.grammar)
    except CnnmathError:
        return
    for power in sorted(formula.atoms(sp.Pow), key=str):
        if power.exp == 2 and _says(value, formula.xreplace({power: power.base})):
            factor = str(power.base).replace("[", "_").replace("]", "").replace(", ", "")
            yield f"a factor is printed twice: {factor} {factor}"
    for change, name in ((1, "1 is left out"), (-1, "1 too much")):
        if not isinstance(formula, sp.Tuple) and _says(value, formula + change):
            yield name


def _says(value: Formula, formula: Expr) -> bool:
    """Whether a changed formula is the right one; one that makes no sense, on which SymPy fails, is not."""
    try:
        return bool(value.same(formula))
    except (NotCoveredError, CnnmathError, TypeError, ValueError, ArithmeticError, NotImplementedError):
        return False
