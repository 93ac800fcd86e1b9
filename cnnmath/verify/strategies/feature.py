"""A feature of settings, and how its classes are told apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from cnnmath.verify.strategies.plan import Case


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature of settings: the names of its classes, the simplest first, and the one that a case is in."""

    names: tuple[str, ...]
    of: Callable[[Case], str]


def several(n: int) -> str:
    """Whether there is none, one, or more."""
    return str(n) if n < 2 else "several"


def counted(n: int) -> str:
    """A number of channels or units: one, a few, or about as many as kernels take at a time."""
    return "1" if n == 1 else "few" if n < 7 else "around a block"


def compared(numbers: tuple[int, ...]) -> str:
    """How the numbers of all axes compare: all 1, the same, or not."""
    if set(numbers) == {1}:
        return "1"
    return "equal" if len(set(numbers)) == 1 else "unequal"


def sides(padding: tuple[tuple[int, int], ...]) -> str:
    """Padding before and after each axis: none, the same, or not."""
    if not any(map(any, padding)):
        return "none"
    return "symmetric" if all(before == after for before, after in padding) else "asymmetric"


def flag(name: str) -> Feature:
    """Whether a setting is true."""
    return Feature(("no", "yes"), lambda case: "yes" if getattr(case.op, name) else "no")


def number(name: str, classify: Callable[[Any], str], *names: str) -> Feature:
    """A feature of one setting, by its value."""
    return Feature(names, lambda case: classify(getattr(case.op, name)))


def usual(name: str, common: float | Fraction, other: str = "another", usual: str = "usual") -> Feature:
    """Whether a setting is the usual number."""
    return number(name, lambda value: usual if value == common else other, usual, other)


def word(name: str, *words: str) -> Feature:
    """A setting that is one of a few words."""
    return number(name, str, *words)


RANK = Feature(("1", "2", "3"), lambda case: str(len(case.inputs[0]) - 2))
BATCH = Feature(("1", "several", "0"), lambda case: several(case.inputs[0][0]))
CHANNELS = Feature(("1", "few", "around a block"), lambda case: counted(case.inputs[0][1]))
SIZES = Feature(("1", "larger"), lambda case: "1" if 1 in case.inputs[0][2:] else "larger")
BIAS = Feature(("without", "with"), lambda case: "with" if case.op.bias else "without")  # type: ignore[attr-defined]
SHAPED = {"rank": RANK, "batch": BATCH, "channels": CHANNELS, "sizes": SIZES}
