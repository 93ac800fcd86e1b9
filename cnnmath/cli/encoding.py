"""What is printed where the terminal or the pipe has not all letters: a readable stand-in, never an exception."""

from __future__ import annotations

import codecs
import sys
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

STAND_INS: Mapping[str, str] = MappingProxyType(
    {"…": "...", "×": "x", "·": "*", "−": "-", "–": "-", "≤": "<=", "≥": ">=", "≠": "!=", "→": "->", "│": "|", "─": "-"}  # noqa: RUF001 - these are meant
)
"""Letters of ASCII that say the same."""

POLICY = "cnnmath.stand_in"
"""The name under which the codecs know `stand_in`."""


def stand_in(error: UnicodeError) -> tuple[str, int]:
    """What stands for letters that an encoding has not: others that say the same, or their base, or their number.

    Examples
    --------
    >>> codecs.register_error(POLICY, stand_in)
    >>> "x ≤ 5 … größer ∑".encode("ascii", POLICY)
    b'x <= 5 ... gro\\\\xdfer \\\\u2211'
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_instead, error.object[error.start : error.end])), error.end


def _instead(letter: str) -> str:
    if letter in STAND_INS:
        return STAND_INS[letter]
    base = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode()
    return base or letter.encode("ascii", "backslashreplace").decode()


def use_stand_ins() -> None:
    """Let the standard output print a stand-in where its encoding has not a letter."""
    codecs.register_error(POLICY, stand_in)
    if reconfigure := getattr(sys.stdout, "reconfigure", None):
        reconfigure(errors=POLICY)


def with_references(page: str) -> str:
    """A page of HTML whose letters all are in the encoding of the standard output: others as references to them."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return page.encode(encoding, "xmlcharrefreplace").decode(encoding)
