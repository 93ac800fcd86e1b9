"""Settings drawn for a peer, the same at every run, and the verdict at each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy

from cnnmath.verify import Certificate, Counterexample, NoPower, climb
from cnnmath.verify.strategies import Case
from tests.peers.kernels.peer import RUNGS, Library, Peer

MODULES = {"torch": "torch", "jax": "jax", "scipy": "scipy", "onnxruntime": "onnx"}
"""The module of this package for each library, by the name under which the library is imported."""


def installed() -> list[str]:
    """Libraries that are here."""
    return [name for name in MODULES if find_spec(name) is not None]


@cache
def library(name: str) -> Library:
    """The functions of a library."""
    return import_module(f"tests.peers.kernels.{MODULES[name]}_kernels").LIBRARY


def drawn(strategy: SearchStrategy[Case], count: int) -> list[Case]:
    """So many settings, the simplest left out; where there are fewer, they come again, for other numbers."""
    found: list[Case] = []

    @settings(
        max_examples=count + 1,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[*HealthCheck],
    )
    @given(strategy)
    def note(case: Case) -> None:
        found.append(case)

    note()
    found = found[1:] or found
    return [found[i % len(found)] for i in range(count)]


def verdicts(
    of: Library, peer: Peer, dtype: str, count: int, rungs: Sequence[int] = RUNGS
) -> Iterator[Certificate | Counterexample]:
    """The verdict of all rungs that are right to ask, at each of so many settings, each on numbers of its own."""
    tested = of.tested(peer, dtype)
    for seed, case in enumerate(drawn(peer.cases, count)):
        verdict = climb(tested, case, rungs=[rung for rung in rungs if rung not in peer.unasked], seed=seed)
        if not isinstance(verdict, NoPower):
            yield verdict
