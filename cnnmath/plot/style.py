"""What all figures have in common: paper, fonts, colours, and what they refuse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from cnnmath.errors import DataError, clip, missing_extra
from cnnmath.graph import Summary
from cnnmath.graph.checks import check_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, GREY, FAINT = "#222222", "#6E6E6E", "#D8D8D8"

TINTS: Mapping[str, str] = MappingProxyType(
    {"convolution": "#5B9BD5", "pooling": "#F0C050", "dense": "#7A3B69", "other": "#E4E4E4"}
)
"""Colours of the kinds of operators, whose lightness differs too: in grey, and for the colour-blind."""

STYLE: Mapping[Any, Any] = MappingProxyType(
    {
        "font.family": "DejaVu Sans",  # matplotlib brings it, so that a figure is the same everywhere
        "font.size": 8,
        "axes.titlesize": 9.5,
        "axes.titlelocation": "left",
        "axes.labelsize": 8,
        "axes.labelcolor": INK,
        "axes.edgecolor": GREY,
        "axes.linewidth": 0.6,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "grid.color": FAINT,
        "grid.linewidth": 0.5,
        "xtick.labelsize": 7,
        "ytick.labelsize": 7,
        "xtick.color": GREY,
        "ytick.color": GREY,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "text.color": INK,
        "legend.fontsize": 7.5,
        "legend.frameon": False,
        "savefig.dpi": 200,
        "svg.hashsalt": "cnnmath",
        "pdf.fonttype": 42,
    }
)


@contextmanager
def styled() -> Iterator[None]:
    """Matplotlib with this style alone, whatever the user has set; afterwards as it was.

    Raises
    ------
    MissingExtraError
        Where matplotlib is not installed.

    Examples
    --------
    >>> import matplotlib as mpl
    >>> with styled():
    ...     mpl.rcParams["font.size"]
    8.0
    """
    try:
        import matplotlib as mpl
    except ImportError:
        raise missing_extra("figures need matplotlib.", "plot") from None
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        yield


def check_drawable(summary: Summary) -> None:
    """Raise where this is no summary, and where a size of its network is a symbol.

    Raises
    ------
    DataError, ShapeError
        For something else than a summary; naming the network, or the first layer with such a size.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> from cnnmath.graph import analyze
    >>> check_drawable(analyze(zoo.lenet5()))
    """
    if not isinstance(summary, Summary):
        raise DataError("this is no summary of a network.", here=clip(repr(summary)), fix="give cnnmath.analyze(net)")
    net = summary.network
    check_numbers(net.input_shape, "figure", f"network '{net.name}'")
    for layer in summary.layers:
        check_numbers((*layer.output_shape[1:], layer.parameters), "figure", f"node '{layer.name}'")


def heading(axes: Axes, summary: Summary, what: str) -> None:
    """Title of a figure: the network, and what is to be seen.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from cnnmath import zoo
    >>> from cnnmath.graph import analyze
    >>> axes = Figure().add_subplot()
    >>> heading(axes, analyze(zoo.lenet5()), "receptive field")
    >>> axes.get_title()
    'lenet5: receptive field'
    """
    axes.set_title(f"{summary.network.name}: {what}", fontweight="bold", pad=16)
