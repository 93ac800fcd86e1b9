"""What all figures have in common: paper, fonts, colours, and what they refuse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from cnnmath.errors import MissingExtraError, ShapeError
from cnnmath.graph import Summary
from cnnmath.graph.text import times
from cnnmath.ops import AdaptiveAveragePool, Conv, GlobalAveragePool, Linear, Operator, RadialBasis
from cnnmath.ops.pool import Pool

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, GREY, FAINT = "#222222", "#6E6E6E", "#D8D8D8"

KINDS: Mapping[str, tuple[tuple[type[Operator], ...], str]] = MappingProxyType(
    {
        "convolution": ((Conv,), "#5B9BD5"),
        "pooling": ((Pool, AdaptiveAveragePool, GlobalAveragePool), "#F0C050"),
        "dense": ((Linear, RadialBasis), "#7A3B69"),
        "other": ((Operator,), "#E4E4E4"),
    }
)
"""Kinds of operators with their colours, whose lightness differs too: in grey, and for the colour-blind."""

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
    """
    try:
        import matplotlib as mpl
    except ImportError:
        raise MissingExtraError("figures need matplotlib.", fix='pip install "cnnmath[plot]"') from None
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        yield


def kind(op: Operator) -> str:
    """Kind of an operator, by which it is coloured.

    Examples
    --------
    >>> from cnnmath.ops import MaxPool, ReLU
    >>> kind(Conv(8, 3)), kind(MaxPool(2)), kind(ReLU())
    ('convolution', 'pooling', 'other')
    """
    return next(name for name, (operators, _) in KINDS.items() if isinstance(op, operators))


def check_numbers(summary: Summary) -> None:
    """Raise where a size of the network is a symbol.

    Raises
    ------
    ShapeError
        Naming the first layer with such a size.
    """
    net = summary.network
    found = [("input", net.input_shape)]
    found += [(f"node '{layer.name}'", (*layer.output_shape[1:], layer.parameters)) for layer in summary.layers]
    for where, sizes in found:
        if not all(isinstance(n, int) for n in sizes):
            raise ShapeError(
                "a figure is drawn of numbers, not of symbols.",
                here=f"{where} has {times(sizes)}",
                fix=f"put numbers in, such as analyze({net.name}.with_input((3, 224, 224)))",
            ).at(f"network '{net.name}'")


def heading(axes: Axes, summary: Summary, what: str) -> None:
    """Title of a figure: the network, and what is to be seen."""
    axes.set_title(f"{summary.network.name}: {what}", fontweight="bold", pad=16)
