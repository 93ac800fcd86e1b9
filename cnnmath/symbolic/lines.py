"""Formulas of plain text on lines of a given width: broken where they hold together least, hung below each other."""

from __future__ import annotations

import re
from collections.abc import Sequence

OPENING, CLOSING = "([{", ")]}"

HANG = 2
"""What goes on in a line below begins so far to the right of what it belongs to."""

SHORT = 6
"""What stands right behind a left side so short hangs below itself."""

_RELATION = re.compile(r" (?=(?:=|<=|>=|<|==) )")
_SUM = re.compile(r" (?=[-+] )")
_CASE = re.compile(r" (?=(?:if|else) )")
_WHERE = re.compile(r" (?=\| )")
_TOTAL = re.compile(r"(?=\*(?:sum|max|prod)\{)")
_HEAD = re.compile(r"(?<=\}) ")
_LIST = re.compile(r"(?<=,) ")
_PRODUCT = re.compile(r"(?=\*)")
_QUOTIENT = re.compile(r"(?=/(?!d))")
_BREAKS = (_RELATION, _CASE, _WHERE, _LIST, _SUM, _TOTAL, _HEAD, _PRODUCT, _QUOTIENT)
"""Where a formula may be broken, from what holds together least to what does most: never inside a bracket."""


def broken(formula: str, width: int) -> list[str]:
    """Lines of a formula, none longer than the width if that can be.

    Examples
    --------
    >>> print(*broken("dL/dx[n,c] = sum{f<F} dL/dy[n,f]*w[f,c] + sum{f<F} dL/dz[n,f]*u[f,c]", 40), sep="\\n")
    dL/dx[n,c]
      = sum{f<F} dL/dy[n,f]*w[f,c]
        + sum{f<F} dL/dz[n,f]*u[f,c]
    """
    if len(formula) <= width:
        return [formula]
    left, *others = _split(formula, _RELATION)
    lines, hang = _broken(left, width), HANG if len(left) > SHORT else len(left) + 1
    for part in others:
        sign, _, side = part.partition(" ")
        own = _broken(side, width - hang - len(sign) - 1)
        lines += _hung([f"{sign} {own[0]}", *_hung(own[1:], len(sign) + 1)], hang)
    if others and len(left) <= SHORT:
        lines[:2] = [f"{left} {lines[1].lstrip()}"]
    return lines


def _broken(formula: str, width: int) -> list[str]:
    """Lines of a formula without a relation: filled with the parts between breaks, each broken itself if need be."""
    if len(formula) <= width:
        return [formula]
    for pattern in _BREAKS[1:]:
        parts = _split(formula, pattern)
        if len(parts) > 1:
            return _filled(parts, width, pattern)
    return _opened(formula, width)


def _filled(parts: Sequence[str], width: int, pattern: re.Pattern[str]) -> list[str]:
    """Parts on lines, as many on each as it takes."""
    tight = pattern in (_TOTAL, _PRODUCT, _QUOTIENT)
    hang, between = (HANG, "") if tight else (2 * HANG if pattern is _HEAD else 0, " ")
    lines: list[str] = []
    for i, part in enumerate(parts):
        indent = hang if i else 0
        if lines and len(lines[-1]) + len(between) + len(part) <= width:
            lines[-1] += between + part
            continue
        lines += _hung(_below(part, width - indent), indent)
    return lines


def _below(part: str, width: int) -> list[str]:
    """Lines of a part that begins with the sign before which it was broken: what follows hangs below what it signs."""
    sign = re.match(r"(?:[-+|] |\*|/|if |else )?", part)
    start = len(sign[0]) if sign else 0
    own = _broken(part[start:], width - start)
    return [part[:start] + own[0], *_hung(own[1:], start)]


def _opened(formula: str, width: int) -> list[str]:
    """Lines of a formula that is broken inside its longest bracket alone."""
    start, end = max(_brackets(formula), key=lambda pair: pair[1] - pair[0], default=(0, 0))
    inner = formula[start + 1 : end]
    if not any(len(_split(inner, pattern)) > 1 for pattern in _BREAKS) and not any(_brackets(inner)):
        return [formula]
    column = start + 1 if start + 1 <= width // 2 else 2 * HANG
    own = _broken(inner, max(width // 2, width - column - len(formula) + end))
    head, tail = formula[: start + 1], formula[end:]
    lines = [head + own[0], *_hung(own[1:], column)] if column == start + 1 else [head, *_hung(own, column)]
    return [*lines[:-1], lines[-1] + tail]


def _split(formula: str, pattern: re.Pattern[str]) -> list[str]:
    """Parts between the breaks of a kind that stand outside all brackets."""
    parts, begin = [], 0
    depths = _depths(formula)
    for found in pattern.finditer(formula):
        if depths[found.start()] == 0 and found.start() > begin:
            parts.append(formula[begin : found.start()])
            begin = found.end()
    return [*parts, formula[begin:]]


def _depths(formula: str) -> list[int]:
    """In how many brackets each letter stands; the brackets themselves count as outside."""
    depths, depth = [], 0
    for letter in formula:
        depth -= letter in CLOSING
        depths.append(depth)
        depth += letter in OPENING
    return depths


def _brackets(formula: str) -> list[tuple[int, int]]:
    """Where the outermost brackets open and close."""
    found, open_at = [], 0
    for i, (letter, depth) in enumerate(zip(formula, _depths(formula), strict=True)):
        if depth == 0 and letter in OPENING:
            open_at = i
        if depth == 0 and letter in CLOSING:
            found.append((open_at, i))
    return found


def _hung(lines: Sequence[str], indent: int) -> list[str]:
    return [" " * indent + line for line in lines]
