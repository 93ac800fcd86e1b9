"""Plain text, for a terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from cnnmath.symbolic.notations.notation import Bound

_TERMS = re.compile(r" ([-+]) ")
_INNER = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_SIMPLE = re.compile(r"[\w']+(\[[^\[\]]*\]|\([^()]*\))?")


class Text:
    """Plain text, as one would type it."""

    minus, times, dot, infinity = "-", "*", "*", "oo"
    _relations: ClassVar = {"≤": "<=", "≥": ">=", "≠": "!=", "≡": "==", "⊙": ".*"}

    def prose(self, text: str) -> str:
        return text

    def inline(self, formula: str) -> str:
        return formula

    def name(self, letter: str, number: str) -> str:
        return letter + number

    def number(self, value: int) -> str:
        return str(value)

    def array(self, name: str) -> str:
        return name

    def entry(self, base: str, indices: Sequence[str]) -> str:
        tight = ",".join(_TERMS.sub(r"\1", i) for i in indices)
        return f"{base}[{tight}]"

    def derivative(self, upper: str, lower: str) -> str:
        return f"d{upper}/d{lower}"

    def fraction(self, numerator: str, denominator: str) -> str:
        above = f"({numerator})" if " " in _INNER.sub("", numerator) else numerator
        return f"{above}/{self._tight(denominator)}"

    def power(self, base: str, exponent: str) -> str:
        return f"{base}^{self._tight(exponent)}"

    def root(self, radicand: str) -> str:
        return f"sqrt({radicand})"

    def function(self, name: str, argument: str) -> str:
        return f"{name}({argument})"

    def total(self, name: str, ranges: Sequence[Bound], conditions: Sequence[str], body: str) -> str:
        over = ", ".join(f"{b.index}<{b.extent}" if b.extent else b.index for b in ranges)
        where = f" | {', '.join(conditions)}" if conditions else ""
        return f"{name}{{{over}{where}}} {body}" if ranges else f"{self.bracket(conditions)}*{body}"

    def bracket(self, conditions: Sequence[str]) -> str:
        return f"[{', '.join(conditions)}]"

    def cases(self, rows: Sequence[tuple[str, str]]) -> str:
        return "(" + " else ".join(f"{value} if {c}" if c else value for value, c in rows) + ")"

    def matrix(self, rows: Sequence[Sequence[str]]) -> str:
        return "[" + ", ".join(f"[{', '.join(row)}]" for row in rows) + "]"

    def parenthesis(self, part: str) -> str:
        return f"({part})"

    def relation(self, symbol: str, *parts: str) -> str:
        return f" {self._relations.get(symbol, symbol)} ".join(parts).lstrip()

    def joined(self, *parts: str) -> str:
        return "".join(parts)

    def _tight(self, part: str) -> str:
        return part if _SIMPLE.fullmatch(part) else f"({part})"
