"""What a printed number says: its value, and how much of it the last digit leaves open."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Literal, Self, TypeAlias

from cnnmath.errors import SettingError, clip

Agreement: TypeAlias = Literal["exact", "rounded", "truncated"]

WAYS: tuple[Agreement, ...] = ("exact", "rounded", "truncated")
"""The closest first."""

SCALES = MappingProxyType(
    {
        "%": Fraction(1, 100),
        **dict.fromkeys(("k", "thousand"), Fraction(10**3)),
        **dict.fromkeys(("m", "million"), Fraction(10**6)),
        **dict.fromkeys(("g", "b", "billion"), Fraction(10**9)),
        **dict.fromkeys(("t", "trillion"), Fraction(10**12)),
    }
)
"""What may follow the digits. A count in "m" is in millions."""

NUMBER = re.compile(
    r"""
    (?P<about> (?: about | around | approximately | approx\.? | ca\.? | [~≈] ) \s* )?
    (?P<sign> [-+\u2212]? )
    (?P<whole> \d{1,3} (?: [,_\ ] \d{3} )+ | \d+ | (?= \.\d ) )
    (?: \. (?P<decimals> \d+ ) )?
    (?: (?: e | \s* [x*\u00d7\u00b7] \s* 10 (?: \^ | \*\* ) ) (?P<exponent> [-+\u2212]? \d{1,3} ) )?
    \s* (?P<scale> thousand | million | billion | trillion | [kmgbt%] )?
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Printed:
    """A number as it is printed.

    Parameters
    ----------
    text
        As it is printed.
    value
        The number that the digits write.
    unit
        Place value of the last digit that counts, 0 for an integer printed in full. Behind "about", zeros at the end of
        an integer do not count.

    Examples
    --------
    >>> Printed.of("4.11e9").unit == 10**7, Printed.of("2,800").unit == 0
    (True, True)
    >>> low, high = Printed.of("about 60e3").interval
    >>> int(low), int(high)
    (55000, 65000)
    """

    text: str
    value: Fraction
    unit: Fraction

    @classmethod
    def of(cls, number: Any) -> Self:
        """Read a number: an integer, a decimal, or text such as ``"4.11e9"``, ``"2,800"``, ``"about 60k"``, ``"60m"``.

        Raises
        ------
        SettingError
            For anything else.
        """
        text = str(number) if isinstance(number, (str, int, float, Decimal)) and not isinstance(number, bool) else ""
        match = NUMBER.fullmatch(text.strip())
        if match is None:
            raise SettingError(
                "this is no printed number.",
                here=clip(repr(number)),
                rule="digits, with a decimal point, an exponent, or a scale such as k, m, million",
                fix="for example 600, 4.11e9, 'about 60k'",
            )
        whole, decimals = re.sub(r"\D", "", match["whole"]), match["decimals"] or ""
        scale = Fraction(10) ** int((match["exponent"] or "0").replace("\u2212", "-"))
        scale *= SCALES[(match["scale"] or "").lower()] if match["scale"] else 1
        size = Fraction(int(whole + decimals), 10 ** len(decimals)) * scale
        in_full = not (decimals or match["exponent"] or match["scale"] or match["about"])
        zeros = len(whole) - len(whole.rstrip("0")) if match["about"] and not decimals and int(whole) else 0
        unit = Fraction(0) if in_full else scale * Fraction(10) ** (zeros - len(decimals))
        return cls(text, size if match["sign"] in ("", "+") else -size, unit)

    @property
    def digits(self) -> int:
        """How many digits count.

        Examples
        --------
        >>> [Printed.of(text).digits for text in ("5e9", "0.50", "3.86 G", "4111512576", "about 60k")]
        [1, 2, 3, 10, 1]
        """
        return len(str(int(abs(self.value) / (self.unit or 1))))

    @property
    def interval(self) -> tuple[Fraction, Fraction]:
        """The numbers that round to it, both ends included."""
        return self.value - self.unit / 2, self.value + self.unit / 2


def agreement(printed: Printed, exact: int | Fraction, *, endless: bool = False) -> Agreement | None:
    """How a printed number agrees with an exact one: equal, rounded, cut off after its last digit, or not at all.

    Parameters
    ----------
    printed
        The printed number. An integer printed in full must be equal.
    exact
        The number that it should be.
    endless
        Whether the exact number has no finite expansion, so that an integer, too, can be its rounding.

    Notes
    -----
    Rounded: within half a unit of the last digit that counts, either way at a half. Truncated: nearer to zero than the
    exact number, by less than a unit.

    Examples
    --------
    >>> agreement(Printed.of("3.86e9"), 3_857_973_248), agreement(Printed.of("3.8e9"), 3_857_973_248)
    ('rounded', 'truncated')
    >>> agreement(Printed.of(600), 608) is None
    True
    """
    found = agreements(printed, exact, endless=endless)
    return next((way for way in WAYS if way in found), None)


def agreements(printed: Printed, exact: int | Fraction, *, endless: bool = False) -> frozenset[Agreement]:
    """All ways in which a printed number agrees with an exact one; a number that is equal agrees in every way.

    Examples
    --------
    >>> sorted(agreements(Printed.of("0.0179"), Fraction("0.01793")))
    ['rounded', 'truncated']
    """
    exact, unit = Fraction(exact), printed.unit or Fraction(int(endless))
    holds: dict[Agreement, bool] = {
        "exact": exact == printed.value,
        "rounded": abs(exact - printed.value) <= unit / 2,
        "truncated": exact * printed.value >= 0
        and (exact == printed.value or 0 < abs(exact) - abs(printed.value) < unit),
    }
    return frozenset(way for way, true in holds.items() if true)
