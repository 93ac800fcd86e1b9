"""The libraries beside which the package is timed, each imported where it is used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any, Protocol

from tests.bench.problem import Direction, LayerProblem, NetworkProblem
from tests.bench.timing import Job

MODULES = {
    "torch": "tests.bench.peers.torch_eager",
    "torch-last": "tests.bench.peers.torch_inmost",
    "onnxruntime": "tests.bench.peers.onnx_runtime",
    "jax": "tests.bench.peers.jax_compiled",
    "scipy": "tests.bench.peers.scipy_channels",
    "mygrad": "tests.bench.peers.mygrad_tensors",
    "reference": "tests.bench.peers.onnx_reference",
}
"""Where each peer is, by the name that the command line knows; who is fast comes first."""


class Peer(Protocol):
    """What a peer's module has.

    Attributes
    ----------
    NAME
        What a table calls it.
    HOW
        How it is called, and what stays outside its time: one sentence.
    MOST
        The largest batch that is tried: a library without vectorised kernels is not waited for longer.
    """

    NAME: str
    HOW: str
    MOST: int

    def start(self, threads: int) -> None:
        """Give it so many threads."""
        ...

    def layer(self, problem: LayerProblem, direction: Direction) -> Job | None:
        """One layer, or None where the library does not have it."""
        ...

    def network(self, problem: NetworkProblem, direction: Direction) -> Job | None:
        """A whole network, or None."""
        ...


def found(names: Iterable[str], threads: int, say: Any = print) -> Iterator[tuple[str, Peer]]:
    """The peers that are installed; the others are named, and why."""
    for name in names:
        try:
            peer: Any = import_module(MODULES[name])
        except ImportError as error:
            say(f"{name} is left out: {error}; the extra 'bench' has it")
        else:
            peer.start(threads)
            yield name, peer
