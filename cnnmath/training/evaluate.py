"""A network judged on samples: its loss, and how many labels it meets."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from cnnmath import numeric
from cnnmath.errors import DataError
from cnnmath.graph import Architecture
from cnnmath.graph.execute import forward
from cnnmath.numeric.windows import Array
from cnnmath.ops import CrossEntropy, Operator

Data: TypeAlias = tuple[Any, Any]
"""Samples x and targets t, each with a batch axis."""


class Score(NamedTuple):
    """Mean loss, and the share of labels that are met; None where the targets are no labels."""

    loss: float
    accuracy: float | None


def evaluate(
    net: Architecture,
    parameters: Mapping[str, Array],
    data: Data,
    *,
    loss: Operator | None = None,
    batch: int = 256,
) -> Score:
    """Loss and accuracy of a network at inference.

    Parameters
    ----------
    net, parameters
        The network and its arrays.
    data
        Samples and targets.
    loss
        An operator that gives one number; by default the cross entropy of the softmax of the output.
    batch
        The most samples that run at once.

    Examples
    --------
    >>> from cnnmath.ops import Linear
    >>> net = Architecture("sign", (1,))
    >>> _ = net.add("linear", Linear(2, bias=False))
    >>> score = evaluate(net, {"linear.w": np.array([[-1.0], [1.0]])}, ([[-2.0], [-1.0], [1.0]], [0, 1, 1]))
    >>> round(score.loss, 4), round(score.accuracy, 4)
    (0.7573, 0.6667)
    """
    (x, t), loss = check_data("data", data), loss or CrossEntropy()
    total, met, labels = 0.0, 0, 0
    for rows in np.array_split(np.arange(len(x)), ceil(len(x) / batch)):
        y = forward(net, x[rows], parameters)
        total += len(rows) * float(numeric.forward(loss, y, t=t[rows]))
        if _are_labels(t, y):
            known = t[rows] != loss.ignored if isinstance(loss, CrossEntropy) else np.ones(t[rows].shape, bool)
            met += int(((y.argmax(axis=1) == t[rows]) & known).sum())
            labels += int(known.sum())
    return Score(total / len(x), met / labels if labels else None)


def check_data(name: str, data: Data) -> tuple[Array, Array]:
    """Samples and targets as arrays, as many of the one as of the other.

    Raises
    ------
    DataError
        Where they are no pair, where their numbers are unequal, and where there are none.

    Examples
    --------
    >>> x, t = check_data("data", ([[0.0], [1.0]], [0, 1]))
    >>> x.shape, t.shape
    ((2, 1), (2,))
    """
    if not isinstance(data, (tuple, list)) or len(data) != 2:
        raise DataError(
            f"{name} is no pair of samples and targets.",
            here=f"{type(data).__name__}",
            fix=f"give {name} as (x, t)",
        )
    x, t = map(np.asarray, data)
    if x.ndim == 0 or t.ndim == 0 or len(x) != len(t) or len(x) == 0:
        raise DataError(
            f"{name} has not one target for each of its samples.",
            input=f"x {x.shape}, t {t.shape}",
            rule="both begin with the number of samples, at least 1",
            fix="give as many targets as samples",
        )
    return x, t


def _are_labels(t: Array, y: Array) -> bool:
    """Whether targets name a class at each position of an output (N, C, \\*spatial)."""
    return t.dtype.kind in "iu" and t.shape[1:] == y.shape[2:]
