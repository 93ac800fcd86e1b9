"""How a library computes an operator, at which settings, and which questions are right to ask of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis.strategies import SearchStrategy

from cnnmath.ops import Operator
from cnnmath.verify.strategies import Case, cases
from cnnmath.verify.subject import Subject

FORMATS = ("float64", "float32")
RUNGS = (2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Peer:
    """One function of a library for one kind of operator.

    Attributes
    ----------
    kind
        The operator.
    function
        Called as ``function(op, *operands)``, with the library's arrays.
    within
        Settings that the library has; all of the operator's where none are named.
    algorithm
        How it sums, as an `Adapter` says it.
    formats
        Those that the library computes the operator in.
    unasked
        Rungs that are not right to ask, each with the reason.
    title
        What tells it from others of the same kind.
    """

    kind: type[Operator]
    function: Callable[..., Any]
    within: SearchStrategy[Case] | None = None
    algorithm: str = "any order"
    formats: tuple[str, ...] = FORMATS
    unasked: Mapping[int, str] = field(default_factory=dict)
    title: str = ""

    @property
    def name(self) -> str:
        """The operator, and what tells it from others of its kind."""
        return f"{self.kind.__name__} {self.title}".strip()

    @property
    def cases(self) -> SearchStrategy[Case]:
        """Settings to be drawn."""
        return cases(self.kind) if self.within is None else self.within


@dataclass(frozen=True, slots=True)
class Library:
    """Functions of a library, and how they are put under test.

    Attributes
    ----------
    name
        As it calls itself.
    peers
        What it has.
    under_test
        From a function, a format and an algorithm to a kernel under test.
    """

    name: str
    peers: tuple[Peer, ...]
    under_test: Callable[[Callable[..., Any], str, str], Subject]

    def tested(self, peer: Peer, dtype: str) -> Subject:
        """A function of it under test."""
        return self.under_test(peer.function, dtype, peer.algorithm)

    def peer(self, kind: type[Operator]) -> Peer:
        """Its first function for a kind of operator."""
        return next(peer for peer in self.peers if peer.kind is kind)
