"""Rung 1: a proof for these shapes, from one run.

The kernel is given numbers that can be added and multiplied and nothing else (`cnnmath.verify.ring`), so that what it
computes is a polynomial in its operands, whatever it does; the sentence is read with the same numbers, and every
coefficient of every result is compared.

A kernel that is tied to floats cannot be given such numbers. If it is taken for granted that it is linear in each
operand, then it is determined by its values where each operand is one-hot, and these are all tried, one after the
other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product
from math import prod

import numpy as np

from cnnmath.numeric.windows import Array
from cnnmath.ops import operands
from cnnmath.ops.algebra import Shape
from cnnmath.readers.monomials import Monomial, monomials, of_gradient
from cnnmath.verify import grid
from cnnmath.verify.compare import place
from cnnmath.verify.data import divisor, labels
from cnnmath.verify.evidence import Evidence, Finding, Withheld
from cnnmath.verify.guard import Guard, carrier
from cnnmath.verify.ring import NotPolynomialError, Polynomial, unknowns
from cnnmath.verify.rungs.draws import most_terms
from cnnmath.verify.rungs.integers import judged
from cnnmath.verify.strategies import Case
from cnnmath.verify.trial import Trial

RUNG = 1
ROOM = 5_000_000
"""Most steps of adding terms to terms."""

PROBES = 2500
"""Most one-hot probes of a result at one setting."""

SAME_PATH = "it does to floats what it does to the numbers of a ring"
LINEAR = "it is linear in every operand"
PROVED = "every coefficient of every number is the definition's; it only adds and multiplies"
PROBED = "equal to the definition wherever every operand is one-hot or zero"
TOO_MANY = "there is no room for so many coefficients: ask at smaller sizes"
FLOATS = "it takes floats alone"


def proved(
    guard: Guard, case: Case, wanted: Sequence[str], generator: np.random.Generator
) -> Iterator[Evidence | Withheld | Finding]:
    """Prove the results that are wanted, or say why that cannot be."""
    found = monomials(case.op, *case.inputs)
    if found is None or any(len(set(m)) < len(m) for m in found):
        why = "the definition is no polynomial" if found is None else "the definition is not linear in each operand"
        yield from (Withheld(RUNG, wrt, why) for wrt in wanted)
        return
    terms = most_terms(case, sorted({name for m in found for name in m}))
    for wrt in wanted:
        unknown = _unknown(case, found, wrt)
        result = by_polynomials(guard, case, wrt, unknown, generator, terms)
        if isinstance(result, Withheld):
            result = by_probes(guard, case, wrt, unknown, generator) or result
        yield result
        if isinstance(result, Finding):
            return


def by_polynomials(
    guard: Guard, case: Case, wrt: str, shapes: Mapping[str, Shape], generator: np.random.Generator, terms: int
) -> Evidence | Withheld | Finding:
    """One run on unknowns; ``terms`` are how many a number may have."""
    fixed = _constants(case, generator, shapes)
    asked = _trial(case, wrt, fixed | unknowns(shapes))
    if prod(asked.shape(wrt)) * terms**2 > ROOM:
        return Withheld(RUNG, wrt, TOO_MANY)
    copies = {name: array.copy() for name, array in asked.arrays.items()}
    given = guard.result(asked, wrt, copies, asked.dy.copy() if wrt != "y" else None)
    if isinstance(given, BaseException):
        return Withheld(RUNG, wrt, str(given) if isinstance(given, NotPolynomialError) else FLOATS)
    given = np.asarray(given)
    if given.shape != asked.shape(wrt) or given.dtype.kind != "O":
        return Withheld(RUNG, wrt, FLOATS)
    zero, truth = Polynomial({}, (0,) * len(shapes)), _sentence(asked, wrt)
    for at in np.ndindex(given.shape):
        try:
            number = zero + given[at]
            if not isinstance(number, Polynomial) or max(number.degree, default=0) > 1:
                return Withheld(RUNG, wrt, "its degree in an operand is above one")
        except (NotPolynomialError, TypeError) as error:
            return Withheld(RUNG, wrt, str(error))
        if not number.same(zero + truth[at]):
            fact = f"{place(wrt, at)} is another polynomial in the operands than the definition's"
            return Finding("polynomial", fact, RUNG, wrt, at)
    return Evidence(RUNG, wrt, PROVED, 1, given.size, (SAME_PATH,))


def by_probes(
    guard: Guard, case: Case, wrt: str, shapes: Mapping[str, Shape], generator: np.random.Generator
) -> Evidence | Withheld | Finding | None:
    """All combinations of one-hot and zero operands; None where these are too many."""
    if (runs := prod(prod(s) + 1 for s in shapes.values())) > PROBES:
        return None
    times, form = divisor(case.op, *case.inputs), carrier(guard.tested.dtype)
    fixed = _constants(case, generator, shapes)
    variables = unknowns(shapes)
    truth = _sentence(_trial(case, wrt, fixed | variables), wrt)
    coefficients = _coefficients(truth, len(shapes))
    fixed = {name: a.astype(form) for name, a in fixed.items()}
    for hot in product(*(range(prod(s) + 1) for s in shapes.values())):
        probe, exponents = {}, []
        for (name, shape), i in zip(shapes.items(), hot, strict=True):
            flat = np.zeros(prod(shape), form)
            flat[i : i + 1] = times  # the last of all is zero everywhere
            probe[name] = flat.reshape(shape)
            exponents += [next(iter(v.terms)) for v in variables[name].ravel()[i : i + 1]]
        trial = _trial(case, wrt, fixed | probe)
        given = guard(trial, wrt, RUNG)
        some = [subset for n in range(len(exponents) + 1) for subset in combinations(exponents, n)]
        expected = sum((coefficients.get(sum(s), 0.0) * times ** len(s) for s in some), np.zeros(trial.shape(wrt)))
        right = not isinstance(given, Finding) and np.array_equal(given, expected)
        if not right and (said := judged(guard, trial, wrt, RUNG)):
            return said
    return Evidence(RUNG, wrt, PROBED, runs, runs * truth.size, (LINEAR,))


def _coefficients(truth: Array, count: int) -> dict[int, Array]:
    """By exponent the coefficients of all results, as floats."""
    zero, found = Polynomial({}, (0,) * count), {}
    for at in np.ndindex(truth.shape):
        for exponent, coefficient in (zero + truth[at]).terms.items():
            found.setdefault(exponent, np.zeros(truth.shape))[at] = coefficient
    return found


def _unknown(case: Case, found: frozenset[Monomial], wrt: str) -> dict[str, Shape]:
    """Shapes of the operands on which a result depends."""
    op, inputs = case.op, case.inputs
    names = {name for m in (found if wrt == "y" else of_gradient(found, wrt)) for name in m}
    shapes = {"dy": op.shape(*inputs)} | operands(op, *inputs)
    return {name: shape for name, shape in shapes.items() if name in names}


def _constants(case: Case, generator: np.random.Generator, unknown: Mapping[str, object]) -> dict[str, Array]:
    """What stands where no unknown does: labels and masks, and small integers on which the result does not depend."""
    op, inputs = case.op, case.inputs
    levels = op.levels(*inputs)
    return {
        name: labels(shape, levels[name], generator)
        if name in levels
        else generator.integers(1, 4, shape).astype(object)
        for name, shape in operands(op, *inputs).items()
        if name not in unknown
    }


def _trial(case: Case, wrt: str, arrays: Mapping[str, Array]) -> Trial:
    names, shape = operands(case.op, *case.inputs), case.op.shape(*case.inputs)
    dy = arrays["dy"] if wrt != "y" else np.broadcast_to(np.zeros((), object), shape)
    return Trial(case, {name: arrays[name] for name in names}, dy)


def _sentence(trial: Trial, wrt: str) -> Array:
    """What the definition says, in the numbers of the ring."""
    if wrt == "y":
        return grid.forward(trial.case.op, trial.arrays)
    return grid.gradient(trial.case.op, trial.dy, trial.arrays, [wrt])[wrt]
