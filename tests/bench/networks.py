"""Whole networks beside each peer that runs them, after both agreed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from tests.bench.layers import Settings, compare
from tests.bench.peers import Peer
from tests.bench.problem import NetworkProblem
from tests.bench.results import WHAT, Measured
from tests.bench.table import ratio

TOLERANCE = {"forward": 1e-4, "backward": 1e-2}
"""Where an activation is within rounding of 0, one library passes a gradient on and the other does not."""

LONGER = 10
"""A network has so many times the seconds of a layer."""


def measure(settings: Settings, peers: Mapping[str, Peer], say: Callable[[str], None]) -> Iterator[Measured]:
    """A result for each network and each peer that runs it; backward is a whole step: loss and all gradients."""
    for name in settings.nets:
        for batch in settings.batches:
            problem = NetworkProblem(name, batch)
            for direction in settings.directions:
                for peer in peers.values():
                    theirs = peer.network(problem, direction) if batch <= peer.MOST else None
                    for way, ours in problem.ours(direction).items() if theirs is not None else ():
                        timing = compare(ours, theirs, LONGER * settings.seconds, TOLERANCE[direction])
                        say(f"{name}, batch {batch}, {way}: {ratio(timing.ratio)} times as fast as {peer.NAME}")
                        yield Measured(name, batch, way, WHAT, (name, str(batch), way), peer.NAME, timing)
