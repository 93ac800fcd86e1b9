"""Correlation of arrays by the method in effect: what convolution, its adjoint and its gradients are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from cnnmath.numeric.engine import current
from cnnmath.numeric.methods.choose import METHODS, Choice, chosen
from cnnmath.numeric.methods.predict import START, Sizes
from cnnmath.numeric.methods.problem import NotFiniteError, Problem, channels_first, channels_last
from cnnmath.numeric.windows import Array, Slices, output_sizes
from cnnmath.window import Shape, Window


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

    Notes
    -----
    *Conventions*: what lies in the padding is never multiplied, so that an output is NaN only where it reads one, or an
    infinity times 0. Where infinities or NaN meet a method that would spread them, the definition takes over.

    Examples
    --------
    >>> x, w = np.arange(5.0).reshape(1, 1, 5), np.array([[[1.0, -1.0]]])
    >>> correlate([Window(2, before=1)], x, w)[0, 0]
    array([ 0., -1., -1., -1., -1.])
    """
    kind, engine = np.result_type(x, w), current()
    outputs = output_sizes(windows, x.shape[2:])
    if not x.size:  # sums over nothing
        y = np.zeros((len(x), *outputs, len(w)), kind)
        if y.size and finish:
            finish(y, (slice(None),) * y.ndim)
        return channels_first(y)
    if remembered is None:
        how = choice(windows, x.shape, w.shape, kind, groups)
    else:
        key = ("how", x.shape, engine)
        if key not in remembered:
            remembered[key] = choice(windows, x.shape, w.shape, kind, groups, prepared=True)
        how = remembered[key]
    y = np.empty((len(x), *outputs, len(w)), kind)  # (N, O..., F)
    problem = Problem(
        tuple(windows),
        channels_last(x.astype(kind, copy=False)),
        w.astype(kind, copy=False),
        y,
        groups,
        finish or nothing,
        engine.scratch,
        engine.workers if how.prediction.cost > START else 1,
        remembered,
    )
    try:
        METHODS[how.method].forward(problem, how.prediction)
    except NotFiniteError:
        METHODS["direct"].forward(problem, how.predictions["direct"])
    return channels_first(y)


def choice(windows: Sequence[Window], x: Shape, w: Shape, dtype: Any, groups: int, *, prepared: bool = False) -> Choice:
    """What is chosen for arrays of these shapes."""
    sizes = Sizes(
        tuple(windows),
        batch=x[0],
        channels=w[1],
        filters=w[0] // groups,
        inputs=tuple(x[2:]),
        outputs=output_sizes(windows, x[2:]),
        groups=groups,
        dtype=dtype,
        prepared=prepared,
    )
    return chosen(sizes, current())


def nothing(y: Array, where: Slices) -> None:
    """Leave a block as it is."""
