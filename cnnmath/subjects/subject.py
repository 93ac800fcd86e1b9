"""Subjects: what a lecture asks to have derived, each with the settings that it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cnnmath.errors import CnnmathError, SettingError, clip
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
            For a setting that it does not have, and for an operator of another kind than it takes, or too many.
        """
        self._check(operator)
        for name in settings:
            if name not in self.settings:
                own = ", ".join(self.settings)
                fix = f"its settings are {own}" if own else "it has no settings of its own: leave it out"
                raise SettingError("the subject has no such setting.", here=name, fix=fix).at(self.name)
        try:
            return self.build(*operator, **settings)
        except CnnmathError as error:
            raise error.at(self.name) from None

    def _check(self, operators: tuple[Any, ...]) -> None:
        """Raise where the operators are not the one that the subject takes, or any where it takes none."""
        wanted = [self.takes] if self.takes else []
        if len(operators) == len(wanted) and all(map(isinstance, operators, wanted)):
            return
        kind = self.takes.__name__ if self.takes else ""
        raise SettingError(
            f"the subject takes one {kind}." if kind else "the subject takes no operator.",
            here=", ".join(clip(repr(operator)) for operator in operators) or "none is given",
            fix=f"give a cnnmath.ops.{kind}, or symbolic.general(ops.{kind})" if kind else "give its settings by name",
        ).at(self.name)


@dataclass(frozen=True, slots=True)
class Chapter:
    """Subjects that belong together, in the order in which a lecture would take them."""

    title: str
    subjects: tuple[Subject, ...]
