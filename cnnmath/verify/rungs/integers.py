"""Rung 2: random integers that no operation rounds, compared with ``==``.

For a polynomial that is a proof but for chance. Two different polynomials of degree d in numbers that are drawn from a
set S agree with probability at most d/|S| (Schwartz and Zippel), and operands drawn apart from each other add up their
shares; every run multiplies.

References
----------
.. [1] J. Schwartz, "Fast probabilistic algorithms for verification of polynomial identities", Journal of the ACM 27,
   1980, lemma 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from math import ceil, log2, prod
from numbers import Rational

import numpy as np

from cnnmath.numeric.windows import Array
from cnnmath.readers.monomials import Monomial, monomials
from cnnmath.verify.compare import compared
from cnnmath.verify.data import Mode, mode
from cnnmath.verify.evidence import TO_DIGITS, Evidence, Finding, Withheld
from cnnmath.verify.guard import Guard, carrier
from cnnmath.verify.rounding import FORMATS, bounded
from cnnmath.verify.rungs.choice import know, planted
from cnnmath.verify.rungs.draws import BITS, degree_of, distinct, drawn, integers, rational, room
from cnnmath.verify.strategies import Case
from cnnmath.verify.trial import ROOM, Trial, steps

RUNG = 2
CERTAINTY = 60
"""A wrong polynomial passes with probability at most 2 to minus this, unless that takes too many runs."""

RUNS = 24
"""Most runs of one setting."""

TOLERANCE = Fraction(1, 10**40)
"""Of irrational numbers, relative to the largest of the array."""

NOTHING = Fraction(1, 10**55)
"""What the rounding of 60 digits may leave where the truth is 0: the log-softmax of one channel."""

RANDOM = "equal to the definition on random integers; a wrong polynomial passes with probability at most 2^-{}"
CHOSEN = "equal to the definition on integers in random order, and on integers with many ties"
PLANTED = "equal to it with every position as the largest of its windows, and every two of a window as equal largest"
HINT = 'it rounds where no sum has to: name its algorithm, Adapter(..., algorithm="winograd(4)") or "fft"'
SMALL_ERROR = 1e-6
"""Relative to the largest number: a difference that may be a rounding."""

ANY = "any order"
POLYNOMIAL = "it is a polynomial of the definition's degree in every operand"


def exact_on_integers(
    guard: Guard, case: Case, wanted: Sequence[str], generator: np.random.Generator, runs: int = RUNS
) -> Iterator[Evidence | Withheld | Finding]:
    """Compare the results that are wanted with the definition, on numbers for which it is known exactly."""
    how = mode(case.op, *case.inputs)
    dtype = guard.tested.dtype
    if how != "integers":
        yield from on_fractions(guard, case, wanted, generator, how)
    elif dtype not in BITS:
        yield from (Withheld(RUNG, wrt, f"no integers are known for {dtype}") for wrt in wanted)
    elif (found := monomials(case.op, *case.inputs)) is None:
        yield from by_choice(guard, case, wanted, generator)
    else:
        yield from by_polynomials(guard, case, wanted, generator, found, runs)


def by_polynomials(
    guard: Guard,
    case: Case,
    wanted: Sequence[str],
    generator: np.random.Generator,
    found: frozenset[Monomial],
    most: int,
) -> Iterator[Evidence | Withheld | Finding]:
    """Runs on integers as large as the format has room for, until chance is excluded."""
    largest = room(case, found, BITS[guard.tested.dtype])
    if largest < 1:
        why = f"no integers are small enough for sums of this length in {guard.tested.dtype}"
        yield from (Withheld(RUNG, wrt, why) for wrt in wanted)
        return
    miss = {wrt: Fraction(degree_of(found, wrt), 2 * largest + 1) for wrt in wanted}
    runs = max(min(most, ceil(CERTAINTY / -log2(m))) if 0 < m < 1 else 1 for m in miss.values())
    numbers = dict.fromkeys(wanted, 0)
    for said in _tried(guard, (integers(case, largest, generator, guard.tested.dtype) for _ in range(runs)), numbers):
        if isinstance(said, Withheld) and (finding := _on_small(guard, case, said.wrt, generator)):
            yield finding
            return
        yield said
    for wrt in numbers:
        chance = min(CERTAINTY, int(-log2(miss[wrt]) * runs)) if 0 < miss[wrt] < 1 else CERTAINTY
        yield Evidence(RUNG, wrt, RANDOM.format(chance), runs, numbers[wrt], (POLYNOMIAL,))


def _on_small(guard: Guard, case: Case, wrt: str, generator: np.random.Generator) -> Finding | None:
    """What is wrong on integers of 2 at most: a rounding of large ones gets smaller with them, a mistake need not."""
    trial = integers(case, 2, generator, guard.tested.dtype)
    trial.prepare((wrt,))
    said = judged(guard, trial, wrt)
    return said if isinstance(said, Finding) else None


def by_choice(
    guard: Guard, case: Case, wanted: Sequence[str], generator: np.random.Generator
) -> Iterator[Evidence | Withheld | Finding]:
    """Many ties, numbers that are all different, and where the operator chooses, planted orders and ties."""
    bits = BITS[guard.tested.dtype]
    ties = Trial(case, *drawn(case, generator, guard.tested.dtype))
    orders = distinct(ties, generator, bits)
    plants = [
        Trial(case, ties.arrays | {"x": x.astype(carrier(guard.tested.dtype))}, ties.dy)
        for x in planted(case, generator, 2 ** (bits - 1))
    ]
    know(plants, wanted)
    numbers = dict.fromkeys(wanted, 0)
    yield from _tried(guard, (ties, orders, *plants), numbers)
    for wrt in numbers:
        size = prod(ties.shape(wrt))
        yield Evidence(RUNG, wrt, CHOSEN, 2, 2 * size)
        if plants:
            yield Evidence(RUNG, wrt, PLANTED, len(plants), len(plants) * size)


def _tried(guard: Guard, trials: Iterable[Trial], numbers: dict[str, int]) -> Iterator[Withheld | Finding]:
    """Compare every result in every trial, and count its numbers; what is withheld or wrong is counted no more."""
    for trial in trials:
        trial.prepare(numbers)
        for wrt in tuple(numbers):
            said = judged(guard, trial, wrt)
            if said is None:
                numbers[wrt] += prod(trial.shape(wrt))
                continue
            yield said
            del numbers[wrt]
            if isinstance(said, Finding):
                numbers.clear()
                return


def on_fractions(
    guard: Guard, case: Case, wanted: Sequence[str], generator: np.random.Generator, how: Mode
) -> Iterator[Evidence | Withheld | Finding]:
    """One run on fractions in object arrays, for kernels that compute with whatever numbers they are given."""
    trial = Trial(case, *drawn(case, generator))
    trial = Trial(case, {name: rational(a) for name, a in trial.arrays.items()}, rational(trial.dy))
    trial.prepare(wanted)
    for wrt in wanted:
        given = guard(trial, wrt, RUNG, exact=True)
        if isinstance(given, Finding):
            if given.kind not in ("raises", "dtype"):
                yield given
                return
            yield Withheld(RUNG, wrt, "its numbers are fractions here, and it takes none")
            continue
        if not all(isinstance(v, Rational) for v in given.ravel().tolist()):
            yield Withheld(RUNG, wrt, "its numbers are fractions here, and it computes in floats")
            continue
        most = max(map(abs, trial.truth(wrt).ravel().tolist()), default=Fraction(0))
        allowed = max(TOLERANCE * most, NOTHING) if how == "digits" else 0
        if finding := compared(trial, wrt, given, RUNG, allowed=allowed):
            yield finding
            return
        fact = TO_DIGITS if how == "digits" else "equal to the definition on fractions"
        yield Evidence(RUNG, wrt, fact, 1, given.size, ("it does to floats what it does to fractions",))


def judged(guard: Guard, trial: Trial, wrt: str, rung: int = RUNG) -> Withheld | Finding | None:
    """What is wrong with a result, if anything; a kernel whose algorithm rounds on integers is not judged by them."""
    given = guard(trial, wrt, rung)
    finding = given if isinstance(given, Finding) else compared(trial, wrt, given, rung)
    if finding is None or isinstance(given, Finding) or finding.kind != "value" or given.dtype.kind != "f":
        return finding
    if guard.tested.algorithm != ANY or _within_roundings(guard, trial, wrt, given):
        return Withheld(rung, wrt, "it rounds on integers of which sums need no rounding")
    truth = trial.truth(wrt).astype(float)
    if np.abs(given - truth).max() <= SMALL_ERROR * np.abs(truth).max():
        return replace(finding, lines=(*finding.lines, ("perhaps", HINT)))
    return finding


def _within_roundings(guard: Guard, trial: Trial, wrt: str, given: Array) -> bool:
    """Whether rounding explains all differences, though less than one half of the smallest number that is possible."""
    form = FORMATS.get(guard.tested.dtype)
    if form is None or steps(trial.case) > ROOM:
        return False
    found = bounded(trial.case.op, wrt, trial.arrays, trial.dy, form)
    trial.know(wrt, found.value)
    return compared(trial, wrt, given, RUNG, allowed=found.bound, kind="bound") is None
