"""Subjects: what a lecture asks to have derived, each with the settings that it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cnnmath.errors import CnnmathError, SettingError
from cnnmath.ops import Operator
from cnnmath.symbolic import Derivation


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that can be derived.

    Attributes
    ----------
    name
        What it is called on a command line.
    summary
        What it shows, in one line.
    build
        The derivation, as a function of the settings; of an operator first, where the subject takes one.
    takes
        Kind of operator that it speaks of: its window comes as symbols, or as the settings say.
    settings
        Names of its settings beside the operator's.
    """

    name: str
    summary: str
    build: Callable[..., Derivation]
    takes: type[Operator] | None = None
    settings: tuple[str, ...] = ()

    def derive(self, *operator: Operator, **settings: Any) -> Derivation:
        """Derive it.

        Raises
        ------
        SettingError
            For a setting that it does not have.
        """
        for name in settings:
            if name not in self.settings:
                own = ", ".join(self.settings)
                fix = f"its settings are {own}" if own else "it has no settings of its own: leave it out"
                raise SettingError("the subject has no such setting.", here=name, fix=fix).at(self.name)
        try:
            return self.build(*operator, **settings)
        except CnnmathError as error:
            raise error.at(self.name) from None


@dataclass(frozen=True, slots=True)
class Chapter:
    """Subjects that belong together, in the order in which a lecture would take them."""

    title: str
    subjects: tuple[Subject, ...]
