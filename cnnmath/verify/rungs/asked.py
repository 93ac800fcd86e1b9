"""A kernel that is asked about a law: trials to ask it with, and two sides that must be equal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cnnmath.numeric.windows import Array
from cnnmath.readers.monomials import Monomial, monomials
from cnnmath.verify.compare import differing, number, place
from cnnmath.verify.data import mode
from cnnmath.verify.evidence import Finding
from cnnmath.verify.guard import Guard, carrier
from cnnmath.verify.rungs.draws import BITS, drawn, integers, room
from cnnmath.verify.rungs.integers import ANY
from cnnmath.verify.strategies import Case
from cnnmath.verify.trial import Trial

RUNG = 3


class RefutedError(Exception):
    """A law does not hold, or the kernel gives nothing of which one could."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.fact)
        self.finding = finding


@dataclass(slots=True)
class Asked:
    """A kernel at one setting, and what it has been asked so far.

    Attributes
    ----------
    guard, case, wanted
        The kernel, its setting, and the results that it is asked for.
    generator
        Draws all numbers.
    found
        The monomials of the definition; None where it is no polynomial.
    exact
        Whether all numbers are integers that no operation rounds.
    largest
        Bound of the integers that are drawn for a polynomial: two may be added.
    """

    guard: Guard
    case: Case
    wanted: tuple[str, ...]
    generator: np.random.Generator
    found: frozenset[Monomial] | None
    exact: bool
    largest: int
    base: Trial = field(init=False)
    runs: int = 0
    numbers: int = 0
    tried: list[tuple[Trial, str]] = field(default_factory=list)
    _greatest: float = 1.0
    _first: dict[str, Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.base = self.drawn()

    def drawn(self) -> Trial:
        """Random operands and gradient from above."""
        dtype = self.guard.tested.dtype
        if self.exact and self.found is not None:
            return integers(self.case, self.largest, self.generator, dtype)
        return Trial(self.case, *drawn(self.case, self.generator, dtype))

    def first(self, wrt: str) -> Array:
        """What the kernel gives for the first trial, on which most laws are tried."""
        if wrt not in self._first:
            self._first[wrt] = self.ask(self.base, wrt)
        return self._first[wrt]

    def ask(self, trial: Trial, wrt: str) -> Array:
        """What the kernel gives.

        Raises
        ------
        RefutedError
            Where that is no array of numbers.
        """
        given = self.guard(trial, wrt, RUNG)
        self.tried.append((trial, wrt))
        self.runs += 1
        if isinstance(given, Finding):
            raise RefutedError(given)
        if not (fine := np.isfinite(given)).all():
            at = tuple(map(int, np.unravel_index(int((~fine).argmax()), fine.shape)))
            fact = f"{place(wrt, at)} is {number(given[at])}, and all that went in is finite"
            raise RefutedError(Finding("nan", fact, RUNG, wrt, at))
        if not self.exact:
            arrays = [given, trial.dy, *trial.arrays.values()]
            self._greatest = max([self._greatest, *(float(np.abs(a).max(initial=0)) for a in arrays)])
        return given

    def same(
        self, law: str, wrt: str, left: Array, right: Array, says: str, where: tuple[int, Sequence[int]] | None = None
    ) -> None:
        """Compare the sides of a law.

        Parameters
        ----------
        law, wrt
            Its name, and the result that it speaks of.
        left, right
            What the kernel gave, and what it should have given by the law.
        says
            The law in words, or as an equation.
        where
            An axis, and which positions of the result the left side has there; all, if nothing is said.

        Raises
        ------
        RefutedError
            Where they differ.
        """
        self.numbers += left.size
        wrong = differing(left, right, 0 if self.exact else self.allowed)
        if not wrong.any():
            return
        at = tuple(int(i) for i in np.unravel_index(int(wrong.argmax()), wrong.shape))
        there = tuple(where[1][i] if where is not None and axis == where[0] else i for axis, i in enumerate(at))
        raise self.refuted(law, wrt, place(wrt, there), left[at], right[at], says, there)

    def refuted(
        self, law: str, wrt: str, what: str, left: Any, right: Any, says: str, at: tuple[int, ...] | None = None
    ) -> RefutedError:
        """A law that does not hold, as a finding."""
        fact = f"{what} is {number(left)}, but by the law '{law}' it is {number(right)}"
        return RefutedError(Finding("law", fact, RUNG, wrt, at, (("law", says),)))

    @property
    def allowed(self) -> float:
        """By how much two sides may differ where rounding has a part in it."""
        return self._greatest * self.unit

    @property
    def unit(self) -> float:
        """The same, relative to the largest number."""
        return half_of_the_digits(self.guard.tested.dtype)


def asked(guard: Guard, case: Case, wanted: tuple[str, ...], generator: np.random.Generator) -> Asked | str:
    """The kernel with numbers to ask it with, or why there are none."""
    dtype = guard.tested.dtype
    if dtype not in BITS:
        return f"no integers are known for {dtype}"
    exact = mode(case.op, *case.inputs) == "integers" and guard.tested.algorithm == ANY
    if not exact and carrier(dtype).kind != "f":
        return f"its numbers are no integers, and {dtype} has no others"
    found = monomials(case.op, *case.inputs)
    largest = room(case, found, BITS[dtype]) // 2 if exact and found is not None else 1
    if largest < 1:
        return f"no integers are small enough for sums of this length in {dtype}"
    return Asked(guard, case, wanted, generator, found, exact, largest)


def half_of_the_digits(dtype: str) -> float:
    """How far two ways to one number may part by rounding, relative to the largest number that was seen.

    No bound is derived here: half of a format is far more than sums as short as these lose, and far less than random
    operands change a result.

    Examples
    --------
    >>> half_of_the_digits("float32") == 2**-12
    True
    """
    return 2.0 ** (BITS[dtype] // 2 - BITS[dtype])


def everything(trial: Trial) -> dict[str, Array]:
    """All operands, and the gradient from above, by name."""
    return {"dy": trial.dy} | trial.arrays


def changed(trial: Trial, arrays: Mapping[str, Array]) -> Trial:
    """The same trial with other numbers in some operands, or in ``dy``."""
    dy = arrays.get("dy", trial.dy)
    return Trial(trial.case, {name: arrays.get(name, a) for name, a in trial.arrays.items()}, dy)
