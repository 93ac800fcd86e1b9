"""What a claim gives, read from the way people write it: ``28x28x1``, ``100 of 3x3x3``, a matrix."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from cnnmath.audit.claims import Claim
from cnnmath.audit.printed import Printed
from cnnmath.errors import CnnmathError, NotationError, SettingError
from cnnmath.ops import notation
from cnnmath.readers import Tensor

LARGEST = 10**9
"""A size beyond this is a mistake."""


def wrong(claim: Claim, key: str, fact: str, fix: str) -> SettingError:
    """Build the error for a given that cannot be read."""
    shown = repr(claim.given.get(key))
    here = shown if len(shown) <= 60 else f"{shown[:57]}..."
    return SettingError(fact, here=here, fix=fix).at(f"{claim.place}.given.{key}")


def integer(claim: Claim, *keys: str, least: int = 1, default: int | None = None) -> int:
    """An integer, under the first of some keys."""
    key = next((key for key in keys if key in claim.given), keys[0])
    if default is not None and key not in claim.given:
        return default
    value = claim.need(key)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= LARGEST:
        raise wrong(claim, key, f"this must be an integer of at least {least}.", f"use {least} or more")
    return value


def sizes(claim: Claim, *keys: str) -> tuple[int, ...]:
    """Sizes joined by x, or one integer.

    Examples
    --------
    >>> sizes(Claim("claims[0]", "a", "", "", "", {"image": "28x28x1"}, 785), "image")
    (28, 28, 1)
    """
    key = next((key for key in keys if key in claim.given), keys[0])
    found = read_sizes(claim.need(key))
    if found is None:
        raise wrong(claim, key, "this is no list of sizes.", "join them by x, as in 28x28x1")
    return found


def read_sizes(value: Any) -> tuple[int, ...] | None:
    """Sizes joined by x, with spaces around it or none, or one integer; None where it is neither."""
    text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    try:
        found = notation.sizes(re.sub(r"\s*([xX])\s*", r"\1", text.strip()))
    except NotationError:
        return None
    return found if all(1 <= n <= LARGEST for n in found) else None


def image(claim: Claim, *keys: str) -> tuple[int, ...]:
    """Shape of a sample, (1, C, H, W), from ``HxWxC``; ``HxW`` has one channel."""
    found = sizes(claim, *keys)
    if len(found) not in (2, 3):
        key = next(key for key in keys if key in claim.given)
        raise wrong(claim, key, "this is no size of an image.", "write it as in 28x28x1 or 28x28")
    height, width, channels = (*found, 1)[:3]
    return (1, channels, height, width)


def filters(claim: Claim, key: str) -> tuple[int, tuple[int, ...]]:
    """How many filters, and their sizes, from ``100 of 3x3x3``."""
    value = claim.need(key)
    number, of, each = value.partition(" of ") if isinstance(value, str) else ("", "", "")
    count, found = read_sizes(number), read_sizes(each)
    if not of or count is None or found is None or len(count) != 1 or len(found) != 3:
        raise wrong(claim, key, "this does not say how many filters of which size.", "write it as in '100 of 3x3x3'")
    return count[0], found


def numbers(claim: Claim, key: str) -> Tensor:
    """A list of numbers, or rows of equal length: an exact tensor."""
    rows = claim.need(key)
    try:
        nested = isinstance(rows, list) and bool(rows) and isinstance(rows[0], list)
        widths = {len(row) for row in rows} if nested else {len(rows)}
        flat = [_exact(v) for row in (rows if nested else [rows]) for v in row]
        if not flat or len(widths) != 1:
            raise TypeError
    except (TypeError, CnnmathError):
        raise wrong(claim, key, "this is no matrix of numbers.", "give rows of equal length") from None
    return Tensor((len(rows), *widths) if nested else (len(flat),), flat)


def matrix(claim: Claim, key: str) -> Tensor:
    """Rows of equal length, as one channel of one sample: (1, 1, H, W)."""
    found = numbers(claim, key)
    if len(found.shape) != 2:
        raise wrong(claim, key, "this is no matrix of numbers.", "give rows of equal length")
    return Tensor((1, 1, *found.shape), found.values)


def _exact(value: Any) -> Fraction:
    if isinstance(value, (str, list, dict)):
        raise TypeError
    return Printed.of(value).value
