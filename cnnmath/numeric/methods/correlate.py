"""Correlation of arrays by the method in effect: what convolution, its adjoint and its gradients are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from cnnmath.numeric.engine import current
from cnnmath.numeric.methods.choose import METHODS, chosen
from cnnmath.numeric.methods.predict import START, Sizes
from cnnmath.numeric.methods.problem import Problem, channels_first, channels_last
from cnnmath.numeric.windows import Array, Slices, output_sizes
from cnnmath.window import Window


def correlate(
    windows: Sequence[Window],
    x: Array,
    w: Array,
    groups: int = 1,
    *,
    finish: Callable[[Array, Slices], None] | None = None,
    remembered: dict[Any, Any] | None = None,
) -> Array:
    """Correlation of x (N, C, *spatial) with w (F, C/groups, *kernel), its channels innermost in memory.

    Parameters
    ----------
    windows
        The window of each axis.
    x, w
        Input and filters.
    groups
        Number of groups.
    finish
        What is still to be done to each block of the output (N, *outputs, F), as `Problem.finish` says.
    remembered
        Where methods keep what they make of these filters.

    Examples
    --------
    >>> x, w = np.arange(5.0).reshape(1, 1, 5), np.array([[[1.0, -1.0]]])
    >>> correlate([Window(2, before=1)], x, w)[0, 0]
    array([ 0., -1., -1., -1., -1.])
    """
    kind = np.result_type(x, w)
    outputs = output_sizes(windows, x.shape[2:])
    sizes = Sizes(
        tuple(windows),
        batch=len(x),
        channels=w.shape[1],
        filters=len(w) // groups,
        inputs=x.shape[2:],
        outputs=outputs,
        groups=groups,
        dtype=kind,
        prepared=remembered is not None,
    )
    engine = current()
    choice = chosen(sizes, engine)
    y = np.empty((len(x), *outputs, len(w)), kind)  # (N, O..., F)
    problem = Problem(
        tuple(windows),
        channels_last(x.astype(kind, copy=False)),
        w.astype(kind, copy=False),
        y,
        groups,
        finish or nothing,
        engine.scratch,
        engine.workers if choice.prediction.cost > START else 1,
        remembered,
    )
    if y.size:
        METHODS[choice.method].forward(problem, choice.prediction)
    return channels_first(y)


def nothing(y: Array, where: Slices) -> None:
    """Leave a block as it is."""
