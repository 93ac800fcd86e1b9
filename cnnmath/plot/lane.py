"""A network as one line: its longest path, what goes around it, and the blocks that repeat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from cnnmath.graph import INPUT, Summary
from cnnmath.graph.draw import Row, rows_of


@dataclass(frozen=True, slots=True)
class Arc:
    """A connection around the lane, from the output of one of its rows to another.

    Attributes
    ----------
    start, end
        Positions on the lane; -1 is the network's input.
    rows
        What stands on it: nothing on an identity, a convolution on a projection.
    branches
        How many connections it stands for.
    """

    start: int
    end: int
    rows: tuple[Row, ...]
    branches: int = 1


@dataclass(frozen=True, slots=True)
class Lane:
    """The longest path from the input, in rows, the arcs around it, and the rows on neither: ends of their own."""

    rows: tuple[Row, ...]
    arcs: tuple[Arc, ...]
    rest: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """Rows ``first .. first + length - 1`` of a lane, which stand there so many times in a row."""

    first: int
    length: int
    times: int = 1

    @property
    def end(self) -> int:
        """First row behind all repetitions."""
        return self.first + self.length * self.times


def lane_of(summary: Summary) -> Lane:
    """Longest path of a network and the arcs around it.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> from cnnmath.graph import analyze
    >>> lane = lane_of(analyze(zoo.resnet18()))
    >>> len(lane.rows), len(lane.arcs), [arc.rows[0].layer.name for arc in lane.arcs if arc.rows][0]
    (29, 8, 'layer2.0.downsample.0')
    """
    rows = rows_of(summary)
    leaving = {INPUT: -1} | {row.last: i for i, row in enumerate(rows)}
    reads = [[leaving[read] for read in row.layer.inputs] for row in rows]
    path = _longest(reads)
    place = {-1: -1} | {i: at for at, i in enumerate(path)}
    arcs, drawn = [], set(path)
    for at, i in enumerate(path):
        for read in _others(reads[i], path[at - 1] if at else -1):
            starts, beside = _back(read, reads, place)
            arcs += [Arc(place[start], at, tuple(rows[r] for r in beside)) for start in starts]
            drawn.update(beside)
    rest = tuple(row for i, row in enumerate(rows) if i not in drawn)
    return Lane(tuple(rows[i] for i in path), tuple(_bundled(arcs)), rest)


def blocks_of(lane: Lane) -> list[Block]:
    """The lane in runs of rows: those that repeat are one block, all others stand alone.

    A block reads itself and the row ahead of it alone, and nothing but its last row is read from behind it; else a
    drawing of one of its repetitions would not be one of all.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> from cnnmath.graph import analyze
    >>> [block.times for block in blocks_of(lane_of(analyze(zoo.resnet152()))) if block.times > 1]
    [2, 7, 35, 2]
    """
    signs = [_sign(lane, i) for i in range(len(lane.rows))]
    blocks, at = [], 0
    while at < len(signs):
        lengths = range(1, (len(signs) - at) // 2 + 1)
        repeats = (Block(at, n, times) for n in lengths for times in range(2, _repeats(signs, at, n) + 1))
        fitting = [block for block in repeats if _closed(lane, block)]
        blocks.append(max(fitting, key=lambda block: block.end, default=Block(at, 1)))
        at = blocks[-1].end
    return blocks


def _bundled(arcs: Sequence[Arc]) -> Iterator[Arc]:
    """More than two connections between the same rows as one."""
    ends = attrgetter("start", "end")
    for (start, end), group in groupby(sorted(arcs, key=ends), ends):
        own = list(group)
        if len(own) > 2:
            own = [Arc(start, end, tuple(row for arc in own for row in arc.rows), len(own))]
        yield from own


def _longest(reads: Sequence[Sequence[int]]) -> list[int]:
    """Longest path of a graph whose node ``i`` reads these nodes, all before it."""
    longest: list[list[int]] = []
    for i, own in enumerate(reads):
        longest.append([*max((longest[r] if r >= 0 else [] for r in own), key=len), i])
    return max(longest, key=len, default=[])


def _others(reads: Sequence[int], one: int) -> list[int]:
    """All that is read but one."""
    rest = list(reads)
    rest.remove(one)
    return rest


def _back(row: int, reads: Sequence[Sequence[int]], place: dict[int, int]) -> tuple[list[int], list[int]]:
    """Where a row off the lane comes from: rows of the lane, and all rows on the way."""
    starts, beside, todo = set(), set(), [row]
    while todo:
        r = todo.pop()
        if r in place:
            starts.add(r)
        elif r not in beside:
            beside.add(r)
            todo += reads[r]
    return sorted(starts), sorted(beside)


def _sign(lane: Lane, at: int) -> Any:
    """What makes rows equal: operators, shapes, and arcs of the same length with the same operators."""
    row = lane.rows[at]
    arcs = [
        (at - arc.start, tuple((r.layer.op, r.layer.output_shape) for r in arc.rows))
        for arc in lane.arcs
        if arc.end == at
    ]
    chips = tuple(chip.op for chip in row.chips)
    return row.layer.op, chips, row.layer.input_shapes, row.layer.output_shape, arcs


def _repeats(signs: Sequence[Any], at: int, length: int) -> int:
    """How often the next rows stand there in a row."""
    times = 1
    while signs[at + times * length : at + (times + 1) * length] == signs[at : at + length]:
        times += 1
    return times


def _closed(lane: Lane, block: Block) -> bool:
    """Whether arcs cross a block's border nowhere but at its first and its last row."""
    inside = range(block.first, block.end)
    ending = [arc for arc in lane.arcs if arc.end in inside]
    into = all(arc.end - arc.start <= (arc.end - block.first) % block.length + 1 for arc in ending)
    out = all(arc.start == block.end - 1 or arc.end < block.end for arc in lane.arcs if arc.start in inside)
    return into and out
