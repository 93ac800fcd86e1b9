"""What was measured, and the tables that it makes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.bench.table import Row, Table, cell, milliseconds, ratio
from tests.bench.timing import Timing, geometric_mean

WHAT = "whole network"


@dataclass(frozen=True)
class Measured:
    """One thing done by the package and by one peer.

    Attributes
    ----------
    net, batch, direction
        Its group: the network that it comes from, and what is done with it.
    kind
        Convolution, pooling or whole network.
    row
        What names it in a table: its name, its operator and the shape of its input.
    peer
        The other library.
    timing
        Both times, in turn.
    """

    net: str
    batch: int
    direction: str
    kind: str
    row: Row
    peer: str
    timing: Timing

    @property
    def group(self) -> tuple[str, int, str]:
        """Network, batch and direction."""
        return self.net, self.batch, self.direction


def layer_tables(results: Iterable[Measured]) -> list[Table]:
    """A table for each network, batch and direction: a row a layer, a column a peer."""
    layers = [m for m in results if m.kind != WHAT]
    tables = []
    for group in dict.fromkeys(m.group for m in layers):
        net, batch, direction = group
        title = f"Layers of {net}, batch {batch}, {direction}"
        tables.append(_beside(title, ("layer", "operator", "input"), [m for m in layers if m.group == group]))
    return tables


def network_table(results: Iterable[Measured]) -> Table:
    """A row for each whole network, a column a peer."""
    return _beside("Whole networks", ("network", "batch", "direction"), [m for m in results if m.kind == WHAT])


def mean_table(results: Iterable[Measured]) -> Table:
    """Geometric means of the ratios over each group, and how many layers they are over."""
    layers = [m for m in results if m.kind != WHAT]
    peers = list(dict.fromkeys(m.peer for m in layers))
    rows = []
    for key in dict.fromkeys((m.kind, *m.group) for m in layers):
        kind, net, batch, direction = key
        found = [[m.timing.ratio for m in layers if (m.kind, *m.group) == key and m.peer == peer] for peer in peers]
        means = (f"{ratio(geometric_mean(ratios))} ({len(ratios)})" if ratios else "" for ratios in found)
        rows.append((f"{kind}, {net}", str(batch), direction, *means))
    columns = ("layers", "batch", "direction", *(f"{peer} / ours" for peer in peers))
    return Table("Geometric means of the ratios (and of how many layers)", columns, tuple(rows))


def _beside(title: str, names: Row, results: Sequence[Measured]) -> Table:
    """Ours in milliseconds, as measured with the first peer of each row; then each peer's ratio and its quartiles."""
    peers = list(dict.fromkeys(m.peer for m in results))
    rows: dict[Row, dict[str, Timing]] = {}
    for m in results:
        rows.setdefault(m.row, {})[m.peer] = m.timing
    texts = (
        (
            *row,
            milliseconds(next(iter(timings.values())).ours),
            *(cell(timings[p]) if p in timings else "" for p in peers),
        )
        for row, timings in rows.items()
    )
    return Table(title, (*names, "ours, ms", *(f"{peer} / ours" for peer in peers)), tuple(texts))
