"""How the receptive field grows along a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnmath.errors import GraphError
from cnnmath.graph import Layer, Summary
from cnnmath.graph.propagate import WEIGHTED
from cnnmath.graph.summary import describe_field
from cnnmath.graph.text import axes as sizes
from cnnmath.ops.checks import axis_names
from cnnmath.plot.style import GREY, INK, TINTS, check_drawable, heading, styled
from cnnmath.window import Size

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAMED = 24
"""Depths whose layers are named below the axis; where there are more, they are numbered."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Receptive field along one spatial axis.

    Attributes
    ----------
    label
        Name of the axis; empty where all axes agree.
    names, depths, sizes, strides
        Of weighted layers with a field: their names, number of weighted layers up to there on the deepest path, size
        and stride of the field.
    least
        Of the same layers, the size of the least path's field; None where it has none.
    input
        Size of the input.
    """

    label: str
    names: tuple[str, ...]
    depths: tuple[int, ...]
    sizes: tuple[int, ...]
    strides: tuple[Size, ...]
    least: tuple[int | None, ...]
    input: int

    @property
    def leading(self) -> dict[int, int]:
        """For each depth, which of the layers there sees most: the first of them."""
        first: dict[int, int] = {}
        for i, depth in enumerate(self.depths):
            if self.sizes[i] > self.sizes[first.setdefault(depth, i)]:
                first[depth] = i
        return dict(sorted(first.items()))

    @property
    def line(self) -> dict[int, int]:
        """For each depth, the greatest size that a layer there has."""
        return {depth: self.sizes[i] for depth, i in self.leading.items()}

    @property
    def branches(self) -> bool:
        """Whether the least path sees less than all paths together."""
        return any(least is not None and least < size for least, size in zip(self.least, self.sizes, strict=True))


@styled()
def fields(summary: Summary) -> Figure:
    """Draw the size of the receptive field of each weighted layer, with the input's size and the strides.

    The line is the hull of all paths, by the number of weighted layers on the deepest path. Where shortcuts make a
    difference, a band reaches down to the field of the path that sees least, at the same layers: those that the axis
    names. What it is behind the last of them stands below, with the field of the last map. Above the plot stand the
    strides. Axes whose fields differ have a line each.

    Raises
    ------
    GraphError
        Where no weighted layer has a receptive field.
    ShapeError
        Where a size is a symbol.
    MissingExtraError
        Where matplotlib is not installed.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> from cnnmath.graph import analyze
    >>> figure = fields(analyze(zoo.vgg16()))
    >>> figure.axes[0].lines[0].get_ydata().tolist()
    [3, 5, 10, 14, 24, 32, 40, 60, 76, 92, 132, 164, 196]
    """
    from matplotlib.figure import Figure

    check_drawable(summary)
    curves = curves_of(summary)
    figure = Figure(figsize=(7.2, 4.0), layout="constrained")
    axes = figure.add_subplot()
    for curve, tint in zip(curves, (TINTS["convolution"], TINTS["dense"], INK), strict=False):
        _draw_curve(axes, curve, tint)
    inputs = sorted({curve.input for curve in curves})
    for size, gap in zip(inputs, (2, 5, 9), strict=False):
        whose = " and ".join(curve.label for curve in curves if curve.input == size)
        axes.axhline(
            size, color=INK, lw=0.8, ls=(0, (5, gap)), zorder=1, label=f"input {whose} {size:,}".replace("  ", " ")
        )
    _draw_strides(axes, curves)
    _label(axes, summary, curves[0])
    figure.legend(loc="outside lower center", ncols=3, borderpad=0)
    return figure


def curves_of(summary: Summary) -> list[Curve]:
    """A curve for each spatial axis, or one where all agree.

    Raises
    ------
    GraphError
        Where no weighted layer has a receptive field.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> from cnnmath.graph import analyze
    >>> [curve.sizes for curve in curves_of(analyze(zoo.lenet5()))]
    [(5, 14)]
    """
    seen = [layer for layer in summary.layers if isinstance(layer.op, WEIGHTED) and layer.field]
    if not seen:
        raise GraphError(
            "no weighted layer has a receptive field.",
            rule="a field needs spatial axes, and a stride that all paths share",
            fix="plot a network with convolutions on feature maps",
        ).at(f"network '{summary.network.name}'")
    names = axis_names(len(summary.network.input_shape) - 1)
    curves = [_curve(summary, seen, i, name) for i, name in enumerate(names)]
    alike = len({(c.sizes, c.strides, c.least, c.input) for c in curves}) == 1
    return [_curve(summary, seen, 0, "")] if alike else curves


def _curve(summary: Summary, seen: Sequence[Layer], axis: int, label: str) -> Curve:
    own = [(layer, layer.fields.hull[axis]) for layer in seen if layer.fields.hull]
    return Curve(
        label,
        tuple(layer.name for layer, _ in own),
        tuple(layer.fields.depth[1] for layer, _ in own),
        tuple(field.extent for _, field in own),
        tuple(field.stride for _, field in own),
        tuple(layer.fields.least[axis].extent if layer.fields.least else None for layer, _ in own),
        summary.network.input_shape[1 + axis],
    )


def _draw_curve(axes: Axes, curve: Curve, tint: str) -> None:
    import numpy as np

    depths, extents = zip(*curve.line.items(), strict=True)
    size = 3.4 if len(depths) <= 60 else 2.2
    axes.plot(depths, extents, color=tint, lw=1.6, zorder=3, label=f"all paths {curve.label}".strip())
    axes.plot(curve.depths, curve.sizes, color=tint, lw=0, marker="o", ms=size, mec="white", mew=0.3, zorder=4)
    axes.annotate(
        f"{extents[-1]:,}", (depths[-1], extents[-1]), (-5, 4), textcoords="offset points", ha="right", fontsize=8
    )
    if curve.branches:
        least = np.array([curve.least[i] for i in curve.leading.values()], dtype=float)
        axes.fill_between(depths, least, extents, color=tint, alpha=0.18, lw=0, zorder=2)
        axes.plot(depths, least, color=tint, lw=1.2, ls=(0, (1.5, 1.5)), zorder=3,
                  label=f"least path {curve.label}".strip())  # fmt: skip


def _draw_strides(axes: Axes, curves: Sequence[Curve]) -> None:
    """A line where the stride changes, and the strides above; those too close for two numbers share a place."""
    axes.text(-0.025, 1.015, "stride", color=GREY, fontsize=7, ha="right", transform=axes.transAxes)
    strides = {depth: sizes([curve.strides[i] for curve in curves]) for depth, i in curves[0].leading.items()}
    places: dict[int, list[str]] = {}
    before = ""
    for depth, stride in strides.items():
        if stride != before:
            axes.axvline(depth, color=GREY, lw=0.5, ls=(0, (1, 2)), zorder=0)
            close = [place for place in places if depth - place < 0.02 * max(strides)]
            places.setdefault(close[-1] if close else depth, []).append(stride)
        before = stride
    for depth, texts in places.items():
        above = axes.get_xaxis_transform()
        axes.text(depth, 1.015, ", ".join(texts), color=GREY, fontsize=7, ha="center", transform=above)


def _label(axes: Axes, summary: Summary, curve: Curve) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    heading(axes, summary, "receptive field by layer")
    axes.set_ylabel("receptive field (input positions)")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:,.0f}"))
    axes.yaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.set_ylim(0, None)
    axes.grid(axis="y")
    first = {depth: curve.names[i] for depth, i in curve.leading.items()}
    if len(first) <= NAMED:
        axes.set_xticks(list(first), list(first.values()), rotation=45, ha="right", rotation_mode="anchor")
    else:
        axes.xaxis.set_major_locator(MaxNLocator(12, integer=True))
    field = describe_field(summary.field) if summary.field else "it depends on the position"
    if summary.least and summary.least != summary.field:
        field += f", least path {sizes([seen.extent for seen in summary.least])}"
    last = f"\nat the last map, {summary.last_map.name}: {field}" if summary.last_map else ""
    axes.set_xlabel(f"weighted layers on the deepest path{last}")
    axes.set_xlim(0.5, max(curve.depths) + 0.5)
