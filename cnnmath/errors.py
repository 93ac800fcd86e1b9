"""Errors that answer like a good teacher: what failed and where, the numbers, the rule with them put in, the fix."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Self


class CnnmathError(Exception):
    """Something the user gave does not fit.

    Parameters
    ----------
    fact
        What failed, in one sentence.
    lines
        Labelled lines below it, in this order of labels where given: ``input``, ``rule``, ``here``, ``fix``.

    Notes
    -----
    Inner functions raise the fact; the public verb that knows the operator or the node adds it once, with `at`.

    Examples
    --------
    >>> print(ShapeError("the stride must be at least 1.", here="stride 0", fix="use stride 1").at("conv 'stem'"))
    conv 'stem': the stride must be at least 1.
      here    stride 0
      fix     use stride 1
    """

    def __init__(self, fact: str, **lines: str) -> None:
        super().__init__(fact)
        self.fact = fact
        self.lines = lines
        self.where = ""

    def at(self, where: str) -> Self:
        """Say where it happened, unless that is known already (the innermost place is the most precise)."""
        self.where = self.where or where
        return self

    def __str__(self) -> str:
        head = f"{self.where}: {self.fact}" if self.where else self.fact
        return "\n".join([head, *(f"  {label:<7} {text}" for label, text in self.lines.items())])


class SettingError(CnnmathError, ValueError):
    """An operator's setting that no operator can have: stride 0, negative padding, groups that do not divide."""


class ShapeError(CnnmathError, ValueError):
    """Sizes that do not fit each other: a kernel longer than its input, a wrong rank, a merge of unequal shapes."""


class DataError(CnnmathError, ValueError):
    """An array of another shape, dtype or kind than the operator declares."""


class OutOfMemoryError(CnnmathError, MemoryError):
    """Arrays that the machine has no room for, foreseen before any is allocated."""


class NotationError(CnnmathError, ValueError):
    """Text or a file that says no operator and no network; the message points at the place."""


class GraphError(CnnmathError, ValueError):
    """A graph that is no network: a cycle, an input that does not exist, a name given twice."""


class UnknownNameError(CnnmathError, LookupError):
    """A name that is not in the list; the message names the near ones."""


class DerivationError(CnnmathError, AssertionError):
    """A step of a derivation that its own check refutes."""


class VerificationError(CnnmathError, AssertionError):
    """A kernel that is not what its operator says, where a page was to say that it is."""


class TrainingError(CnnmathError, ArithmeticError):
    """Training that has come to a loss which is not finite."""


class CampaignError(CnnmathError, RuntimeError):
    """A campaign that cannot begin: a log of another one, a judge that does not reach those who should judge."""


class MissingExtraError(CnnmathError, ImportError):
    """An optional dependency that is not installed; the message names the extra that brings it."""


SHOWN = 60
"""Letters of a text that a message shows."""


def clip(text: str) -> str:
    """A text as a message shows it: not too long, and without what cannot be printed.

    Examples
    --------
    >>> len(clip("a" * 1000)), clip("a\a")
    (60, 'a\ufffd')
    """
    text = text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def check_kind(value: object, kind: type | tuple[type, ...], what: str, fix: str) -> None:
    """Raise where something of another kind is given than is asked for.

    Examples
    --------
    >>> check_kind("net", int, "number", "give one")
    Traceback (most recent call last):
    cnnmath.errors.SettingError: this is no number.
      here    'net'
      fix     give one
    """
    if not isinstance(value, kind):
        raise SettingError(f"this is no {what}.", here=clip(" ".join(repr(value).split())), fix=fix)


def check_known(kind: str, name: object, known: Iterable[str]) -> None:
    """Raise where something is none of the names that there are.

    Examples
    --------
    >>> check_known("mode", "full", ["full", "same"])
    """
    if not (isinstance(name, str) and name in known):
        raise unknown(kind, str(name), known)


LISTED = 50
"""Names that a message lists; of more, it says how many there are."""

NEAR, SHORTEST = 3, 3
"""Near names that a message lists, and letters of a name that another one begins with to be near it."""


def unknown(kind: str, name: str, known: Iterable[str], lists: str = "") -> UnknownNameError:
    """Build the error for a name that is not in the list.

    Parameters
    ----------
    kind
        What the name should name.
    name, known
        The name, and those that there are.
    lists
        A command that lists them, for where they are too many for a message.

    Examples
    --------
    >>> print(unknown("network", "resnet5", ["resnet50", "vgg16"]))
    there is no network 'resnet5'.
      near    resnet50
      known   resnet50, vgg16
    """
    names = sorted(known)
    alike = near(str(name).lower(), names)
    lines = {"near": ", ".join(alike)} if alike else {}
    listed = ", ".join(names) if len(names) <= LISTED else f"{len(names)} names, {names[0]} to {names[-1]}"
    if lists and len(names) > LISTED:
        listed += f"; listed by `{lists}`"
    return UnknownNameError(f"there is no {kind} '{clip(str(name))}'.", **lines, known=listed)


def near(name: str, names: Sequence[str]) -> list[str]:
    """At most three: names that this one begins with, then those spelled alike; else those that it may abbreviate.

    Examples
    --------
    >>> known = ["batchnorm", "conv", "convtranspose", "relu"]
    >>> near("convolution", known), near("rellu", known), near("bn", known)
    (['conv', 'convtranspose'], ['relu'], ['batchnorm'])
    """
    begun = [known for known in names if len(known) >= SHORTEST and name.startswith(known)]
    alike = difflib.get_close_matches(name, names, n=NEAR, cutoff=0.5)
    found = list(dict.fromkeys([*begun, *alike])) or sorted((n for n in names if _abbreviates(name, n)), key=len)
    return found[:NEAR]


def _abbreviates(short: str, name: str) -> bool:
    """Whether a name begins as its abbreviation does and has its other letters in this order."""
    letters = iter(name)
    return len(short) >= 2 and short[:1] == name[:1] and all(letter in letters for letter in short)


def missing_extra(fact: str, extra: str, **lines: str) -> MissingExtraError:
    """Build the error for a dependency that is not installed, with how its extra is.

    Examples
    --------
    >>> print(missing_extra("figures need matplotlib.", "plot"))
    figures need matplotlib.
      fix     in a clone of cnnmath: pip install ".[plot]"; from a package index that has it: "cnnmath[plot]"
    """
    fix = f'in a clone of cnnmath: pip install ".[{extra}]"; from a package index that has it: "cnnmath[{extra}]"'
    return MissingExtraError(fact, **lines, fix=fix)
