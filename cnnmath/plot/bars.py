"""What a network costs, layer by layer: two bar charts side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnmath.graph import Layer, Summary
from cnnmath.graph.counting import Convention
from cnnmath.graph.text import count
from cnnmath.ops.kinds import kind
from cnnmath.plot.style import INK, TINTS, check_drawable, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 60
"""Bars of a chart; where there are more layers, those whose names begin alike are added."""

UNITS = ((10**9, "billions"), (10**6, "millions"), (10**3, "thousands"), (1, ""))


@dataclass(frozen=True, slots=True)
class Bar:
    """Layers that are counted together.

    Attributes
    ----------
    name
        The layer's name, or what the names begin with.
    layers
        The layers, in order.
    kind
        Kind of operator that has most of its parameters.
    cost, parameters
        What the convention counts of them, and their trainable parameters.
    """

    name: str
    layers: tuple[Layer, ...]
    kind: str
    cost: int
    parameters: int


@styled()
def costs(summary: Summary, convention: str | Convention = "macs") -> Figure:
    """Draw what each layer costs and how many parameters it has, as two aligned bar charts with totals and shares.

    Layers that cost nothing and have no parameters have no bar. Where more than 60 are left, those whose names begin
    alike are added: the convolutions of a residual block, else those of a stage.

    Raises
    ------
    UnknownNameError
        For a convention that is not known.
    ShapeError
        Where a size is a symbol.
    MissingExtraError
        Where matplotlib is not installed.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> from cnnmath.graph import analyze
    >>> left, right = costs(analyze(zoo.lenet5())).axes
    >>> [int(bar.get_width()) for bar in left.patches]
    [117600, 240000, 48000, 10080, 840]
    """
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    check_drawable(summary)
    counted = summary.count(convention)
    bars = bars_of(summary, counted.by_layer)
    figure = Figure(figsize=(7.6, 1.3 + 0.165 * max(len(bars), 4)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    name = counted.convention.name
    word = name.upper() if name in ("macs", "flops") else f"'{name}'"
    _draw_bars(left, bars, [bar.cost for bar in bars], "MACs" if name == "macs" else word)
    _draw_bars(right, bars, [bar.parameters for bar in bars], "parameters")
    left.set_yticks(range(len(bars)), [bar.name for bar in bars])
    left.set_ylim(len(bars) - 0.4, -0.6)
    together = sum(len(bar.layers) for bar in bars)
    note = f", {together} layers in {len(bars)} groups by name" if together > len(bars) else ""
    figure.suptitle(f"{summary.network.name}: cost by layer{note}", x=0.01, ha="left", fontsize=9.5, fontweight="bold")
    found = {bar.kind for bar in bars}
    keys = [Patch(fc=tint, ec=INK, lw=0.3, label=name) for name, tint in TINTS.items() if name in found]
    figure.legend(handles=keys, loc="upper right", ncols=4, borderpad=0.4, columnspacing=1.2, handlelength=1.0)
    return figure


def bars_of(summary: Summary, by_layer: Mapping[str, int]) -> list[Bar]:
    """Bars of a chart: a layer each, or layers whose names begin alike, as few of them together as do.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> from cnnmath.graph import analyze
    >>> summary = analyze(zoo.resnet50())
    >>> bars = bars_of(summary, summary.count("macs").by_layer)
    >>> [bar.name for bar in bars][:4], len(bars[2].layers)
    (['conv1', 'bn1', 'layer1.0', 'layer1.1'], 8)
    """
    layers = [layer for layer in summary.layers if by_layer.get(layer.name) or layer.parameters]
    longest = max((layer.name.count(".") + 1 for layer in layers), default=1)
    grouped = [_grouped(layers, parts) for parts in range(longest, 0, -1)]
    groups = next((g for g in grouped if len(g) <= MOST), min(grouped, key=len))
    return [
        Bar(
            name,
            tuple(own),
            kind(max(own, key=lambda layer: layer.parameters).op),
            sum(by_layer.get(layer.name, 0) for layer in own),
            sum(layer.parameters for layer in own),
        )
        for name, own in groups.items()
    ]


def _grouped(layers: Sequence[Layer], parts: int) -> dict[str, list[Layer]]:
    """Layers by the first parts of their names."""
    groups: dict[str, list[Layer]] = {}
    for layer in layers:
        groups.setdefault(".".join(layer.name.split(".")[:parts]), []).append(layer)
    return groups


def _draw_bars(axes: Axes, bars: Sequence[Bar], values: Sequence[int], what: str) -> None:
    """One chart: a bar for each value with its share behind it, the total above."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    total, greatest = sum(values), max(values, default=0)
    unit, word = next(((u, w) for u, w in UNITS if greatest >= 2 * u), UNITS[-1])
    tints = [TINTS[bar.kind] for bar in bars]
    axes.barh(range(len(bars)), values, height=0.72, color=tints, edgecolor=INK, linewidth=0.3)
    for y, value in enumerate(values):
        if value:
            axes.text(value + 0.012 * greatest, y, share(value, total), va="center", fontsize=6.5)
    axes.set_title(f"{what}: {count(total)}", fontsize=8.5)
    axes.set_xlabel(f"{what} ({word})" if word else what)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x / unit:,.10g}"))
    axes.set_xlim(0, 1.16 * greatest or 1)
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0)


def share(value: int, total: int) -> str:
    """Share of a total in percent, to a digit behind the point.

    Examples
    --------
    >>> share(1, 3), share(1, 10**6)
    ('33.3 %', '<0.1 %')
    """
    return "<0.1 %" if 0 < 1000 * value < total else f"{100 * value / total:.1f} %"
