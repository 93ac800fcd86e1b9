"""All distinct convolutions and poolings of networks, and whole networks, beside each peer, after both agreed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from cnnmath import ops, zoo
from cnnmath.graph.text import times
from cnnmath.ops.notation import describe
from tests.bench.peers import Peer
from tests.bench.problem import DIRECTIONS, Direction, LayerProblem, check_agreement, layer_problems
from tests.bench.results import Measured
from tests.bench.table import ratio
from tests.bench.timing import Job, Timing, alternate

TOLERANCE = 1e-4
"""Largest difference, beside the norm, between two float32 results that are called equal."""


@dataclass(frozen=True)
class Settings:
    """What is measured: networks, batches, directions; seconds for each pair; threads for everyone."""

    nets: tuple[str, ...] = ("alexnet", "vgg16", "resnet50")
    batches: tuple[int, ...] = (1, 8)
    directions: tuple[Direction, ...] = DIRECTIONS
    seconds: float = 1.0
    threads: int = 2


def measure(settings: Settings, peers: Mapping[str, Peer], say: Callable[[str], None]) -> Iterator[Measured]:
    """A result for each layer and each peer that has it."""
    for name in settings.nets:
        for batch in settings.batches:
            for problem in layer_problems(zoo.named(name), batch):
                for direction in settings.directions:
                    yield from _beside_all(name, problem, direction, settings, peers, say)


def compare(ours: Job, theirs: Job, seconds: float, tolerance: float = TOLERANCE) -> Timing:
    """Time both in turn, after a run of each that does not count, whose results must agree."""
    check_agreement(ours.run(), theirs.run(), tolerance)
    return alternate(ours, theirs, seconds)


def _beside_all(
    net: str,
    problem: LayerProblem,
    direction: Direction,
    settings: Settings,
    peers: Mapping[str, Peer],
    say: Callable[[str], None],
) -> Iterator[Measured]:
    kind = "convolutions" if isinstance(problem.op, ops.Conv) else "poolings"
    label = f"{problem.name} (x{problem.uses})" if problem.uses > 1 else problem.name
    row = label, describe(problem.op), times(problem.shape)
    for peer in peers.values():
        theirs = peer.layer(problem, direction) if problem.shape[0] <= peer.MOST else None
        if theirs is None:
            continue
        for way, ours in problem.ours(direction).items():
            timing = compare(ours, theirs, settings.seconds)
            say(f"{net} {label}, batch {problem.shape[0]}, {way}: {ratio(timing.ratio)} times as fast as {peer.NAME}")
            yield Measured(net, problem.shape[0], way, kind, row, peer.NAME, timing)
