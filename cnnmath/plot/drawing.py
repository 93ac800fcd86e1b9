"""A network drawn as papers draw it: feature maps as boxes in a row, connections around them as arcs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

from cnnmath.graph import Summary
from cnnmath.graph.text import count, plural, times
from cnnmath.ops import Add, Flatten
from cnnmath.ops.kinds import kind
from cnnmath.plot.lane import Arc, Block, Lane, blocks_of, lane_of
from cnnmath.plot.stations import (
    GAP,
    LEAST,
    LEVEL,
    LINE,
    RADIUS,
    Station,
    arcs_of,
    caption,
    heights_of,
    lines_of,
    stations_of,
)
from cnnmath.plot.style import GREY, INK, TINTS, check_drawable, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Arcs: TypeAlias = Sequence[tuple[Arc, float]]
"""Arcs of a line, each with its height."""

MOST = 27
"""Boxes that are all drawn; where there are more, blocks that repeat are drawn once."""

MARGIN, HEAD, FOOT = 0.3, 0.5, 0.6
"""In inches: margins left and right, and what title and key take above and below."""

SCALE = "Height and depth: square root of the spatial size. Width: logarithm of the channels."


@styled()
def draw(summary: Summary) -> Figure:
    """Draw a network from the side: a box for every feature map, repeated blocks once, connections around as arcs.

    The longest path stands in one row. Height and depth of a box follow the root of its spatial sizes, its width the
    logarithm of its channels. Pointwise operators that only follow another have no box. Where a network has more
    than 27 boxes, a block that repeats is drawn once, with how often it stands there.

    Raises
    ------
    ShapeError
        Where a size is a symbol.
    MissingExtraError
        Where matplotlib is not installed.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> from cnnmath.graph import analyze
    >>> figure = draw(analyze(zoo.resnet152()))
    >>> [text.get_text() for axes in figure.axes for text in axes.texts if text.get_text().startswith("×")]
    ['×2', '×7', '×35', '×2']
    """
    from matplotlib.figure import Figure

    check_drawable(summary)
    lane = lane_of(summary)
    boxes = sum(not isinstance(row.layer.op, (Add, Flatten)) for row in lane.rows) + 1
    blocks = blocks_of(lane) if boxes > MOST else [Block(i, 1) for i in range(len(lane.rows))]
    lines = lines_of(stations_of(summary, lane, blocks), lane, blocks)
    arcs = arcs_of(lane, blocks)
    width = max(LEAST, *(line[-1].right for line in lines)) + 2 * MARGIN
    spans = [_span(line, blocks, heights_of(arcs, line)) for line in lines]
    height = HEAD + sum(top - bottom for bottom, top in spans) + FOOT
    figure = Figure(figsize=(width, height))
    page = figure.add_axes((0, 0, 1, 1), xlim=(-MARGIN, width - MARGIN), ylim=(0, height))
    page.set_axis_off()
    page.text(0, height - 0.2, _title(summary), fontsize=9.5, fontweight="bold", va="top")
    _draw_key(page, lane)
    roof, before = height - HEAD, None
    for line, (bottom, top) in zip(lines, spans, strict=True):
        frame = (0, (roof - (top - bottom)) / height, 1, (top - bottom) / height)
        axes = figure.add_axes(frame, xlim=(-MARGIN, width - MARGIN), ylim=(bottom, top))
        axes.set_axis_off()
        _draw_line(axes, line, before, blocks, heights_of(arcs, line))
        roof, before = roof - (top - bottom), line[-1]
    return figure


def _draw_line(
    axes: Axes, line: Sequence[Station], before: Station | None, blocks: Sequence[Block], arcs: Arcs
) -> None:
    """One line of the drawing, which goes on from the station before it."""
    floor = -max(station.height for station in line) / 2 - LINE
    ahead = [replace(before, x=line[0].x - GAP - before.right + before.x)] if before else []
    for station, following in pairwise([*ahead, *line]):
        axes.plot([station.right, following.x], [0, 0], color=GREY, lw=0.7, zorder=0)
    for station in line:
        _draw_station(axes, station, floor)
    shown = {station.at: station for station in (*ahead, *line)}
    for arc, height in arcs:
        _draw_arc(axes, arc, height, shown)
    for number, first, last, height in _repeats(line, blocks, arcs):
        a, b, y = first.x, last.right, height
        axes.plot([a, a, b, b], [y - 0.05, y, y, y - 0.05], color=GREY, lw=0.8)
        axes.text((a + b) / 2, y + 0.03, f"×{number}", ha="center", va="bottom", fontsize=8, fontweight="bold")
    _draw_sizes(axes, line, floor - 4 * LINE)


def _span(line: Sequence[Station], blocks: Sequence[Block], arcs: Arcs) -> tuple[float, float]:
    """Lowest and highest place that a line needs."""
    tops = [station.top for station in line] + [height + LEVEL for _, height in arcs]
    tops += [height + 0.2 for *_, height in _repeats(line, blocks, arcs)]
    return -max(station.height for station in line) / 2 - 7 * LINE, max(tops) + 0.1


def _repeats(line: Sequence[Station], blocks: Sequence[Block], arcs: Arcs) -> list[tuple[int, Station, Station, float]]:
    """Blocks that stand there several times: how often, first and last station, and the height of the bracket."""
    found = []
    for block in blocks:
        inside = range(block.first, block.first + block.length)
        own = [station for station in line if station.at in inside]
        if own and block.times > 1:
            tops = [station.top for station in own] + [height for arc, height in arcs if arc.end in inside]
            found.append((block.times, own[0], own[-1], max(tops) + LEVEL))
    return found


def _draw_station(axes: Axes, station: Station, floor: float) -> None:
    """A box seen from the left and above with its channels and settings below it, or a circle with a cross."""
    from matplotlib.colors import to_rgb
    from matplotlib.patches import Circle, Polygon, Rectangle

    x, w, h, d = station.x, station.width, station.height, station.slant
    line: Any = {"edgecolor": INK, "linewidth": 0.5, "joinstyle": "round"}
    if station.circle:
        axes.add_patch(Circle((station.middle, 0), RADIUS, facecolor="white", edgecolor=INK, lw=0.7, gid=station.name))
        axes.text(station.middle, 0, "+", ha="center", va="center_baseline", fontsize=8)
        return
    face = to_rgb(TINTS[kind(station.op)]) if station.op else (1.0, 1.0, 1.0)
    light, dark = (tuple((1 - t) * c + t * end for c in face) for t, end in ((0.35, 1.0), (0.22, 0.0)))
    roof, side = [(x, h / 2), (x + w, h / 2)], [(x + w, h / 2), (x + w, -h / 2)]
    for edge, shade in ((roof, light), (side, dark)):
        axes.add_patch(Polygon([*edge, *((a + d, b + d) for a, b in reversed(edge))], facecolor=shade, **line))
    axes.add_patch(Rectangle((x, -h / 2), w, h, facecolor=face, gid=station.name, **line))
    for i, text in enumerate(station.lines):
        weight: Any = {"fontweight": "bold"} if i == 0 else {"color": GREY}
        axes.text(station.middle, floor - i * LINE, text, ha="center", va="top", fontsize=6.5, **weight)


def _draw_arc(axes: Axes, arc: Arc, height: float, shown: dict[int, Station]) -> None:
    """From behind its start, over what lies between, down to its end; with the operators that stand on it."""
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    start, end = shown[arc.start], shown[arc.end]
    a, b = start.right + GAP / 2, end.middle if end.circle else end.x - GAP / 4
    low, r = RADIUS if end.circle else 0.0, 0.08
    rise, fall = [(a, 0), (a, height - r), (a, height)], [(b, height), (b, height - r), (b, low)]
    codes = [Path.MOVETO, Path.LINETO, Path.CURVE3, Path.CURVE3, Path.LINETO, Path.CURVE3, Path.CURVE3, Path.LINETO]
    style: Any = {"arrowstyle": "-|>", "mutation_scale": 5, "shrinkA": 0, "shrinkB": 0, "lw": 0.8, "color": INK}
    axes.add_patch(
        FancyArrowPatch(
            path=Path([*rise, (a + r, height), (b - r, height), *fall], codes),
            gid=f"{start.name} to {end.name}",
            **style,
        )
    )
    axes.text((a + b) / 2, height + 0.02, _on(arc), ha="center", va="bottom", fontsize=6, color=INK)


def _on(arc: Arc) -> str:
    """What stands on an arc."""
    if arc.branches > 1:
        return f"{arc.branches} more branches"
    texts = [" ".join((kind(row.layer.op) * (len(arc.rows) > 1), *caption(row.layer.op))).strip() for row in arc.rows]
    return texts[0] if len(texts) == 1 else f"{len(texts)} operators" if texts else ""


def _draw_sizes(axes: Axes, stations: Sequence[Station], y: float) -> None:
    """A bracket below neighbours of one spatial size."""
    for size, group in groupby((s for s in stations if not s.circle), lambda station: station.size):
        own = list(group)
        a, b = own[0].x, own[-1].x + own[-1].width
        axes.plot([a, a, b, b], [y + 0.04, y, y, y + 0.04], color=GREY, lw=0.6)
        axes.text((a + b) / 2, y - 0.04, size, ha="center", va="top", fontsize=6.5)


def _title(summary: Summary) -> str:
    net = summary.network
    shape = times(net.input_shape).replace("x", "×")
    return f"{net.name}: input {shape}, {count(summary.parameters)} parameters, {count(summary.macs)} MACs"


def _draw_key(page: Axes, lane: Lane) -> None:
    """Colours, scale, and how many operators are not drawn: those that do not lead to the end of the longest path."""
    from matplotlib.patches import Patch

    found = {kind(row.layer.op) for row in lane.rows if not isinstance(row.layer.op, (Add, Flatten))}
    keys = [Patch(fc=tint, ec=INK, lw=0.5, label=name) for name, tint in TINTS.items() if name in found]
    place: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 0.36), "bbox_transform": page.transData}
    page.legend(handles=keys, ncols=4, borderpad=0, borderaxespad=0, columnspacing=1.2, handlelength=1.0, **place)
    hidden = sum(len(row.chips) + 1 for row in lane.rest)
    rest = f" Not drawn: side outputs, {plural(hidden, 'operator')}." if hidden else ""
    page.text(0, 0.15, SCALE + rest, fontsize=6.5, color=GREY, va="bottom")
