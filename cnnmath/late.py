"""Names of a package that load their module when they are first used (PEP 562)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def late_names(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """What a package's ``__getattr__`` and ``__dir__`` are: its names come when they are used, and are listed before.

    Parameters
    ----------
    package
        Its name.
    homes
        The module of each name that is loaded late, counted from the package. What the package lists beside these and
        does not hold yet is a module itself.
    """

    def load(name: str) -> Any:
        if name in homes:
            return getattr(import_module(f"{package}.{homes[name]}"), name)
        if name in sys.modules[package].__all__:
            return import_module(f"{package}.{name}")
        raise AttributeError(f"module '{package}' has no attribute '{name}'")

    def listed() -> list[str]:
        module = sys.modules[package]
        return sorted({*module.__all__, *vars(module)})

    return load, listed
