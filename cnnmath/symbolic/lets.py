"""Numbers that a sentence gives a name, as derivations show them: a mean, a variance, a gate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cnnmath.symbolic.terms import Expr

DEVIATIONS = "the biased one: the mean square of the deviations."


@dataclass(frozen=True, slots=True)
class Meaning:
    """What derivations call a number that a sentence names: its array, and a few words on it."""

    array: str
    words: str


MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "mean": Meaning("mean", "of all that is normalised together."),
        "variance": Meaning("var", DEVIATIONS),
        "mean square": Meaning("meansquare", "of all that is normalised together."),
        "normalised input": Meaning("xhat", "over the deviation; the small constant keeps it from 0."),
        "input gate": Meaning("input", "how much of the candidate is let in, between 0 and 1."),
        "forget gate": Meaning("forget", "how much of the state is kept, between 0 and 1."),
        "candidate": Meaning("candidate", "what may be added to the state, between -1 and 1."),
        "output gate": Meaning("output", "how much of the state is shown, between 0 and 1."),
        "cell state": Meaning("cell", "what is kept of the state before, and what is let in."),
        "hidden state": Meaning("hidden", "what is shown of the cell state."),
    }
)
"""The names of sentences that derivations keep; numbers of any other name are written out where they are read."""


@dataclass(frozen=True, slots=True)
class Let:
    """A number that a sentence names: what it is called, which entry of its array, and its formula."""

    name: str
    entry: Expr
    value: Expr

    @property
    def array(self) -> str:
        """Name of the array."""
        return MEANINGS[self.name].array
