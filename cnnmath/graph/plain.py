"""Plain data: JSON decoded and checked, with messages that say where it is wrong."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal
from numbers import Integral
from pathlib import Path
from typing import Any, NoReturn

from cnnmath.errors import CnnmathError, DataError, NotationError, clip, unknown
from cnnmath.ops.call import Place
from cnnmath.ops.syntax import LARGEST, LONGEST

LARGEST_FILE = 16_000_000
"""Bytes of a file that is read."""

LONGEST_NAME = 200
"""Letters of a node's name."""


def plain(value: Any) -> Any:
    """Data that JSON can hold: numbers stay numbers, formulas become their text.

    Examples
    --------
    >>> from cnnmath.graph.notation import sizes
    >>> plain({"input_shape": sizes("3xHx224"), "name": "net"})
    {'input_shape': [3, 'H', 224], 'name': 'net'}
    """
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if isinstance(value, Integral) and not isinstance(value, bool):
        return int(value)
    return value if isinstance(value, (bool, float, str, type(None))) else str(value)


def text_of(path: str | Path) -> str:
    """Text of a file of bearable size.

    Raises
    ------
    DataError
        Where it is missing, no file, too large or no text.
    """
    try:
        file = Path(path)
        if file.exists() and not file.is_file():
            raise unusable(path, "read", "it is no file")
        if file.stat().st_size > LARGEST_FILE:
            raise unusable(path, "read", f"it has more than {LARGEST_FILE:,} bytes")
        return file.read_text(encoding="utf-8-sig")
    except DataError:
        raise
    except (OSError, ValueError, TypeError) as error:
        raise unusable(path, "read", error) from None


def decoded(text: str, fractions: Callable[[str], Any] = float) -> Any:
    """JSON, without names that are given twice and without numbers that are none.

    Parameters
    ----------
    text
        The JSON.
    fractions
        What numbers with a point or an exponent become: `decimal.Decimal` keeps their digits.

    Raises
    ------
    NotationError
        For text that is no such JSON, with line and column where they are known.

    Examples
    --------
    >>> decoded('{"a": [1, 2]}')
    {'a': [1, 2]}
    """
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_number, parse_float=fractions)
    except CnnmathError:
        raise
    except json.JSONDecodeError as error:
        place = Place(text.split("\n")[error.lineno - 1], error.colno - 1)
        raise place.error("this is no JSON.", here=error.msg).at(f"line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise NotationError("this is no JSON that can be read.", here="it is nested too deep") from None
    except ArithmeticError:
        raise NotationError("this is no JSON that can be read.", here="an exponent is too large") from None
    except ValueError as error:
        raise NotationError("this is no JSON that can be read.", here=str(error).partition(":")[0]) from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise NotationError(f"the key '{clip(twice)}' is given twice.", fix="give every key of an object once")
    return found


def _no_number(constant: str) -> NoReturn:
    raise NotationError("this is no number.", here=constant, fix="give a finite number")


def check_keys(value: Any, where: str, keys: Iterable[str], required: Iterable[str]) -> None:
    """Raise where a value is no object, has a key that is not known, or lacks one.

    Examples
    --------
    >>> check_keys({"name": "net"}, "'graph'", ("name", "version"), ("name",))
    """
    if not isinstance(value, dict):
        raise NotationError(
            "an object was expected.",
            here=kind_of(value),
            rule=f"{{...}} with the keys {', '.join(keys)}",
            fix="write it as networkx.node_link_data does",
        ).at(where)
    for key in value:
        if key not in keys:
            raise unknown("key", clip(key) if isinstance(key, str) else kind_of(key), keys).at(where)
    for key in required:
        if key not in value:
            raise lacks(where, key)


def as_list(value: Any, where: str, key: str) -> list[Any]:
    """Check that a key's value is a list.

    Examples
    --------
    >>> as_list((1, 2), "'graph'", "input_shape")
    [1, 2]
    """
    if not isinstance(value, (list, tuple)):
        raise wrong(where, key, "is no list", value, "write [...]")
    return list(value)


def as_text(value: Any, where: str, key: str) -> str:
    """Check that a key's value is a text of bearable length.

    Examples
    --------
    >>> as_text("net", "'graph'", "name")
    'net'
    """
    if not isinstance(value, str):
        raise wrong(where, key, "is no text", value, 'write "..."')
    if len(value) > LONGEST:
        raise wrong(where, key, "is too long", value, f"use at most {LONGEST:,} letters")
    return value


def as_name(value: Any, where: str, key: str) -> str:
    """Check that a key's value is a name: a text of at most so many letters that a message can show near ones."""
    if isinstance(value, str) and len(value) > LONGEST_NAME:
        raise wrong(where, key, "is too long", value, f"use at most {LONGEST_NAME} letters")
    return as_text(value, where, key)


def lacks(where: str, key: str) -> NotationError:
    """Build the error for a key that is missing."""
    return NotationError(f"the key '{key}' is missing.", fix=f"add '{key}'").at(where)


def wrong(where: str, key: str, what: str, value: Any, fix: str) -> NotationError:
    """Build the error for a key with a wrong value."""
    return NotationError(f"its {key} {what}.", here=f"{key}: {kind_of(value)}", fix=fix).at(where)


def kind_of(value: Any) -> str:
    """A value as a message shows it: short texts and constants as they are, of others what they are."""
    if isinstance(value, str):
        return repr(clip(value))
    if value is None or isinstance(value, bool):
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, int):
        return f"the number {value}" if abs(value) < LARGEST else "a huge number"
    kinds = {dict: "an object", list: "a list", float: "a fraction", Decimal: "a fraction"}
    return kinds.get(type(value), f"a {type(value).__name__}")


def unusable(path: str | Path, what: str, reason: Exception | str) -> DataError:
    """Build the error for a file that cannot be read or written."""
    here = getattr(reason, "strerror", None) or str(reason)
    return DataError(f"the file cannot be {what}.", here=here, fix="name another file").at(f"'{path}'")
