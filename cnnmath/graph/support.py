"""What one output really depends on: the true support with its holes, and the number of paths to every input.

A path chooses one tap at every operator. The counts are the coefficients of the window polynomial where the network is
a chain; on any graph they are what the adjoint of all windows makes of a single one. Their shape is the theoretical
effective receptive field: a network whose weights are all equal weights its inputs by them.

References
----------
.. [1] W. Luo, Y. Li, R. Urtasun and R. Zemel, "Understanding the effective receptive field in deep convolutional neural
   networks", NeurIPS 2016, section 2.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnmath.axis import Axis
from cnnmath.errors import GraphError, ShapeError, unknown
from cnnmath.graph.architecture import INPUT, Architecture
from cnnmath.graph.checks import check_numbers
from cnnmath.graph.opaque import Opaque
from cnnmath.graph.propagate import shapes, spatial
from cnnmath.graph.sources import Source
from cnnmath.graph.text import plural
from cnnmath.ops.algebra import Shape
from cnnmath.window import Window


@dataclass(frozen=True, slots=True)
class Support:
    """Number of paths from one output position to each input position, exactly.

    Attributes
    ----------
    start
        Input position of ``counts[0, 0, ...]``; negative where padding is included.
    counts
        Python integers, one axis a spatial axis: their sizes grow beyond 64 bits.
    """

    start: tuple[int, ...]
    counts: NDArray[np.object_]

    @property
    def hull(self) -> tuple[tuple[int, int], ...]:
        """First and last input position along each axis."""
        return tuple((a, a + n - 1) for a, n in zip(self.start, self.counts.shape, strict=True))

    @property
    def holes(self) -> int:
        """Positions of the hull that the output does not depend on."""
        return int((self.counts == 0).sum())

    @property
    def paths(self) -> int:
        """Number of all paths."""
        return int(self.counts.sum())

    def share(self) -> NDArray[np.float64]:
        """Share of the paths that each input holds; none where there is no path."""
        if not self.paths:
            return self.counts.astype(float)
        return (self.counts / self.counts.max()).astype(float) * float(self.counts.max() / self.counts.sum())

    def __repr__(self) -> str:
        if not self.counts.size:
            return "sees nothing of the input"
        spans = " x ".join(f"{a}..{b}" for a, b in self.hull)
        return f"support {spans}: {plural(self.holes, 'hole')}, {plural(self.paths, 'path')}"


def support(net: Architecture, node: str, at: Sequence[int] | None = None, *, padding: bool = False) -> Support:
    """Support of one position of a node's output: the middle one where none is named.

    Parameters
    ----------
    net
        The network; its input shape says where the border clips.
    node
        Name of a node with spatial axes.
    at
        Position, one entry a spatial axis.
    padding
        Whether positions in the padding count, here and in all layers between: the field that windows promise.

    Raises
    ------
    GraphError, ShapeError
        For a node without spatial axes, and a position that it does not have.

    Examples
    --------
    >>> from cnnmath.ops import Conv
    >>> net = Architecture("two", (1, 9))
    >>> for i in (1, 2):
    ...     _ = net.add(f"conv{i}", Conv(1, (3,)))
    >>> support(net, "conv2", (0,)).counts.tolist()
    [1, 2, 3, 2, 1]
    """
    known = _known(net, node)
    sizes = spatial(net, known, node)
    position = tuple(n // 2 for n in sizes) if at is None else tuple(at) if isinstance(at, Iterable) else (at,)
    fits = len(position) == len(sizes) and all(isinstance(i, Integral) for i in position)
    if not fits or not all(0 <= i < n for i, n in zip(position, sizes, strict=True)):
        rule = f"positions of '{node}' lie in {'x'.join(map(str, sizes))}"
        raise ShapeError("there is no such position.", here=f"position {position}", rule=rule).at(f"node '{node}'")
    return _tight(_pulled_down(net, known, node, position, range(len(position)), padding=padding))


def spans(net: Architecture, node: str, axis: int = 0, *, padding: bool = False) -> list[tuple[int, int] | None]:
    """First and last input position that each output position sees along one axis; None where it sees nothing.

    This is the field of branches that are not aligned, of bins and of clipped windows: it may change with the position.

    Examples
    --------
    >>> from cnnmath.ops import AdaptiveAveragePool
    >>> net = Architecture("bins", (1, 7))
    >>> _ = net.add("pool", AdaptiveAveragePool((3,)))
    >>> spans(net, "pool")
    [(0, 2), (2, 4), (4, 6)]
    """
    known = _known(net, node)
    sizes = spatial(net, known, node)
    rank = len(sizes)
    if axis not in range(rank):
        raise ShapeError(
            "there is no such axis.", here=f"axis {axis}", rule=f"spatial axes of '{node}' are 0 to {rank - 1}"
        ).at(f"node '{node}'")
    outputs = range(sizes[axis])
    pulled = (_pulled_down(net, known, node, (o,), range(axis, axis + 1), padding=padding) for o in outputs)
    return [hull_of(one.counts, one.start[0]) for one in pulled]


def hull_of(counts: NDArray[np.object_], start: int) -> tuple[int, int] | None:
    """First and last position with a path."""
    (seen,) = np.nonzero(counts)
    return (start + int(seen[0]), start + int(seen[-1])) if len(seen) else None


def _known(net: Architecture, node: str) -> dict[str, Shape]:
    """Shapes of a network whose sizes are numbers, with a node that has spatial axes."""
    known = shapes(net)
    if node not in known:
        raise unknown("node", node, known)
    if not spatial(net, known, node):
        raise GraphError("this node has no spatial axes.", here=f"its shape is {known[node]}").at(f"node '{node}'")
    check_numbers(net.input_shape, "support")
    return known


def _tight(found: Support) -> Support:
    """The same paths, in the smallest box that holds them."""
    seen = np.nonzero(found.counts)
    if not found.paths:
        return Support(found.start, np.zeros((0,) * found.counts.ndim, object))
    box = [(int(axis.min()), int(axis.max()) + 1) for axis in seen]
    start = tuple(p + first for p, (first, _) in zip(found.start, box, strict=True))
    return Support(start, found.counts[tuple(slice(*ends) for ends in box)])


def _pulled_down(
    net: Architecture, known: dict[str, Shape], node: str, at: tuple[int, ...], which: range, *, padding: bool
) -> Support:
    """Paths from one position down to the input, along some of the axes."""
    found = {node: Support(at, np.ones((1,) * len(at), object))}
    for name in reversed(net.order()):
        if name in found:
            above, op = found.pop(name), net.op(name)
            if isinstance(op, Opaque):
                raise GraphError(
                    f"what '{op.short}' reads is not known.",
                    rule="a support follows every path to the input",
                    fix="ask for a node ahead of it, or write it with known operators",
                ).at(f"node '{name}'")
            reads = net.inputs(name)
            if op.rearranges(*(known[read] for read in reads)):
                raise GraphError(
                    "positions behind it are not those ahead of it, so that no path can be followed.",
                    rule="a support follows every path to the input, axis by axis",
                    fix="ask for a node ahead of it",
                ).at(f"node '{name}'")
            views = op.views(*(known[read] for read in reads))
            for read, axes in zip(reads, views, strict=True):
                if _is_source(net, read):
                    continue
                sizes = known[read][2:]
                own = None if axes is None else axes[which.start : which.stop]
                pulled = _pulled(above, own, sizes[which.start : which.stop], padding=padding)
                if pulled.counts.size:
                    found[read] = _joined(found[read], pulled) if read in found else pulled
    return found[INPUT] if INPUT in found else Support(at, np.zeros((0,) * len(at), object))


def _is_source(net: Architecture, name: str) -> bool:
    """Whether a node reads nothing."""
    return name != INPUT and isinstance(net.op(name), Source)


def _pulled(above: Support, axes: tuple[Axis, ...] | None, sizes: Sequence[int], *, padding: bool) -> Support:
    """The same paths, one operator further down."""
    if axes is None:
        return Support((0,) * len(sizes), np.full(sizes, above.counts.sum(), object))
    start, counts = list(above.start), above.counts
    for i, (axis, n) in enumerate(zip(axes, sizes, strict=True)):
        start[i], moved = _along(axis, start[i], np.moveaxis(counts, i, 0))
        if not padding:
            first, last = max(start[i], 0), min(start[i] + len(moved), n)
            moved, start[i] = moved[first - start[i] : max(last - start[i], first - start[i])], first
        counts = np.moveaxis(moved, 0, i)
        if not counts.size:
            return Support(above.start, counts)
    return Support(tuple(start), counts)


def _along(axis: Axis, first: int, counts: NDArray[np.object_]) -> tuple[int, NDArray[np.object_]]:
    """Adjoint of an operator along the first axis of the counts, which begins at output ``first``."""
    if isinstance(axis, Window):
        reach = axis.stride * (len(counts) - 1) + 1
        below: Any = np.zeros((reach + axis.extent - 1, *counts.shape[1:]), object)
        for k in range(axis.kernel):
            tap = axis.dilation * k
            below[tap : tap + reach : axis.stride] += counts
        return axis.tap(first, 0), below
    reads = [axis.reads(first + o) for o in range(len(counts))]
    positions = [j for at in reads for j in at]
    start = min(positions, default=0)
    below = np.zeros((max(positions, default=-1) + 1 - start, *counts.shape[1:]), object)
    for at, count in zip(reads, counts, strict=True):
        for j in at:
            below[j - start] += count
    return start, below


def _joined(a: Support, b: Support) -> Support:
    """Paths of two branches together."""
    start = tuple(map(min, a.start, b.start))
    stop = (max(p + n, q + m) for p, n, q, m in zip(a.start, a.counts.shape, b.start, b.counts.shape, strict=True))
    counts = np.zeros([e - s for s, e in zip(start, stop, strict=True)], object)
    for part in (a, b):
        corner = (p - s for s, p in zip(start, part.start, strict=True))
        counts[tuple(slice(c, c + n) for c, n in zip(corner, part.counts.shape, strict=True))] += part.counts
    return Support(start, counts)
