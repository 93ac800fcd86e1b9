"""What the text of an option or of a setting means: sizes, numbers, true or false, or a word."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from cnnmath.errors import NotationError, SettingError, clip
from cnnmath.ops import notation
from cnnmath.ops.syntax import Symbols


def sizes(text: str, option: str, symbols: Symbols = None) -> tuple[Any, ...]:
    """Sizes joined by x, given to an option; with symbols, a letter is a size left open.

    Examples
    --------
    >>> sizes("3x224x224", "--input")
    (3, 224, 224)
    """
    try:
        return notation.sizes(text, symbols)
    except NotationError as error:
        error.lines["here"] = f"{option} {error.lines['here']}"
        if option == "--rungs":
            error.lines["fix"] = "for example --rungs 1,2"
        elif option != "--input":
            error.lines["fix"] = f"for example {option} 3, or {option} 3x2 for an entry an axis"
        raise


def setting(text: str) -> tuple[str, Any]:
    """A subject's setting, ``NAME=VALUE``, as its name and its value.

    Examples
    --------
    >>> setting("points=0,1,-1/2"), setting("input=3x4"), setting("ties=shared")
    (('points', (0, 1, Fraction(-1, 2))), ('input', (3, 4)), ('ties', 'shared'))
    """
    name, equals, said = text.partition("=")
    if not equals or not re.fullmatch(r"[A-Za-z][A-Za-z_]*", name) or not said:
        raise SettingError(
            "a setting is a name and a value.", here=clip(text), rule="NAME=VALUE", fix="for example m=4"
        )
    return name.lower().replace("-", "_"), value(said)


def value(text: Any) -> Any:
    """What a setting's text means: a number, true or false, a tuple of sizes or of numbers, or the word itself."""
    if not isinstance(text, str):
        return text
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if re.fullmatch(r"\d+(x\d+)+", text):
        return tuple(map(int, text.split("x")))
    if re.fullmatch(r"-?\d{1,40}(/\d{1,40})?(,-?\d{1,40}(/\d{1,40})?)+", text):
        return tuple(map(value, text.split(",")))
    if re.fullmatch(r"-?\d{1,40}(/0*[1-9]\d{0,38})?", text):
        number = Fraction(text)
        return int(number) if number.denominator == 1 else number
    return text
