"""A name with its settings as somebody wrote them, and the place in the text that a message points at."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cnnmath.errors import CnnmathError, NotationError, SettingError, unknown

BEFORE, SHOWN = 40, 76
"""Letters ahead of the place that a message points at, and letters shown in all."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a text, for messages."""

    text: str
    start: int

    def shown(self) -> str:
        """The text around the place, and a caret below it.

        Examples
        --------
        >>> print(f"  text    {Place('conv(8, 5) > maxpol(2)', 13).shown()}")
          text    conv(8, 5) > maxpol(2)
                               ^
        """
        first = max(0, min(self.start - BEFORE, len(self.text) - SHOWN))
        cut = "…" if first else ""
        end = "…" if len(self.text) > first + SHOWN else ""
        caret = " " * (len("  text    ") + len(cut) + self.start - first)
        excerpt = "".join(c if c.isprintable() else "\ufffd" for c in self.text[first : first + SHOWN])
        return f"{cut}{excerpt}{end}\n{caret}^"

    def error(self, fact: str, **lines: str) -> NotationError:
        """Build the error for this place."""
        return NotationError(fact, text=self.shown(), **lines)


@dataclass(frozen=True, slots=True)
class Call:
    """A name with its settings, as written."""

    name: str
    place: Place
    given: tuple[Any, ...] = ()
    named: Mapping[str, Any] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)

    def build(self, function: Callable[..., Any]) -> Any:
        """Call a function with these settings, checked against its signature first.

        Raises
        ------
        CnnmathError
            For settings that do not fit the signature, and what the function itself raises, with the place.
        """
        arguments = self._bound(inspect.signature(function))
        try:
            return function(*arguments.args, **arguments.kwargs)
        except CnnmathError as error:
            error.lines = {"text": self.place.shown(), **error.lines}
            raise error.at(self.name) from None

    def _bound(self, signature: inspect.Signature) -> inspect.BoundArguments:
        try:
            return bound(self.name, signature, self.given, self.named)
        except CnnmathError as error:
            wrong = next((place for name, place in self.places.items() if name not in signature.parameters), self.place)
            raise located(error, wrong) from None


def bound(
    name: str, signature: inspect.Signature, given: Sequence[Any], named: Mapping[str, Any]
) -> inspect.BoundArguments:
    """Settings by the parameters that they are for.

    Raises
    ------
    UnknownNameError, SettingError
        For a setting that there is not, and for too many, too few, or one that is given twice.

    Examples
    --------
    >>> bound("network", inspect.Signature.from_callable(lambda classes=10: None), (), {"clases": 3})
    Traceback (most recent call last):
    cnnmath.errors.UnknownNameError: network: there is no setting 'clases'.
      near    classes
      known   classes
    """
    try:
        return signature.bind(*given, **named)
    except TypeError as error:
        reason = str(error)
    wrong = next((name for name in named if name not in signature.parameters), None)
    if wrong is not None and signature.parameters:
        raise unknown("setting", wrong, signature.parameters).at(name)
    own = [p.replace(annotation=inspect.Parameter.empty) for p in signature.parameters.values()]
    plain = signature.replace(parameters=own, return_annotation=inspect.Signature.empty)
    raise SettingError(
        "the settings do not fit.",
        rule=f"{name}{plain}",
        here=reason,
        fix="give what has no default, each once" if own else f"write {name} alone",
    ).at(name)


def located(error: CnnmathError, place: Place) -> CnnmathError:
    """The same error, with the place in the text."""
    error.lines = {"text": place.shown(), **error.lines}
    return error
