"""Where the boxes and the arcs of a drawn network stand, in inches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil, log2, sqrt

from cnnmath.graph import INPUT, Summary
from cnnmath.graph.draw import Row
from cnnmath.graph.text import axes, count
from cnnmath.ops import (
    AdaptiveAveragePool,
    Add,
    Conv,
    Flatten,
    GlobalAveragePool,
    Linear,
    LocalResponseNorm,
    LpPool,
    MaxPool,
    Operator,
)
from cnnmath.ops.pool import Pool
from cnnmath.plot.lane import Arc, Block, Lane

TALL, HIGHEST, WIDE, SLANT = 1.8, 0.35, 0.036, 0.16
"""Height of the largest map, the most of a map of size 1, width of a doubling of channels, slant by height."""

GAP, RADIUS = 0.17, 0.075
"""Gap between boxes, and radius of an addition."""

LONGEST = 10.5
"""Length from which a drawing goes on in another line."""

LEAST = 6.4
"""Length that a drawing of one line takes, its gaps at most so much wider."""

LETTER, LINE, LEVEL = 0.058, 0.115, 0.12
"""Width of a letter, height of a line, distance of arcs above each other."""


@dataclass(frozen=True, slots=True)
class Station:
    """Something that stands on the line: a box for a map, a circle for an addition.

    Attributes
    ----------
    name, shape, lines
        Node, shape of its output without the batch axis, and what stands below it.
    op, at
        Its operator, None for the input; its position on the lane.
    scale
        Height of a map of size 1.
    x
        Where its front begins.
    """

    name: str
    shape: tuple[int, ...]
    lines: tuple[str, ...]
    op: Operator | None
    at: int
    scale: float = HIGHEST
    x: float = 0.0

    @property
    def circle(self) -> bool:
        """Whether it is no box."""
        return isinstance(self.op, Add)

    @property
    def size(self) -> str:
        """Its spatial sizes in words."""
        return "×".join(f"{n:,}" for n in self.shape[1:]) or "vector"

    @property
    def width(self) -> float:
        """Of its front: the logarithm of its channels."""
        return 2 * RADIUS if self.circle else WIDE * log2(1 + self.shape[0])

    @property
    def height(self) -> float:
        """Of its front: the root of its first spatial size."""
        return 2 * RADIUS if self.circle else self.scale * sqrt(self.shape[1] if len(self.shape) > 1 else 1)

    @property
    def slant(self) -> float:
        """How far its back lies to the right and above: the root of its last spatial size."""
        return 0.0 if self.circle else SLANT * self.scale * sqrt(self.shape[-1] if len(self.shape) > 2 else 1)

    @property
    def middle(self) -> float:
        """Middle of its front."""
        return self.x + self.width / 2

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.x + self.width + self.slant

    @property
    def top(self) -> float:
        """Where its back ends above."""
        return self.height / 2 + self.slant


def stations_of(summary: Summary, lane: Lane, blocks: Sequence[Block]) -> list[Station]:
    """Stations of a drawing, in order: the input, then each block once; flattening has none.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> from cnnmath.graph import analyze
    >>> from cnnmath.plot.lane import blocks_of, lane_of
    >>> summary = analyze(zoo.lenet5())
    >>> lane = lane_of(summary)
    >>> [station.name for station in stations_of(summary, lane, blocks_of(lane))]
    ['input', 'conv1', 'pool1', 'conv2', 'pool2', 'linear3', 'linear4', 'linear5']
    """
    shape = summary.network.input_shape
    stations = [Station(INPUT, shape, (count(shape[0]), "input"), None, -1)]
    shown = [at for block in blocks for at in range(block.first, block.first + block.length)]
    stations += [_of(lane.rows[at], at) for at in shown if not isinstance(lane.rows[at].layer.op, Flatten)]
    largest = max(max(station.shape[1:], default=1) for station in stations)
    return [replace(station, scale=min(HIGHEST, TALL / sqrt(largest))) for station in stations]


def lines_of(stations: Sequence[Station], lane: Lane, blocks: Sequence[Block]) -> list[list[Station]]:
    """Stations with their places, in as few lines as have room for them, broken where no arc and no block is cut."""
    placed = _placed(stations)
    number = ceil(placed[-1].right / LONGEST)
    if number == 1:
        spare = (LEAST - placed[-1].right) / max(len(placed) - 1, 1)
        return [_placed(stations, GAP + min(max(spare, 0.0), 3 * GAP))]
    cuts = [0]
    for i in range(1, number):
        goal = i * placed[-1].right / number
        free = [j for j in range(cuts[-1] + 1, len(placed)) if _breaks(placed[j], lane, blocks)]
        if free:
            cuts.append(
                min(
                    free, key=lambda j: abs(placed[j].x - goal) + 0.6 * (placed[j].shape[1:] == placed[j - 1].shape[1:])
                )
            )
    return [_placed(stations[a:b]) for a, b in pairwise([*cuts, len(stations)])]


def _breaks(station: Station, lane: Lane, blocks: Sequence[Block]) -> bool:
    """Whether a line may begin here."""
    crossed = any(arc.start < station.at - 1 and station.at <= arc.end for arc in lane.arcs)
    return not crossed and any(block.first == station.at for block in blocks)


def _placed(stations: Sequence[Station], gap: float = GAP) -> list[Station]:
    """The same with their places: what stands below one has room beside what stands below the next."""
    x, free, placed = 0.0, 0.0, []
    for station in stations:
        text = 0 if station.circle else LETTER * max(map(len, (*station.lines, station.size)))
        x = max(x, free + (text - station.width) / 2)
        placed.append(replace(station, x=x))
        free = x + (station.width + text) / 2 + LETTER
        x += station.width + station.slant + gap
    return placed


def arcs_of(lane: Lane, blocks: Sequence[Block]) -> list[Arc]:
    """Arcs that are drawn, between rows that are: a block that repeats is represented by its first repetition."""
    shown = {-1: -1}
    for block in blocks:
        for at in range(block.first, block.end):
            viewed = isinstance(lane.rows[at].layer.op, Flatten)
            shown[at] = shown[at - 1] if viewed else block.first + (at - block.first) % block.length
    arcs = [replace(arc, start=shown[arc.start]) for arc in lane.arcs if shown[arc.end] == arc.end]
    return sorted(arcs, key=lambda arc: arc.end - arc.start)


def heights_of(arcs: Sequence[Arc], line: Sequence[Station]) -> list[tuple[Arc, float]]:
    """Arcs that end on a line, each with its height: above the boxes and the arcs below it."""
    drawn: list[tuple[Arc, float]] = []
    for arc in arcs:
        if arc.end in {station.at for station in line}:
            boxes = [station.top for station in line if arc.start < station.at < arc.end]
            below = [top for other, top in drawn if other.start < arc.end and arc.start < other.end]
            drawn.append((arc, max([max(boxes, default=RADIUS) + LEVEL, *(top + 2 * LEVEL for top in below)])))
    return drawn


def _of(row: Row, at: int) -> Station:
    shape = row.layer.output_shape[1:] if len(row.layer.op.indices) > 1 else (1, *row.layer.spatial)
    return Station(row.layer.name, shape, (count(shape[0]), *caption(row.layer.op)), row.layer.op, at)


def caption(op: Operator) -> tuple[str, ...]:
    """Kernel, stride and groups of an operator, in short lines; its name where it has no kernel.

    Examples
    --------
    >>> caption(Conv(64, 7, stride=2, groups=2)), caption(MaxPool(2)), caption(Linear(10))
    (('7×7', '/2', '2 groups'), ('max 2×2', '/2'), ('dense',))
    """
    if isinstance(op, (Conv, Pool)):
        name = (
            "" if isinstance(op, Conv) else {MaxPool: "max ", LpPool: f"L{getattr(op, 'p', 0)} "}.get(type(op), "avg ")
        )
        stride = [f"/{axes(op.stride)}"] if set(op.stride) != {1} else []
        groups = [f"{op.groups} groups"] if isinstance(op, Conv) and op.groups > 1 else []
        return (name + "×".join(map(str, op.kernel)), *stride, *groups)
    short = {Linear: "dense", GlobalAveragePool: "global", AdaptiveAveragePool: "adaptive", LocalResponseNorm: "LRN"}
    return (short.get(type(op), type(op).__name__.lower()),)
