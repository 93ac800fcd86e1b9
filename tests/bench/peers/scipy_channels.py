"""SciPy: a correlation of all axes for each output channel."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.signal import correlate

from cnnmath import ops
from tests.bench.problem import Direction, LayerProblem, NetworkProblem
from tests.bench.timing import Job

NAME, MOST = "SciPy", 1
HOW = "`scipy.signal.correlate` of all channels with each filter, `mode='valid'`, its method chosen by itself"


def start(threads: int) -> None:
    """It has one thread."""


def layer(problem: LayerProblem, direction: Direction) -> Job | None:
    """Convolutions forward; strides take every s-th of all positions."""
    op = problem.op
    if direction == "backward" or not isinstance(op, ops.Conv) or op.groups > 1 or set(op.dilation) != {1}:
        return None
    return Job(lambda _: _forward(op, **problem.arrays), lambda y: {"y": y})


def network(problem: NetworkProblem, direction: Direction) -> Job | None:
    """Layers are enough."""


def _forward(op: ops.Conv, x: Any, w: Any, b: Any = None) -> Any:
    windows = op.windows(x.shape[2:])
    padded = np.pad(x, [(0, 0), (0, 0), *((v.before, v.after) for v in windows)])
    y = np.empty(op.shape(x.shape), x.dtype)  # (N, F, O...)
    every = tuple(slice(None, None, v.stride) for v in windows)
    for n, f in np.ndindex(*y.shape[:2]):
        y[n, f] = correlate(padded[n], w[f], mode="valid")[0][every]
    return y if b is None else y + b.reshape(-1, *(1,) * len(windows))
