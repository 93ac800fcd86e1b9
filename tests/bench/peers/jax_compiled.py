"""JAX on the CPU, compiled."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from jax import lax

from cnnmath import ops
from tests.bench.problem import Direction, LayerProblem, NetworkProblem
from tests.bench.timing import Job

NAME, MOST = "JAX", 1024
HOW = "`jax.lax` under `jax.jit`, compiled before, NCHW; backward `jax.vjp`, its forward pass inside where XLA needs it"


def start(threads: int) -> None:
    """It uses the processors that the process has."""


def layer(problem: LayerProblem, direction: Direction) -> Job | None:
    """Convolutions and maxima."""
    op = problem.op
    if not isinstance(op, (ops.Conv, ops.MaxPool)):
        return None
    arrays = [jax.device_put(a) for a in problem.arrays.values()]
    function = lambda *given: _forward(op, *given)  # noqa: E731
    if direction == "forward":
        compiled, given = jax.jit(lambda *a: (function(*a),)), arrays
    else:
        compiled, given = jax.jit(lambda dy, *a: jax.vjp(function, *a)[1](dy)), [jax.device_put(problem.dy), *arrays]
    names = problem.results(direction)
    return Job(
        lambda _: jax.block_until_ready(compiled(*given)),
        lambda found: {name: np.asarray(a) for name, a in zip(names, found, strict=True)},
    )


def network(problem: NetworkProblem, direction: Direction) -> Job | None:
    """Layers are enough."""


def _forward(op: Any, x: Any, w: Any = None, b: Any = None) -> Any:
    windows = op.windows(x.shape[2:])
    padding, dilation = [(v.before, v.after) for v in windows], tuple(v.dilation for v in windows)
    if isinstance(op, ops.MaxPool):
        around, ones = [(0, 0), (0, 0), *padding], (1, 1, *dilation)
        return lax.reduce_window(
            x, -np.inf, lax.max, (1, 1, *op.kernel), (1, 1, *op.stride), around, window_dilation=ones
        )
    y = lax.conv_general_dilated(
        x, w, op.stride, padding, rhs_dilation=dilation, feature_group_count=op.groups, precision="highest"
    )
    return y if b is None else y + b.reshape(-1, *(1,) * len(windows))
