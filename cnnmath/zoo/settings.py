"""What the settings of a published network must satisfy."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from cnnmath.errors import SettingError


def check_choice(name: str, value: Any, choices: Collection[Any]) -> None:
    """Raise where a setting is none of its choices.

    Examples
    --------
    >>> check_choice("shortcut", "B", ("A", "B"))
    """
    if not any(type(value) is type(choice) and value == choice for choice in choices):
        raise SettingError(
            f"there is no {name} {value!r}.",
            rule=f"{name} is one of {', '.join(map(repr, choices))}",
            fix=f"use {name} {next(iter(choices))!r}",
        )
