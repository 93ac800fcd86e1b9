"""MyGrad: NumPy with automatic differentiation."""

from __future__ import annotations

from typing import Any

import mygrad
from mygrad.nnet.layers import conv_nd, max_pool

from cnnmath import ops
from tests.bench.problem import Direction, LayerProblem, NetworkProblem
from tests.bench.timing import Job

NAME, MOST = "MyGrad", 1
HOW = "`conv_nd` and `max_pool`; forward without its graph; backward `Tensor.backward` behind a forward not timed"


def start(threads: int) -> None:
    """It uses NumPy's threads."""


def layer(problem: LayerProblem, direction: Direction) -> Job | None:
    """Windows that end with the input, of which no padding is taken by a pooling."""
    if not _has(problem.op, problem.shape):
        return None
    if direction == "forward":
        act = mygrad.no_autodiff(lambda _: _forward(problem.op, *problem.arrays.values()))
        return Job(act, lambda y: {"y": y.data})
    tensors = {name: mygrad.tensor(a, copy=False) for name, a in problem.arrays.items()}

    def act(y: Any) -> None:
        y.backward(problem.dy)

    return Job(act, lambda _: {k: t.grad for k, t in tensors.items()}, lambda: _forward(problem.op, *tensors.values()))


def network(problem: NetworkProblem, direction: Direction) -> Job | None:
    """Layers are enough."""


def _has(op: ops.Operator, shape: tuple[int, ...]) -> bool:
    if not isinstance(op, (ops.Conv, ops.MaxPool)):
        return False
    windows = op.windows(shape[2:])
    whole = all((n + v.before + v.after - v.extent) % v.stride == 0 for n, v in zip(shape[2:], windows, strict=True))
    even = all(v.before == v.after for v in windows)
    if isinstance(op, ops.Conv):
        return whole and even and op.groups == 1
    return whole and all(v.before == v.after == 0 and v.dilation == 1 for v in windows)


def _forward(op: Any, x: Any, w: Any = None, b: Any = None) -> Any:
    if isinstance(op, ops.MaxPool):
        return max_pool(x, op.kernel, op.stride)
    padding = tuple(before for before, _ in op.padding)
    y = conv_nd(x, w, stride=op.stride, padding=padding, dilation=op.dilation)
    return y if b is None else y + b.reshape(1, -1, *(1,) * len(op.kernel))
