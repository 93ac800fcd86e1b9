"""How a fit went: loss and accuracy, epoch by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cnnmath.errors import DataError, check_kind
from cnnmath.plot.style import INK, TINTS, styled
from cnnmath.training import History

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@styled()
def learning(history: History, title: str = "learning curve") -> Figure:
    """Draw the loss of each epoch, beside it the accuracy where it was judged.

    The loss has a logarithmic axis where it is positive. The values after the last epoch stand in the legends.

    Parameters
    ----------
    history
        What `cnnmath.training.fit` tells of a fit.
    title
        What was trained on what.

    Raises
    ------
    DataError
        Where no epoch was finished.
    MissingExtraError
        Where matplotlib is not installed.

    Examples
    --------
    >>> from cnnmath.training import Epoch
    >>> history = History(tuple(Epoch(i, 0.1, 1 / i, 1.5 / i, 1 - 0.5 / i, 1.0) for i in (1, 2, 3)))
    >>> [axes.get_ylabel() for axes in learning(history).axes]
    ['loss', 'labels that are met (%)']
    """
    from matplotlib.figure import Figure

    check_kind(history, History, "history", "give what cnnmath.training.fit tells of a fit, fitted.history")
    if not history.epochs:
        raise DataError("no epoch was finished.", fix="fit at least one epoch")
    numbers = [epoch.number for epoch in history.epochs]
    losses = {
        "training, before each step": [epoch.loss for epoch in history.epochs],
        "held out, after the epoch": [epoch.held_out for epoch in history.epochs if epoch.held_out is not None],
    }
    accuracy = [100 * epoch.accuracy for epoch in history.epochs if epoch.accuracy is not None]
    figure = Figure(figsize=(7.2, 2.9), layout="constrained")
    left, *right = figure.subplots(1, 2 if accuracy else 1, squeeze=False)[0]
    for (label, values), tint in zip(losses.items(), (TINTS["convolution"], TINTS["dense"]), strict=True):
        if values:
            _draw_curve(left, numbers, values, tint, f"{label}: {values[-1]:.3f}")
    _label(left, "loss")
    if all(value > 0 for values in losses.values() for value in values):
        _make_logarithmic(left)
    left.set_title(title, fontweight="bold", pad=10)
    left.legend()
    for axes in right:
        _draw_curve(axes, numbers, accuracy, INK, f"held out: {accuracy[-1]:.2f} %")
        _label(axes, "labels that are met (%)")
        axes.legend(loc="lower right")
    return figure


def _draw_curve(axes: Axes, numbers: Sequence[int], values: Sequence[float], tint: str, label: str) -> None:
    axes.plot(numbers, values, color=tint, lw=1.5, marker="o", ms=3, mec="white", mew=0.3, label=label)


def _make_logarithmic(axes: Axes) -> None:
    """A logarithmic scale, its numbers written out."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _label(axes: Axes, what: str) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_xlabel("epoch")
    axes.set_ylabel(what)
    axes.xaxis.set_major_locator(MaxNLocator(10, integer=True))
    axes.grid(axis="y")
