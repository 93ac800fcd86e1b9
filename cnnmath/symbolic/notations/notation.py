"""What a notation can write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Bound(NamedTuple):
    """A bound index, its extent (empty where it runs over all integers), its last and its first value, all written."""

    index: str
    extent: str
    last: str
    first: str


class Notation(Protocol):
    """What a notation can write. All arguments are parts already written, but names and numbers."""

    minus: str
    times: str
    dot: str
    infinity: str

    def prose(self, text: str) -> str:
        """Words between formulas."""
        ...

    def inline(self, formula: str) -> str:
        """A written formula in a sentence."""
        ...

    def name(self, letter: str, number: str) -> str:
        """A symbol, with the number of its axis or none."""
        ...

    def number(self, value: int) -> str:
        """A non-negative integer."""
        ...

    def entry(self, base: str, indices: Sequence[str]) -> str:
        """An array's entry."""
        ...

    def array(self, name: str) -> str:
        """An array's name, after it in parentheses a label that tells it from others of the name: ``w(conv1)``."""
        ...

    def derivative(self, upper: str, lower: str) -> str:
        """A partial derivative."""
        ...

    def fraction(self, numerator: str, denominator: str) -> str:
        """A fraction; numerator and denominator need no parentheses of their own."""
        ...

    def power(self, base: str, exponent: str) -> str:
        """A power of an atom."""
        ...

    def root(self, radicand: str) -> str:
        """A square root."""
        ...

    def function(self, name: str, argument: str) -> str:
        """A function: exp, log, erf, tanh, sigma, max, min, floor, abs or sign."""
        ...

    def total(self, name: str, ranges: Sequence[Bound], conditions: Sequence[str], body: str) -> str:
        """A sum, product or maximum over bound indices, where the conditions hold."""
        ...

    def bracket(self, conditions: Sequence[str]) -> str:
        """An Iverson bracket."""
        ...

    def cases(self, rows: Sequence[tuple[str, str]]) -> str:
        """A case distinction; the last row's condition is empty."""
        ...

    def matrix(self, rows: Sequence[Sequence[str]]) -> str:
        """A matrix, row by row."""
        ...

    def parenthesis(self, part: str) -> str:
        """Parentheses."""
        ...

    def relation(self, symbol: str, *parts: str) -> str:
        """Parts joined by a relation: = ≠ < ≤ ≥ > ⊙ divides mod and or, and not before one part."""
        ...

    def joined(self, *parts: str) -> str:
        """Parts beside each other."""
        ...
