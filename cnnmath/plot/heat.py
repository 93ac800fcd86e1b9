"""Where an output looks: the number of paths to each input, over an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnnmath.errors import DataError, GraphError
from cnnmath.graph import Architecture, Summary, analyze, shapes
from cnnmath.graph.propagate import spatial
from cnnmath.graph.support import Support, support
from cnnmath.graph.text import plural
from cnnmath.plot.style import INK, check_drawable, heading, styled
from cnnmath.window import Window

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

GAMMA = 0.5
"""Colours go by the root of the share, so that its tails are seen."""

SIDE = 4.0
"""Longer side of the image in inches."""

MAP = "viridis_r"
"""Its lightness falls from end to end."""


@styled()
def heat(network: Architecture | Summary, node: str | None = None, image: ArrayLike | None = None) -> Figure:
    """Draw the paths from the middle output position of a node to each input: the theoretical effective field.

    Parameters
    ----------
    network
        A network or its summary.
    node
        Node whose output it is; where none is named, the last feature map.
    image
        Array of H x W, or H x W x 3 or 4, as large as the input; it is drawn in grey. Without one it is a plain grid.

    Notes
    -----
    *Conventions*: paths through padding are left out. Positions without a path stay clear: they are the holes. The
    rectangle is the hull of the others, the cross the middle of the field, which may reach beyond the border. A network
    of one spatial axis has one row.

    Raises
    ------
    GraphError, UnknownNameError
        For a node that is not there, has not one or two spatial axes, or reads nothing but padding in the middle.
    DataError
        For an image of another size.
    ShapeError
        Where a size is a symbol.
    MissingExtraError
        Where matplotlib is not installed.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> figure = heat(zoo.lenet5())
    >>> figure.axes[0].get_title(loc="left")
    'lenet5: paths to pool2 at (2, 2)\\n10,000 paths, 0 holes'
    """
    from matplotlib.patheffects import withStroke

    summary = network if isinstance(network, Summary) else analyze(network)
    check_drawable(summary)
    net = summary.network
    name = node or _last_map(summary)
    at, seen = _seen(net, name)
    size = (1, *net.input_shape[1:])[-2:]
    picture = None if image is None else grey(image, size)
    figure, axes, scale = _laid_out(size)
    _draw_ground(axes, picture, size)
    _draw_paths(axes, scale, seen, over=picture is not None)
    row, column = (0, *_middle(summary, name, at, seen))[-2:]
    halo = [withStroke(linewidth=3, foreground="white")]
    axes.plot(column, row, "+", color=INK, ms=7, mew=1.2, zorder=4, path_effects=halo)
    position = ", ".join(map(str, at))
    paths = f"{_short(seen.paths)} path{'' if seen.paths == 1 else 's'}"
    heading(axes, summary, f"paths to {name} at ({position})\n{paths}, {plural(seen.holes, 'hole')}")
    return figure


def _middle(summary: Summary, node: str, at: Sequence[int], seen: Support) -> list[float]:
    """Middle of the field of a position, which may reach beyond the border; of the hull where it is no window."""
    field = next((layer.field for layer in summary.layers if layer.name == node), None)
    if field and all(isinstance(window, Window) for window in field):
        return [w.stride * o - w.before + (w.extent - 1) / 2 for o, w in zip(at, field, strict=True)]
    return [(first + last) / 2 for first, last in seen.hull]


def _last_map(summary: Summary) -> str:
    """Name of the last feature map."""
    if summary.last_map is None:
        raise GraphError(
            "it has no feature map with spatial axes.",
            here=f"its input is {summary.network.input_shape}",
            fix="plot a network with convolutions on feature maps",
        ).at(f"network '{summary.network.name}'")
    return summary.last_map.name


def _seen(net: Architecture, node: str) -> tuple[tuple[int, ...], Support]:
    """Middle position of a node, and its support, drawn in two axes."""
    known = shapes(net)
    at = tuple(n // 2 for n in spatial(net, known, node)) if node in known else ()
    seen = support(net, node, at or None)
    if len(at) > 2:
        raise GraphError(
            "a heat map has at most two axes.", here=f"it has {len(at)} spatial axes", fix="use support() itself"
        ).at(f"node '{node}'")
    if seen.paths == 0:
        raise GraphError(
            "its middle output depends on no input.",
            here=f"all that position {at} reads is padding",
            fix="use less padding, or a larger input",
        ).at(f"node '{node}'")
    return at, seen if len(at) == 2 else Support((0, *seen.start), seen.counts[None])


def grey(image: ArrayLike, size: tuple[int, ...]) -> NDArray[np.float64]:
    """Lightness of an image, from 0 to 1.

    Raises
    ------
    DataError
        Where it is no image of this size.

    Examples
    --------
    >>> grey([[[0, 0, 0], [255, 255, 255]]], (1, 2)).tolist()
    [[0.0, 1.0]]
    """
    array = np.asarray(image)
    coloured = array.ndim == 3 and array.shape[2] in (3, 4)
    if array.dtype.kind not in "biuf" or array.shape[:2] != size or not (array.ndim == 2 or coloured):
        raise DataError(
            "this is no image of the input's size.",
            here=f"{array.dtype} array of shape {array.shape}",
            rule=f"H x W or H x W x 3, here {size[0]} x {size[1]}",
            fix="resize it, or analyse the network at its size",
        )
    weights = np.array([0.299, 0.587, 0.114])
    light = array[..., :3] @ weights if coloured else array.astype(float)
    full = np.iinfo(array.dtype).max if array.dtype.kind in "iu" and array.dtype.itemsize < 4 else 0
    full = full or (255 if array.max(initial=0) > 1 else 1)
    return np.clip(np.round(light / full, 12), 0, 1)


def _laid_out(size: tuple[int, ...]) -> tuple[Figure, Axes, Axes]:
    """A figure with axes for the image, and for the scale: beside it, or below a flat one."""
    from matplotlib.figure import Figure

    height, width = (max(SIDE * n / max(size), 0.3) for n in size)
    flat = height < 0.6 * SIDE
    total = (width + (0.9 if flat else 1.75), height + (1.65 if flat else 1.2))
    figure = Figure(figsize=total)

    def frame(x: float, y: float, w: float, h: float) -> Axes:
        return figure.add_axes((x / total[0], y / total[1], w / total[0], h / total[1]))

    axes = frame(0.65, 1.0 if flat else 0.5, width, height)
    return figure, axes, frame(0.65, 0.42, width, 0.1) if flat else frame(0.75 + width, 0.5, 0.13, height)


def _draw_ground(axes: Axes, picture: NDArray[Any] | None, size: tuple[int, ...]) -> None:
    """The image, or as much of a grid as can be seen."""
    height, width = size
    frame = (-0.5, width - 0.5, height - 0.5, -0.5)
    if picture is None:
        axes.imshow(np.ones((1, 1)), cmap="gray", vmin=0, vmax=1, extent=frame)
        if max(size) <= 64:
            axes.hlines(np.arange(height + 1) - 0.5, -0.5, width - 0.5, color="#E8E8E8", lw=0.4, zorder=1)
            axes.vlines(np.arange(width + 1) - 0.5, -0.5, height - 0.5, color="#E8E8E8", lw=0.4, zorder=1)
    else:
        axes.imshow(picture, cmap="gray", vmin=0, vmax=1, extent=frame)
    axes.set(aspect="auto", xlabel="input column", ylabel="input row" if height > 1 else "")
    axes.set_xlim(-0.5 - 0.02 * width, 1.02 * width - 0.5)
    axes.set_ylim(1.02 * height - 0.5, -0.5 - 0.02 * height)
    if height == 1:
        axes.set_yticks([])


def _draw_paths(axes: Axes, scale: Axes, seen: Support, *, over: bool) -> None:
    """Shares in colour, clear where there is no path; the hull outlined, its middle marked."""
    from matplotlib.colors import PowerNorm
    from matplotlib.patches import Rectangle

    (top, bottom), (left, right) = seen.hull
    shares = np.ma.masked_where(seen.counts == 0, seen.share())
    norm = PowerNorm(GAMMA, vmin=0, vmax=float(shares.max()))
    extent = (left - 0.5, right + 0.5, bottom + 0.5, top - 0.5)
    alpha = 0.25 + 0.6 * norm(shares.filled(0)) if over else None
    drawn = axes.imshow(shares, cmap=MAP, norm=norm, extent=extent, alpha=alpha, zorder=2, aspect="auto")
    hull = Rectangle((left - 0.5, top - 0.5), right - left + 1, bottom - top + 1, fill=False, ec=INK, lw=1.0, zorder=3)
    axes.add_patch(hull)
    width, height = scale.get_position().size
    bar = scale.figure.colorbar(drawn, cax=scale, orientation="horizontal" if width > height else "vertical")
    bar.set_label("share of the paths, colour by its root")
    ticks = [float(shares.max()) * (i / 4) ** (1 / GAMMA) for i in range(5)]
    bar.set_ticks(ticks, labels=[f"{100 * tick:.2g} %" for tick in ticks])
    bar.outline.set_linewidth(0.4)


def _short(number: int) -> str:
    """A number with its thousands apart; a long one by three digits, rounded exactly, and its power of ten.

    Examples
    --------
    >>> _short(10_000), _short(19_997_982_568_003_312_191)
    ('10,000', '2.00×10¹⁹')
    """
    if number < 10**12:
        return f"{number:,}"
    places = len(str(number)) - 3
    digits = (number + 10**places // 2) // 10**places
    if digits == 1000:
        digits, places = 100, places + 1
    return f"{digits // 100}.{digits % 100:02d}×10{str(places + 2).translate(RAISED)}"
