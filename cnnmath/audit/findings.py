"""What a judge finds: the value that is right, those that named conventions give, and those that named slips give."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import singledispatch
from typing import Any, TypeAlias

import sympy as sp

from cnnmath.audit.formulas import parse
from cnnmath.audit.given import read_sizes
from cnnmath.audit.grammar import Grammar
from cnnmath.audit.printed import WAYS, Agreement, Printed, agreements
from cnnmath.errors import SettingError, clip
from cnnmath.symbolic.terms import Expr


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes that are printed joined by x, the channels last; with ``channels``, these may be left out.

    Examples
    --------
    >>> str(Sizes((28, 28, 8)))
    '28x28x8'
    """

    sizes: tuple[int, ...]
    channels: bool = False

    def __str__(self) -> str:
        return "x".join(map(str, self.sizes))


@dataclass(frozen=True, slots=True)
class Said:
    """A statement in words: whether it holds, and what is the case."""

    holds: bool
    truth: str

    def __str__(self) -> str:
        return self.truth


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula: as it should be printed, what its letters stand for, and whether another says the same."""

    truth: str
    grammar: Grammar
    same: Callable[[Expr], bool | None]

    def __str__(self) -> str:
        return self.truth


Value: TypeAlias = int | Fraction | Sizes | Said | Formula | list[Any]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value, and the convention or the slip under which it comes about; the package's own has no name."""

    value: Value
    name: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What there is to say of one printed thing.

    Attributes
    ----------
    readings
        Values that are right, the package's own first; they are tried in order.
    slips
        Values that are wrong, each with the mistake that leads to it.
    endless
        Whether the numbers have no finite expansion, so that integers, too, are roundings.
    """

    readings: tuple[Candidate, ...]
    slips: tuple[Candidate, ...] = ()
    endless: bool = False


class NotCoveredError(Exception):
    """A judge does not know the subject well enough; it says why."""


Findings: TypeAlias = Mapping[str, Finding]
"""By the name of the part; the name ``""`` is for what is printed alone."""


def exactly(value: Value, *conventions: tuple[Value, str], slips: Sequence[tuple[Value, str]] = ()) -> Finding:
    """Build a finding from the package's own value, values under conventions, and values after slips.

    Examples
    --------
    >>> [reading.name for reading in exactly(608, (600, "biases left out")).readings]
    ['', 'biases left out']
    """
    return Finding(
        (Candidate(value), *(Candidate(*pair) for pair in conventions)), tuple(Candidate(*pair) for pair in slips)
    )


def agrees(value: Value, printed: Any, *, endless: bool = False) -> Agreement | None:
    """How what is printed agrees with a value, or None. The numbers of a list all agree in one way.

    Raises
    ------
    SettingError
        Where what is printed cannot be read as anything of the kind.

    Examples
    --------
    >>> agrees(3_857_973_248, "3.8e9"), agrees(Sizes((28, 28, 8), channels=True), "28x28"), agrees([1, 2], [1, 3])
    ('truncated', 'exact', None)
    """
    found = ways(value, printed, endless=endless)
    return next((way for way in WAYS if way in found), None)


@singledispatch
def ways(value: Any, printed: Any, *, endless: bool = False) -> frozenset[Agreement]:
    """All ways in which what is printed agrees with a value."""
    return agreements(Printed.of(printed), value, endless=endless)


@ways.register
def _(value: Sizes, printed: Any, *, endless: bool = False) -> frozenset[Agreement]:  # noqa: ARG001 - integers
    sizes = read_sizes(printed)
    if sizes is None:
        raise SettingError("these are no sizes.", here=clip(repr(printed)), fix="join them by x, as in 28x28x8")
    return _entirely(sizes == value.sizes or (value.channels and sizes == value.sizes[:-1]))


@ways.register
def _(value: Said, printed: Any, *, endless: bool = False) -> frozenset[Agreement]:  # noqa: ARG001 - words
    return _entirely(value.holds)


@ways.register
def _(value: Formula, printed: Any, *, endless: bool = False) -> frozenset[Agreement]:  # noqa: ARG001 - symbols
    try:
        verdict = value.same(parse(str(printed), value.grammar))
    except SettingError as error:
        raise NotCoveredError(f"{error.fact.rstrip('.')}: {error.lines['here']}") from None
    except (TypeError, ValueError, ArithmeticError, NotImplementedError) as error:  # SymPy's, on what is no mathematics
        raise NotCoveredError(f"the formula cannot be compared: {error}") from None
    if verdict is None:
        raise NotCoveredError("equal at every sample, but not proved to be")
    return _entirely(verdict)


@ways.register
def _(value: list, printed: Any, *, endless: bool = False) -> frozenset[Agreement]:
    found = frozenset(WAYS)
    if not isinstance(printed, list) or len(printed) != len(value):
        return frozenset()
    for v, p in zip(value, printed, strict=True):
        found &= ways(v, p, endless=endless)
    return found


def _entirely(holds: bool) -> frozenset[Agreement]:  # noqa: FBT001 - the condition itself
    return frozenset(WAYS if holds else ())


def in_json(value: Any) -> Any:
    """A value as a file of claims would print it.

    Examples
    --------
    >>> in_json([Fraction(15, 4), Fraction(2), Sizes((2, 2))])
    [3.75, 2, '2x2']
    """
    if isinstance(value, list):
        return [in_json(v) for v in value]
    if isinstance(value, dict):
        return {key: in_json(v) for key, v in value.items()}
    if isinstance(value, Fraction):
        return int(value) if value == int(value) else _decimal(value)
    if isinstance(value, Decimal) and float(value) - float(value) == 0:
        return float(value)
    return value if isinstance(value, (bool, int, float, type(None))) else str(value)


def shown(value: Any) -> str:
    """What is printed or right, for a line of text.

    Examples
    --------
    >>> shown([[1, 2], [3000, "2x2"]]), shown({"units": 3000})
    ('[[1, 2], [3000, 2x2]]', 'units 3,000')
    """
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(shown(v) if isinstance(v, list) else str(v) for v in value)}]"
    if isinstance(value, dict):
        return ", ".join(f"{key} {shown(entry)}" for key, entry in value.items())
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def notes_style(formula: Expr) -> str:
    """A SymPy expression as notes print it: indices behind an underscore, case distinctions with if and else.

    Examples
    --------
    >>> notes_style(parse("dL/dz_12 f_22 + 2 x")), notes_style(parse("z if z > 0 else 2 z"))
    ('2*x + dL/dz_12*f_22', 'z if z > 0 else 2*z')
    """
    if isinstance(formula, sp.Piecewise):
        *branches, (last, _) = (branch.args for branch in formula.args)
        return " else ".join([*(f"{value} if {condition}" for value, condition in branches), str(last)])
    return re.sub(r"\[(\w(?:, \w)*)\]", lambda m: "_" + m[1].replace(", ", ""), str(formula))


def _decimal(value: Fraction) -> float:
    """The number itself where its decimals end soon, else six digits of it."""
    exact = Fraction(f"{float(value):.12g}") == value
    return float(value) if exact else float(f"{float(value):.6g}")
