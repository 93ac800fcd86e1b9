"""What the settings of a published network must satisfy."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import wraps
from inspect import signature
from typing import Any, ParamSpec

from cnnmath.errors import SettingError
from cnnmath.graph import Architecture
from cnnmath.ops.call import bound

Settings = ParamSpec("Settings")


def told(build: Callable[Settings, Architecture]) -> Callable[Settings, Architecture]:
    """The same builder; settings that do not fit it are told as everything is, with the names that it takes.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> zoo.lenet5(clases=3)
    Traceback (most recent call last):
    cnnmath.errors.UnknownNameError: lenet5: there is no setting 'clases'.
      near    classes
      known   classes, input_shape
    """

    @wraps(build)
    def built(*given: Settings.args, **named: Settings.kwargs) -> Architecture:
        bound(build.__name__, signature(build), given, named)
        return build(*given, **named)

    return built


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
